//! MCP servers that are reached over HTTP: streamable HTTP (MCP 2025-03-26 and later) and
//! HTTP+SSE (MCP 2024-11-05).
//!
//! - [`wire`]: what both have in common: how a request is sent, and what a failure means for
//!   it and for the connection;
//! - [`credentials`]: the one place where a request gets the headers that identify us, and
//!   where a 401 or 403 comes in;
//! - [`drive`]: in which order messages go out;
//! - [`mirror`]: the headers that repeat what a body says (MCP 2026-07-28, request metadata);
//! - [`streamable_http`] and [`sse`]: the transports.

mod credentials;
mod drive;
mod keep_alive;
mod link;
mod mirror;
mod refused;
mod sse;
mod streamable_http;
#[cfg(test)]
mod tests;
mod wire;

use std::{fmt, sync::Arc, time::Duration};

use reqwest::{
    Url,
    header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue},
};

pub use link::Link;
pub(crate) use mirror::ParameterHeaders;

use super::{Audience, Connection, OpenError, oauth::Authorizer};
use crate::{
    gateway::{Identity, ServerName},
    http_client::{HttpClient, origin},
    mcp::{
        Era, NEWEST_LEGACY_VERSION, PeerError,
        client::{ConnectError, Probe, Use},
    },
};

/// How long a server may stay silent to `server/discover` before it gets `initialize`.
const DISCOVER_PATIENCE: Duration = Duration::from_secs(5);

/// How long a stream for changes may be silent: dead connections are found out below HTTP.
const LISTENING_TIMEOUT: Duration = Duration::from_hours(24);

/// All that is needed to reach a server over HTTP.
#[derive(Clone)]
pub struct Remote {
    /// The server, for the log.
    pub name: ServerName,
    /// Which transport it speaks.
    pub transport: Transport,
    /// The MCP endpoint, or the one of server-sent events.
    pub url: Url,
    /// Whom its connections serve.
    pub audience: Audience,
    /// What each request carries: of the config, and of the callers that it serves.
    pub headers: HeaderMap,
    /// Gets access tokens, where the config says how.
    pub authorizer: Option<Arc<Authorizer>>,
    /// Makes the connections.
    pub client: HttpClient,
    /// How long an answer may take to begin.
    pub first_byte_timeout: Duration,
    /// How long a stream may be silent, where the config says.
    pub idle_timeout: Option<Duration>,
    /// How long a call may last at most.
    pub longest_call: Duration,
    /// The largest message that is taken from it, in bytes.
    pub max_message_size: usize,
}

impl Remote {
    /// The same server for callers of one identity, whose headers take the place of what the
    /// config sends under the same names. Their own `Authorization` takes the place of access
    /// tokens too.
    pub(super) fn for_identity(&self, identity: &Identity) -> Self {
        let mut remote = self.clone();
        remote.audience = Audience::Identity;
        for (name, _) in identity.headers() {
            remote.headers.remove(name);
        }
        for (name, value) in identity.headers() {
            // All were headers of a request.
            if let (Ok(name), Ok(mut value)) =
                (HeaderName::try_from(name), HeaderValue::from_bytes(value))
            {
                value.set_sensitive(true);
                remote.headers.append(name, value);
            }
        }
        if identity.names().any(|name| name == AUTHORIZATION) {
            remote.authorizer = None;
        }
        remote
    }

    /// How long a stream may be silent that answers are to come on: a call's own deadline says
    /// more than this one would.
    fn answer_timeout(&self) -> Duration {
        self.idle_timeout.unwrap_or(self.longest_call)
    }

    /// How long a stream may be silent that need not say anything. When it is opened again,
    /// changes may have been missed, and all lists are read again.
    fn listening_timeout(&self) -> Duration {
        self.idle_timeout.unwrap_or(LISTENING_TIMEOUT)
    }
}

/// Shows no headers and no path: they may be secrets.
impl fmt::Debug for Remote {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Remote")
            .field("name", &self.name)
            .field("transport", &self.transport)
            .field("origin", &origin(&self.url))
            .finish_non_exhaustive()
    }
}

/// Which transport a server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Streamable HTTP, or else HTTP+SSE (MCP 2026-07-28, Streamable HTTP, backward
    /// compatibility).
    Either,
    /// Streamable HTTP alone.
    StreamableHttp,
    /// HTTP+SSE alone.
    Sse,
}

/// Opens a connection. Must run on the runtime that is to do its I/O. Dropping the future ends
/// it.
pub async fn open(
    remote: &Arc<Remote>,
    known: Option<&Era>,
    by: &Use,
) -> Result<Connection, OpenError> {
    let streamable = match remote.transport {
        Transport::Sse => None,
        Transport::Either | Transport::StreamableHttp => {
            let probe = known.map_or(
                Probe::Discover {
                    patience: DISCOVER_PATIENCE,
                },
                |era| Probe::Known(era.clone()),
            );
            match streamable_http::open(remote, &probe, by).await {
                Ok(connection) => return Ok(connection),
                Err(error) => Some(error),
            }
        }
    };
    match (&streamable, known) {
        (Some(error), _) if remote.transport != Transport::Either || !may_be_sse(error) => {
            return Err(refused(error, known));
        }
        (Some(error), Some(Era::Stateless(_))) => return Err(refused(error, known)),
        (None, Some(Era::Stateless(version))) => {
            return Err(failed(format!(
                "HTTP+SSE can't carry the protocol version {version}; use the type \
                 streamable-http, or another `protocolVersion`"
            )));
        }
        _ => {}
    }
    let era = match known {
        Some(era) => era.clone(),
        None => Era::Legacy(NEWEST_LEGACY_VERSION),
    };
    match sse::open(remote, &Probe::Known(era), by).await {
        Ok(connection) => Ok(connection),
        Err(error) => Err(match streamable {
            None => refused(&error, known),
            Some(first) => failed(format!(
                "it speaks neither streamable HTTP ({first}) nor HTTP+SSE ({error})"
            )),
        }),
    }
}

/// Whether the transport itself was refused, as a server of the older one would.
fn may_be_sse(error: &ConnectError) -> bool {
    matches!(
        error,
        ConnectError::Ended {
            error: PeerError::Refused {
                status: 400 | 404 | 405,
                ..
            },
            ..
        }
    )
}

/// What a failed handshake means for the next try.
fn refused(error: &ConnectError, known: Option<&Era>) -> OpenError {
    let learnt = match error {
        ConnectError::LateDiscover => Some(Era::Stateless(crate::mcp::STATELESS_VERSION)),
        // Some servers hang up on what they don't know; the next try starts with `initialize`.
        ConnectError::Ended {
            error: PeerError::Lost { sent: true, .. } | PeerError::Unusable(_),
            after_discover: true,
        } if known.is_none() => Some(Era::Legacy(NEWEST_LEGACY_VERSION)),
        ConnectError::Ended { .. } | ConnectError::Refused(_) => None,
    };
    OpenError {
        message: error.to_string(),
        details: None,
        again: learnt.is_some(),
        learnt,
        is_refused: matches!(
            error,
            ConnectError::Ended { error, .. } if error.is_refused()
        ),
        is_lasting: false,
    }
}

fn failed(message: String) -> OpenError {
    OpenError {
        message,
        details: None,
        learnt: None,
        again: false,
        is_refused: false,
        is_lasting: false,
    }
}
