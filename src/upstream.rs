//! The live things behind servers.
//!
//! A kind of upstream opens a [`Connection`]; what is said over it is the same for all kinds
//! that speak MCP ([`session`]). Only the supervisor opens and ends connections.

pub mod oauth;
pub mod session;
pub mod stdio;

use std::sync::Arc;

use tokio::sync::{mpsc, watch};

pub use session::McpSession;

use crate::mcp::{Era, Notice};

/// An upstream that answers.
#[derive(Debug)]
pub struct Connection {
    /// What carries exchanges.
    pub session: Arc<McpSession>,
    /// What holds it: a process, or a remote connection.
    pub process: stdio::Process,
    /// What the server says of itself; whoever has the connection attends to it.
    pub notices: mpsc::Receiver<Notice>,
}

/// Why an upstream could not be reached.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct OpenError {
    /// What happened, with what the server said last.
    pub message: String,
    /// What was learnt of its era all the same, for the next try.
    pub learnt: Option<Era>,
    /// Whether the next try should follow at once, since it goes about it another way.
    pub again: bool,
}

/// Why a connection ended, once it has.
pub type Ended = watch::Receiver<Option<Arc<str>>>;
