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
    gateway::{Caller, ExchangeError, Lease, Operation},
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
    let query = url::form_urlencoded::parse(request.query_string().as_bytes());
    let Some((_, uri)) = query.into_iter().find(|(name, _)| name == "uri") else {
        return answer::raw_detail(
            StatusCode::UNPROCESSABLE_ENTITY,
            r#"[{"type":"missing","loc":["query","uri"],"msg":"Field required","input":null}]"#,
        );
    };
    let operation = Operation::Request {
        method: "resources/read".into(),
        params: object([("uri", json_string(&uri).as_str())]),
        repeatable: true,
    };
    let result = match ask(state, server, caller, operation).await {
        Ok(result) => result,
        Err(error) => {
            // As of MCP 2026-07-28 a resource that is not found is an invalid parameter, and
            // the URI is the only one.
            let not_found = matches!(
                error,
                ExchangeError::Rpc {
                    code: INVALID_PARAMS,
                    ..
                }
            );
            let mut failure = failure(error, server);
            if not_found {
                failure.status = StatusCode::NOT_FOUND;
            }
            return failure.response();
        }
    };
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
