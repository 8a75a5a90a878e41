//! What a client sends, read without touching what it carries.

use std::{borrow::Cow, sync::LazyLock};

use bytestring::ByteString;
use memchr::memmem::Finder;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::outcome::RpcError;
use crate::{
    gateway::{Continuation, Members},
    json::{self, Raw},
    mcp::{
        codes,
        envelope::{self, EnvelopeError, Message},
    },
};

/// A request of a client.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its id as it came: a string or a number.
    pub id: Raw,
    /// Its method.
    pub method: String,
    /// Its parameters.
    pub params: Params,
}

/// What a client sends.
#[derive(Debug)]
pub enum Incoming {
    /// A request.
    Request(Request),
    /// A notification.
    Notification {
        /// Its method.
        method: String,
        /// Its parameters as they came.
        params: Option<Raw>,
    },
    /// The answer to a request of ours.
    Response {
        /// The id of that request.
        id: u64,
        /// Its `result` or `error` as it came.
        outcome: Result<Raw, Raw>,
    },
}

/// Why a message can't be used, with its id where it has one.
#[derive(Debug)]
pub struct Unreadable {
    /// The id as it came.
    pub id: Option<Raw>,
    /// What is wrong.
    pub error: RpcError,
}

/// The parameters of a request.
#[derive(Clone, Debug, Default)]
pub struct Params {
    /// Their members without `_meta`, as they came.
    pub members: Members,
    /// `_meta`.
    pub meta: Meta,
}

/// What `_meta` says for the protocol, and what else it holds.
#[derive(Clone, Debug, Default)]
pub struct Meta {
    /// Whether there is a `_meta` at all.
    pub is_there: bool,
    /// `io.modelcontextprotocol/protocolVersion`.
    pub version: Option<String>,
    /// `io.modelcontextprotocol/clientCapabilities`: an object as it came.
    pub capabilities: Option<Raw>,
    /// `io.modelcontextprotocol/clientInfo` as it came.
    pub client_info: Option<Raw>,
    /// `io.modelcontextprotocol/logLevel`.
    pub log_level: Option<String>,
    /// `progressToken` as it came: a string or a number.
    pub progress_token: Option<Raw>,
    /// The members that are not the protocol's own, as they came.
    pub rest: Members,
}

/// Reads one message.
pub fn read(text: &ByteString) -> Result<Incoming, Unreadable> {
    let message = envelope::read(text).map_err(|error| unreadable(text, &error))?;
    Ok(match message {
        Message::Response { id, outcome } => Incoming::Response { id, outcome },
        Message::Notification { method, params } => Incoming::Notification { method, params },
        Message::Request { id, method, params } => {
            if !is_id(id.get()) {
                return Err(Unreadable {
                    id: None,
                    error: RpcError::new(
                        codes::INVALID_REQUEST,
                        "the id of a request must be a string or a number",
                    ),
                });
            }
            match Params::read(params.as_ref()) {
                Ok(params) => Incoming::Request(Request { id, method, params }),
                Err(error) => {
                    return Err(Unreadable {
                        id: Some(id),
                        error,
                    });
                }
            }
        }
    })
}

/// Whether JSON is a string or a number, as ids of requests and tokens of progress are.
fn is_id(value: &str) -> bool {
    matches!(value.as_bytes().first(), Some(b'"' | b'-' | b'0'..=b'9'))
}

/// A syntax error, or JSON that is no message.
fn unreadable(text: &ByteString, error: &EnvelopeError) -> Unreadable {
    #[derive(Deserialize)]
    struct WithId<'a> {
        #[serde(borrow)]
        id: Option<&'a RawValue>,
    }
    let is_json = serde_json::from_str::<&RawValue>(text).is_ok();
    let id = json::object::<WithId<'_>>(text)
        .ok()
        .and_then(|with| with.id)
        .filter(|id| is_id(id.get()));
    Unreadable {
        id: id.map(|id| Raw::part_of(text, id)),
        error: if is_json {
            RpcError::new(
                codes::INVALID_REQUEST,
                format!("the message can't be used: {error}"),
            )
        } else {
            RpcError::new(
                codes::PARSE_ERROR,
                format!("the message is not JSON: {error}"),
            )
        },
    }
}

