//! How a request is answered: by JSON where it ends without a word in between, else by a stream
//! of events.

use std::{sync::Arc, time::Duration};

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
};
use bytes::Bytes;
use bytestring::ByteString;
use futures_util::{StreamExt as _, stream};
use tokio::time::{Instant, Interval, MissedTickBehavior};

use super::super::{
    Service,
    conversation::Conversation,
    http::Answers,
    listen::Listening,
    message::Request,
    outcome::Outcome,
    session::{Outbox, Session},
    stream::{self as events, Reader, Stream},
    under_way::{Step, UnderWay},
};
use crate::{
    frontend::{accept::EVENT_STREAM, answer},
    gateway::Caller,
    mcp::{Era, codes},
};

/// How long an answer waits for a first word before a stream is opened for it, so that nobody on
/// the way takes the request for dead.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often a silent stream shows that it is alive, so that no proxy cuts it.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// What readers ignore.
pub(in crate::frontend::mcp) const COMMENT: Bytes = Bytes::from_static(b":\n\n");

/// JSON that is ready to send.
pub(in crate::frontend::mcp) fn json(
    status: StatusCode,
    text: impl Into<ByteString>,
) -> HttpResponse {
    let mut response = answer::json(status, text.into().into_bytes());
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A stream of events.
pub(in crate::frontend::mcp) fn event_stream(
    chunks: impl futures_util::Stream<Item = Bytes> + 'static,
) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, HeaderValue::from_static(EVENT_STREAM)))
        .insert_header((header::CACHE_CONTROL, HeaderValue::from_static("no-store")))
        // nginx buffers answers unless told not to.
        .insert_header(("x-accel-buffering", "no"))
        .streaming(chunks.map(Ok::<_, actix_web::Error>))
}

/// The HTTP status of an answer. In the legacy era an error is an answer like any other.
pub(super) fn status(era: &Era, outcome: &Outcome) -> StatusCode {
    match (era, outcome) {
        (Era::Stateless(_), Outcome::Error(error)) => match error.code {
            codes::METHOD_NOT_FOUND => StatusCode::NOT_FOUND,
            codes::HEADER_MISMATCH
            | codes::MISSING_CLIENT_CAPABILITY
            | codes::UNSUPPORTED_PROTOCOL_VERSION => StatusCode::BAD_REQUEST,
            _ => StatusCode::OK,
        },
        _ => StatusCode::OK,
    }
}

/// Carries a request to its end and answers it. A caller that goes away cancels it.
pub(in crate::frontend::mcp) async fn respond(
    conversation: Conversation,
    request: Request,
    answers: Answers,
) -> HttpResponse {
    let accepts_events = answers != Answers::Json;
    let era = conversation.era.clone();
    let session = conversation.session.clone();
    let service = Arc::clone(&conversation.service);
    let caller = conversation.caller.clone();
    let id = request.id.clone();
    let mut under_way = match UnderWay::begin(conversation, request, accepts_events) {
        Ok(under_way) => under_way,
        Err(error) => return json(StatusCode::OK, Outcome::Error(error).response(&id)),
    };
    let first = tokio::select! {
        biased;
        step = under_way.step() => Some(step),
        () = tokio::time::sleep(PATIENCE), if accepts_events => None,
    };
    let first = match first {
        Some(Step::Ended(outcome)) => {
            let status = status(&era, &outcome);
            if answers != Answers::Events || status != StatusCode::OK {
                return json(status, outcome.response(&id));
            }
            return at_once(session.as_deref(), outcome.response(&id));
        }
        // No answer is wanted; but HTTP wants one.
        Some(Step::Cancelled) if accepts_events => return event_stream(stream::iter([COMMENT])),
        Some(Step::Cancelled) => return HttpResponse::Accepted().finish(),
        Some(Step::Said(text)) => Some(text),
        None => None,
    };
    match session {
        Some(session) => resumed(&service, &session, &caller, under_way, first),
        None => event_stream(chunks(under_way, first)),
    }
}

/// An answer that is there already, as a stream.
fn at_once(session: Option<&Session>, text: ByteString) -> HttpResponse {
    let session = session.filter(|session| takes_priming(session));
    let Some(Outbox::Streams(streams)) = session.map(|session| &session.outbox) else {
        return event_stream(stream::iter([events::event(None, &text)]));
    };
    let stream = streams.open();
    let reader = stream.attach(0);
    let opening = events::priming_event(&reader.position());
    let answer = events::event(Some(&stream.event_id(1)), &text);
    // Kept, in case that it does not arrive.
    stream.push(text);
    stream.end();
    event_stream(stream::iter([opening, answer]))
}

/// Whether the client knows an event without a message. Those of earlier versions take each event
/// for a message.
fn takes_priming(session: &Session) -> bool {
    session.version >= "2025-11-25"
}

