//! MCP's offers as plain REST: tools, resources and prompts.

mod error;
mod events;
mod prompts;
mod resources;
mod result;
mod tools;

use std::{borrow::Cow, sync::Arc, time::Duration};

pub use error::Failure;
pub use prompts::{get as get_prompt, list as list_prompts};
pub use resources::{
    list as list_resources, read as read_resource, templates as list_resource_templates,
};
pub use tools::call as call_tool;

use actix_web::http::StatusCode;

use super::State;
use crate::gateway::{
    Caller, Catalog, End, Exchange, ExchangeError, Operation, Phase, Server, Wishes,
};

/// The media type of what a server asks for before it answers.
pub const INPUT_REQUIRED: &str = "application/vnd.mcp.input-required+json";

/// What a server offers, as soon as it is known: waits for one that starts.
async fn catalog(server: &Arc<Server>, wait: Duration) -> Result<Arc<Catalog>, ExchangeError> {
    let state = server.state();
    if let Some(catalog) = &state.catalog {
        return Ok(Arc::clone(catalog));
    }
    let mut states = server.watch();
    let known = states.wait_for(|state| {
        state.catalog.is_some() || matches!(state.phase, Phase::Failed | Phase::Stopped)
    });
    let state = match tokio::time::timeout(wait, known).await {
        Ok(Ok(state)) => Arc::clone(&state),
        Ok(Err(_)) | Err(_) => server.state(),
    };
    match &state.catalog {
        Some(catalog) => Ok(Arc::clone(catalog)),
        None => Err(ExchangeError::NotReady {
            message: match (&state.error, state.phase) {
                (Some(error), _) => error.to_string(),
                (None, Phase::Stopped) => "the server is stopped".into(),
                (None, _) => "the server is still starting".into(),
            },
            phase: state.phase,
            retry_after: state
                .retry_at
                .map_or(Duration::from_secs(1), |at| {
                    at.saturating_duration_since(std::time::Instant::now())
                }),
        }),
    }
}

/// Carries a request other than a call to its end. Its caller can't answer what the server
/// asks for.
async fn ask(
    state: &State,
    server: &Arc<Server>,
    caller: Caller,
    operation: Operation,
) -> Result<crate::json::Raw, Failure> {
    let exchange = Exchange {
        server: Arc::clone(server),
        caller,
        operation,
        wishes: Wishes::default(),
    };
    match state.policy.run(exchange).await {
        Ok(End::Result(result)) => Ok(result),
        Ok(End::InputRequired(_)) => Err(Failure::message(
            StatusCode::UNPROCESSABLE_ENTITY,
            "the server asks for input before it answers, which this route can't pass on",
        )),
        Err(error) => Err(Failure::from_exchange(error, server.name.as_str())),
    }
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
