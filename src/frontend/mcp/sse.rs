//! HTTP+SSE, the transport of 2024 (MCP 2024-11-05, transports): one stream of events for all that
//! the client is told, and a POST for each of its messages.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Payload},
};
use bytes::Bytes;
use bytestring::ByteString;
use futures_util::{StreamExt as _, stream};
use tokio::sync::mpsc;

use super::{
    conversation::{Conversation, Scope},
    http::{self, COMMENT, event_stream, heartbeat, refusal},
    message::{self, Incoming, Params, Request, Unreadable},
    outcome::{self, Outcome, RpcError, own},
    session::{InUse, Outbox, Session},
    stream as events,
    under_way::UnderWay,
};
use crate::{
    frontend::{State, body},
    gateway::Caller,
    json::Raw,
    mcp::{Era, NEWEST_LEGACY_VERSION, STATELESS_VERSION, codes},
};

/// How many messages wait for a client that reads slowly before its answers have to wait too.
const CAPACITY: usize = 256;

/// How long a client's stream may be full before a message of it is refused.
const SLOW_READER: Duration = Duration::from_secs(5);

/// How many connections of this kind there may be.
const MAX_CONNECTIONS: usize = 100_000;

/// The streams that are open.
#[derive(Debug, Default)]
pub struct Connections(Mutex<HashMap<String, Arc<Connection>>>);

/// One stream.
#[derive(Debug)]
struct Connection {
    caller: Caller,
    scope: Scope,
    channel: mpsc::Sender<ByteString>,
    /// Begun by the client's first message.
    session: OnceLock<Arc<Session>>,
    /// The session does not expire as long as the stream is open.
    in_use: OnceLock<InUse>,
}

/// Forgets a stream when it ends, and ends its session.
struct Open {
    state: Data<State>,
    id: String,
}

impl Connections {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Connection>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let connection = self.state.mcp.connections.lock().remove(&self.id);
        if let Some(session) = connection.and_then(|it| it.session.get().cloned()) {
            self.state.mcp.sessions.end(&session);
        }
    }
}

/// `GET sse`: the stream. Its first event says where messages are sent to.
pub fn open(
    state: &Data<State>,
    caller: &Caller,
    scope: &Scope,
    message_path: &str,
) -> HttpResponse {
    let id = match random_id() {
        Ok(id) => id,
        Err(error) => return crate::frontend::answer::internal(&error),
    };
    let (channel, messages) = mpsc::channel(CAPACITY);
    let connection = Arc::new(Connection {
        caller: caller.clone(),
        scope: scope.clone(),
        channel,
        session: OnceLock::new(),
        in_use: OnceLock::new(),
    });
    {
        let mut connections = state.mcp.connections.lock();
        if connections.len() >= MAX_CONNECTIONS {
            let error = RpcError::new(own::BUSY, "there are too many streams just now");
            return refusal(StatusCode::SERVICE_UNAVAILABLE, &error);
        }
        connections.insert(id.clone(), connection);
    }
    let endpoint = format!("event: endpoint\ndata: {message_path}?sessionId={id}\n\n");
    let open = Open {
        state: Data::clone(state),
        id,
    };
    let draining = state.mcp.draining();
    let tenure = state.mcp.tenure(caller);
    let rest = stream::unfold(
        (messages, heartbeat(), draining, tenure, open),
        async |(mut messages, mut heart, mut draining, mut tenure, open)| {
            let chunk = tokio::select! {
                biased;
                // What is under way ends with it: its answers have no other way.
                () = tenure.over() => return None,
                text = messages.recv() => events::event(None, &text?),
                _ = draining.wait_for(|draining| *draining), if open.is_idle() => return None,
                _ = heart.tick() => COMMENT,
            };
            Some((chunk, (messages, heart, draining, tenure, open)))
        },
    );
    event_stream(stream::iter([Bytes::from(endpoint)]).chain(rest))
}

impl Open {
    /// Whether nothing is going on, so that nothing is lost when the stream ends.
    fn is_idle(&self) -> bool {
        let connections = self.state.mcp.connections.lock();
        let connection = connections.get(&self.id);
        let session = connection.and_then(|connection| connection.session.get());
        session.is_none_or(|session| session.is_quiet())
    }
}

/// `POST messages`: a message of the client. Its answer comes on the stream; of a message that
/// belongs to no stream, here.
pub async fn message(
    state: &Data<State>,
    request: &HttpRequest,
    payload: Payload,
    caller: Caller,
    scope: Scope,
) -> HttpResponse {
    let text = match body::message(request, payload, state.body_limits).await {
        Ok(text) => text,
        Err(error) => {
            return http::refuse_body(&error);
        }
    };
    let era = Era::Legacy(NEWEST_LEGACY_VERSION);
    let conversation = match http::conversation(state, request, &caller, &scope, era) {
        Ok(conversation) => conversation,
        Err(error) => return refusal(StatusCode::BAD_REQUEST, &error),
    };
    let Some(id) = session_id(request) else {
        return directly(conversation, &text).await;
    };
    let connection = state.mcp.connections.lock().get(&id).cloned();
    let is_theirs = |it: &Arc<Connection>| it.caller == caller && it.scope == scope;
    let Some(connection) = connection.filter(is_theirs) else {
        let error = RpcError::new(
            codes::INVALID_REQUEST,
            "there is no such stream: it has ended, or was never yours; open one by GET",
        );
        return refusal(StatusCode::NOT_FOUND, &error);
    };
    take(conversation, &connection, &text).await
}

