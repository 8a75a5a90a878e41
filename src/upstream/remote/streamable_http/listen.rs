//! The stream on which a legacy server says what belongs to no request (MCP 2025-11-25,
//! listening for messages from the server).

use std::{convert::Infallible, time::Duration};

use tokio::{sync::oneshot, time::Instant};

use super::{super::wire::Wire, answer::events};
use crate::{http_client::reader, mcp::PeerError, upstream::event_stream::Item};

/// How long to wait before the stream is opened again when the server does not say.
const REOPEN_AFTER: Duration = Duration::from_secs(1);

/// The longest pause between two tries.
const REOPEN_AT_MOST: Duration = Duration::from_mins(1);

/// A stream that was open for so long is opened again without a longer pause.
const HEALTHY: Duration = Duration::from_secs(10);

/// Keeps the stream open; returns when the server offers none. `answered` is dropped when the
/// server has answered the first try, so that nothing it says from then on is missed.
pub(super) async fn listen(wire: &Wire, answered: oneshot::Sender<Infallible>) {
    let mut answered = Some(answered);
    let mut last_id: Option<String> = None;
    let mut pause = REOPEN_AFTER;
    loop {
        let opened = Instant::now();
        let mut retry = None;
        let answer = wire.get(&wire.remote.url, last_id.as_deref()).await;
        drop(answered.take());
        match answer {
            Ok(response) => {
                let mut events = events(wire, reader(response), wire.remote.listening_timeout());
                loop {
                    match events.next().await {
                        Ok(Some(Item::Event { kind, data })) if kind == "message" => {
                            wire.receive(None, data).await;
                        }
                        Ok(Some(Item::Event { .. })) => {}
                        Ok(Some(Item::Unusable { problem, id })) => {
                            if let Some(id) = id {
                                wire.peer.fail(id, problem);
                            }
                        }
                        Ok(None) => break,
                        Err(error) => {
                            tracing::debug!(server = %wire.remote.name, %error, "its stream ended");
                            break;
                        }
                    }
                }
                if let Some(id) = events.last_id() {
                    last_id = Some(id.to_owned());
                }
                retry = events.retry();
            }
            // 405, by the specification; others say 400, 404 or 501, or answer with something
            // else than a stream. It need not offer one; other refusals may pass.
            // And one that can't be reached has been given up.
            Err(
                PeerError::Refused {
                    status: 200..300 | 400 | 404 | 405 | 501,
                    ..
                }
                | PeerError::Lost { is_last: true, .. },
            ) => return,
            Err(error) => {
                tracing::debug!(server = %wire.remote.name, %error, "no stream could be opened");
            }
        }
        if opened.elapsed() >= HEALTHY {
            pause = REOPEN_AFTER;
        }
        tokio::time::sleep(retry.unwrap_or(pause).max(pause.min(REOPEN_AFTER))).await;
        pause = (pause * 2).min(REOPEN_AT_MOST);
    }
}
