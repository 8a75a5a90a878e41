//! A caller that is an MCP client: what it says of itself, and how a server can turn to it.

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{ServerName, exchange::Members};
use crate::json::Raw;

/// What an MCP client says of itself in one request, or said when its session began.
#[derive(Clone, Debug)]
pub struct McpClient {
    /// Its capabilities as it declared them: a JSON object (MCP, client capabilities).
    pub capabilities: Raw,
    /// The members of the request's `_meta` that are not the protocol's own.
    pub meta: Members,
    /// From which level on it wants log messages, if it wants any (RFC 5424 names).
    pub log_level: Option<String>,
}

impl McpClient {
    /// Whether it answers requests of a server: elicitation, sampling or roots.
    pub fn can_be_asked(&self) -> bool {
        let Declared {
            elicitation,
            sampling,
            roots,
            ..
        } = self.declared();
        elicitation.is_some() || sampling.is_some() || roots.is_some()
    }

    /// Whether it follows tasks by itself (the extension `io.modelcontextprotocol/tasks` to MCP
    /// 2026-07-28).
    pub fn follows_tasks(&self) -> bool {
        let extensions = self.declared().extensions;
        extensions.is_some_and(|extensions| {
            crate::json::members(extensions.get())
                .unwrap_or_default()
                .iter()
                .any(|(name, _)| name == "io.modelcontextprotocol/tasks")
        })
    }

    /// What a server of the legacy era may be told of these capabilities: what it can ask for.
    /// A JSON object.
    pub fn askable_capabilities(&self) -> String {
        let declared = self.declared();
        let members = [
            ("elicitation", declared.elicitation),
            ("sampling", declared.sampling),
            ("roots", declared.roots),
        ];
        let members: Vec<String> = members
            .into_iter()
            .filter_map(|(name, value)| Some(format!("\"{name}\":{}", value?.get())))
            .collect();
        format!("{{{}}}", members.join(","))
    }

    fn declared(&self) -> Declared<'_> {
        // What can't be read is not declared.
        serde_json::from_str(self.capabilities.get()).unwrap_or_default()
    }
}

/// What a client without a session answers of what servers ask, and which of a caller's programs it
/// is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Askable {
    /// What the program says that it is, as JSON text. It proves nothing.
    pub program: Arc<str>,
    /// What it answers: a JSON object of capabilities.
    pub capabilities: Arc<str>,
}

/// The capabilities that the gateway decides on.
#[derive(Default, Deserialize)]
struct Declared<'a> {
    #[serde(borrow)]
    elicitation: Option<&'a RawValue>,
    #[serde(borrow)]
    sampling: Option<&'a RawValue>,
    #[serde(borrow)]
    roots: Option<&'a RawValue>,
    #[serde(borrow)]
    extensions: Option<&'a RawValue>,
}

/// The session of an MCP client, as a server sees it that serves this client alone: whom it can
/// ask something, and tell something.
pub trait ClientSession: fmt::Debug + Send + Sync {
    /// What no other session has: which of them a server's connection belongs to.
    fn key(&self) -> u64;

    /// What the client declared when the session began.
    fn client(&self) -> &McpClient;

    /// Asks the client, on behalf of a server. Ends with its result, or with an error object. A
    /// client that does not answer is waited for until the deadline of a call has passed.
    fn ask<'a>(
        &'a self,
        method: &'a str,
        params: Option<Raw>,
    ) -> Pin<Box<dyn Future<Output = Result<Raw, Raw>> + Send + 'a>>;

    /// Tells the client something that belongs to no request of it. What can't be delivered is
    /// dropped.
    fn tell(&self, server: &ServerName, method: &str, params: Option<Raw>);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(capabilities: &'static str) -> McpClient {
        McpClient {
            capabilities: Raw::from_static(capabilities),
            meta: Members::new(),
            log_level: None,
        }
    }

    #[test]
    fn only_what_a_server_can_ask_for_is_passed_on_to_a_legacy_one() {
        let all =
            client(r#"{"roots":{"listChanged":true},"experimental":{},"sampling":{"n":1.0}}"#);
        assert!(all.can_be_asked());
        assert_eq!(
            all.askable_capabilities(),
            r#"{"sampling":{"n":1.0},"roots":{"listChanged":true}}"#
        );
        for none in ["{}", "[]", r#"{"experimental":{"roots":{}}}"#] {
            assert!(!client(none).can_be_asked(), "{none}");
            assert_eq!(client(none).askable_capabilities(), "{}");
        }
    }

    #[test]
    fn tasks_are_followed_by_clients_that_say_so() {
        let follows = client(r#"{"extensions":{"x/y":{},"io.modelcontextprotocol/tasks":{}}}"#);
        assert!(follows.follows_tasks());
        assert!(!client(r#"{"extensions":7}"#).follows_tasks());
        assert!(!client("{}").follows_tasks());
    }
}
