//! How many calls a server takes at a time.

use tokio::sync::SemaphorePermit;

use crate::gateway::{ExchangeError, Server};

/// A place for one call, until it is dropped; none where there is no limit.
pub(super) fn admit(server: &Server) -> Result<Option<SemaphorePermit<'_>>, ExchangeError> {
    let Some(places) = &server.concurrency else {
        return Ok(None);
    };
    places
        .try_acquire()
        .map(Some)
        .map_err(|_| ExchangeError::TooManyCalls(server.most_calls()))
}
