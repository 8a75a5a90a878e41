//! The live things behind servers.
//!
//! A kind of upstream opens a [`Connection`]; what is said over it is the same for all kinds
//! that speak MCP ([`session`]), and a REST API answers in the same words ([`rest`]). Only the
//! supervisor opens and ends connections.

mod event_stream;
mod live;
pub mod oauth;
pub mod remote;
pub mod rest;
pub mod session;
pub mod stdio;

use std::{convert::Infallible, sync::Arc};

use tokio::sync::{mpsc, watch};

pub use live::LiveSession;
pub use session::McpSession;

use crate::{
    gateway::{Identity, ServerName},
    mcp::{
        Client, Era, Notice, Peer,
        client::{ConnectError, Probe, Use, connect},
        peer::refusal,
    },
};

/// What a server is, and all that is needed to open a connection to it.
#[derive(Clone, Debug)]
pub enum Upstream {
    /// A child process.
    Stdio(Arc<stdio::Launch>),
    /// A server that is reached over HTTP.
    Remote(Arc<remote::Remote>),
    /// A REST API that a document describes.
    Rest(Arc<rest::Rest>),
}

impl Upstream {
    /// Opens a connection. Must run on the runtime that is to do its I/O. Dropping the future
    /// ends what was begun.
    pub async fn open(&self, known: Option<&Era>, by: &Use) -> Result<Connection, OpenError> {
        match self {
            Self::Stdio(launch) => stdio::open(launch, known, by).await,
            Self::Remote(remote) => remote::open(remote, known, by).await,
            Self::Rest(rest) => rest::open(rest).await,
        }
    }

    /// The server's name.
    pub fn name(&self) -> &ServerName {
        match self {
            Self::Stdio(launch) => &launch.name,
            Self::Remote(remote) => &remote.name,
            Self::Rest(rest) => &rest.name,
        }
    }

    /// Who gets its access tokens, where it wants any.
    pub fn authorizer(&self) -> Option<&Arc<oauth::Authorizer>> {
        match self {
            Self::Stdio(_) | Self::Rest(_) => None,
            Self::Remote(remote) => remote.authorizer.as_ref(),
        }
    }

    /// Whether the server may be replaced by another without any connection of ours ending.
    pub fn may_restart_unnoticed(&self) -> bool {
        match self {
            // An API's documents are looked at again by themselves.
            Self::Stdio(_) | Self::Rest(_) => false,
            Self::Remote(_) => true,
        }
    }

    /// Whom its connections serve.
    pub fn audience(&self) -> Audience {
        match self {
            Self::Stdio(_) => Audience::Everybody,
            Self::Remote(remote) => remote.audience,
            Self::Rest(rest) => rest.audience,
        }
    }

    /// The same server for callers of one identity, whose headers all requests carry. A program
    /// gets none.
    #[must_use]
    pub fn for_identity(&self, identity: &Identity) -> Self {
        match self {
            Self::Stdio(launch) => Self::Stdio(Arc::clone(launch)),
            Self::Remote(remote) => Self::Remote(Arc::new(remote.for_identity(identity))),
            Self::Rest(rest) => Self::Rest(Arc::new(rest.for_identity(identity))),
        }
    }

    /// How many connections for a single call each there may be at a time: a process each, or
    /// little more than a session of the server.
    pub fn most_isolated(&self) -> usize {
        match self {
            Self::Stdio(_) => 32,
            Self::Remote(_) => 64,
            // An API asks its callers nothing.
            Self::Rest(_) => 0,
        }
    }

    /// Waits until what lastingly kept a connection from being opened was changed. Cancel safe.
    pub async fn mended(&self) {
        match self {
            Self::Stdio(_) | Self::Remote(_) => std::future::pending().await,
            Self::Rest(rest) => rest.library.mended().await,
        }
    }

    /// Whether it is a process of our own, which each connection starts.
    pub fn is_process(&self) -> bool {
        matches!(self, Self::Stdio(_))
    }

    /// Whether a call is reason enough to try at once what is to be tried later: it costs a
    /// connection, not a process.
    pub fn is_cheap_to_try(&self) -> bool {
        match self {
            Self::Stdio(_) => false,
            Self::Remote(_) | Self::Rest(_) => true,
        }
    }
}

/// Whom the connections of an upstream serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// All callers.
    Everybody,
    /// Callers that bring none of the headers that are forwarded.
    Anonymous,
    /// Callers that bring the same of them.
    Identity,
}

/// An upstream that answers.
#[derive(Debug)]
pub struct Connection {
    /// What carries exchanges.
    pub session: LiveSession,
    /// What holds it.
    pub link: Link,
    /// What the server says of itself; whoever has the connection attends to it.
    pub notices: mpsc::Receiver<Notice>,
}

/// What holds a connection. Dropping it ends it at once.
#[derive(Debug)]
pub enum Link {
    /// A process and its pipes.
    Process(stdio::Process),
    /// HTTP requests and streams.
    Remote(remote::Link),
    /// Nothing that could break.
    Rest(rest::Unbroken),
}

impl Link {
    /// Waits until the connection is of no use any more, and says why. Cancel safe.
    pub async fn ended(&self) -> Arc<str> {
        match self {
            Self::Process(process) => process.ended().await,
            Self::Remote(link) => link.ended().await,
            Self::Rest(_) => std::future::pending().await,
        }
    }

    /// What the server wrote beside the protocol last. It may hold secrets.
    pub fn last_words(&self) -> Option<String> {
        match self {
            Self::Process(process) => process.last_words(),
            Self::Remote(_) | Self::Rest(_) => None,
        }
    }

    /// Ends it in order.
    pub async fn stop(self) {
        match self {
            Self::Process(process) => process.stop().await,
            Self::Remote(link) => link.stop().await,
            Self::Rest(_) => {}
        }
    }
}

/// Why an upstream could not be reached.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct OpenError {
    /// What happened.
    pub message: String,
    /// What the server wrote to its stderr last. It may hold secrets: callers don't see it.
    pub details: Option<String>,
    /// What was learnt of its era all the same, for the next try.
    pub learnt: Option<Era>,
    /// Whether the next try should follow at once, since it goes about it another way.
    pub again: bool,
    /// Whether the server does not let in whoever comes so (HTTP status 401 or 403).
    pub is_refused: bool,
    /// Whether another try would end alike as long as nobody mends what is wrong, which
    /// [`Upstream::mended`] waits for.
    pub is_lasting: bool,
}

/// Why a connection ended, once it has.
pub type Ended = watch::Receiver<Option<Arc<str>>>;

/// Opens the protocol on a connection. What the server says of itself meanwhile is refused or
/// dropped: nothing was declared yet that it could ask for, and its lists are read afterwards.
async fn handshake(
    peer: &Peer,
    notices: &mut mpsc::Receiver<Notice>,
    probe: &Probe,
    by: &Use,
) -> Result<Client, ConnectError> {
    tokio::select! {
        connected = connect(peer, probe, by) => connected,
        never = ignore(peer, notices) => match never {},
    }
}

async fn ignore(peer: &Peer, notices: &mut mpsc::Receiver<Notice>) -> Infallible {
    while let Some(notice) = notices.recv().await {
        if let Notice::Request { id, method, .. } = notice {
            // A connection that has just ended needs no refusal.
            let _ = peer.respond(&id, Err(&refusal(&method))).await;
        }
    }
    std::future::pending().await
}
