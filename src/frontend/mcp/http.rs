//! Streamable HTTP: each message of a client is a POST, answered by JSON or by a stream of events
//! (MCP 2026-07-28 and 2025-11-25, Streamable HTTP).

mod headers;
mod respond;

pub(super) use headers::check_stateless;

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
    web::{Data, Payload},
};
use bytestring::ByteString;

pub(super) use respond::{COMMENT, event_stream, heartbeat, json, respond};

use super::{
    conversation::{Conversation, Scope},
    identify,
    message::{self, Incoming, Request, Unreadable},
    outcome::{self, Outcome, RpcError, own},
    session::{Outbox, Session},
    stream::Streams,
};
use crate::{
    frontend::{
        State,
        accept::EVENT_STREAM,
        body::{self, BodyError},
        identity,
    },
    gateway::{Caller, Discovery},
    json::{self, Raw},
    mcp::{Era, LEGACY_VERSIONS, STATELESS_VERSION, codes, envelope},
};

/// The version of a message that names none (MCP 2025-11-25, protocol version header).
const UNNAMED_VERSION: &str = "2025-03-26";

/// How many messages a batch may hold.
const MAX_BATCH: usize = 100;

/// The header that carries the id of a session.
const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");

const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");

/// A conversation on a route, before it is known how the client talks.
pub fn conversation(
    state: &State,
    request: &HttpRequest,
    caller: &Caller,
    scope: &Scope,
    era: Era,
) -> Result<Conversation, RpcError> {
    let registry = &state.mcp.registry;
    let servers = registry.iter().filter(|server| match scope {
        Scope::All => true,
        Scope::Server(name) => server.name.as_str() == name,
        Scope::Group(name) => registry
            .group(name)
            .is_some_and(|group| group.servers.contains(&server.name)),
    });
    let identities = servers.filter_map(|server| {
        let identity = identity::identity_for(request, server)?;
        Some((server.name.clone(), identity))
    });
    Ok(Conversation {
        service: Arc::clone(&state.mcp),
        scope: scope.clone(),
        caller: caller.clone(),
        era,
        session: None,
        askable: None,
        discovery: discovery(request)?,
        identities: Arc::new(identities.collect()),
    })
}

/// What `?discovery=` says.
fn discovery(request: &HttpRequest) -> Result<Option<Discovery>, RpcError> {
    let mut query = url::form_urlencoded::parse(request.query_string().as_bytes());
    match query.find(|(name, _)| name == "discovery") {
        None => Ok(None),
        Some((_, value)) => match &*value {
            "full" => Ok(Some(Discovery::Full)),
            "search" => Ok(Some(Discovery::Search)),
            _ => Err(RpcError::new(
                codes::INVALID_REQUEST,
                "the URL's `discovery` must be `full` or `search`",
            )),
        },
    }
}

/// `POST mcp`: a message of the client, or a batch of them.
pub async fn post(
    state: &Data<State>,
    request: &HttpRequest,
    payload: Payload,
    caller: Caller,
    scope: Scope,
) -> HttpResponse {
    let text = match body::message(request, payload, state.body_limits).await {
        Ok(text) => text,
        Err(error) => {
            return refuse_body(&error);
        }
    };
    if !accepts_either(request) {
        let problem = RpcError::new(
            codes::INVALID_REQUEST,
            "the client must accept application/json or text/event-stream",
        );
        return refusal(StatusCode::NOT_ACCEPTABLE, &problem);
    }
    let era = match era_of(request, &text) {
        Ok(era) => era,
        Err(error) => return refusal(StatusCode::BAD_REQUEST, &error),
    };
    let conversation = match conversation(state, request, &caller, &scope, era) {
        Ok(conversation) => conversation,
        Err(error) => return refusal(StatusCode::BAD_REQUEST, &error),
    };
    match conversation.era {
        Era::Stateless(_) => stateless(request, conversation, &text).await,
        Era::Legacy(_) => legacy(request, conversation, text).await,
    }
}

/// Whether the client takes what it may be sent. One that says nothing takes all.
fn accepts_either(request: &HttpRequest) -> bool {
    !request.headers().contains_key(header::ACCEPT)
        || accepted(request).any(|range| range.is_some())
}

/// What a range of media types holds of the two that answers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Range {
    Json,
    Events,
    Both,
}

