//! What carries exchanges, whatever it is.

use std::{future::Future, pin::Pin, sync::Arc};

use indexmap::IndexMap;
use tokio::sync::watch;

use super::{McpSession, rest::RestSession};
use crate::{
    gateway::{
        Catalog, End, Operation, Session, SessionError, Stale, Subscriptions, Terms, ToolOverride,
    },
    json::Raw,
    mcp::{ClientError, Era},
};

/// What carries exchanges. Clones share it.
#[derive(Clone, Debug)]
pub enum LiveSession {
    /// A connection that speaks MCP.
    Mcp(Arc<McpSession>),
    /// A REST API.
    Rest(Arc<RestSession>),
}

impl LiveSession {
    /// The session with a server that speaks MCP.
    pub fn mcp(&self) -> Option<&Arc<McpSession>> {
        match self {
            Self::Mcp(session) => Some(session),
            Self::Rest(_) => None,
        }
    }

    /// How the server talks, where it speaks MCP.
    pub fn era(&self) -> Option<&Era> {
        Some(self.mcp()?.client().era())
    }

    /// Reads all that the server offers, with what the config changes of its tools, by the names
    /// that the server gives them.
    pub async fn load_catalog(
        &self,
        revision: u64,
        overrides: &Arc<IndexMap<String, Arc<ToolOverride>>>,
    ) -> Result<Catalog, ClientError> {
        match self {
            Self::Mcp(session) => session.load_catalog(revision, overrides).await,
            Self::Rest(session) => {
                let catalog = session.load_catalog(revision, overrides).await;
                catalog.map_err(ClientError::Protocol)
            }
        }
    }

    /// Waits until what the server offers changed. Changes since the last wait count as one.
    /// Cancel safe.
    pub async fn changed(&self) {
        match self {
            Self::Mcp(session) => session.changed().await,
            Self::Rest(session) => session.changed().await,
        }
    }

    /// Whether a change of the tools would be heard of.
    pub fn announces_tools(&self) -> bool {
        match self {
            Self::Mcp(session) => session.announces_tools(),
            Self::Rest(_) => true,
        }
    }

    /// Keeps informed, both the server of what callers want to hear of, and us of what changes.
    /// Never returns; dropping the future ends it.
    pub async fn listen(&self, subscriptions: &Subscriptions) {
        match self {
            Self::Mcp(session) => session.listen(subscriptions).await,
            Self::Rest(session) => session.listen().await,
        }
    }

    /// Hears of what keeps what the server offers from being read anew, where that is looked at
    /// behind our back.
    pub fn stale(&self) -> Option<watch::Receiver<Option<Stale>>> {
        match self {
            Self::Mcp(_) => None,
            Self::Rest(session) => Some(session.stale()),
        }
    }

    fn as_session(&self) -> &dyn Session {
        match self {
            Self::Mcp(session) => session.as_ref(),
            Self::Rest(session) => session.as_ref(),
        }
    }
}

impl Session for LiveSession {
    fn run<'a>(
        &'a self,
        operation: &'a Operation,
        terms: Terms<'a>,
    ) -> Pin<Box<dyn Future<Output = Result<End, SessionError>> + Send + 'a>> {
        self.as_session().run(operation, terms)
    }

    fn notify<'a>(
        &'a self,
        method: &'a str,
        params: &'a Raw,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        self.as_session().notify(method, params)
    }
}