/// What `?sessionId=` says, in whichever spelling.
fn session_id(request: &HttpRequest) -> Option<String> {
    let mut query = url::form_urlencoded::parse(request.query_string().as_bytes());
    let id = query.find(|(name, _)| name == "sessionId" || name == "session_id");
    id.map(|(_, id)| id.into_owned())
}

/// Takes a message of a stream.
async fn take(
    mut conversation: Conversation,
    connection: &Arc<Connection>,
    text: &ByteString,
) -> HttpResponse {
    let channel = connection.channel.clone();
    if let Some(session) = connection.session.get() {
        conversation.era = Era::Legacy(session.version);
        conversation.session = Some(Arc::clone(session));
    }
    match message::read(text) {
        Err(Unreadable { id, error }) => {
            return match id {
                // The client waits for it on the stream.
                Some(id) => say(&channel, Outcome::Error(error).response(&id)).await,
                None => refusal(StatusCode::BAD_REQUEST, &error),
            };
        }
        Ok(Incoming::Request(request))
            if request.method == "initialize" && conversation.session.is_none() =>
        {
            let connection = Arc::clone(connection);
            // It may have to wait for a server to start.
            actix_web::rt::spawn(async move {
                let outbox = Outbox::Channel(channel.clone());
                let id = request.id.clone();
                let sessions = Arc::clone(&conversation.service);
                let outcome = match conversation.begin(&request, outbox).await {
                    Ok((session, result)) => {
                        let in_use = session.use_it();
                        match connection.session.set(session) {
                            Ok(()) => {
                                let _ = connection.in_use.set(in_use);
                            }
                            // The client was too quick: the first is its session.
                            Err(session) => sessions.sessions.end(&session),
                        }
                        Outcome::Result(result)
                    }
                    Err(error) => Outcome::Error(error),
                };
                // When the stream has ended, nobody waits.
                let _ = channel.send(outcome.response(&id)).await;
                if channel.is_closed()
                    && let Some(session) = connection.session.get()
                {
                    sessions.sessions.end(session);
                }
            });
        }
        Ok(Incoming::Request(request)) if conversation.session.is_none() => {
            let outcome = match request.method.as_str() {
                "ping" => Outcome::Result(Raw::from_static("{}")),
                // Of a later version than this transport: the client tries `initialize` then.
                "server/discover" => Outcome::Error(RpcError::method_not_found(&request.method)),
                _ => Outcome::Error(RpcError::new(
                    codes::INVALID_REQUEST,
                    "the session has not begun; send initialize first, and wait for its answer",
                )),
            };
            return say(&channel, outcome.response(&request.id)).await;
        }
        Ok(Incoming::Request(request)) => {
            let id = request.id.clone();
            match UnderWay::begin(conversation, request, false) {
                Ok(under_way) => {
                    // It ends with the request, or with the stream.
                    actix_web::rt::spawn(under_way.tell(channel));
                }
                Err(error) => {
                    return say(&channel, Outcome::Error(error).response(&id)).await;
                }
            }
        }
        Ok(Incoming::Notification { method, params }) => {
            conversation.notified(&method, params.as_ref()).await;
        }
        Ok(Incoming::Response { id, outcome }) => {
            if let Some(session) = &conversation.session {
                session.answer(id, outcome);
            }
        }
    }
    accepted()
}

/// Says something on a stream, unless it is not read.
async fn say(channel: &mpsc::Sender<ByteString>, text: ByteString) -> HttpResponse {
    match channel.send_timeout(text, SLOW_READER).await {
        Ok(()) => accepted(),
        Err(_) => refusal(
            StatusCode::SERVICE_UNAVAILABLE,
            &RpcError::new(own::BUSY, "the stream for the answer is not read"),
        ),
    }
}

fn accepted() -> HttpResponse {
    HttpResponse::Accepted()
        .content_type("text/plain; charset=utf-8")
        .body("Accepted")
}

/// Answers a message that belongs to no stream. One without an id is answered too: who posts a
/// message by hand leaves it out.
async fn directly(mut conversation: Conversation, text: &ByteString) -> HttpResponse {
    if message::version(text).is_some() {
        conversation.era = Era::Stateless(STATELESS_VERSION);
    }
    let request = match message::read(text) {
        Ok(Incoming::Request(request)) => request,
        Ok(Incoming::Notification { method, params }) if !method.starts_with("notifications/") => {
            let params = match params.as_ref().map(|params| Params::read(Some(params))) {
                Some(Ok(params)) => params,
                Some(Err(error)) => return refusal(StatusCode::BAD_REQUEST, &error),
                None => Params::default(),
            };
            Request {
                id: Raw::from_static("null"),
                method,
                params,
            }
        }
        Ok(Incoming::Notification { .. } | Incoming::Response { .. }) => {
            return HttpResponse::Accepted().finish();
        }
        Err(Unreadable { id, error }) => {
            let text = match id {
                Some(id) => Outcome::Error(error).response(&id),
                None => outcome::error_without_id(&error),
            };
            return http::json(StatusCode::BAD_REQUEST, text);
        }
    };
    conversation.take_note(&request);
    http::respond(conversation, request, http::Answers::Json).await
}

/// An id that nobody can guess.
fn random_id() -> Result<String, getrandom::Error> {
    let mut bytes = [0_u8; 24];
    getrandom::fill(&mut bytes)?;
    let alphabet = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    Ok(base64::Engine::encode(&alphabet, bytes))
}