impl Params {
    /// Reads parameters; an object that names a member twice is refused.
    pub fn read(params: Option<&Raw>) -> Result<Self, RpcError> {
        let Some(params) = params.filter(|params| params.get() != "null") else {
            return Ok(Self::default());
        };
        let mut read = Self::default();
        for (name, value) in members(params, "params")? {
            if name == "_meta" {
                read.meta = Meta::read(&value)?;
            } else {
                read.members.push((name, value));
            }
        }
        Ok(read)
    }

    /// A member as it came.
    pub fn get(&self, name: &str) -> Option<&Raw> {
        let member = self.members.iter().find(|(member, _)| member == name);
        member.map(|(_, value)| value)
    }

    /// A member that must be a string.
    pub fn string(&self, name: &str) -> Result<String, RpcError> {
        let problem = |what| {
            RpcError::new(
                codes::INVALID_PARAMS,
                format!("params.{name} {what}: a string is needed"),
            )
        };
        let value = self.get(name).ok_or_else(|| problem("is missing"))?;
        serde_json::from_str(value.get()).map_err(|_| problem("is no string"))
    }

    /// With what a request goes on after `input_required`, if it does.
    pub fn continuation(&self) -> Option<Continuation> {
        let continuation = Continuation {
            input_responses: self.get("inputResponses").cloned(),
            request_state: self.get("requestState").cloned(),
        };
        let goes_on =
            continuation.input_responses.is_some() || continuation.request_state.is_some();
        goes_on.then_some(continuation)
    }

    /// The members but those of these names.
    pub fn rest(&self, without: &[&str]) -> Members {
        let rest = self.members.iter();
        rest.filter(|(name, _)| !without.contains(&name.as_str()))
            .cloned()
            .collect()
    }

    /// All members as one object, with another value for one of them.
    pub fn object_with(&self, name: &str, value: &Raw) -> Raw {
        let value_of = |member: &str, own: &'_ Raw| -> Raw {
            if member == name {
                value.clone()
            } else {
                own.clone()
            }
        };
        let members = self
            .members
            .iter()
            .map(|(member, own)| (member.clone(), value_of(member, own)));
        object(members)
    }

    /// All members as one object.
    pub fn object(&self) -> Raw {
        object(self.members.iter().cloned())
    }
}

/// An object of these members.
pub fn object(members: impl IntoIterator<Item = (String, Raw)>) -> Raw {
    let members: Vec<String> = members
        .into_iter()
        .map(|(name, value)| format!("{}:{}", Raw::from_value(&name).get(), value.get()))
        .collect();
    Raw::assume_valid(format!("{{{}}}", members.join(",")).into())
}

/// The members of an object as they came.
pub fn members(object: &Raw, what: &str) -> Result<Members, RpcError> {
    let members = json::members(object.get()).map_err(|error| {
        RpcError::new(
            codes::INVALID_PARAMS,
            format!("{what} must be an object with each member once: {error}"),
        )
    })?;
    let members = members.into_iter();
    Ok(members
        .map(|(name, value)| (name.into_owned(), object.part(value)))
        .collect())
}

impl Meta {
    fn read(meta: &Raw) -> Result<Self, RpcError> {
        let mut read = Self {
            is_there: true,
            ..Self::default()
        };
        let text = |value: &Raw| serde_json::from_str::<String>(value.get()).ok();
        for (name, value) in members(meta, "params._meta")? {
            match name.as_str() {
                "io.modelcontextprotocol/protocolVersion" => read.version = text(&value),
                "io.modelcontextprotocol/clientCapabilities" => {
                    read.capabilities = value.get().starts_with('{').then_some(value);
                }
                "io.modelcontextprotocol/logLevel" => read.log_level = text(&value),
                // Servers are told who the gateway is.
                "io.modelcontextprotocol/clientInfo" => read.client_info = Some(value),
                "progressToken" => {
                    read.progress_token = is_id(value.get()).then_some(value);
                }
                _ => read.rest.push((name, value)),
            }
        }
        Ok(read)
    }
}

