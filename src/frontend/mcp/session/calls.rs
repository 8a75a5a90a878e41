//! The requests of a session that are in flight, and what they are told meanwhile.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering},
};

use bytestring::ByteString;
use tokio::sync::Notify;

use super::{Session, TooMany};
use crate::json::Raw;

/// How many messages may wait for a call that is about to be answered.
const CALL_MESSAGES: usize = 16;

/// How many requests a session may have in flight.
pub const MAX_IN_FLIGHT: usize = 1024;

/// A request in flight. It is forgotten when this is dropped.
#[derive(Debug)]
pub struct Call {
    session: Arc<Session>,
    number: u64,
    line: Arc<Line>,
}

#[derive(Debug)]
pub(super) struct InFlight {
    number: u64,
    id: Raw,
    /// Whether messages can be sent with the answer to this request.
    has_own_answer: bool,
    pub(super) line: Arc<Line>,
}

/// What a request in flight is told. One allocation, since most are told nothing.
#[derive(Debug, Default)]
pub(super) struct Line {
    told: Mutex<Told>,
    news: Notify,
}

#[derive(Debug, Default)]
struct Told {
    /// Messages that are sent with the answer.
    messages: VecDeque<ByteString>,
    is_cancelled: bool,
}

impl Line {
    /// Sends a message with the answer, unless too many wait.
    fn send(&self, text: &ByteString) -> bool {
        let mut told = self.told();
        if told.messages.len() >= CALL_MESSAGES {
            return false;
        }
        told.messages.push_back(text.clone());
        drop(told);
        self.news.notify_one();
        true
    }

    pub(super) fn cancel(&self) {
        self.told().is_cancelled = true;
        self.news.notify_one();
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    /// Counts a request in. `has_own_answer`: messages can be sent with its answer.
    pub fn enter(self: &Arc<Self>, id: &Raw, has_own_answer: bool) -> Result<Call, TooMany> {
        let line = Arc::new(Line::default());
        let number = self.next_question.fetch_add(1, Ordering::Relaxed);
        let mut state = self.state();
        if state.in_flight.len() >= MAX_IN_FLIGHT {
            return Err(TooMany);
        }
        state.uses += 1;
        state.in_flight.push(InFlight {
            number,
            id: id.clone(),
            has_own_answer,
            line: Arc::clone(&line),
        });
        drop(state);
        Ok(Call {
            session: Arc::clone(self),
            number,
            line,
        })
    }

    /// Cancels a request in flight (MCP 2025-11-25, cancellation). An unknown one is ignored.
    pub fn cancel(&self, id: &Raw) {
        let state = self.state();
        if let Some(call) = state.in_flight.iter().find(|call| call.id == *id) {
            call.line.cancel();
        }
    }

    /// Sends a message with the answer to the request that came last, if any has an answer of its own.
    pub(super) fn send_with_an_answer(&self, text: &ByteString) -> bool {
        let state = self.state();
        let mut latest = state.in_flight.iter().rev();
        latest.any(|call| call.has_own_answer && call.line.send(text))
    }
}

impl Call {
    /// What is to be sent to the client before the answer; nothing: it has cancelled the request.
    /// Cancel safe.
    pub async fn next(&mut self) -> Option<ByteString> {
        loop {
            {
                let mut told = self.line.told();
                if told.is_cancelled {
                    return None;
                }
                if let Some(text) = told.messages.pop_front() {
                    return Some(text);
                }
            }
            // Kept for us where it comes in between.
            self.line.news.notified().await;
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let number = self.number;
        self.session
            .state()
            .in_flight
            .retain(|call| call.number != number);
        self.session.leave();
    }
}