/// All that happens, as a stream that can't be taken up again. Dropping it cancels the request.
fn chunks(
    under_way: UnderWay,
    first: Option<ByteString>,
) -> impl futures_util::Stream<Item = Bytes> {
    let opening = first.map_or(COMMENT, |text| events::event(None, &text));
    let start = (Some(under_way), heartbeat());
    let rest = stream::unfold(start, async |(under_way, mut heart)| {
        let mut under_way = under_way?;
        tokio::select! {
            biased;
            step = under_way.step() => match step {
                Step::Said(text) => {
                    Some((events::event(None, &text), (Some(under_way), heart)))
                }
                Step::Cancelled => None,
                Step::Ended(outcome) => {
                    let mut last = Vec::new();
                    for text in under_way.rest() {
                        last.extend_from_slice(&events::event(None, &text));
                    }
                    let text = outcome.response(under_way.id());
                    last.extend_from_slice(&events::event(None, &text));
                    Some((last.into(), (None, heart)))
                }
            },
            _ = heart.tick() => Some((COMMENT, (Some(under_way), heart))),
        }
    });
    stream::iter([opening]).chain(rest)
}

/// Tells all that happens to a stream, and gives up when nobody reads it any more.
async fn tell(mut under_way: UnderWay, stream: Arc<Stream>, patience: Duration) {
    // One wait for all of it: what is said meanwhile reaches nobody.
    let mut abandoned = std::pin::pin!(stream.abandoned(patience));
    loop {
        let step = tokio::select! {
            step = under_way.step() => step,
            () = abandoned.as_mut() => Step::Cancelled,
        };
        match step {
            Step::Said(text) => stream.push(text),
            Step::Cancelled => break,
            Step::Ended(outcome) => {
                for text in under_way.rest() {
                    stream.push(text);
                }
                stream.push(outcome.response(under_way.id()));
                break;
            }
        }
    }
    stream.end();
}

/// A request whose stream may break off and be taken up again: it goes on by itself meanwhile.
fn resumed(
    service: &Arc<Service>,
    session: &Arc<Session>,
    caller: &Caller,
    under_way: UnderWay,
    first: Option<ByteString>,
) -> HttpResponse {
    let Outbox::Streams(streams) = &session.outbox else {
        return event_stream(chunks(under_way, first));
    };
    let stream = streams.open();
    let reader = stream.attach(0);
    if let Some(first) = first {
        stream.push(first);
    }
    let patience = service.settings().resume_wait;
    // It ends with the request, or soon after its caller has gone.
    actix_web::rt::spawn(tell(under_way, stream, patience));
    resumable(service, session, caller, reader)
}

/// A stream of a session, which a client may take up again. One of a call ends with the call; one
/// that only waits, when its caller may not come in any more, too.
pub(super) fn resumable(
    service: &Arc<Service>,
    session: &Arc<Session>,
    caller: &Caller,
    reader: Reader,
) -> HttpResponse {
    let opening = if takes_priming(session) {
        events::priming_event(&reader.position())
    } else {
        COMMENT
    };
    let draining = service.draining();
    let in_use = session.use_it();
    let tenure = service.tenure(caller);
    let is_standalone = reader.is_standalone();
    let rest = stream::unfold(
        (reader, heartbeat(), draining, tenure, in_use),
        move |(mut reader, mut heart, mut draining, mut tenure, in_use)| async move {
            let chunk = tokio::select! {
                biased;
                () = tenure.over(), if is_standalone => return None,
                event = reader.next() => {
                    let (id, text) = event?;
                    events::event(Some(&id), &text)
                }
                _ = draining.wait_for(|draining| *draining), if is_standalone => return None,
                _ = heart.tick() => COMMENT,
            };
            Some((chunk, (reader, heart, draining, tenure, in_use)))
        },
    );
    event_stream(stream::iter([opening]).chain(rest))
}

/// The stream of a subscription.
pub(super) fn listening(service: &Arc<Service>, listening: Listening) -> HttpResponse {
    let draining = service.draining();
    let tenure = service.tenure(listening.caller());
    let rest = stream::unfold(
        (Some(listening), heartbeat(), draining, tenure),
        async |(listening, mut heart, mut draining, mut tenure)| {
            let mut listening = listening?;
            let chunk = tokio::select! {
                biased;
                _ = draining.wait_for(|draining| *draining) => None,
                () = tenure.over() => None,
                text = listening.next() => Some(events::event(None, &text)),
                _ = heart.tick() => Some(COMMENT),
            };
            let Some(chunk) = chunk else {
                let last = events::event(None, &listening.end());
                return Some((last, (None, heart, draining, tenure)));
            };
            Some((chunk, (Some(listening), heart, draining, tenure)))
        },
    );
    event_stream(rest)
}

/// Ticks while a stream is silent.
pub(in crate::frontend::mcp) fn heartbeat() -> Interval {
    let mut heartbeat = tokio::time::interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    heartbeat
}
