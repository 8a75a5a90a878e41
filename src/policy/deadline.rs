//! The time that a call may take.

use std::{future::Future, time::Duration};

use tokio::time::Instant;

use crate::gateway::{Activity, ExchangeError};

/// Ends `work` when it takes longer than `patience` without progress, or than `most` in all.
pub(super) async fn within<T>(
    patience: Duration,
    most: Duration,
    activity: &Activity,
    work: impl Future<Output = Result<T, ExchangeError>>,
) -> Result<T, ExchangeError> {
    let mut work = std::pin::pin!(work);
    let start = Instant::from_std(activity.started());
    let end = start + most.max(patience);
    let mut deadline = start + patience;
    loop {
        if let Ok(outcome) = tokio::time::timeout_at(deadline, &mut work).await {
            return outcome;
        }
        let extended = activity
            .last()
            .map(|last| (Instant::from_std(last) + patience).min(end))
            .filter(|extended| *extended > deadline);
        match extended {
            Some(extended) => deadline = extended,
            None => return Err(ExchangeError::Timeout(deadline - start)),
        }
    }
}
