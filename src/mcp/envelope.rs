//! JSON-RPC 2.0 envelopes, read without touching what they carry.

use std::borrow::Cow;

use bytestring::ByteString;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::json::{self, Raw};

/// One incoming message.
#[derive(Debug)]
pub enum Message {
    /// The answer to a request of ours.
    Response {
        /// The id of that request.
        id: u64,
        /// The `result` or `error` member as it came.
        outcome: Result<Raw, Raw>,
    },
    /// A request of the peer.
    Request {
        /// Its id as it came, to be sent back.
        id: Raw,
        /// Its method.
        method: String,
        /// Its parameters.
        params: Option<Raw>,
    },
    /// A notification of the peer.
    Notification {
        /// Its method.
        method: String,
        /// Its parameters.
        params: Option<Raw>,
    },
}

/// Why a text is no message.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// Not JSON, or not an envelope.
    #[error("it is not JSON-RPC: {0}")]
    Syntax(#[from] serde_json::Error),
    /// A response whose id is none of ours.
    #[error("its id {0} is none of ours")]
    ForeignId(String),
    /// Neither method nor result nor error.
    #[error("it has neither a method nor a result nor an error")]
    Empty,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Option<Cow<'a, str>>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

/// Reads one message; a batch is split by [`split_batch`] before.
pub fn read(text: &ByteString) -> Result<Message, EnvelopeError> {
    let envelope: Envelope<'_> = serde_json::from_str(text)?;
    let part = |raw: &RawValue| Raw::part_of(text, raw);
    if let Some(method) = envelope.method {
        let params = envelope.params.map(part);
        return Ok(match envelope.id {
            Some(id) => Message::Request {
                id: part(id),
                method: method.into_owned(),
                params,
            },
            None => Message::Notification {
                method: method.into_owned(),
                params,
            },
        });
    }
    let outcome = match (envelope.result, envelope.error) {
        (Some(result), _) => Ok(part(result)),
        (None, Some(error)) => Err(part(error)),
        (None, None) => return Err(EnvelopeError::Empty),
    };
    let id = envelope.id.map_or("null", RawValue::get);
    match parse_id(id) {
        Some(id) => Ok(Message::Response { id, outcome }),
        None => Err(EnvelopeError::ForeignId(id.chars().take(64).collect())),
    }
}

/// An error that refuses a message, whether or not it names it.
#[derive(Debug)]
pub struct ErrorObject {
    /// The id, if it is one of ours.
    pub id: Option<u64>,
    /// The `error` member as it came.
    pub error: Raw,
}

/// Reads an error with which a transport refuses a message; none when the text is something
/// else, such as a proxy's page.
pub fn read_refusal(text: &ByteString) -> Option<ErrorObject> {
    let envelope: Envelope<'_> = serde_json::from_str(text).ok()?;
    let error = envelope.error?;
    // Other errors in JSON have a member of this name too.
    serde_json::from_str::<ErrorView<'_>>(error.get()).ok()?;
    Some(ErrorObject {
        id: envelope.id.and_then(|id| parse_id(id.get())),
        error: Raw::part_of(text, error),
    })
}

/// Our ids are numbers; a peer that sends one back as a string means the same.
pub fn parse_id(text: &str) -> Option<u64> {
    text.trim_matches('"').parse().ok()
}

/// How many messages a batch may hold. A server that sends more is taken for one that sends
/// nonsense, before memory is spent on it.
const MAX_BATCH: usize = 1000;

/// The messages of a JSON-RPC batch (MCP 2025-03-26), or `None` when `text` is no array.
pub fn split_batch(text: &ByteString) -> Option<Result<Vec<ByteString>, serde_json::Error>> {
    text.trim_start().starts_with('[').then(|| {
        let items = json::items(text, MAX_BATCH)?;
        Ok(items
            .into_iter()
            .map(|item| text.slice_ref(item.get()))
            .collect())
    })
}

/// A JSON-RPC error object, as much of it as the gateway decides on.
#[derive(Debug, Deserialize)]
pub struct ErrorView<'a> {
    /// The code.
    pub code: i64,
    /// The message.
    #[serde(borrow, default)]
    pub message: Cow<'a, str>,
    /// The data.
    #[serde(borrow)]
    pub data: Option<&'a RawValue>,
}

/// The id of the request that `notifications/cancelled` is about, as it was given (MCP 2025-11-25,
/// cancellation).
pub fn cancelled_id(params: &Raw) -> Option<Raw> {
    let members = json::members(params.get()).ok()?;
    let (_, id) = members.into_iter().find(|(name, _)| name == "requestId")?;
    Some(params.part(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &'static str) -> ByteString {
        ByteString::from_static(text)
    }

    #[test]
    fn a_result_keeps_the_text_that_came() {
        let text = raw(
            r#"{"id":7,"result":{"b":1.10,"a":123456789012345678901234567890, "z":1e400},"jsonrpc":"2.0"}"#,
        );
        let Message::Response { id, outcome } = read(&text).unwrap() else {
            panic!("a response")
        };
        assert_eq!(id, 7);
        assert_eq!(
            outcome.unwrap().get(),
            r#"{"b":1.10,"a":123456789012345678901234567890, "z":1e400}"#
        );
    }

    #[test]
    fn an_id_that_came_back_as_a_string_is_ours() {
        assert!(matches!(
            read(&raw(r#"{"id":"12","result":{}}"#)),
            Ok(Message::Response { id: 12, .. })
        ));
    }

    #[test]
    fn duplicate_members_of_the_envelope_are_refused() {
        assert!(read(&raw(r#"{"id":1,"result":{},"result":{"a":1}}"#)).is_err());
        assert!(read(&raw(r#"{"id":1,"id":2,"result":{}}"#)).is_err());
    }

    #[test]
    fn requests_notifications_and_nonsense_are_told_apart() {
        assert!(matches!(
            read(&raw(r#"{"id":"x","method":"ping"}"#)),
            Ok(Message::Request { .. })
        ));
        assert!(matches!(
            read(&raw(r#"{"method":"notifications/progress","params":{}}"#)),
            Ok(Message::Notification { .. })
        ));
        assert!(read(&raw(r#"{"id":1}"#)).is_err());
        assert!(read(&raw(r#"{"id":null,"error":{"code":-32700,"message":""}}"#)).is_err());
        assert!(read(&raw("7")).is_err());
    }

    #[test]
    fn a_batch_is_split() {
        let items = split_batch(&raw(r#" [{"id":1,"result":{}}, {"method":"m"}]"#));
        assert_eq!(items.unwrap().unwrap().len(), 2);
        assert!(split_batch(&raw("{}")).is_none());
        let endless = format!("[{}0]", "0,".repeat(1_000_000));
        assert!(split_batch(&endless.into()).unwrap().is_err());
    }
}
