//! Messages of versions that have sessions (MCP 2025-11-25 and earlier, Streamable HTTP).

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{HeaderName, HeaderValue},
    },
    web::Data,
};
use bytestring::ByteString;

use super::{Answers, json, refusal, refuse, respond};
use crate::{
    frontend::{
        State,
        mcp::{
            conversation::{Conversation, Scope},
            message::{self, Incoming, Request, Unreadable},
            outcome::{self, Outcome, RpcError},
            session::{Outbox, Session},
            stream::Streams,
        },
    },
    gateway::Caller,
    mcp::{Era, codes},
};

/// How many messages a batch may hold.
const MAX_BATCH: usize = 100;

/// The header that carries the id of a session.
const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");

/// A message of an earlier version, or a batch of them.
pub(super) async fn take(
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
    let items = match crate::json::items(text, MAX_BATCH) {
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
    respond::resumable(&state.mcp, &session, caller, reader)
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
