//! Headers that repeat what a body says (MCP 2026-07-28, Streamable HTTP, request metadata).
//!
//! They are read off the body itself, so that they can't contradict it.

use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use reqwest::header::{HeaderMap, HeaderName};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::wire::VERSION;
use crate::{
    json::Raw,
    mcp::parameter_headers::{self, Annotation, encode},
};

const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");

/// Which arguments of which tools are repeated in headers, of the catalog that was read last.
#[derive(Debug, Default)]
pub(crate) struct ParameterHeaders(RwLock<Arc<HashMap<String, Vec<Annotation>>>>);

impl ParameterHeaders {
    /// Takes note of the tools' annotations. Returns the definitions without the tools whose
    /// annotations are invalid, and why each of those was left out.
    pub(crate) fn replace(&self, definitions: Vec<Raw>) -> (Vec<Raw>, Vec<(String, String)>) {
        let mut tools = HashMap::new();
        let mut left_out = Vec::new();
        let kept = definitions
            .into_iter()
            .filter(|definition| match parameter_headers::read(definition) {
                Ok((name, annotations)) => {
                    if !annotations.is_empty() {
                        tools.insert(name, annotations);
                    }
                    true
                }
                Err(refused) => {
                    left_out.push(refused);
                    false
                }
            })
            .collect();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(tools);
        (kept, left_out)
    }

    fn tools(&self) -> Arc<HashMap<String, Vec<Annotation>>> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What the transport reads of a message that goes out.
#[derive(Debug)]
pub(super) struct Mirrored<'a> {
    /// The method; empty in the answer to a request of the server.
    pub(super) method: Cow<'a, str>,
    params: Params<'a>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default)]
    method: Cow<'a, str>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Whole<'a> {
    #[serde(borrow, default)]
    method: Cow<'a, str>,
    #[serde(borrow)]
    params: Option<Params<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Params<'a> {
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    uri: Option<&'a RawValue>,
    #[serde(borrow)]
    task_id: Option<&'a RawValue>,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
    #[serde(borrow, rename = "_meta")]
    meta: Option<Meta<'a>>,
}

#[derive(Debug, Deserialize)]
struct Meta<'a> {
    #[serde(borrow, rename = "io.modelcontextprotocol/protocolVersion")]
    version: Option<Cow<'a, str>>,
}

impl<'a> Mirrored<'a> {
    /// Reads a message of our own.
    pub(super) fn read(text: &'a [u8]) -> Self {
        // Nearly all can be read at one go.
        if let Ok(Whole { method, params }) = serde_json::from_slice(text) {
            let params = params.unwrap_or_default();
            return Self { method, params };
        }
        let envelope = serde_json::from_slice(text).unwrap_or(Envelope {
            method: Cow::Borrowed(""),
            params: None,
        });
        let params = envelope
            .params
            .and_then(|params| serde_json::from_str(params.get()).ok());
        Self {
            method: envelope.method,
            params: params.unwrap_or_default(),
        }
    }

    /// Whether the request is of the stateless era: it says its version itself.
    pub(super) fn is_stateless(&self) -> bool {
        self.version().is_some()
    }