/// The ranges that a client accepts, in its order; nothing for one that holds none of them.
fn accepted(request: &HttpRequest) -> impl Iterator<Item = Option<Range>> {
    let accept = request.headers().get_all(header::ACCEPT);
    accept
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|range| range.split(';').next())
        .map(|range| {
            let is = |name: &str| range.trim().eq_ignore_ascii_case(name);
            if is("application/json") || is("application/*") {
                Some(Range::Json)
            } else if is(EVENT_STREAM) || is("text/*") {
                Some(Range::Events)
            } else {
                is("*/*").then_some(Range::Both)
            }
        })
}

/// How the client talks: as its header says, else as the message does, else as of old.
fn era_of(request: &HttpRequest, text: &str) -> Result<Era, RpcError> {
    let named = request.headers().get(PROTOCOL_VERSION);
    let named = named.map(|value| value.to_str().unwrap_or_default());
    match named {
        Some(version) if LEGACY_VERSIONS.contains(&version) => {
            // A message of the other era says so itself, and then contradicts its header.
            match message::version(text) {
                Some(other) if !LEGACY_VERSIONS.contains(&other.as_str()) => {
                    Ok(Era::Stateless(STATELESS_VERSION))
                }
                _ => Era::of_version(version)
                    .ok_or_else(|| RpcError::new(codes::INVALID_REQUEST, "unknown version")),
            }
        }
        Some(_) => Ok(Era::Stateless(STATELESS_VERSION)),
        None if message::version(text).is_some() => Ok(Era::Stateless(STATELESS_VERSION)),
        None => Ok(Era::Legacy(UNNAMED_VERSION)),
    }
}

/// A message of MCP 2026-07-28.
async fn stateless(
    request: &HttpRequest,
    mut conversation: Conversation,
    text: &ByteString,
) -> HttpResponse {
    match message::read(text) {
        Err(unreadable) => refuse(&unreadable),
        Ok(Incoming::Response { .. }) => refusal(
            StatusCode::BAD_REQUEST,
            &RpcError::new(
                codes::INVALID_REQUEST,
                "a response is no message of a client in this protocol version",
            ),
        ),
        // The transport defines none, and whatever it may be, nobody waits for an answer.
        Ok(Incoming::Notification { .. }) => HttpResponse::Accepted().finish(),
        Ok(Incoming::Request(message)) => {
            conversation.take_note(&message);
            if let Err(error) = headers::check(request, &conversation, &message).await {
                return json(
                    StatusCode::BAD_REQUEST,
                    Outcome::Error(error).response(&message.id),
                );
            }
            if let Some(response) =
                super::peers::forward(request, &conversation, &message, text).await
            {
                return response;
            }
            if message.method == "subscriptions/listen" {
                return match conversation.listen(&message).await {
                    Ok(listening) => respond::listening(&conversation.service, listening),
                    Err(error) => {
                        let outcome = Outcome::Error(error);
                        let status = respond::status(&conversation.era, &outcome);
                        json(status, outcome.response(&message.id))
                    }
                };
            }
            respond(conversation, message, Answers::of(request)).await
        }
    }
}

/// In which form a client takes the answer to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answers {
    /// As JSON alone.
    Json,
    /// As JSON, or as a stream of events where there is something to say before.
    Either,
    /// Rather as a stream of events: it is named before JSON, or alone.
    Events,
}

impl Answers {
    /// What a request accepts. A client that says nothing wants JSON.
    fn of(request: &HttpRequest) -> Self {
        let mut takes_json = false;
        let mut takes_both = false;
        for range in accepted(request).flatten() {
            match range {
                Range::Events if takes_json => return Self::Either,
                Range::Events => return Self::Events,
                Range::Json => takes_json = true,
                Range::Both => takes_both = true,
            }
        }
        if takes_both && !takes_json {
            Self::Either
        } else {
            Self::Json
        }
    }
}

/// A message of an earlier version, or a batch of them.
async fn legacy(
    request: &HttpRequest,
    mut conversation: Conversation,
    text: ByteString,
) -> HttpResponse {
    let id = request.headers().get(SESSION_ID);
    if let Some(id) = id {
        let id = id.to_str().unwrap_or_default();
        let sessions = &conversation.service.sessions;
        let session = sessions.get(id, &conversation.caller, &conversation.scope);
        let Some(session) = session else {
            return no_session();
        };
        conversation.era = Era::Legacy(session.version);
        conversation.session = Some(session);
    }
    if text.trim_start().starts_with('[') {
        return batch(conversation, &text).await;
    }
    match message::read(&text) {
        Err(unreadable) => refuse(&unreadable),
        Ok(Incoming::Request(message))
            if message.method == "initialize" && conversation.session.is_none() =>
        {
            initialize(conversation, &message).await
        }
        Ok(Incoming::Request(message)) => {
            respond(conversation, message, Answers::of(request)).await
        }
        Ok(Incoming::Notification { method, params }) => {
            conversation.notified(&method, params.as_ref()).await;
            HttpResponse::Accepted().finish()
        }
        Ok(Incoming::Response { id, outcome }) => {
            if let Some(session) = &conversation.session {
                session.answer(id, outcome);
            }
            HttpResponse::Accepted().finish()
        }
    }
}

