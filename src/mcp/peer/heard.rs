//! What is heard of a server besides results, and why there may be none.

use std::sync::Arc;

use crate::json::Raw;

/// Who hears what happens while a request runs.
pub trait Observer: Send + Sync + std::fmt::Debug {
    /// The params of `notifications/progress`.
    fn progress(&self, params: Raw);
    /// The params of `notifications/message`.
    fn message(&self, params: Raw);
    /// Whether the caller wants to hear log messages.
    fn wants_messages(&self) -> bool;
    /// The server still works on it, without saying how far it is.
    fn alive(&self);
}

/// Who hears of a request, and what.
#[derive(Clone, Debug)]
pub struct Ear {
    /// Who.
    pub observer: Arc<dyn Observer>,
    /// Whether log messages are meant for this request: the server was asked for them with it,
    /// or the connection serves nobody else.
    pub messages: bool,
}

/// What the server says of itself, apart from answers and progress.
#[derive(Debug)]
pub enum Notice {
    /// A request to the client.
    Request {
        /// Its id, for [`Peer::respond`].
        id: Raw,
        /// Its method.
        method: String,
        /// Its parameters.
        params: Option<Raw>,
    },
    /// A notification that belongs to no request in flight.
    Notification {
        /// Its method.
        method: String,
        /// Its parameters.
        params: Option<Raw>,
    },
    /// Something that could not be used.
    Unusable {
        /// What was wrong with it.
        problem: String,
    },
}

impl Notice {
    pub(super) fn may_be_dropped(&self) -> bool {
        match self {
            Self::Request { .. } => false,
            Self::Notification { method, .. } => method == "notifications/message",
            Self::Unusable { .. } => true,
        }
    }
}

/// Why a request has no result.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PeerError {
    /// The server answered with an error object, as it came.
    #[error("the server answered with an error: {0:?}")]
    Rpc(Raw),
    /// The connection ended.
    #[error("{reason}")]
    Closed {
        /// Why.
        reason: Arc<str>,
        /// Whether the request may have reached the server.
        sent: bool,
    },
    /// This request was lost, while the connection may go on.
    #[error("{reason}")]
    Lost {
        /// What happened.
        reason: Arc<str>,
        /// Whether the request may have reached the server.
        sent: bool,
        /// Whether the connection was given up over it, so that another follows.
        is_last: bool,
    },
    /// The transport's own refusal, without a message of the protocol: an HTTP status.
    #[error("{message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What was refused, and what the server says to it.
        message: String,
    },
    /// Somebody must log in first; the message was not looked at.
    #[error("{0}")]
    LoginRequired(String),
    /// The answer can't be used.
    #[error("{0}")]
    Unusable(String),
    /// The message is larger than what may wait to be written.
    #[error("{0}")]
    TooLarge(String),
}

impl PeerError {
    /// Whether the server does not let in whoever comes so (RFC 9110 sections 15.5.2 and
    /// 15.5.4).
    pub fn is_refused(&self) -> bool {
        matches!(
            self,
            Self::Refused {
                status: 401 | 403,
                ..
            }
        )
    }
}
