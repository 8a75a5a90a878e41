//! What a caller has been asked and not answered yet: the time that it takes is not the server's.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

/// The questions that wait for one client's answers.
#[derive(Debug, Default)]
pub struct Questions(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    open: usize,
    last_answered: Option<Instant>,
}

/// A question that waits; it is over when this is dropped.
#[derive(Debug)]
pub struct Question(Arc<Questions>);

impl Questions {
    /// One more question waits.
    pub fn ask(self: &Arc<Self>) -> Question {
        self.state().open += 1;
        Question(Arc::clone(self))
    }

    /// Until when the client was waited for: now, or when the last question was over, if there
    /// was one.
    pub fn waited_until(&self) -> Option<Instant> {
        let state = self.state();
        if state.open > 0 {
            Some(Instant::now())
        } else {
            state.last_answered
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.open = state.open.saturating_sub(1);
        state.last_answered = Some(Instant::now());
    }
}
