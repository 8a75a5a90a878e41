//! Environment variables that belong to many programs: a value that is not for us is no error.

use std::str::FromStr;

use crate::config::env_vars;
use crate::config::environment::Environment;
use crate::config::value::{InvalidValue, LogFilter, words};
use crate::config::warning::Warning;

words! {
    /// What a server built with `FastMCP` speaks.
    pub enum FastMcpTransport {
        /// MCP on standard input and output.
        Stdio = "stdio",
        /// MCP over HTTP with server-sent events, of 2024.
        Sse = "sse",
        /// MCP over streamable HTTP.
        StreamableHttp = "streamable-http" | "http",
    }
}

/// What is logged, as mcpo's or `FastMCP`'s variable says it.
pub(crate) fn log_level(
    environment: &Environment,
    warnings: &mut Vec<Warning>,
) -> Option<LogFilter> {
    [env_vars::MCPO_LOG_LEVEL, env_vars::FASTMCP_LOG_LEVEL]
        .into_iter()
        .find_map(|name| value(environment, name, warnings))
}

/// Whether `FastMCP`'s variable asks for MCP on standard input and output. Over HTTP, all
/// transports are served anyway.
pub(crate) fn wants_stdio(environment: &Environment, warnings: &mut Vec<Warning>) -> bool {
    let transport = value(environment, env_vars::FASTMCP_TRANSPORT, warnings);
    matches!(transport, Some(FastMcpTransport::Stdio))
}

fn value<T: FromStr<Err = InvalidValue>>(
    environment: &Environment,
    name: &str,
    warnings: &mut Vec<Warning>,
) -> Option<T> {
    let text = environment.get(name)?.to_str();
    let value = text.ok_or(InvalidValue::Unicode).and_then(str::parse);
    value
        .inspect_err(|problem| {
            warnings.push(Warning::new(format!(
                "the environment variable {name} is not used: {problem}"
            )));
        })
        .ok()
}
