//! JSON text read into a [`Value`] with nothing left open to interpretation.
//!
//! What the gateway decides on, it must read as the upstream will. Parsers differ in what they
//! make of a member that occurs twice, so such an object is refused. The [`Value`] is only a
//! shadow to look at: its numbers may be rounded, and one beyond the range of a double is
//! clamped, while the text that travels keeps its digits.

#[cfg(test)]
mod tests;

use std::fmt::{self, Write as _};

use bytestring::ByteString;
use serde::Serialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value};

use super::Raw;

/// One step of a path into a JSON value. It serializes to the name or the index alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Segment {
    /// The member of that name, unescaped.
    Name(String),
    /// The element at that index.
    Index(usize),
}

/// Why a text was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StrictError {
    /// The text is not JSON, or nested more than 127 levels deep.
    #[error("{message} at byte {offset}")]
    Syntax {
        /// Where in the text, in bytes.
        offset: usize,
        /// What the parser said.
        message: String,
    },
    /// An object has two members of the same name.
    #[error("the member {} occurs twice", pointer(path))]
    Duplicate {
        /// The path to the second of them.
        path: Vec<Segment>,
    },
}

/// Reads exactly one JSON value, in time linear in the length of the text.
pub fn parse(text: &str) -> Result<Value, StrictError> {
    parse_once(text).or_else(|error| match (&error, clamp_numbers(text)) {
        (StrictError::Syntax { .. }, Some(clamped)) => parse_once(&clamped),
        _ => Err(error),
    })
}

impl Raw {
    /// Takes text that [`parse`] has accepted, so that it need not be read again.
    pub(crate) fn assume_valid(text: ByteString) -> Self {
        Self(text)
    }
}

fn parse_once(text: &str) -> Result<Value, StrictError> {
    let mut duplicate = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let builder = Builder {
        duplicate: &mut duplicate,
    };
    let result = builder
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value));
    result.map_err(|error| {
        if duplicate.is_empty() {
            syntax_error(text, &error)
        } else {
            duplicate.reverse();
            StrictError::Duplicate { path: duplicate }
        }
    })
}

fn syntax_error(text: &str, error: &serde_json::Error) -> StrictError {
    let line_start = match error.line() {
        0 | 1 => 0,
        line => memchr::memchr_iter(b'\n', text.as_bytes())
            .nth(line - 2)
            .map_or(0, |newline| newline + 1),
    };
    let full = error.to_string();
    let message = full.rfind(" at line ").map_or(&*full, |end| &full[..end]);
    let message = if message == "recursion limit exceeded" {
        "nested more than 127 levels deep"
    } else {
        message
    };
    StrictError::Syntax {
        offset: (line_start + error.column().saturating_sub(1)).min(text.len()),
        message: message.to_owned(),
    }
}

/// Writes the numbers that a double can't hold as `9e307`, padded to their own length so that
/// offsets in error messages stay true. `None` if there are none.
fn clamp_numbers(text: &str) -> Option<String> {
    let mut clamped: Option<String> = None;
    let mut rest = 0;
    let mut scanner = super::edit::Scanner::new(text);
    while let Some(number) = scanner.next_number() {
        let spelling = text.get(number.clone())?;
        if number.len() < 5 || !spelling.parse::<f64>().is_ok_and(f64::is_infinite) {
            continue;
        }
        let sign = if spelling.starts_with('-') { "-" } else { "" };
        let width = number.len() - sign.len() - 2;
        let output = clamped.get_or_insert_default();
        output.push_str(text.get(rest..number.start)?);
        // Writing to a string does not fail.
        let _ = write!(output, "{sign}9e{:0>width$}", "307");
        rest = number.end;
    }
    let mut clamped = clamped?;
    clamped.push_str(text.get(rest..)?);
    Some(clamped)
}

fn pointer(path: &[Segment]) -> String {
    path.iter()
        .map(|segment| match segment {
            Segment::Name(name) => format!("/{name}"),
            Segment::Index(index) => format!("/{index}"),
        })
        .collect()
}

/// Builds a [`Value`]; `duplicate` takes the path to a duplicate member, innermost step first.
struct Builder<'a> {
    duplicate: &'a mut Vec<Segment>,
}

impl Builder<'_> {
    fn child(&mut self) -> Builder<'_> {
        Builder {
            duplicate: self.duplicate,
        }
    }

    fn leave(&mut self, segment: impl FnOnce() -> Segment) {
        if !self.duplicate.is_empty() {
            self.duplicate.push(segment());
        }
    }
}

impl<'de> DeserializeSeed<'de> for Builder<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Builder<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut access: A) -> Result<Value, A::Error> {
        let mut elements = Vec::new();
        loop {
            match access.next_element_seed(self.child()) {
                Ok(Some(element)) => elements.push(element),
                Ok(None) => return Ok(Value::Array(elements)),
                Err(error) => {
                    self.leave(|| Segment::Index(elements.len()));
                    return Err(error);
                }
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut access: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = access.next_key::<String>()? {
            match members.entry(name) {
                Entry::Occupied(entry) => {
                    self.duplicate.push(Segment::Name(entry.key().clone()));
                    return Err(A::Error::custom("duplicate member"));
                }
                Entry::Vacant(entry) => match access.next_value_seed(self.child()) {
                    Ok(value) => {
                        entry.insert(value);
                    }
                    Err(error) => {
                        self.leave(|| Segment::Name(entry.key().clone()));
                        return Err(error);
                    }
                },
            }
        }
        Ok(Value::Object(members))
    }
}
