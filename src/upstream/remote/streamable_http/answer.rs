//! The answer to a request that was posted: JSON, or a stream of events that may break off and
//! be resumed.

use std::{sync::Arc, time::Duration};

use bytestring::ByteString;
use reqwest::{Response, header::HeaderMap};

use super::super::wire::{Wire, is_event_stream, media_type};
use crate::{
    http_client::{Body, BodyError, BodyReader, reader},
    mcp::PeerError,
    upstream::event_stream::{EventReader, Item},
};

/// How long a stream may go on after its answer: read to its end, its connection serves again.
const AFTERMATH: Duration = Duration::from_secs(1);

/// How long to wait before resuming when the server does not say.
const RESUME_AFTER: Duration = Duration::from_millis(500);

/// How often in a row resuming may bring nothing new.
const MAX_RESUMES: u32 = 6;

/// What was asked.
pub(super) struct Request {
    pub(super) id: u64,
    pub(super) is_initialize: bool,
    /// Whether its stream can be resumed (MCP 2025-11-25, resumability and redelivery).
    pub(super) is_resumable: bool,
    /// How long its answer may be silent.
    pub(super) idle_timeout: Duration,
}

/// Reads the answer and hands all that comes to the peer.
pub(super) async fn read(wire: &Arc<Wire>, request: &Request, response: Response) {
    if is_event_stream(&response) {
        return read_events(wire, request, response).await;
    }
    match media_type(&response).as_deref() {
        Some("application/json") => read_json(wire, request, response).await,
        other => {
            let other = other.unwrap_or("no type").to_owned();
            wire.peer.fail(
                request.id,
                format!("the server answered with {other}, neither JSON nor events"),
            );
        }
    }
}

async fn read_json(wire: &Wire, request: &Request, response: Response) {
    let headers = if request.is_initialize {
        response.headers().clone()
    } else {
        HeaderMap::new()
    };
    let body = Body::new(response, request.idle_timeout);
    let read = body.read_to_end(wire.remote.max_message_size).await;
    let id = request.id;
    match read.map(ByteString::try_from) {
        Ok(Ok(text)) => {
            take(wire, request, &headers, text).await;
            wire.peer.fail(
                id,
                "the server's answer holds no answer to the request".into(),
            );
        }
        Ok(Err(_)) => {
            wire.peer
                .fail(id, "the server answered with text that is no UTF-8".into());
        }
        Err(error @ BodyError::TooLarge { .. }) => {
            wire.peer.fail(id, format!("{error} (--max-line-size)"));
        }
        Err(error @ (BodyError::Stalled { .. } | BodyError::Broken { .. })) => {
            wire.peer.end(id, lost(&error.to_string(), false));
        }
    }
}

async fn read_events(wire: &Arc<Wire>, request: &Request, response: Response) {
    let headers = response.headers().clone();
    let mut stream = Some(reader(response));
    let mut last_id: Option<String> = None;
    let mut retry = None;
    let mut resumes = 0;
    loop {
        let mut reason = "the event stream can't be resumed".to_owned();
        if let Some(reader) = stream.take() {
            let mut events = events(wire, reader, request.idle_timeout);
            reason = match read_until_answered(wire, request, &headers, &mut events).await {
                Ok(()) => {
                    // Not awaited: the caller's end would cut it short.
                    tokio::spawn(tokio::time::timeout(AFTERMATH, drain(events)));
                    return;
                }
                Err(reason) => reason,
            };
            if let Some(id) = events
                .last_id()
                .filter(|id| last_id.as_deref() != Some(*id))
            {
                last_id = Some(id.to_owned());
                resumes = 0;
            }
            retry = events.retry().or(retry);
        }
        let cursor = last_id.as_deref().filter(|_| request.is_resumable);
        let Some(cursor) = cursor.filter(|_| resumes < MAX_RESUMES) else {
            wire.peer.end(request.id, lost(&reason, false));
            return;
        };
        let pause = retry.unwrap_or(RESUME_AFTER * 2_u32.pow(resumes));
        resumes += 1;
        tracing::debug!(server = %wire.remote.name, reason, "a stream is resumed");
        tokio::time::sleep(pause).await;
        match wire.get(&wire.remote.url, Some(cursor)).await {
            Ok(response) => stream = Some(reader(response)),
            Err(PeerError::Lost {
                reason, is_last, ..
            }) => {
                // The request itself was sent before, whatever became of this one.
                if is_last {
                    wire.peer.end(request.id, lost(&reason, true));
                    return;
                }
            }
            Err(error) => {
                let reason = format!("{reason}, and can't be resumed: {error}");
                wire.peer.end(request.id, lost(&reason, false));
                return;
            }
        }
    }
}

/// Reads events until the request is answered; the error is why no more will come.
async fn read_until_answered(
    wire: &Wire,
    request: &Request,
    headers: &HeaderMap,
    events: &mut EventReader<BodyReader>,
) -> Result<(), String> {
    let mut unusable = None;
    while wire.peer.awaits(request.id) {
        match events.next().await {
            Ok(Some(Item::Event { kind, data })) if kind == "message" => {
                take(wire, request, headers, data).await;
            }
            Ok(Some(Item::Event { .. })) => {}
            Ok(Some(Item::Unusable { problem, id })) => {
                // Without an id it may be the answer, or something that matters less.
                if !id.is_some_and(|id| wire.peer.fail(id, problem.clone())) {
                    tracing::warn!(server = %wire.remote.name, "{problem}");
                    unusable = Some(problem);
                }
            }
            Ok(None) => match unusable.take() {
                Some(problem) => {
                    wire.peer.fail(request.id, problem);
                }
                None => return Err("the event stream ended before the answer".into()),
            },
            Err(error) => return Err(error.to_string()),
        }
    }
    Ok(())
}

/// Takes what came; the headers that it came with count for an `initialize` alone.
async fn take(wire: &Wire, request: &Request, headers: &HeaderMap, text: ByteString) {
    if request.is_initialize {
        wire.learn(headers, &text);
    }
    wire.receive(Some(request.id), text).await;
}

async fn drain(mut events: EventReader<BodyReader>) {
    while let Ok(Some(_)) = events.next().await {}
}

pub(super) fn events(
    wire: &Wire,
    reader: BodyReader,
    idle_timeout: Duration,
) -> EventReader<BodyReader> {
    EventReader::new(reader, wire.remote.max_message_size, idle_timeout)
}

/// What was answered by a head has arrived, and may have been executed.
fn lost(reason: &str, is_last: bool) -> PeerError {
    PeerError::Lost {
        reason: reason.into(),
        sent: true,
        is_last,
    }
}
