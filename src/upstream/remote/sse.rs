//! HTTP+SSE: messages go out as POSTs to the place that the server names, and all that it says
//! comes on one stream of events (MCP 2024-11-05, HTTP with SSE).

use std::sync::Arc;

use reqwest::{Url, header::HeaderMap};

use super::{Link, Remote, drive::drive, keep_alive::keep_alive, mirror::Mirrored, wire::Wire};
use crate::{
    http_client::{BodyReader, origin, reader},
    mcp::{
        Peer, PeerError,
        client::{ConnectError, Probe, Use},
        peer::OutgoingMessage,
    },
    upstream::{
        self, Connection, LiveSession, McpSession,
        event_stream::{EventReader, Item},
        handshake,
    },
};

/// Opens a connection. Dropping the future ends it.
pub(super) async fn open(
    remote: &Arc<Remote>,
    probe: &Probe,
    by: &Use,
) -> Result<Connection, ConnectError> {
    let (peer, outgoing, mut notices) = Peer::new(remote.max_message_size.saturating_mul(2));
    let wire = Wire::new(remote, peer.clone());
    let (endpoint, events) = connect(&wire).await.map_err(|error| ConnectError::Ended {
        error,
        after_discover: false,
    })?;
    let mut link = Link::new(Arc::clone(&wire));
    let reading = Arc::clone(&wire);
    link.holds(&tokio::spawn(async move { read(&reading, events).await }));
    let carrying = Arc::clone(&wire);
    link.holds(&tokio::spawn(drive(outgoing, move |message| {
        carry(Arc::clone(&carrying), endpoint.clone(), message)
    })));
    let client = handshake(&peer, &mut notices, probe, by).await?;
    let pinging = Arc::clone(&wire);
    link.holds(&tokio::spawn(async move { keep_alive(&pinging).await }));
    Ok(Connection {
        session: LiveSession::Mcp(McpSession::new(client, None)),
        link: upstream::Link::Remote(link),
        notices,
    })
}

/// Opens the stream and waits for its first event, which names the place for messages.
async fn connect(wire: &Wire) -> Result<(Url, EventReader<BodyReader>), PeerError> {
    let response = wire.get(&wire.remote.url, None).await?;
    let base = response.url().clone();
    let remote = &wire.remote;
    let mut events = EventReader::new(
        reader(response),
        remote.max_message_size,
        remote.first_byte_timeout,
    );
    let unusable = |problem: String| PeerError::Unusable(problem);
    loop {
        let item = events
            .next()
            .await
            .map_err(|error| unusable(error.to_string()))?;
        match item {
            Some(Item::Event { kind, data }) if kind == "endpoint" => {
                let endpoint = base.join(data.trim()).ok();
                // Elsewhere our messages and credentials have no business.
                let endpoint = endpoint.filter(|endpoint| endpoint.origin() == remote.url.origin());
                let Some(mut endpoint) = endpoint else {
                    return Err(unusable(format!(
                        "the server names a place for messages that is not at {}",
                        origin(&remote.url)
                    )));
                };
                let _ = endpoint.set_username(remote.url.username());
                let _ = endpoint.set_password(remote.url.password());
                events.set_idle_timeout(remote.answer_timeout());
                return Ok((endpoint, events));
            }
            Some(_) => {}
            None => {
                return Err(unusable(
                    "the event stream ended before it named a place for messages".into(),
                ));
            }
        }
    }
}

/// Hands all that comes to the peer. The stream's end is the session's: it can't be resumed.
async fn read(wire: &Wire, mut events: EventReader<BodyReader>) {
    let reason = loop {
        match events.next().await {
            Ok(Some(Item::Event { kind, data })) if kind == "message" => {
                if !wire.is_initialized() {
                    wire.learn(&HeaderMap::new(), &data);
                }
                wire.receive(None, data).await;
            }
            Ok(Some(Item::Event { .. })) => {}
            Ok(Some(Item::Unusable { problem, id })) => {
                let told = id.is_some_and(|id| wire.peer.fail(id, problem.clone()));
                if !told {
                    tracing::warn!(server = %wire.remote.name, "{problem}");
                }
            }
            Ok(None) => break "the server ended the event stream".to_owned(),
            Err(error) => break error.to_string(),
        }
    };
    wire.give_up(&reason);
    wire.peer.close(&reason);
}

async fn carry(wire: Arc<Wire>, endpoint: Url, message: OutgoingMessage) {
    let headers = wire.session_headers();
    let posted = wire.post(
        &endpoint,
        (message.text.clone(), message.room),
        headers,
        message.id.is_some(),
    );
    let error = match posted.await {
        Ok(response) if response.status().is_success() => return,
        // The place for messages is the session's: with a 404 it is gone.
        Ok(response) => wire.refusal(message.id, true, response).await,
        Err(error) => error,
    };
    if let Some(id) = message.id {
        wire.peer.end(id, error);
    } else {
        let method = Mirrored::read(&message.text).method.into_owned();
        tracing::debug!(server = %wire.remote.name, method, %error, "it was not accepted");
    }
}
