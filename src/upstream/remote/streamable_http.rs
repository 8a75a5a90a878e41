//! Streamable HTTP: each message is a POST, answered by JSON or by a stream of events
//! (MCP 2026-07-28 and 2025-11-25, Streamable HTTP).

mod answer;
mod listen;

use std::{sync::Arc, time::Duration};

use reqwest::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::{Link, Remote, drive::drive, keep_alive::keep_alive, mirror::Mirrored, wire::Wire};
use crate::{
    mcp::{
        Era, Peer,
        client::{ConnectError, Probe, Use},
        peer::OutgoingMessage,
    },
    upstream::{self, Connection, LiveSession, McpSession, handshake},
};

/// How long a connection for one caller waits for the stream on which the server may ask
/// something: some servers answer that request only when they have something to say.
const LISTEN_PATIENCE: Duration = Duration::from_secs(1);

/// Opens a connection. Dropping the future ends it.
pub(super) async fn open(
    remote: &Arc<Remote>,
    probe: &Probe,
    by: &Use,
) -> Result<Connection, ConnectError> {
    let (peer, outgoing, mut notices) = Peer::new(remote.max_message_size.saturating_mul(2));
    let wire = Wire::new(remote, peer.clone());
    let mut link = Link::new(Arc::clone(&wire));
    let carrying = Arc::clone(&wire);
    link.holds(&tokio::spawn(drive(outgoing, move |message| {
        carry(Arc::clone(&carrying), message)
    })));
    let client = handshake(&peer, &mut notices, probe, by).await?;
    let mirrors = match client.era() {
        Era::Legacy(_) => {
            let listening = Arc::clone(&wire);
            let (answered, is_open) = oneshot::channel();
            link.holds(&tokio::spawn(async move {
                listen::listen(&listening, answered).await;
            }));
            if matches!(by, Use::Isolated(_)) {
                // Many servers ask on this stream, and what they ask before it is open is lost.
                let _ = tokio::time::timeout(LISTEN_PATIENCE, is_open).await;
            }
            let pinging = Arc::clone(&wire);
            link.holds(&tokio::spawn(async move { keep_alive(&pinging).await }));
            None
        }
        Era::Stateless(_) => Some(Arc::clone(&wire.parameters)),
    };
    Ok(Connection {
        session: LiveSession::Mcp(McpSession::new(client, mirrors)),
        link: upstream::Link::Remote(link),
        notices,
    })
}

/// Carries a message to its end; a request whose caller goes away is hung up on, which cancels
/// it in the stateless era.
async fn carry(wire: Arc<Wire>, message: OutgoingMessage) {
    let OutgoingMessage {
        id,
        text,
        abandoned,
        room,
    } = message;
    let post = post(&wire, id, text, room);
    match abandoned {
        Some(abandoned) => tokio::select! {
            () = post => {}
            () = gone(abandoned) => {}
        },
        None => post.await,
    }
}

async fn gone(abandoned: oneshot::Receiver<std::convert::Infallible>) {
    if let Ok(never) = abandoned.await {
        match never {}
    }
}

async fn post(
    wire: &Arc<Wire>,
    id: Option<u64>,
    text: bytes::Bytes,
    room: Option<OwnedSemaphorePermit>,
) {
    let mirrored = Mirrored::read(&text);
    let headers = if mirrored.is_stateless() {
        mirrored.headers(&wire.parameters)
    } else {
        wire.session_headers()
    };
    if mirrored.method == "notifications/cancelled" && !wire.is_initialized() {
        // MCP 2026-07-28, cancellation: that the caller hung up says it all.
        return;
    }
    let is_initialize = mirrored.method == "initialize";
    let is_stateless = mirrored.is_stateless();
    let idle_timeout = if mirrored.method == "subscriptions/listen" {
        wire.remote.listening_timeout()
    } else {
        wire.remote.answer_timeout()
    };
    let posted = wire
        .post(
            &wire.remote.url,
            (text.clone(), room),
            headers,
            id.is_some(),
        )
        .await;
    let response = match posted {
        Ok(response) => response,
        Err(error) => return end(wire, id, error),
    };
    let Some(id) = id else {
        // Notifications and answers are accepted without a word.
        if !response.status().is_success() {
            end(
                wire,
                None,
                wire.refusal(None, wire.has_session(), response).await,
            );
        }
        return;
    };
    if !response.status().is_success() {
        let refusal = wire.refusal(Some(id), wire.has_session(), response).await;
        return end(wire, Some(id), refusal);
    }
    if response.status() == StatusCode::ACCEPTED {
        wire.peer.fail(
            id,
            "the server accepted the request as if it were a notification".into(),
        );
        return;
    }
    let request = answer::Request {
        id,
        is_initialize,
        is_resumable: !is_stateless,
        idle_timeout,
    };
    answer::read(wire, &request, response).await;
}

/// Tells whoever waits how a request failed; what nobody waits for is logged.
fn end(wire: &Wire, id: Option<u64>, error: crate::mcp::PeerError) {
    match id {
        Some(id) => {
            wire.peer.end(id, error);
        }
        None => {
            tracing::debug!(server = %wire.remote.name, %error, "a message was not accepted");
        }
    }
}
