//! The demo MCP server: a small server on stdin and stdout, with one tool for each thing that a
//! tool can do, so that `viceversa demo` has something real to publish.
//!
//! It is written with `rmcp`, not with the gateway's own protocol layer, so that it is also an
//! independent peer: it speaks 2024-11-05 to 2025-11-25 by `initialize` and 2026-07-28 by
//! `server/discover`.

mod arithmetic;
mod ask;
mod complete;
mod media;
mod prompts;
mod resources;
mod slow;
mod statistics;
mod text;
mod time;

use rmcp::handler::server::router::{prompt::PromptRouter, tool::ToolRouter};
use rmcp::model::{
    CompleteRequestParams, CompleteResult, Implementation, ListResourceTemplatesResult,
    ListResourcesResult, PaginatedRequestParams, ReadResourceRequestParams, ReadResourceResponse,
    ServerCapabilities, ServerConfig,
};
use rmcp::service::{RequestContext, RoleServer, ServerInitializeError};
use rmcp::{ErrorData, ServerHandler, ServiceExt as _, prompt_handler, tool_handler};

const INSTRUCTIONS: &str = "Tools to try a gateway with. `get_current_time` and `convert_time` \
    know the IANA time zones; `add` and `calculate` do arithmetic; `structured` gives statistics \
    of a list of numbers; `image`, `audio`, `embedded_resource` and `resource_link` show the kinds \
    of content; `slow` reports its progress, `fail` fails, `ask_name` asks the user.";

/// Serves the demo on stdin and stdout until stdin ends.
///
/// # Errors
/// When the client's first message is not one that opens an MCP session, or stdout is gone.
pub async fn serve_stdio() -> anyhow::Result<()> {
    match DemoServer::new()
        .serve(rmcp::transport::stdio_pipes())
        .await
    {
        Ok(session) => {
            session.waiting().await?;
            Ok(())
        }
        // A client that goes before it has said anything is no failure of ours.
        Err(ServerInitializeError::ConnectionClosed(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// What the demo offers. It has no state: every call stands for itself.
struct DemoServer {
    tools: ToolRouter<Self>,
    prompts: PromptRouter<Self>,
}

impl DemoServer {
    fn new() -> Self {
        Self {
            tools: Self::time_tools()
                + Self::arithmetic_tools()
                + Self::statistics_tools()
                + Self::text_tools()
                + Self::media_tools()
                + Self::slow_tools()
                + Self::ask_tools(),
            prompts: Self::prompt_router(),
        }
    }
}

/// The definitions of its tools, for tests of what becomes of them elsewhere.
#[cfg(test)]
pub(crate) fn tools() -> Vec<rmcp::model::Tool> {
    DemoServer::new().tools.list_all()
}

#[tool_handler(router = self.tools)]
#[prompt_handler(router = self.prompts)]
impl ServerHandler for DemoServer {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_prompts()
            .enable_resources()
            .enable_completions()
            .build();
        let implementation = Implementation::new("viceversa-demo", env!("CARGO_PKG_VERSION"))
            .with_title("viceversa demo");
        ServerConfig::new(capabilities)
            .with_server_info(implementation)
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_resources(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(ListResourcesResult::with_all_items(resources::list()))
    }

    async fn list_resource_templates(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(ListResourceTemplatesResult::with_all_items(
            resources::templates(),
        ))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        resources::read(&request.uri).map(Into::into)
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        complete::complete(&request)
    }
}

#[cfg(test)]
mod tests;
