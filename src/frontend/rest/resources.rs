//! Resources.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header::HeaderValue},
};

use super::{
    Failure, ask, error::INVALID_PARAMS, failure, json_string, object, result::ResourceResult,
    tools::bytes, whole,
};
use crate::{
    frontend::{
        State,
        accept::{Accept, RESULT},
        answer,
    },
    gateway::{Caller, Lease, Operation},
    json::Raw,
};

/// `GET resources`: MCP's own list.
pub async fn list(state: &State, caller: Caller, server: &Lease) -> HttpResponse {
    let operation = Operation::List {
        method: "resources/list",
        member: "resources",
    };
    whole(server, ask(state, server, caller, operation).await)
}

/// `GET resources/templates`: MCP's own list.
pub async fn templates(state: &State, caller: Caller, server: &Lease) -> HttpResponse {
    let operation = Operation::List {
        method: "resources/templates/list",
        member: "resourceTemplates",
    };
    whole(server, ask(state, server, caller, operation).await)
}

/// `GET resources/read?uri=`: the content.
pub async fn read(
    state: &State,
    request: &HttpRequest,
    caller: Caller,
    server: &Lease,
) -> HttpResponse {
    let Some(uri) = asked_uri(request) else {
        return missing_uri();
    };
    let operation = Operation::Request {
        method: "resources/read".into(),
        params: object([("uri", json_string(&uri).as_str())]),
        repeatable: true,
    };
    let result = match ask(state, server, caller, operation).await {
        Ok(result) => result,
        Err(error) => return not_read(failure(error, server)).response(),
    };
    content(request, result)
}

/// The resource that a request is for.
pub(super) fn asked_uri(request: &HttpRequest) -> Option<String> {
    let query = url::form_urlencoded::parse(request.query_string().as_bytes());
    let uri = query.into_iter().find(|(name, _)| name == "uri");
    uri.map(|(_, uri)| uri.into_owned())
}

/// The answer to a request that names no resource, in `FastAPI`'s words.
pub(super) fn missing_uri() -> HttpResponse {
    answer::raw_detail(
        StatusCode::UNPROCESSABLE_ENTITY,
        r#"[{"type":"missing","loc":["query","uri"],"msg":"Field required","input":null}]"#,
    )
}

/// Why a resource was not read: as of MCP 2026-07-28 one that is not found is an invalid
/// parameter, and the URI is the only one.
pub(super) fn not_read(mut failure: Failure) -> Failure {
    if failure.code == Some(INVALID_PARAMS) {
        failure.status = StatusCode::NOT_FOUND;
    }
    failure
}

/// What was read, in the form that the caller accepts.
pub(super) fn content(request: &HttpRequest, result: Raw) -> HttpResponse {
    let accept = Accept::of(request.headers());
    if accept.wants_result() {
        return answer::typed(
            StatusCode::OK,
            HeaderValue::from_static(RESULT),
            result.into_bytes(),
        );
    }
    match ResourceResult::read(&result) {
        Ok(view) => view
            .binary()
            .filter(|binary| accept.wants_bytes(&binary.media_type))
            .and_then(|binary| bytes(&binary))
            .unwrap_or_else(|| answer::json(StatusCode::OK, view.value(&result))),
        Err(error) => Failure::unreadable_result(&error).response(),
    }
}
