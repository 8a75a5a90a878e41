//! How a request ended, in the words of the caller's era.

mod error;

use bytestring::ByteString;
use serde::Deserialize;
use serde_json::value::RawValue;

pub use error::{RpcError, explained, for_models, own};

use crate::{
    json::{Raw, edit},
    mcp::Era,
};

/// How a request ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Its result.
    Result(Raw),
    /// An error.
    Error(RpcError),
}

/// The levels of log messages, from the least to the most important (RFC 5424).
pub const LEVELS: [&str; 8] = [
    "debug",
    "info",
    "notice",
    "warning",
    "error",
    "critical",
    "alert",
    "emergency",
];

/// How important log messages of a level are; nothing where there is no such level.
pub fn severity(level: &str) -> Option<usize> {
    LEVELS.iter().position(|known| *known == level)
}

/// The results whose callers of the stateless era must be told how long they stay true (MCP
/// 2026-07-28, caching).
pub fn is_cacheable(method: &str) -> bool {
    matches!(
        method,
        "server/discover"
            | "tools/list"
            | "prompts/list"
            | "resources/list"
            | "resources/templates/list"
            | "resources/read"
    )
}

/// What a result says already for the stateless era.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Hints<'a> {
    #[serde(borrow)]
    result_type: Option<&'a RawValue>,
    #[serde(borrow)]
    ttl_ms: Option<&'a RawValue>,
    #[serde(borrow)]
    cache_scope: Option<&'a RawValue>,
}