/// What only the version says in `_meta` or in the envelope: for telling the eras apart before a
/// message is read as a whole.
pub fn version(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Envelope<'a> {
        #[serde(borrow)]
        params: Option<&'a RawValue>,
    }
    #[derive(Deserialize)]
    struct WithMeta<'a> {
        #[serde(borrow, rename = "_meta")]
        meta: Option<&'a RawValue>,
    }
    #[derive(Deserialize)]
    struct WithVersion<'a> {
        #[serde(borrow, rename = "io.modelcontextprotocol/protocolVersion")]
        version: Option<Cow<'a, str>>,
    }
    static NAME: LazyLock<Finder<'_>> =
        LazyLock::new(|| Finder::new("io.modelcontextprotocol/protocolVersion"));
    NAME.find(text.as_bytes())?;
    let envelope: Envelope<'_> = serde_json::from_str(text).ok()?;
    let params: WithMeta<'_> = serde_json::from_str(envelope.params?.get()).ok()?;
    let meta: WithVersion<'_> = serde_json::from_str(params.meta?.get()).ok()?;
    meta.version.map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(text: &'static str) -> Request {
        match read(&ByteString::from_static(text)) {
            Ok(Incoming::Request(request)) => request,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn parameters_keep_all_that_is_not_the_protocols_own() {
        let request = request(
            r#"{"jsonrpc":"2.0","id":1e3,"method":"tools/call","params":{"name":"n","x": 1.10,
            "_meta":{"progressToken":"p","io.modelcontextprotocol/logLevel":"info","a/b":{"c": 1}}}}"#,
        );
        assert_eq!(request.id.get(), "1e3");
        assert_eq!(request.params.get("x").unwrap().get(), "1.10");
        assert_eq!(
            request.params.meta.rest,
            [("a/b".to_owned(), Raw::from_static(r#"{"c": 1}"#))]
        );
        assert_eq!(request.params.meta.log_level.as_deref(), Some("info"));
        assert_eq!(request.params.object().get(), r#"{"name":"n","x":1.10}"#);
    }

    #[test]
    fn what_can_not_be_used_says_why_and_keeps_its_id() {
        for (text, id, code) in [
            ("{", None, codes::PARSE_ERROR),
            ("7", None, codes::INVALID_REQUEST),
            (r#"{"id":5}"#, Some("5"), codes::INVALID_REQUEST),
            (r#"{"id":{},"method":"ping"}"#, None, codes::INVALID_REQUEST),
            (r#"{"id":{},"method":7}"#, None, codes::INVALID_REQUEST),
            ("[5]", None, codes::INVALID_REQUEST),
            (
                r#"{"id":5,"method":"m","params":[1]}"#,
                Some("5"),
                codes::INVALID_PARAMS,
            ),
            (
                r#"{"id":"5","method":"m","params":{"a":1,"a":2}}"#,
                Some("\"5\""),
                codes::INVALID_PARAMS,
            ),
        ] {
            let unreadable = read(&ByteString::from_static(text)).unwrap_err();
            assert_eq!(unreadable.id.as_ref().map(Raw::get), id, "{text}");
            assert_eq!(unreadable.error.code, code, "{text}");
        }
    }

    #[test]
    fn the_version_is_found_without_reading_the_rest() {
        let text =
            r#"{"id":1,"params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"v9"}}}"#;
        assert_eq!(version(text).as_deref(), Some("v9"));
        assert_eq!(
            version(r#"{"params":{"x":"io.modelcontextprotocol/protocolVersion"}}"#),
            None
        );
    }
}
