//! Calls of one caller that take turns on a connection on which the server may ask something: with
//! one call at a time there is no doubt which one it asks for.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::mcp::Notice;

/// How many questions may wait to be taken.
const QUESTIONS: usize = 16;

/// Whose turn it is.
#[derive(Debug)]
pub(in crate::supervisor) struct Turns {
    turn: Arc<Semaphore>,
    current: Mutex<Option<mpsc::Sender<Notice>>>,
}

/// The turn of one call, until it is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    turns: Arc<Turns>,
    _permit: OwnedSemaphorePermit,
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            turn: Arc::new(Semaphore::new(1)),
            current: Mutex::new(None),
        }
    }
}

impl Turns {
    /// A turn, and what the server asks in it; nothing where another call has it for so long.
    pub(super) async fn take(
        self: &Arc<Self>,
        patience: Duration,
    ) -> Option<(Turn, mpsc::Receiver<Notice>)> {
        let permit = Arc::clone(&self.turn).acquire_owned();
        let permit = tokio::time::timeout(patience, permit).await.ok()?.ok()?;
        let (sender, questions) = mpsc::channel(QUESTIONS);
        *self.current() = Some(sender);
        let turn = Turn {
            turns: Arc::clone(self),
            _permit: permit,
        };
        Some((turn, questions))
    }

    /// Gives a question to the call whose turn it is. What is none, or is asked out of turn, comes
    /// back.
    pub(in crate::supervisor) fn divert(&self, notice: Notice) -> Option<Notice> {
        if !matches!(notice, Notice::Request { .. }) {
            return Some(notice);
        }
        match &*self.current() {
            Some(current) => match current.try_send(notice) {
                Ok(()) => None,
                Err(unsent) => Some(unsent.into_inner()),
            },
            None => Some(notice),
        }
    }

    fn current(&self) -> MutexGuard<'_, Option<mpsc::Sender<Notice>>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *self.turns.current() = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Raw;

    fn question() -> Notice {
        Notice::Request {
            id: Raw::from_static("1"),
            method: "roots/list".to_owned(),
            params: None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_question_goes_to_the_call_whose_turn_it_is() {
        let patience = Duration::from_secs(1);
        let turns = Arc::new(Turns::default());
        assert!(turns.divert(question()).is_some());
        let (turn, mut questions) = turns.take(patience).await.unwrap();
        assert!(turns.take(patience).await.is_none());
        assert!(turns.divert(question()).is_none());
        assert!(questions.try_recv().is_ok());
        drop(turn);
        assert!(turns.divert(question()).is_some());
        assert!(turns.take(patience).await.is_some());
    }
}