/// The messages of a batch (MCP 2025-03-26), answered together.
async fn batch(conversation: Conversation, text: &ByteString) -> HttpResponse {
    let items = match json::items(text, MAX_BATCH) {
        Ok(items) if !items.is_empty() => items,
        Ok(_) => {
            let error = RpcError::new(codes::INVALID_REQUEST, "the batch is empty");
            return refusal(StatusCode::BAD_REQUEST, &error);
        }
        Err(error) => {
            let error = RpcError::new(
                codes::PARSE_ERROR,
                format!("the batch can't be read: {error}"),
            );
            return refusal(StatusCode::BAD_REQUEST, &error);
        }
    };
    // Its requests are not counted one by one, but it does not expire meanwhile.
    let _in_use = conversation.session.as_ref().map(Session::use_it);
    let answers = items.into_iter().map(async |item| {
        let text = text.slice_ref(item.get());
        match message::read(&text) {
            Err(Unreadable { id, error }) => Some(match id {
                Some(id) => Outcome::Error(error).response(&id),
                None => outcome::anonymous_error(&error, &conversation.era),
            }),
            Ok(Incoming::Request(request)) => {
                let outcome = conversation.perform(&request, None).await;
                Some(outcome.response(&request.id))
            }
            Ok(Incoming::Notification { method, params }) => {
                conversation.notified(&method, params.as_ref()).await;
                None
            }
            Ok(Incoming::Response { id, outcome }) => {
                if let Some(session) = &conversation.session {
                    session.answer(id, outcome);
                }
                None
            }
        }
    });
    let answers = futures_util::future::join_all(answers).await;
    let answers: Vec<ByteString> = answers.into_iter().flatten().collect();
    if answers.is_empty() {
        return HttpResponse::Accepted().finish();
    }
    let answers: Vec<&str> = answers.iter().map(AsRef::as_ref).collect();
    json(StatusCode::OK, format!("[{}]", answers.join(",")))
}

/// `initialize`: a session begins.
async fn initialize(conversation: Conversation, message: &Request) -> HttpResponse {
    let outbox = Outbox::Streams(Streams::default());
    match conversation.begin(message, outbox).await {
        Ok((session, result)) => {
            let mut response = json(
                StatusCode::OK,
                Outcome::Result(result).response(&message.id),
            );
            if let Ok(id) = HeaderValue::from_str(&session.id) {
                response.headers_mut().insert(SESSION_ID, id);
            }
            response
        }
        Err(error) => json(StatusCode::OK, Outcome::Error(error).response(&message.id)),
    }
}

impl Conversation {
    /// Begins a session: who the client is, and what it is answered.
    pub(super) async fn begin(
        mut self,
        message: &Request,
        outbox: Outbox,
    ) -> Result<(Arc<Session>, Raw), RpcError> {
        let asked = message.params.string("protocolVersion")?;
        let version = identify::negotiated(&asked);
        let capabilities = message.params.get("capabilities").cloned();
        let capabilities = capabilities.filter(|capabilities| capabilities.get().starts_with('{'));
        let capabilities = capabilities.unwrap_or(Raw::from_static("{}"));
        // Whether servers are shared depends on their era, which shows when they are up.
        self.members()
            .await
            .map_err(|error| self.not_there(error))?;
        let sessions = &self.service.sessions;
        let session = sessions
            .begin(&self.caller, &self.scope, version, capabilities, outbox)
            .map_err(|problem| RpcError::new(own::BUSY, problem.to_string()))?;
        self.era = Era::Legacy(version);
        self.session = Some(Arc::clone(&session));
        match self.members().await {
            Ok(members) => {
                let result = self.initialized(&members, version);
                Ok((session, result))
            }
            Err(error) => {
                self.service.sessions.end(&session);
                Err(self.not_there(error))
            }
        }
    }

