//! How long to wait before a server is started again.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

/// The first pause.
pub(super) const MIN: Duration = Duration::from_millis(200);

/// The longest pause.
const MAX: Duration = Duration::from_secs(30);

/// A server that was up for so long starts over with [`MIN`].
pub(super) const HEALTHY: Duration = Duration::from_mins(1);

/// Pauses that double from 0.2 s to 30 s, jittered.
#[derive(Debug)]
pub(super) struct Backoff(ExponentialBackoff);

impl Backoff {
    pub(super) fn new() -> Self {
        Self(
            ExponentialBuilder::new()
                .with_min_delay(MIN)
                .with_max_delay(MAX)
                .with_factor(2.0)
                .with_jitter()
                .without_max_times()
                .build(),
        )
    }

    /// The next pause.
    pub(super) fn pause(&mut self) -> Duration {
        // Jitter adds up to one more pause on top.
        self.0.next().unwrap_or(MAX).min(MAX)
    }

    /// Starts over.
    pub(super) fn reset(&mut self) {
        *self = Self::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_from_a_fifth_of_a_second_to_half_a_minute_and_start_over() {
        let mut backoff = Backoff::new();
        let first = backoff.pause();
        assert!((MIN..=MIN * 2).contains(&first), "{first:?}");
        for _ in 0..20 {
            assert!(backoff.pause() <= MAX);
        }
        assert!(backoff.pause() >= MAX / 2);
        backoff.reset();
        assert!(backoff.pause() <= MIN * 2);
    }
}
