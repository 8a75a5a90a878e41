//! Why an exchange failed: a closed set, which each frontend maps to its own vocabulary.

use std::{sync::Arc, time::Duration};

use super::server::Phase;
use crate::{json::Raw, schema::Violation};

/// Why an exchange failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The arguments don't fit the tool's schema, or can't be sent as they are.
    #[error("the arguments do not fit the tool")]
    InvalidArguments(Vec<Violation>),
    /// The upstream answered with a JSON-RPC error.
    #[error("{message}")]
    Rpc {
        /// The code as it came.
        code: i64,
        /// The message as it came: untrusted text.
        message: String,
        /// The `data` member as it came.
        data: Option<Raw>,
    },
    /// The server is not up.
    #[error("{message}")]
    NotReady {
        /// Why, and since when.
        message: String,
        /// Its phase.
        phase: Phase,
        /// When to come back.
        retry_after: Duration,
    },
    /// The upstream could not carry out the call: its own failure, and no sign that it is down.
    #[error("{reason}")]
    Failed {
        /// What happened.
        reason: String,
        /// Whether the call may have been executed.
        may_have_run: bool,
    },
    /// The upstream died during the call.
    #[error("{reason}")]
    Died {
        /// What happened.
        reason: Arc<str>,
        /// Whether the call may have been executed.
        may_have_run: bool,
    },
    /// The upstream answered with something that can't be used.
    #[error("{0}")]
    Unusable(String),
    /// Somebody must log in to the server before it does this.
    #[error("{0}")]
    LoginRequired(String),
    /// The server takes no more calls of this kind just now.
    #[error("{0}")]
    Busy(String),
    /// The request is larger than what the server is sent at once.
    #[error("{0}")]
    TooLarge(String),
    /// The server has as many calls in flight as the config allows.
    #[error("the server has {0} calls in flight, as many as are allowed (--max-concurrent-calls)")]
    TooManyCalls(usize),
    /// The deadline passed.
    #[error("the call did not end within {} s", .0.as_secs_f32())]
    Timeout(Duration),
    /// The server asked for something that this caller did not offer to give: an
    /// `InputRequiredResult` as it came.
    #[error("the tool asks for input that this call can't give")]
    InputNotOffered(Raw),
    /// The caller may not use it, so that it is not there for it.
    #[error("there is nothing of this name here")]
    NotGranted,
    /// The gateway is shutting down.
    #[error("the gateway is shutting down")]
    Draining,
}

impl ExchangeError {
    /// The upstream gave what an API answered to a caller that did not wish for it: a bug.
    pub fn unasked_answer() -> Self {
        Self::Unusable("the server gave an answer of another kind than was asked for".to_owned())
    }
}