    /// A notification of the client.
    pub(super) async fn notified(&self, method: &str, params: Option<&Raw>) {
        let Some(session) = &self.session else {
            return;
        };
        match method {
            "notifications/initialized" => {
                if session.set_initialized() {
                    let follow = super::listen::follow(self.clone(), Arc::clone(session));
                    tokio::spawn(follow);
                }
            }
            "notifications/cancelled" => {
                if let Some(id) = params.and_then(envelope::cancelled_id) {
                    session.cancel(&id);
                }
            }
            _ => {
                let params = params.cloned().unwrap_or(Raw::from_static("{}"));
                for server in session.all_own() {
                    if let Some(upstream) = &server.state().session {
                        upstream.notify(method, &params).await;
                    }
                }
            }
        }
    }
}

/// `GET mcp`: the stream on which a session hears what belongs to no request, or one that broke
/// off and is taken up again.
pub fn get(
    state: &Data<State>,
    request: &HttpRequest,
    caller: &Caller,
    scope: &Scope,
) -> HttpResponse {
    if Answers::of(request) == Answers::Json {
        let error = RpcError::new(
            codes::INVALID_REQUEST,
            "this is an MCP endpoint: send messages by POST, or accept text/event-stream",
        );
        return refusal(StatusCode::NOT_ACCEPTABLE, &error);
    }
    let session = match session_of(state, request, caller, scope) {
        Ok(session) => session,
        Err(problem) => return problem.response(),
    };
    let Outbox::Streams(streams) = &session.outbox else {
        return no_session();
    };
    let last = request.headers().get("last-event-id");
    let resumed = last
        .and_then(|id| id.to_str().ok())
        .and_then(|id| streams.resume(id));
    let reader = resumed.unwrap_or_else(|| streams.standalone());
    respond::resumable(&state.mcp, &session, reader)
}

/// `DELETE mcp`: the client ends its session.
pub fn delete(
    state: &Data<State>,
    request: &HttpRequest,
    caller: &Caller,
    scope: &Scope,
) -> HttpResponse {
    match session_of(state, request, caller, scope) {
        Ok(session) => {
            state.mcp.sessions.end(&session);
            HttpResponse::NoContent().finish()
        }
        Err(problem) => problem.response(),
    }
}

/// Why a request has no session.
#[derive(Clone, Copy, Debug)]
enum NoSession {
    /// It names none.
    Unnamed,
    /// There is none of that name, or it is somebody else's.
    Unknown,
}

impl NoSession {
    fn response(self) -> HttpResponse {
        match self {
            Self::Unnamed => {
                let error = RpcError::new(
                    codes::INVALID_REQUEST,
                    "the header Mcp-Session-Id is missing: only sessions have this; begin one \
                     with initialize",
                );
                refusal(StatusCode::BAD_REQUEST, &error)
            }
            Self::Unknown => no_session(),
        }
    }
}

fn session_of(
    state: &Data<State>,
    request: &HttpRequest,
    caller: &Caller,
    scope: &Scope,
) -> Result<Arc<Session>, NoSession> {
    let id = request.headers().get(SESSION_ID);
    let id = id.ok_or(NoSession::Unnamed)?;
    let id = id.to_str().unwrap_or_default();
    let session = state.mcp.sessions.get(id, caller, scope);
    session.ok_or(NoSession::Unknown)
}

/// There is no such session, or it is somebody else's.
fn no_session() -> HttpResponse {
    let error = RpcError::new(
        codes::INVALID_REQUEST,
        "there is no such session: it has ended, expired, or was never yours; begin one with \
         initialize",
    );
    refusal(StatusCode::NOT_FOUND, &error)
}

/// An error that answers no request in particular.
pub(super) fn refusal(status: StatusCode, error: &RpcError) -> HttpResponse {
    json(status, outcome::error_without_id(error))
}

/// An error about a body that is no message.
pub(super) fn refuse_body(error: &BodyError) -> HttpResponse {
    let (status, problem) = match error {
        BodyError::Invalid(_) => (
            StatusCode::BAD_REQUEST,
            RpcError::new(
                codes::PARSE_ERROR,
                "the message is not JSON: it is not UTF-8",
            ),
        ),
        _ => (
            error.status(),
            RpcError::new(codes::INVALID_REQUEST, error.to_string()),
        ),
    };
    error.close(refusal(status, &problem))
}

/// An error about a message that can't be used.
fn refuse(unreadable: &Unreadable) -> HttpResponse {
    let text = match &unreadable.id {
        Some(id) => Outcome::Error(unreadable.error.clone()).response(id),
        None => outcome::error_without_id(&unreadable.error),
    };
    json(StatusCode::BAD_REQUEST, text)
}
