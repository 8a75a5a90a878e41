//! The simplest tools: one gives back its text, one always fails.

use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::{CallToolResult, ContentBlock};
use rmcp::schemars::JsonSchema;
use rmcp::{tool, tool_router};
use serde::Deserialize;

use super::DemoServer;

#[derive(Deserialize, JsonSchema)]
struct EchoArguments {
    /// The text to give back. It is not changed in any way.
    #[schemars(example = "Hello, world")]
    message: String,
}

#[derive(Deserialize, JsonSchema)]
struct FailArguments {
    /// What the error is to say.
    #[serde(default = "default_failure")]
    #[schemars(example = "The printer is on fire")]
    message: String,
}

fn default_failure() -> String {
    "This tool always fails".to_owned()
}

#[tool_router(router = text_tools, vis = "pub(super)")]
impl DemoServer {
    /// Gives back the text that it got, to the letter.
    #[tool(
        title = "Echo",
        annotations(read_only_hint = true, idempotent_hint = true, open_world_hint = false)
    )]
    fn echo(Parameters(arguments): Parameters<EchoArguments>) -> String {
        arguments.message
    }

    /// Fails with the message given, to show how tool errors look.
    #[tool(
        title = "Fail",
        annotations(read_only_hint = true, idempotent_hint = true, open_world_hint = false)
    )]
    fn fail(Parameters(arguments): Parameters<FailArguments>) -> CallToolResult {
        CallToolResult::error(vec![ContentBlock::text(arguments.message)])
    }
}
