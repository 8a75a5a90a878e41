//! REST APIs that a document describes, behind the same face as MCP servers.
//!
//! - [`document`]: where documents come from, and how they stay current; [`api`]: what is known
//!   of an API;
//! - [`server`]: where it is, and what may be sent there;
//! - [`request`]: a call as an HTTP request; [`answer`]: what comes back, as a result;
//! - [`session`]: the two together, as the core sees them; [`catalog`]: what is offered;
//! - [`credentials`]: who we are to it; [`supplied`]: what of that the config says; [`security`]:
//!   who the API wants us to be; [`wording`]: what settings are called in messages.

mod answer;
mod api;
mod catalog;
mod changes;
pub mod credentials;
mod document;
mod media_type;
mod request;
#[cfg(test)]
mod scripted_web;
mod security;
mod server;
mod session;
pub mod settings;
mod supplied;
mod wording;

use std::{fmt, sync::Arc, time::Duration};

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use tokio::sync::mpsc;

pub use changes::Changes;
pub use document::{Library, Sources};
pub use session::RestSession;
pub use supplied::Supplied;
pub use wording::Wording;

use self::{credentials::Authenticator, settings::ValidateOutput};
use super::{Audience, Connection, Link, LiveSession, OpenError};
use crate::{
    gateway::{Identity, ServerName},
    mcp::Notice,
};

/// All that is needed to call an API.
#[derive(Clone)]
pub struct Rest {
    /// The server, for the log.
    pub name: ServerName,
    /// Whom its sessions serve.
    pub audience: Audience,
    /// Its documents, which all sessions share.
    pub library: Arc<Library>,
    /// What requests to the API's own origin carry: of the config, and of the callers that it
    /// serves.
    pub headers: HeaderMap,
    /// What identifies us there.
    pub authenticator: Option<Arc<Authenticator>>,
    /// What the config changes of its tools.
    pub changes: Changes,
    /// What settings are called in messages.
    pub wording: Wording,
    /// What is done about an answer that does not fit its schema.
    pub validate_output: ValidateOutput,
    /// How long an answer may take to begin.
    pub first_byte_timeout: Duration,
    /// How long an answer may pause.
    pub idle_timeout: Duration,
    /// The largest answer that is taken, in bytes.
    pub max_answer_size: usize,
}

impl Rest {
    /// The same API for callers of one identity, whose headers take the place of what the config
    /// sends under the same names. Their own `Authorization` takes the place of our credentials
    /// too.
    pub(super) fn for_identity(&self, identity: &Identity) -> Self {
        let mut rest = self.clone();
        rest.audience = Audience::Identity;
        for name in identity.names() {
            rest.headers.remove(name);
        }
        for (name, value) in identity.headers() {
            // All were headers of a request.
            if let (Ok(name), Ok(mut value)) =
                (HeaderName::try_from(name), HeaderValue::from_bytes(value))
            {
                value.set_sensitive(true);
                rest.headers.append(name, value);
            }
        }
        if identity.names().any(|name| name == AUTHORIZATION) {
            rest.authenticator = None;
        }
        rest
    }
}

/// Shows no headers: they may be secrets.
impl fmt::Debug for Rest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Rest")
            .field("name", &self.name)
            .field("audience", &self.audience)
            .finish_non_exhaustive()
    }
}

/// Reads the documents, if nobody has yet. Nothing is connected: each call is a request of its
/// own. Dropping the future ends what was begun.
pub(super) async fn open(rest: &Arc<Rest>) -> Result<Connection, OpenError> {
    let session = RestSession::open(Arc::clone(rest)).await;
    let session = session.map_err(|error| OpenError {
        is_refused: error.is_refused,
        is_lasting: error.is_lasting,
        message: error.to_string(),
        details: None,
        learnt: None,
        again: false,
    })?;
    let (says_nothing, notices) = mpsc::channel(1);
    Ok(Connection {
        session: LiveSession::Rest(session),
        link: Link::Rest(Unbroken(says_nothing)),
        notices,
    })
}

/// What holds a session of an API: nothing can break, and the API says nothing unasked.
#[derive(Debug)]
pub struct Unbroken(
    #[expect(dead_code, reason = "its end would be taken for the server's")] mpsc::Sender<Notice>,
);
