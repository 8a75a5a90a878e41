//! What is wrong with a call's arguments, as `FastAPI` would say it.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::json::strict::{Segment, StrictError};

/// An echo of the caller's value is at most this long, in bytes of JSON.
const LONGEST_ECHO: usize = 1024;

/// What is wrong with a value that fits.
const UNSENDABLE: &str = "unsendable";

/// How the message of such a value begins.
const CANT_BE_SENT: &str = "It can't be sent: ";

/// One thing that is wrong. It serializes to an element of `FastAPI`'s list, with pydantic's
/// names and messages where pydantic has the same.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Violation {
    /// A name for programs, such as `missing`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The path to the value, beginning with `body`.
    pub loc: Vec<Segment>,
    /// A sentence for people.
    pub msg: Cow<'static, str>,
    /// The value, shortened if it is long.
    pub input: Value,
    /// The numbers and names inside the sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ctx: Option<Map<String, Value>>,
}

impl Violation {
    pub(super) fn new(
        kind: &'static str,
        path: Vec<Segment>,
        msg: impl Into<Cow<'static, str>>,
        input: &Value,
    ) -> Self {
        let mut loc = vec![Segment::Name("body".to_owned())];
        loc.extend(path);
        Self {
            kind,
            loc,
            msg: msg.into(),
            input: echo(input),
            ctx: None,
        }
    }

    /// A value that should be an object, at `path` within the body.
    pub fn not_an_object(path: Vec<Segment>, input: &Value) -> Self {
        let message = "Input should be a valid dictionary";
        Self::new("dict_type", path, message, input)
    }

    /// A member that may not be there, at `path` within the body.
    pub fn extra(path: Vec<Segment>, input: &Value) -> Self {
        let message = "Extra inputs are not permitted";
        Self::new("extra_forbidden", path, message, input)
    }

    /// A member that must be there, at `path` within the body.
    pub fn missing(path: Vec<Segment>, input: &Value) -> Self {
        Self::new("missing", path, "Field required", input)
    }

    /// A value that fits the schema, and still can't be written where the server wants it; `path`
    /// is where it is within the body. The value is not repeated: it may be one of the config's.
    pub fn unsendable(path: Vec<Segment>, problem: &str) -> Self {
        let message = format!("{CANT_BE_SENT}{problem}");
        Self::new(UNSENDABLE, path, message, &Value::Null)
    }

    /// What is wrong, for a list whose head says already that what it lists can't be sent.
    pub fn problem(&self) -> &str {
        let message: &str = &self.msg;
        message.strip_prefix(CANT_BE_SENT).unwrap_or(message)
    }

    /// Whether the value fits the schema, but not where it is to be sent.
    pub fn is_unsendable(&self) -> bool {
        self.kind == UNSENDABLE
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        let ctx = self.ctx.get_or_insert_default();
        ctx.insert(name.to_owned(), value.into());
        self
    }

    /// What `error` says about `text`, which is all that came. As in `FastAPI`, `loc` has the
    /// place of a syntax error in characters; the message has its line and column.
    pub fn unreadable(text: &str, error: StrictError) -> Self {
        let nothing = Value::Object(Map::new());
        match error {
            StrictError::Syntax { offset, message } => {
                let before = text.get(..text.floor_char_boundary(offset));
                let before = before.unwrap_or_default();
                let line = before.matches('\n').count() + 1;
                let column = before.rsplit('\n').next().unwrap_or_default();
                let column = column.chars().count() + 1;
                Self::new(
                    "json_invalid",
                    vec![Segment::Index(before.chars().count())],
                    "JSON decode error",
                    &nothing,
                )
                .with("error", format!("{message} at line {line} column {column}"))
            }
            StrictError::Duplicate { path } => {
                let msg = match path.last() {
                    Some(Segment::Name(name)) => super::explain::capped(&format!(
                        "The member '{name}' occurs twice in the same object"
                    )),
                    _ => "A member occurs twice in the same object".to_owned(),
                };
                Self::new("duplicate_member", path, msg, &nothing)
            }
        }
    }
}

/// The value itself if it is short, else a note of what it was.
fn echo(value: &Value) -> Value {
    if fits(value, &mut { LONGEST_ECHO }) {
        return value.clone();
    }
    Value::String(match value {
        Value::String(text) => {
            let end = text.floor_char_boundary(LONGEST_ECHO / 4);
            format!(
                "{}… ({} bytes)",
                text.get(..end).unwrap_or_default(),
                text.len()
            )
        }
        Value::Array(elements) => format!("… (a list of {} items)", elements.len()),
        Value::Object(members) => format!("… (an object of {} members)", members.len()),
        other => other.to_string(),
    })
}

fn fits(value: &Value, room: &mut usize) -> bool {
    let mut take = |length: usize| {
        let left = room.checked_sub(length);
        *room = left.unwrap_or(0);
        left.is_some()
    };
    match value {
        Value::String(text) => take(text.len() + 2),
        Value::Array(elements) => take(2) && elements.iter().all(|element| fits(element, room)),
        Value::Object(members) => members.iter().all(|(name, member)| {
            let left = room.checked_sub(name.len() + 4);
            *room = left.unwrap_or(0);
            left.is_some() && fits(member, room)
        }),
        _ => take(8),
    }
}
