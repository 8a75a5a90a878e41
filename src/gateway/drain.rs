//! An end in order, of the gateway or of one server: what is in flight, and whether more may come.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use tokio::sync::Notify;

/// Counts what is in flight, and says whether there is to be more. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Drain {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    draining: AtomicBool,
    in_flight: AtomicUsize,
    idle: Notify,
}

/// Something in flight; it ends when this is dropped.
#[derive(Debug)]
pub struct InFlight(Arc<Shared>);

impl Drain {
    /// Whether it is about to end.
    pub fn is_draining(&self) -> bool {
        self.shared.draining.load(Ordering::SeqCst)
    }

    /// From now on it is about to end.
    pub fn start(&self) {
        self.shared.draining.store(true, Ordering::SeqCst);
    }

    /// Counts something in.
    pub fn enter(&self) -> InFlight {
        self.shared.in_flight.fetch_add(1, Ordering::AcqRel);
        InFlight(Arc::clone(&self.shared))
    }

    /// How much is in flight.
    pub fn in_flight(&self) -> usize {
        self.shared.in_flight.load(Ordering::SeqCst)
    }

    /// Waits until nothing is in flight, once it is about to end. Cancel safe.
    pub async fn idle(&self) {
        loop {
            let idle = self.shared.idle.notified();
            if self.in_flight() == 0 {
                return;
            }
            idle.await;
        }
    }
}

impl Clone for InFlight {
    /// One more, which ends by itself.
    fn clone(&self) -> Self {
        self.0.in_flight.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(&self.0))
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        // Nobody waits before the end has begun. The order is one for all threads: either the
        // end is seen here, or nothing in flight by whoever waits for it.
        if self.0.in_flight.fetch_sub(1, Ordering::SeqCst) == 1
            && self.0.draining.load(Ordering::SeqCst)
        {
            self.0.idle.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn idle_comes_with_the_last_that_ends() {
        let drain = Drain::default();
        drain.idle().await;
        drain.start();
        let first = drain.enter();
        let second = drain.enter();
        let waiting = tokio::spawn({
            let drain = drain.clone();
            async move { drain.idle().await }
        });
        drop(first);
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(second);
        waiting.await.unwrap();
    }
}
