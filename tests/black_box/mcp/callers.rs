//! MCP clients, written by hand so that every byte is a test's own: streamable HTTP of both eras,
//! HTTP+SSE, and stdio.

mod spawned;
mod sse;
mod streamable;

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

pub use spawned::Spawned;
pub use sse::Sse;
pub use streamable::Client;

pub const STATELESS: &str = "2026-07-28";
pub const NEWEST_LEGACY: &str = "2025-11-25";

/// How a request ended, and what came before.
#[derive(Debug)]
pub struct Answer {
    pub said: Vec<String>,
    pub response: String,
}

impl Answer {
    /// The text of the result.
    #[track_caller]
    pub fn result(&self) -> String {
        member(&self.response, "result").unwrap_or_else(|| panic!("no result: {self:?}"))
    }

    #[track_caller]
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.result()).unwrap()
    }

    /// The text of the error.
    #[track_caller]
    pub fn error(&self) -> String {
        member(&self.response, "error").unwrap_or_else(|| panic!("no error: {self:?}"))
    }

    #[track_caller]
    pub fn code(&self) -> i64 {
        let error: Value = serde_json::from_str(&self.error()).unwrap();
        error["code"].as_i64().unwrap()
    }

    /// The text in the first content of a tool's result.
    #[track_caller]
    pub fn text(&self) -> String {
        let value = self.value();
        let text = value["content"][0]["text"].as_str();
        text.unwrap_or_else(|| panic!("no text: {self:?}"))
            .to_owned()
    }
}

/// Whoever can send a request. Members of `params` and of `_meta` are JSON text without the braces
/// around it, so that a test decides on every byte.
pub trait Caller {
    fn ask(&self, method: &str, members: &str, meta: &str) -> Answer;

    fn call(&self, tool: &str, arguments: &str) -> Answer {
        let members = format!(r#""name":"{tool}","arguments":{arguments}"#);
        self.ask("tools/call", &members, "")
    }
}

/// Reads messages until the response of that id.
#[track_caller]
fn collect(id: &str, mut next: impl FnMut() -> Option<String>) -> Answer {
    let mut said = Vec::new();
    loop {
        let message = next().unwrap_or_else(|| panic!("no answer, but {said:?}"));
        let is_response = member(&message, "method").is_none();
        if is_response && member(&message, "id").as_deref() == Some(id) {
            let response = message;
            return Answer { said, response };
        }
        said.push(message);
    }
}

/// `initialize`, whose id no other request has.
pub fn initialize(version: &str, capabilities: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":"initialize","method":"initialize","params":{{"protocolVersion":"{version}","capabilities":{capabilities},"clientInfo":{{"name":"test","version":"1"}}}}}}"#
    )
}

/// The members of `_meta` that each request of the stateless era has.
pub fn stateless_meta(capabilities: &str) -> String {
    format!(
        r#""io.modelcontextprotocol/protocolVersion":"{STATELESS}","io.modelcontextprotocol/clientInfo":{{"name":"test","version":"1"}},"io.modelcontextprotocol/clientCapabilities":{capabilities}"#
    )
}

/// A request; nothing is written where there are no members.
pub fn message(id: &str, method: &str, members: &str, meta: &str) -> String {
    let meta = if meta.is_empty() {
        String::new()
    } else {
        format!(r#""_meta":{{{meta}}}"#)
    };
    let params = joined(&[members, &meta]);
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{{{params}}}}}"#)
}

fn joined(pieces: &[&str]) -> String {
    let pieces: Vec<&str> = pieces
        .iter()
        .copied()
        .filter(|piece| !piece.is_empty())
        .collect();
    pieces.join(",")
}

/// The text of a member of an object.
pub fn member(object: &str, name: &str) -> Option<String> {
    let members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(object).ok()?;
    members.get(name).map(|raw| raw.get().to_owned())
}
