//! Calls of tools.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderMap, HeaderValue},
    },
    web::{Data, Payload},
};
use bytes::Bytes;

use super::{
    Failure, INPUT_REQUIRED, api_answer, events,
    result::{Binary, ToolResult},
};
use crate::{
    frontend::{
        State,
        accept::{Accept, RESULT},
        answer, body,
    },
    gateway::{
        ApiAnswer, ApiAnswers, Caller, End, Exchange, ExchangeError, Lease, Members, Operation,
        Tool, Wishes,
    },
    json::Raw,
};

/// Calls a tool and answers with its value, or with the form of it that the caller accepts.
/// `None`: the server has no such tool.
pub async fn call(
    state: &Data<State>,
    request: &HttpRequest,
    payload: Payload,
    caller: Caller,
    server: &Lease,
    name: &str,
) -> Option<HttpResponse> {
    let catalog = match state.policy.offered(server, &caller).await {
        Ok(catalog) => catalog,
        Err(error) => {
            return Some(Failure::from_exchange(error, server.name.as_str()).response());
        }
    };
    let tool = catalog.tool(name)?;
    Some(call_found(state, request, payload, caller, server, tool).await)
}

/// The same with a tool that is known.
pub(super) async fn call_found(
    state: &Data<State>,
    request: &HttpRequest,
    payload: Payload,
    caller: Caller,
    server: &Lease,
    tool: &Arc<Tool>,
) -> HttpResponse {
    let body = match body::call(request, payload, state.body_limits).await {
        Ok(body) => body,
        Err(error) => return error.response(),
    };
    let form = Form {
        tool: Arc::clone(tool),
        server: server.clone(),
        tool_error_status: state.tool_error_status,
    };
    let accept = Accept::of(request.headers());
    let exchange = Exchange {
        server: server.clone(),
        caller,
        operation: Operation::CallTool {
            tool: Arc::clone(tool),
            arguments: body.arguments,
            continuation: body.continuation,
            rest: Members::new(),
        },
        wishes: Wishes {
            answers_input: body.answers_input,
            api_answers: if accept.wants_events() {
                ApiAnswers::Failures
            } else if accept.wants_result() {
                ApiAnswers::None
            } else {
                ApiAnswers::All
            },
            ..Wishes::default()
        },
    };
    run(state, exchange, form, accept).await
}

async fn run(
    state: &Data<State>,
    exchange: Exchange,
    form: Form,
    accept: Accept<'_>,
) -> HttpResponse {
    if accept.wants_events() {
        return events::stream(Data::clone(state), exchange, form);
    }
    match form.end(state.policy.run(exchange).await) {
        Ok(Answer::Result(result)) if accept.wants_result() => answer::typed(
            StatusCode::OK,
            HeaderValue::from_static(RESULT),
            result.into_bytes(),
        ),
        Ok(Answer::Result(result)) => match form.value(&result, accept) {
            Ok(response) => response,
            Err(failure) => failure.response(),
        },
        Ok(Answer::InputRequired(result)) => answer::typed(
            StatusCode::CONFLICT,
            HeaderValue::from_static(INPUT_REQUIRED),
            result.into_bytes(),
        ),
        Ok(Answer::Api(answer)) => api_answer::response(*answer),
        Err(failure) => failure.response(),
    }
}

/// What decides on the form of an answer.
pub struct Form {
    tool: Arc<Tool>,
    server: Lease,
    tool_error_status: StatusCode,
}

/// How a call ended well.
pub enum Answer {
    /// With a result, which may report an error of the tool.
    Result(Raw),
    /// The server needs answers first, which the caller said it can give.
    InputRequired(Raw),
    /// With what an HTTP API answered, as it is.
    Api(Box<ApiAnswer>),
}

impl Form {
    /// How a call ended, in the caller's vocabulary.
    pub fn end(&self, end: Result<End, ExchangeError>) -> Result<Answer, Failure> {
        match end {
            Ok(End::Result(result)) => Ok(Answer::Result(result)),
            Ok(End::InputRequired(result)) => Ok(Answer::InputRequired(result)),
            Ok(End::Api(answer)) => Ok(Answer::Api(answer)),
            Err(error) => Err(Failure::from_exchange(error, self.server.name.as_str())),
        }
    }

    /// The answer where an API's own was given though nobody asked for it.
    pub fn unasked_answer(&self) -> Failure {
        Failure::from_exchange(ExchangeError::unasked_answer(), self.server.name.as_str())
    }

    /// The JSON of a result, or why there is none.
    pub fn json(&self, result: &Raw) -> Result<Bytes, Failure> {
        self.read(result).map(|view| view.value(result, &self.tool))
    }

    /// A result in the form that the caller accepts.
    fn value(&self, result: &Raw, accept: Accept<'_>) -> Result<HttpResponse, Failure> {
        let view = self.read(result)?;
        let bytes = view
            .binary()
            .filter(|binary| accept.wants_bytes(&binary.media_type))
            .and_then(|binary| bytes(&binary));
        Ok(bytes.unwrap_or_else(|| answer::json(StatusCode::OK, view.value(result, &self.tool))))
    }

    /// A result that is one: neither garbage nor a reported error.
    fn read<'a>(&self, result: &'a Raw) -> Result<ToolResult<'a>, Failure> {
        let view = ToolResult::read(result).map_err(|error| Failure::unreadable_result(&error))?;
        if view.is_error() {
            Err(Failure::new(self.tool_error_status, view.error_detail()))
        } else {
            Ok(view)
        }
    }
}

/// Content as its bytes. What an upstream sends may be a page with scripts, so it is put where
/// none of them can reach our origin.
pub(super) fn bytes(binary: &Binary<'_>) -> Option<HttpResponse> {
    let media_type = HeaderValue::from_str(&binary.media_type).ok()?;
    let mut response = answer::typed(StatusCode::OK, media_type, binary.bytes()?);
    confine(response.headers_mut());
    Some(response)
}

/// Keeps a body that somebody else wrote from acting as a page of ours.
pub(super) fn confine(headers: &mut HeaderMap) {
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("sandbox; default-src 'none'"),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::CROSS_ORIGIN_RESOURCE_POLICY,
        HeaderValue::from_static("same-origin"),
    );
}
