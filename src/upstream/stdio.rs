//! MCP servers that are child processes, spoken to over their stdin and stdout (MCP, stdio
//! transport).

pub mod guard;
mod launch;
mod process;
mod stderr;

use std::time::Duration;

pub use launch::Launch;
pub use process::Process;

use super::{Connection, Link, LiveSession, McpSession, OpenError, handshake};
use crate::mcp::{
    Era, Peer, PeerError, STATELESS_VERSION,
    client::{ConnectError, Probe, Use},
};

/// How long a server may stay silent to `server/discover` before it gets `initialize`.
///
/// Most servers take longer than a second from their spawn to their first answer, and one that
/// knows both eras must not be taken for an old one because of that.
const DISCOVER_PATIENCE: Duration = Duration::from_secs(5);

/// Starts the process and opens the connection.
///
/// Must run on the runtime that is to do the process's I/O. Dropping the future ends the
/// process.
pub async fn open(launch: &Launch, known: Option<&Era>, by: &Use) -> Result<Connection, OpenError> {
    // A call's own size is bounded by the size of bodies; twice the longest line leaves room
    // for others beside the largest.
    let (peer, outgoing, mut notices) = Peer::new(launch.max_line_length.saturating_mul(2));
    let process = Process::spawn(launch, &peer, outgoing).map_err(|message| OpenError {
        message,
        details: None,
        learnt: None,
        again: false,
        is_refused: false,
        is_lasting: false,
    })?;
    let probe = known.map_or(
        Probe::Discover {
            patience: DISCOVER_PATIENCE,
        },
        |era| Probe::Known(era.clone()),
    );
    match handshake(&peer, &mut notices, &probe, by).await {
        Ok(client) => Ok(Connection {
            session: LiveSession::Mcp(McpSession::new(client, None)),
            link: Link::Process(process),
            notices,
        }),
        Err(error) => Err(refused(error, &process, known).await),
    }
}

/// What a failed handshake means for the next try.
async fn refused(error: ConnectError, process: &Process, known: Option<&Era>) -> OpenError {
    let message = match &error {
        // The process says best why it ended.
        ConnectError::Ended {
            error: PeerError::Closed { .. },
            ..
        } => process.ended().await.to_string(),
        other => other.to_string(),
    };
    let learnt = match &error {
        // Some servers exit on an unknown first request; the next try starts with the other.
        ConnectError::Ended {
            error: PeerError::Closed { .. },
            after_discover: true,
        } if known.is_none() => Some(Era::Legacy(crate::mcp::NEWEST_LEGACY_VERSION)),
        ConnectError::LateDiscover => Some(Era::Stateless(STATELESS_VERSION)),
        _ => None,
    };
    OpenError {
        message,
        details: process.last_words(),
        again: learnt.is_some(),
        is_refused: false,
        is_lasting: false,
        learnt,
    }
}
