//! How long a stream may go on: as long as its caller would come in as it did when it opened it.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::sync::watch;

use crate::{
    auth::{Guard, Standing},
    gateway::Caller,
};

/// How long a clock is relied on that may be set meanwhile.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// Follows whether a caller that opened a stream is still admitted, with the same grants.
#[derive(Debug)]
pub struct Tenure {
    caller: Caller,
    /// Nothing where nobody is guarded against: over stdio.
    guard: watch::Receiver<Option<Arc<Guard>>>,
}

impl Tenure {
    /// The tenure of a caller under whichever guard holds.
    pub(super) fn of(caller: Caller, guard: watch::Receiver<Option<Arc<Guard>>>) -> Self {
        Self { caller, guard }
    }

    /// Waits until the caller would not come in as it did: its key was taken away, has other grants,
    /// or has expired. Cancel safe: it looks anew each time.
    pub async fn over(&mut self) {
        loop {
            let standing = match &*self.guard.borrow_and_update() {
                Some(guard) => guard.standing(&self.caller),
                None => Standing::Lasting,
            };
            let rest = match standing {
                Standing::Over => return,
                Standing::Until(end) => {
                    let rest = end.duration_since(Timestamp::now());
                    // What is over already shows at the next look.
                    let rest = Duration::try_from(rest).unwrap_or_default();
                    rest.min(LONGEST_WAIT)
                }
                Standing::Lasting => Duration::MAX,
            };
            tokio::select! {
                changed = self.guard.changed() => {
                    if changed.is_err() {
                        // The gateway ends, and its streams with it.
                        return;
                    }
                }
                () = tokio::time::sleep(rest) => {}
            }
        }
    }
}