    /// The headers of a request of the stateless era.
    pub(super) fn headers(&self, parameters: &ParameterHeaders) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let mut put = |name: HeaderName, value: &str| {
            headers.insert(name, encode(value));
        };
        put(VERSION, self.version().unwrap_or_default());
        put(METHOD, &self.method);
        let source = match self.method.as_ref() {
            "tools/call" | "prompts/get" => self.params.name,
            "resources/read" => self.params.uri,
            // SEP-2663, tasks extension.
            "tasks/get" | "tasks/update" | "tasks/cancel" => self.params.task_id,
            _ => None,
        };
        let name: Option<String> = source.and_then(|name| serde_json::from_str(name.get()).ok());
        let Some(name) = name else {
            return headers;
        };
        put(NAME, &name);
        if self.method == "tools/call"
            && let Some(annotations) = parameters.tools().get(&name)
            && let Some(arguments) = self.params.arguments
        {
            for (header, value) in parameter_headers::repeated(arguments, annotations) {
                put(header, &value);
            }
        }
        headers
    }

    fn version(&self) -> Option<&str> {
        self.params.meta.as_ref()?.version.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    fn headers(text: &str, tools: &str) -> Vec<(String, String)> {
        let parameters = ParameterHeaders::default();
        let definitions = json::items(tools, 100).unwrap();
        let definitions = definitions.iter().map(Raw::from_value).collect();
        let (_, left_out) = parameters.replace(definitions);
        assert!(left_out.is_empty(), "{left_out:?}");
        let headers = Mirrored::read(text.as_bytes()).headers(&parameters);
        let mut headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        headers.sort();
        headers
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn a_call_repeats_method_name_version_and_annotated_arguments() {
        let tools = r#"[{"name":"run","inputSchema":{"type":"object","properties":{
            "region":{"type":"string","x-mcp-header":"Region"},
            "count":{"type":"integer","x-mcp-header":"Count"},
            "dry":{"type":["boolean","null"],"x-mcp-header":"Dry"},
            "absent":{"type":"string","x-mcp-header":"Absent"},
            "in":{"type":"object","properties":{"deep":{"type":"string","x-mcp-header":"Deep"}}}}}}]"#;
        let call = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run",
            "arguments":{"region":" a\u00e9","count":-7,"dry":null,"in":{"deep":"x y"}},
            "_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}"#;
        assert_eq!(
            headers(call, tools),
            pairs(&[
                ("mcp-method", "tools/call"),
                ("mcp-name", "run"),
                ("mcp-param-count", "-7"),
                ("mcp-param-deep", "x y"),
                ("mcp-param-region", "=?base64?IGHDqQ==?="),
                ("mcp-protocol-version", "2026-07-28"),
            ])
        );
    }

    #[test]
    fn the_arguments_are_read_once_however_many_of_them_are_annotated() {
        let members = |value: fn(usize) -> String| {
            let members = (0..2000).map(|at| format!(r#""a{at}":{}"#, value(at)));
            members.collect::<Vec<_>>().join(",")
        };
        let tools = format!(
            r#"[{{"name":"run","inputSchema":{{"properties":{{{}}}}}}}]"#,
            members(|at| format!(r#"{{"type":"string","x-mcp-header":"H{at}"}}"#))
        );
        let call = format!(
            r#"{{"method":"tools/call","params":{{"name":"run","arguments":{{{}}},
            "_meta":{{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}}}}"#,
            members(|_| format!("{:?}", "x".repeat(1000)))
        );
        let began = std::time::Instant::now();
        assert_eq!(headers(&call, &tools).len(), 2003);
        // Read for each of them it would be gigabytes, and take a minute.
        assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
    }

    #[test]
    fn resources_are_named_by_their_uri_and_tasks_by_their_id() {
        let read = r#"{"method":"resources/read","params":{"uri":"file:///a","name":"no",
            "_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}"#;
        assert!(headers(read, "[]").contains(&("mcp-name".into(), "file:///a".into())));
        let task = r#"{"method":"tasks/get","params":{"taskId":"t1",
            "_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}"#;
        assert!(headers(task, "[]").contains(&("mcp-name".into(), "t1".into())));
    }

    #[test]
    fn values_are_encoded_as_the_specification_shows() {
        for (text, encoded) in [
            ("us-west1", "us-west1"),
            ("Hello, 世界", "=?base64?SGVsbG8sIOS4lueVjA==?="),
            (" padded ", "=?base64?IHBhZGRlZCA=?="),
            ("line1\nline2", "=?base64?bGluZTEKbGluZTI=?="),
            ("=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="),
        ] {
            assert_eq!(encode(text), encoded, "{text}");
        }
    }

    #[test]
    fn a_request_of_the_legacy_era_names_no_version() {
        let call = br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"_meta":{}}}"#;
        assert!(!Mirrored::read(call).is_stateless());
        assert!(!Mirrored::read(br#"{"jsonrpc":"2.0","id":1,"result":{}}"#).is_stateless());
    }
}
