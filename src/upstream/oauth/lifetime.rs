//! How long a token is good for.

use std::time::{Duration, SystemTime};

/// How long before its end a token counts as old, so that none ends on its way; of a token that
/// lives for less than twice as long, half of its life.
const EARLY: Duration = Duration::from_secs(30);

/// How long a token, or another credential that ends, is good for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::upstream) struct Lifetime {
    old_at: Option<SystemTime>,
    over_at: Option<SystemTime>,
}

impl Lifetime {
    /// That of a token that was received then, and lives so long; none: nothing was said.
    pub fn new(received: SystemTime, lifetime: Option<Duration>) -> Self {
        let after = |time| received.checked_add(time);
        Self {
            old_at: lifetime
                .and_then(|lifetime| after(lifetime.saturating_sub(EARLY.min(lifetime / 2)))),
            over_at: lifetime.and_then(after),
        }
    }

    /// Whether the end is near, or has come. What has no known end is never old.
    pub fn is_old(&self) -> bool {
        self.old_at.is_some_and(|at| SystemTime::now() >= at)
    }

    /// Whether the end has come.
    pub fn is_over(&self) -> bool {
        self.over_at.is_some_and(|at| SystemTime::now() >= at)
    }
}
