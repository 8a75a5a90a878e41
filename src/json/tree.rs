//! JSON read into a tree that can be rewritten, and whose numbers stay as they were written.
//!
//! A [`Value`] rounds numbers, or has no room for them. What is rewritten and travels on, such as
//! a tool's schema in a document, is therefore read into a [`Tree`].

mod number;

#[cfg(test)]
mod tests;

use std::fmt;

use indexmap::IndexMap;
use serde_json::Value;

use super::edit::Scanner;
use super::strict::{self, StrictError};

pub use number::Number;

/// A JSON value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Tree {
    /// `null`.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string, unescaped.
    String(String),
    /// An array.
    Array(Vec<Tree>),
    /// An object.
    Object(Members),
}

/// The members of an object in their order.
pub type Members = IndexMap<String, Tree>;

impl Tree {
    /// Reads exactly one JSON value, as strictly as [`strict::parse`].
    pub fn parse(text: &str) -> Result<Self, StrictError> {
        let value = strict::parse(text)?;
        let scanner = &mut Scanner::new(text);
        Ok(spelt(value, text, scanner))
    }

    /// An object of our own.
    pub fn object<const N: usize>(members: [(&str, Self); N]) -> Self {
        let owned = members.map(|(name, value)| (name.to_owned(), value));
        Self::Object(Members::from(owned))
    }

    /// The same to look at, with numbers that may be rounded or clamped.
    pub fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(number) => number.to_value(),
            Self::String(text) => Value::String(text.clone()),
            Self::Array(elements) => elements.iter().map(Self::to_value).collect(),
            Self::Object(members) => members
                .iter()
                .map(|(name, value)| (name.clone(), value.to_value()))
                .collect(),
        }
    }

    /// Whether all numbers in it are written as [`Self::to_value`] has them.
    pub fn is_spelt_plainly(&self) -> bool {
        match self {
            Self::Number(number) => {
                let plain = self.to_value().to_string();
                plain == number.get()
            }
            Self::Array(elements) => elements.iter().all(Self::is_spelt_plainly),
            Self::Object(members) => members.values().all(Self::is_spelt_plainly),
            Self::Null | Self::Bool(_) | Self::String(_) => true,
        }
    }

    /// The value at a JSON Pointer (RFC 6901).
    pub fn pointer(&self, pointer: &str) -> Option<&Self> {
        pointer.split('/').skip(1).try_fold(self, |tree, step| {
            let step = step.replace("~1", "/").replace("~0", "~");
            match tree {
                Self::Array(elements) => elements.get(step.parse::<usize>().ok()?),
                tree => tree.get(&step),
            }
        })
    }

    /// The member of that name, if this is an object that has it.
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.as_object()?.get(name)
    }

    /// The text, if this is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The elements, if this is an array.
    pub fn as_array(&self) -> Option<&Vec<Self>> {
        match self {
            Self::Array(elements) => Some(elements),
            _ => None,
        }
    }

    /// The members, if this is an object.
    pub fn as_object(&self) -> Option<&Members> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }

    /// Whether this is a number above zero.
    pub fn is_positive(&self) -> bool {
        matches!(self, Self::Number(number) if number.is_positive())
    }

    /// Whether this is `true` or `false`.
    pub fn is_boolean(&self) -> bool {
        matches!(self, Self::Bool(_))
    }

    /// Whether this is a string.
    pub fn is_string(&self) -> bool {
        matches!(self, Self::String(_))
    }

    /// Whether this is an object.
    pub fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }
}

/// A value of our own, whose numbers are written as `serde_json` writes them.
impl From<Value> for Tree {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::Number(number) => Self::Number(Number::new(number.to_string())),
            Value::String(text) => Self::String(text),
            Value::Array(elements) => elements.into_iter().map(Self::from).collect(),
            Value::Object(members) => Self::Object(
                members
                    .into_iter()
                    .map(|(name, value)| (name, value.into()))
                    .collect(),
            ),
        }
    }
}

impl From<&str> for Tree {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Tree {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<bool> for Tree {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl FromIterator<Tree> for Tree {
    fn from_iter<I: IntoIterator<Item = Tree>>(elements: I) -> Self {
        Self::Array(elements.into_iter().collect())
    }
}

/// JSON, without white space.
impl fmt::Display for Tree {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => formatter.write_str("null"),
            Self::Bool(value) => write!(formatter, "{value}"),
            Self::Number(number) => formatter.write_str(number.get()),
            Self::String(text) => string(text, formatter),
            Self::Array(elements) => {
                formatter.write_str("[")?;
                for (index, element) in elements.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    write!(formatter, "{comma}{element}")?;
                }
                formatter.write_str("]")
            }
            Self::Object(members) => {
                formatter.write_str("{")?;
                for (index, (name, value)) in members.iter().enumerate() {
                    formatter.write_str(if index == 0 { "" } else { "," })?;
                    string(name, formatter)?;
                    write!(formatter, ":{value}")?;
                }
                formatter.write_str("}")
            }
        }
    }
}

fn string(text: &str, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    let json = serde_json::to_string(text).map_err(|_| fmt::Error)?;
    formatter.write_str(&json)
}

/// Goes through a value and its text side by side, and takes the numbers from the text.
fn spelt(value: Value, text: &str, scanner: &mut Scanner<'_>) -> Tree {
    match value {
        Value::Array(elements) => {
            scanner.open();
            let spelt = elements.into_iter().map(|element| {
                scanner.element();
                spelt(element, text, scanner)
            });
            let spelt = spelt.collect();
            scanner.element();
            spelt
        }
        Value::Object(members) => {
            scanner.open();
            let spelt = members.into_iter().map(|(name, value)| {
                scanner.key();
                (name, spelt(value, text, scanner))
            });
            let spelt = spelt.collect();
            scanner.key();
            Tree::Object(spelt)
        }
        Value::Number(_) => {
            let spelling = text.get(scanner.skip_value()).unwrap_or_default();
            Tree::Number(Number::new(spelling.to_owned()))
        }
        other => {
            scanner.skip_value();
            Tree::from(other)
        }
    }
}
