//! MCP's offers as plain REST: tools, resources, prompts and completions.

mod api_answer;
mod completions;
mod error;
mod events;
mod group;
mod prompts;
mod resources;
mod result;
mod tools;

use std::borrow::Cow;

pub use completions::{prompt as complete_prompt, template as complete_resource_template};
pub use error::Failure;
pub use group::serve as group;
pub use prompts::{get as get_prompt, list as list_prompts};
pub use resources::{
    list as list_resources, read as read_resource, templates as list_resource_templates,
};
pub use tools::call as call_tool;

use actix_web::{HttpResponse, http::StatusCode};

use super::{State, answer};
use crate::{
    gateway::{Caller, End, Exchange, ExchangeError, Lease, Operation, Server, Wishes},
    json::Raw,
};

/// The media type of what a server asks for before it answers.
pub const INPUT_REQUIRED: &str = "application/vnd.mcp.input-required+json";

/// Carries a request other than a call to its end. Its caller can't answer what the server
/// asks for.
async fn ask(
    state: &State,
    server: &Lease,
    caller: Caller,
    operation: Operation,
) -> Result<Raw, ExchangeError> {
    let exchange = Exchange {
        server: server.clone(),
        caller,
        operation,
        wishes: Wishes::default(),
    };
    match state.policy.run(exchange).await? {
        End::Result(result) => Ok(result),
        End::InputRequired(input) => Err(ExchangeError::InputNotOffered(input)),
        End::Api(_) => Err(ExchangeError::unasked_answer()),
    }
}

/// A result as it came.
fn whole(server: &Server, result: Result<Raw, ExchangeError>) -> HttpResponse {
    match result {
        Ok(result) => answer::json(StatusCode::OK, result.into_bytes()),
        Err(error) => failure(error, server).response(),
    }
}

/// Why a request other than a call failed. The media type by which a call offers to answer what
/// the server asks is for tools alone: no hint at it here.
fn failure(error: ExchangeError, server: &Server) -> Failure {
    match error {
        ExchangeError::InputNotOffered(_) => Failure::message(
            StatusCode::UNPROCESSABLE_ENTITY,
            "the server asks for input before it answers, which only calls of tools can give",
        ),
        error => Failure::from_exchange(error, server.name.as_str()),
    }
}

/// An object of these members, whose values are JSON.
fn object<const N: usize>(members: [(&str, &str); N]) -> Raw {
    let mut text = String::from("{");
    for (index, (name, value)) in members.into_iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(&json_string(name));
        text.push(':');
        text.push_str(value);
    }
    text.push('}');
    Raw::assume_valid(text.into())
}

/// Text as a JSON string.
fn json_string(text: &str) -> String {
    // Text is always serializable.
    serde_json::to_string(text).unwrap_or_default()
}

/// The text that a JSON string stands for; nothing if it is no string, or stands for no text
/// (lone surrogates).
fn decoded(token: &str) -> Option<Cow<'_, str>> {
    #[derive(serde::Deserialize)]
    struct Text<'a>(#[serde(borrow)] Cow<'a, str>);
    serde_json::from_str::<Text<'_>>(token)
        .ok()
        .map(|text| text.0)
}
