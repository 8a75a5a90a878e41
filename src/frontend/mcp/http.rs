//! Streamable HTTP: each message of a client is a POST, answered by JSON or by a stream of events
//! (MCP 2026-07-28 and 2025-11-25, Streamable HTTP).

mod accept;
mod headers;
mod legacy;
mod respond;

pub use legacy::{delete, get};

pub(super) use accept::Answers;
pub(super) use headers::check_stateless;

use accept::accepts_either;

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header::HeaderName},
    web::{Data, Payload},
};
use bytestring::ByteString;

pub(super) use respond::{COMMENT, event_stream, heartbeat, json, respond};

use super::{
    conversation::{Conversation, Scope},
    message::{self, Incoming, Unreadable},
    outcome::{self, Outcome, RpcError},
};
use crate::{
    frontend::{
        State,
        body::{self, BodyError},
        identity,
    },
    gateway::{Caller, Discovery},
    mcp::{Era, LEGACY_VERSIONS, STATELESS_VERSION, codes},
};

/// The version of a message that names none (MCP 2025-11-25, protocol version header).
const UNNAMED_VERSION: &str = "2025-03-26";

const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");

/// A conversation on a route, before it is known how the client talks.
pub fn conversation(
    state: &State,
    request: &HttpRequest,
    caller: &Caller,
    scope: &Scope,
    era: Era,
) -> Result<Conversation, RpcError> {
    let roster = state.mcp.registry.roster();
    let servers = roster.servers().filter(|server| match scope {
        Scope::All => true,
        Scope::Server(name) => server.name.as_str() == name,
        Scope::Group(name) => roster
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
        caller: match scope {
            Scope::Group(_) => caller.in_group(),
            Scope::All | Scope::Server(_) => caller.clone(),
        },
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
        Era::Legacy(_) => legacy::take(request, conversation, text).await,
    }
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
