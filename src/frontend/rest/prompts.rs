//! Prompts.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web::Payload};

use super::{Failure, ask, json_string, object, whole};
use crate::{
    frontend::{State, answer, body},
    gateway::{Caller, Operation, Server},
};

/// `GET prompts`: MCP's own list.
pub async fn list(state: &State, caller: Caller, server: &Arc<Server>) -> HttpResponse {
    let operation = Operation::List {
        method: "prompts/list",
        member: "prompts",
    };
    whole(server, ask(state, server, caller, operation).await)
}

/// `POST prompts/{name}`: MCP's own result; the body is the arguments.
pub async fn get(
    state: &State,
    request: &HttpRequest,
    payload: Payload,
    caller: Caller,
    server: &Arc<Server>,
    name: &str,
) -> HttpResponse {
    match state.policy.catalog(server).await {
        Ok(catalog) if catalog.has_prompt(name) => {}
        Ok(_) => return answer::not_found(),
        Err(error) => return Failure::from_exchange(error, server.name.as_str()).response(),
    }
    let arguments = match body::arguments(request, payload, state.body_limits).await {
        Ok(arguments) => arguments,
        Err(error) => return error.response(),
    };
    let operation = Operation::Request {
        method: "prompts/get",
        params: object([
            ("name", json_string(name).as_str()),
            ("arguments", arguments.get()),
        ]),
        repeatable: true,
    };
    whole(server, ask(state, server, caller, operation).await)
}
