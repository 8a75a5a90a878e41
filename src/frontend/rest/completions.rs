//! Completions: what a server suggests for an argument of a prompt or a resource template (MCP,
//! completion).

use std::sync::LazyLock;

use actix_web::{HttpRequest, HttpResponse, web::Payload};

use super::{Failure, ask, json_string, whole};
use crate::{
    frontend::{State, answer, body},
    gateway::{Caller, ExchangeError, Lease, Operation},
    json::{self, Raw},
    schema::{ArgumentSchema, Defaults, Validation, Violation},
};

/// `POST prompts/{name}/complete`: MCP's own result.
pub async fn prompt(
    state: &State,
    request: &HttpRequest,
    payload: Payload,
    caller: Caller,
    server: &Lease,
    name: &str,
) -> HttpResponse {
    match state.policy.offered(server, &caller).await {
        Ok(catalog) if catalog.prompt(name).is_some() => {}
        Ok(_) => return answer::not_found(),
        Err(error) => return Failure::from_exchange(error, server.name.as_str()).response(),
    }
    prompt_found(state, request, payload, caller, server, name).await
}

/// The same with a prompt that is known.
pub(super) async fn prompt_found(
    state: &State,
    request: &HttpRequest,
    payload: Payload,
    caller: Caller,
    server: &Lease,
    name: &str,
) -> HttpResponse {
    static SCHEMA: LazyLock<ArgumentSchema> = LazyLock::new(|| schema("false", r#"["argument"]"#));
    let body = match body::arguments(request, payload, state.body_limits).await {
        Ok(body) => body,
        Err(error) => return error.response(),
    };
    let reference = |_: &str| format!(r#"{{"type":"ref/prompt","name":{}}}"#, json_string(name));
    complete(state, caller, server, params(&body, &SCHEMA, reference)).await
}

/// `POST resources/templates/complete`: MCP's own result. The body's `uri` is the template.
pub async fn template(
    state: &State,
    request: &HttpRequest,
    payload: Payload,
    caller: Caller,
    server: &Lease,
) -> HttpResponse {
    template_of(state, request, payload, caller, |_| Some(server.clone())).await
}

/// The same with the server that has the template of a URI.
pub(super) async fn template_of(
    state: &State,
    request: &HttpRequest,
    payload: Payload,
    caller: Caller,
    server_of: impl Fn(&str) -> Option<Lease>,
) -> HttpResponse {
    #[derive(serde::Deserialize)]
    struct Named {
        uri: String,
    }
    static SCHEMA: LazyLock<ArgumentSchema> =
        LazyLock::new(|| schema(r#"{"type":"string"}"#, r#"["uri","argument"]"#));
    let body = match body::arguments(request, payload, state.body_limits).await {
        Ok(body) => body,
        Err(error) => return error.response(),
    };
    let reference = |uri: &str| format!(r#"{{"type":"ref/resource","uri":{uri}}}"#);
    let params = params(&body, &SCHEMA, reference);
    // Without one the schema has its complaint, whichever server it is.
    let named: Option<Named> = serde_json::from_str(body.get()).ok();
    match server_of(named.as_ref().map_or("", |named| &named.uri)) {
        Some(server) => complete(state, caller, &server, params).await,
        None => answer::not_found(),
    }
}

async fn complete(
    state: &State,
    caller: Caller,
    server: &Lease,
    params: Result<Raw, Vec<Violation>>,
) -> HttpResponse {
    let result = match params {
        Ok(params) => {
            let operation = Operation::Request {
                method: "completion/complete".into(),
                params,
                repeatable: true,
            };
            ask(state, server, caller, operation).await
        }
        Err(violations) => Err(ExchangeError::InvalidArguments(violations)),
    };
    whole(server, result)
}

/// The request's parameters: the body, with the reference in the place of its `uri`.
fn params(
    body: &Raw,
    schema: &ArgumentSchema,
    reference: impl Fn(&str) -> String,
) -> Result<Raw, Vec<Violation>> {
    let body = schema.prepare(body, Validation::Coerce, Defaults::Leave)?;
    // The schema admits objects alone.
    let members = json::members(body.get()).unwrap_or_default();
    let uri = members.iter().find(|(name, _)| name == "uri");
    let mut text = format!(
        r#"{{"ref":{}"#,
        reference(uri.map_or("null", |(_, value)| value.get()))
    );
    for (name, value) in members.iter().filter(|(name, _)| name != "uri") {
        text.push(',');
        text.push_str(&json_string(name));
        text.push(':');
        text.push_str(value.get());
    }
    text.push('}');
    Ok(Raw::assume_valid(text.into()))
}

/// What a body must be: the parameters of `completion/complete` without `ref`, which the path
/// says, or for a template, which stands in no path, its `uri`.
fn schema(uri: &str, required: &str) -> ArgumentSchema {
    let text = format!(
        r#"{{
            "type": "object",
            "properties": {{
                "ref": false,
                "uri": {uri},
                "argument": {{
                    "type": "object",
                    "properties": {{"name": {{"type": "string"}}, "value": {{"type": "string"}}}},
                    "required": ["name", "value"]
                }},
                "context": {{"type": "object"}}
            }},
            "required": {required}
        }}"#
    );
    ArgumentSchema::compile(&text).unwrap_or_else(|_| ArgumentSchema::free_form())
}
