//! Opens a connection where its I/O is to run.

use super::Placement;
use crate::{
    mcp::{Era, client::Use},
    upstream::{Connection, OpenError, Upstream},
};

/// Opens a connection on the next worker. Dropping the future ends what was started.
pub(super) async fn open(
    placement: &Placement,
    upstream: Upstream,
    era: Option<Era>,
    by: Use,
) -> Result<Connection, OpenError> {
    let task = placement
        .place()
        .spawn(async move { upstream.open(era.as_ref(), &by).await });
    AbortOnDrop(task).join().await
}

/// A task that is aborted when nobody waits for it any more.
pub(super) struct AbortOnDrop<T>(pub(super) tokio::task::JoinHandle<T>);

impl AbortOnDrop<Result<Connection, OpenError>> {
    async fn join(mut self) -> Result<Connection, OpenError> {
        (&mut self.0)
            .await
            .unwrap_or_else(|error| Err(failed(format!("its start ended badly: {error}"))))
    }
}

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A start that failed, and taught nothing.
pub(super) fn failed(message: String) -> OpenError {
    OpenError {
        message,
        details: None,
        learnt: None,
        again: false,
        is_refused: false,
        is_lasting: false,
    }
}
