//! What the core needs of a live upstream.

use std::{
    future::Future,
    pin::Pin,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use super::exchange::{End, Operation, Wishes};
use crate::json::Raw;

/// A live upstream: an MCP connection, or a REST API behind the same face.
pub trait Session: Send + Sync {
    /// Carries an operation to its end. Dropping the future cancels it upstream.
    fn run<'a>(
        &'a self,
        operation: Operation,
        wishes: &'a Wishes,
        activity: &'a Activity,
    ) -> Pin<Box<dyn Future<Output = Result<End, SessionError>> + Send + 'a>>;
}

/// Why an upstream gave no result.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SessionError {
    /// The upstream answered with a JSON-RPC error (JSON-RPC 2.0 section 5.1).
    #[error("{message}")]
    Rpc {
        /// The code as it came.
        code: i64,
        /// The message as it came: untrusted text.
        message: String,
        /// The `data` member as it came.
        data: Option<Raw>,
    },
    /// The connection ended before the answer.
    #[error("{reason}")]
    Gone {
        /// What happened, for the caller.
        reason: String,
        /// Whether the upstream may have seen the request, and so may have executed it.
        may_have_run: bool,
    },
    /// The upstream's answer can't be used: not JSON-RPC, or larger than allowed.
    #[error("{0}")]
    Unusable(String),
    /// The upstream takes no more requests just now: its queue is full.
    #[error("{0}")]
    Busy(String),
    /// What was asked can't be carried to this upstream.
    #[error("{0}")]
    Unsupported(String),
}

/// When an exchange last showed progress, shared by whoever reads the wire and whoever holds
/// the deadline.
#[derive(Debug)]
pub struct Activity {
    start: Instant,
    /// Milliseconds from `start` to the last progress; zero: none yet.
    last: AtomicU64,
}

impl Activity {
    /// An exchange that starts now.
    pub fn start() -> Self {
        Self {
            start: Instant::now(),
            last: AtomicU64::new(0),
        }
    }

    /// Notes that progress was seen.
    pub fn touch(&self) {
        let elapsed = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(elapsed.max(1), Ordering::Relaxed);
    }

    /// When the exchange started.
    pub fn started(&self) -> Instant {
        self.start
    }

    /// When progress was last seen, if ever.
    pub fn last(&self) -> Option<Instant> {
        match self.last.load(Ordering::Relaxed) {
            0 => None,
            elapsed => Some(self.start + Duration::from_millis(elapsed)),
        }
    }
}