impl Outcome {
    /// The outcome with what the caller's era demands of a result. `is_private`: what it says
    /// depends on who asks.
    #[must_use]
    pub fn in_era(self, era: &Era, method: &str, is_private: bool) -> Self {
        let result = match self {
            Self::Error(error) => return Self::Error(error.in_era(era, method)),
            Self::Result(result) => result,
        };
        if matches!(era, Era::Legacy(_)) {
            return Self::Result(result);
        }
        let hints: Hints<'_> = serde_json::from_str(result.get()).unwrap_or_default();
        let is_complete = hints
            .result_type
            .is_none_or(|kind| kind.get() == r#""complete""#);
        let mut stamped = result.clone();
        let mut stamp = |name, value| {
            stamped = edit::with_member(&stamped, name, &Raw::from_static(value));
        };
        if hints.result_type.is_none() {
            stamp("resultType", r#""complete""#);
        }
        if is_cacheable(method) && is_complete {
            if hints.ttl_ms.is_none() {
                stamp("ttlMs", "0");
            }
            if hints.cache_scope.is_none() || is_private {
                stamp("cacheScope", r#""private""#);
            }
        }
        Self::Result(stamped)
    }

    /// The whole response, on one line.
    pub fn response(&self, id: &Raw) -> ByteString {
        match self {
            Self::Result(result) => response(id, "result", result.get()),
            Self::Error(error) => response(id, "error", error.object().get()),
        }
    }
}

fn response(id: &Raw, member: &str, value: &str) -> ByteString {
    let mut text = String::with_capacity(value.len() + id.get().len() + 48);
    text.push_str(r#"{"jsonrpc":"2.0","id":"#);
    text.push_str(id.get());
    text.push_str(",\"");
    text.push_str(member);
    text.push_str("\":");
    push_on_one_line(&mut text, value);
    text.push('}');
    text.into()
}

/// Appends JSON with its line breaks made spaces: events and stdio are framed by lines.
fn push_on_one_line(text: &mut String, json: &str) {
    let mut start = 0;
    for end in memchr::memchr2_iter(b'\n', b'\r', json.as_bytes()) {
        text.push_str(json.get(start..end).unwrap_or_default());
        text.push(' ');
        start = end + 1;
    }
    text.push_str(json.get(start..).unwrap_or_default());
}

/// A response to a message whose id can't be read. It has none as of MCP 2025-11-25
/// (`JSONRPCErrorResponse`); before, `null`, as JSON-RPC 2.0 wants it.
pub fn anonymous_error(error: &RpcError, era: &Era) -> ByteString {
    match era {
        Era::Legacy(version) if *version < "2025-11-25" => {
            response(&Raw::from_static("null"), "error", error.object().get())
        }
        _ => error_without_id(error),
    }
}

/// The body of an HTTP error (MCP 2025-03-26 and later, Streamable HTTP: it has no id).
pub fn error_without_id(error: &RpcError) -> ByteString {
    let mut text = r#"{"jsonrpc":"2.0","error":"#.to_owned();
    push_on_one_line(&mut text, error.object().get());
    text.push('}');
    text.into()
}

/// A notification.
pub fn notification(method: &str, params: Option<&Raw>) -> ByteString {
    let mut text = format!(
        r#"{{"jsonrpc":"2.0","method":{}"#,
        Raw::from_value(&method).get()
    );
    if let Some(params) = params {
        text.push_str(r#","params":"#);
        push_on_one_line(&mut text, params.get());
    }
    text.push('}');
    text.into()
}

/// A request of ours.
pub fn request(id: u64, method: &str, params: Option<&Raw>) -> ByteString {
    let mut text = format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":{}"#,
        Raw::from_value(&method).get()
    );
    if let Some(params) = params {
        text.push_str(r#","params":"#);
        push_on_one_line(&mut text, params.get());
    }
    text.push('}');
    text.into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{error::required_capabilities, *};
    use crate::mcp::codes;
    use crate::{json::strict::Segment, schema::Violation};

    #[test]
    fn it_is_said_once_that_arguments_cant_be_sent() {
        let path = vec![Segment::Name("c".to_owned())];
        let one = Violation::unsendable(path, "it would lead to another path");
        assert_eq!(
            error::explained(&[one]),
            "The arguments can't be sent. c: it would lead to another path"
        );
    }

    const LEGACY: Era = Era::Legacy("2025-11-25");
    const STATELESS: Era = Era::Stateless("2026-07-28");

    fn stamped(result: &'static str, method: &str, is_private: bool) -> String {
        let outcome = Outcome::Result(Raw::from_static(result));
        match outcome.in_era(&STATELESS, method, is_private) {
            Outcome::Result(result) => result.get().to_owned(),
            Outcome::Error(error) => panic!("{error:?}"),
        }
    }

    #[test]
    fn results_get_what_the_stateless_era_demands_and_keep_the_rest() {
        assert_eq!(
            stamped(r#"{"x": 1.10}"#, "tools/call", false),
            r#"{"x": 1.10,"resultType":"complete"}"#
        );
        assert_eq!(
            stamped(r#"{"tools":[]}"#, "tools/list", false),
            r#"{"tools":[],"resultType":"complete","ttlMs":0,"cacheScope":"private"}"#
        );
        let theirs = r#"{"cacheScope":"public","ttlMs":5,"resultType":"complete"}"#;
        assert_eq!(stamped(theirs, "tools/list", false), theirs);
        assert!(stamped(theirs, "tools/list", true).starts_with(r#"{"cacheScope":"private""#));
        let asks = r#"{"resultType":"input_required"}"#;
        assert_eq!(stamped(asks, "resources/read", false), asks);
    }

    #[test]
    fn callers_of_the_legacy_era_get_results_as_they_came() {
        let result = Raw::from_static(r#"{"resultType":"complete","n":1e400}"#);
        let outcome = Outcome::Result(result.clone()).in_era(&LEGACY, "tools/list", true);
        assert!(matches!(outcome, Outcome::Result(same) if same == result));
    }

    #[test]
    fn a_resource_that_is_not_there_has_the_code_of_the_era() {
        let error = RpcError::new(codes::RESOURCE_NOT_FOUND, "no").with_data(&json!({"uri": "x:"}));
        let modern = error.clone().in_era(&STATELESS, "resources/read");
        assert_eq!(modern.code, codes::INVALID_PARAMS);
        assert_eq!(modern.in_era(&LEGACY, "resources/read"), error);
        let other = RpcError::new(codes::INVALID_PARAMS, "no");
        assert_eq!(other.clone().in_era(&LEGACY, "resources/read"), other);
    }

    #[test]
    fn a_response_is_one_line_whatever_the_server_sent() {
        let outcome = Outcome::Result(Raw::from_static("{\r\n\"a\": [1,\n2]}"));
        assert_eq!(
            outcome.response(&Raw::from_static("\"x\"")),
            "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"result\":{  \"a\": [1, 2]}}"
        );
    }

    #[test]
    fn what_a_server_asks_for_names_the_capabilities_that_lack() {
        let input = Raw::from_static(
            r#"{"inputRequests":{"a":{"method":"sampling/createMessage"},"b":{"method":"roots/list"},"c":7}}"#,
        );
        assert_eq!(
            required_capabilities(&input).get(),
            r#"{"requiredCapabilities":{"sampling":{},"roots":{}}}"#
        );
    }
}
