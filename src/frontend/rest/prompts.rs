//! Prompts.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web::Payload};

use super::{Failure, ask, whole};
use crate::{
    frontend::{State, answer, body},
    gateway::{Caller, Lease, Members, Operation, Prompt, ToolNames},
};

/// `GET prompts`: MCP's own list.
pub async fn list(state: &State, caller: Caller, server: &Lease) -> HttpResponse {
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
    server: &Lease,
    name: &str,
) -> HttpResponse {
    let catalog = match state.policy.offered(server, &caller).await {
        Ok(catalog) => catalog,
        Err(error) => return Failure::from_exchange(error, server.name.as_str()).response(),
    };
    let Some(prompt) = catalog.prompt(name) else {
        return answer::not_found();
    };
    let found = (prompt, ToolNames::default());
    get_found(state, request, payload, caller, server, found).await
}

/// The same with a prompt that is known, and what the server's tools are called beside it.
pub(super) async fn get_found(
    state: &State,
    request: &HttpRequest,
    payload: Payload,
    caller: Caller,
    server: &Lease,
    (prompt, tool_names): (&Arc<Prompt>, ToolNames),
) -> HttpResponse {
    let arguments = match body::arguments(request, payload, state.body_limits).await {
        Ok(arguments) => arguments,
        Err(error) => return error.response(),
    };
    let operation = Operation::GetPrompt {
        prompt: Arc::clone(prompt),
        arguments,
        tool_names,
        continuation: None,
        rest: Members::new(),
    };
    whole(server, ask(state, server, caller, operation).await)
}
