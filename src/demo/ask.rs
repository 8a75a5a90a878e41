//! A tool that needs an answer from the user: elicitation, in the manner of either era.

use rmcp::handler::server::tool::InputResponses;
use rmcp::model::{
    CallToolResponse, CallToolResult, ClientResult, ContentBlock, ElicitRequest,
    ElicitRequestParams, ElicitResult, ElicitationAction, ElicitationSchema, InputRequest,
    InputRequests, InputRequiredResult, ProtocolVersion, ServerRequest,
};
use rmcp::service::{RequestContext, RoleServer};
use rmcp::{ErrorData, tool, tool_router};

use super::DemoServer;

/// Names the question among the requests for input of one call.
const QUESTION: &str = "name";

#[tool_router(router = ask_tools, vis = "pub(super)")]
impl DemoServer {
    /// Asks the user for a name (elicitation by form) and greets them.
    #[tool(
        title = "Ask for a name",
        annotations(read_only_hint = true, idempotent_hint = true, open_world_hint = false)
    )]
    async fn ask_name(
        &self,
        InputResponses(responses): InputResponses,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        if let Some(answer) = responses.and_then(|mut responses| responses.remove(QUESTION)) {
            let answer = serde_json::from_value(answer).map_err(|error| {
                ErrorData::invalid_params(
                    format!("inputResponses.{QUESTION} is not an elicitation result: {error}"),
                    None,
                )
            })?;
            return Ok(greeting(&answer).into());
        }
        if !takes_forms(&context) {
            return Ok(failure(
                "The client does not support elicitation by form, so the user can't be asked: \
                 use a client that declares the `elicitation` capability.",
            )
            .into());
        }
        // Since 2026-07-28 a server does not send requests: it ends the call with its questions,
        // and the client repeats the call with the answers.
        if speaks_stateless_era(&context) {
            let question = InputRequest::Elicitation(ElicitRequest::new(question()?));
            let questions = InputRequests::from([(QUESTION.to_owned(), question)]);
            return Ok(InputRequiredResult::from_input_requests(questions).into());
        }
        let request = ServerRequest::ElicitRequest(ElicitRequest::new(question()?));
        tokio::select! {
            answer = context.peer.send_request(request) => match answer {
                Ok(ClientResult::ElicitResult(answer)) => Ok(greeting(&answer).into()),
                Ok(_) => Ok(failure("The client's answer is not an elicitation result.").into()),
                Err(error) => Ok(failure(&format!("The user could not be asked: {error}.")).into()),
            },
            () = context.ct.cancelled() => Ok(failure("The call was cancelled.").into()),
        }
    }
}

/// Whether the client declared form elicitation; before 2025-11-25 an empty capability meant it.
fn takes_forms(context: &RequestContext<RoleServer>) -> bool {
    context
        .client_capabilities()
        .and_then(|capabilities| capabilities.elicitation)
        .is_some_and(|elicitation| elicitation.form.is_some() || elicitation.url.is_none())
}

fn speaks_stateless_era(context: &RequestContext<RoleServer>) -> bool {
    // Versions are dates, so their order as text is their order in time.
    context
        .protocol_version()
        .is_some_and(|version| version.as_str() >= ProtocolVersion::V_2026_07_28.as_str())
}

fn question() -> Result<ElicitRequestParams, ErrorData> {
    let requested_schema = ElicitationSchema::builder()
        .required_string_with("name", |name| {
            name.title("Name")
                .description("How you want to be called")
                .length(1, 100)
        })
        .build()
        .map_err(|error| ErrorData::internal_error(error, None))?;
    Ok(ElicitRequestParams::FormElicitationParams {
        meta: None,
        message: "What is your name?".to_owned(),
        requested_schema,
    })
}

fn greeting(answer: &ElicitResult) -> CallToolResult {
    match answer.action {
        ElicitationAction::Accept => {
            let name = answer
                .content
                .as_ref()
                .and_then(|content| content.get("name"))
                .and_then(serde_json::Value::as_str);
            match name {
                Some(name) if !name.trim().is_empty() => {
                    CallToolResult::success(vec![ContentBlock::text(format!("Hello, {name}!"))])
                }
                _ => failure("The answer holds no name: fill in the form's field `name`."),
            }
        }
        ElicitationAction::Decline => failure("The user does not want to give a name."),
        _ => failure("The user closed the question without an answer."),
    }
}

fn failure(message: &str) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(message)])
}
