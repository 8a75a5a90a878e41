//! Passes what is heard of a call to whoever waits for it just now.

use std::sync::{Arc, Mutex, PoisonError};

use crate::{json::Raw, mcp::Observer};

/// An observer that another can follow: a call that goes on after its caller came back is
/// observed by the request that came back.
#[derive(Debug)]
pub(super) struct Relay(Mutex<Arc<dyn Observer>>);

impl Relay {
    pub(super) fn to(observer: Arc<dyn Observer>) -> Self {
        Self(Mutex::new(observer))
    }

    pub(super) fn hand_over(&self, observer: Arc<dyn Observer>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = observer;
    }

    fn observer(&self) -> Arc<dyn Observer> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Observer for Relay {
    fn progress(&self, params: Raw) {
        self.observer().progress(params);
    }

    fn message(&self, params: Raw) {
        self.observer().message(params);
    }

    /// The request that comes back may want them though the first did not.
    fn wants_messages(&self) -> bool {
        true
    }

    fn alive(&self) {
        self.observer().alive();
    }
}
