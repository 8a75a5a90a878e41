//! The config file as a tree in which everything knows where it stands.
//!
//! `serde` alone would keep the last of duplicate members, and could tell where an error is, but
//! not what about it. Here each value is the slice of the file that holds it.

mod members;
mod node;
mod object;

use std::fmt;
use std::path::{Path, PathBuf};

pub(crate) use node::Node;
pub(crate) use object::{Member, Object};

use crate::config::error::{ConfigError, Place, Problem};
use crate::config::seen::Recorder;

/// A config file. The text that is read has comments and trailing commas made spaces, so that
/// positions are those of the original.
pub(crate) struct Document {
    file: PathBuf,
    original: String,
    text: String,
}

/// Where a value stands in the tree, such as `mcpServers.time.args[1]`.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyPath(String);

/// What kind of JSON value something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `{…}`
    Object,
    /// `[…]`
    List,
    /// `"…"`
    String,
    /// `1`
    Number,
    /// `true` or `false`
    Boolean,
    /// `null`
    Null,
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Object => "an object",
            Self::List => "a list",
            Self::String => "a string",
            Self::Number => "a number",
            Self::Boolean => "a boolean",
            Self::Null => "null",
        })
    }
}

impl Document {
    pub(crate) fn read(file: &Path, recorder: &Recorder) -> Result<Self, ConfigError> {
        let bytes = recorder
            .read(file)
            .map_err(|source| ConfigError::Unreadable {
                file: file.to_owned(),
                source,
            })?;
        Self::parse(file, &bytes)
    }

    pub(crate) fn parse(file: &Path, bytes: &[u8]) -> Result<Self, ConfigError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let original = std::str::from_utf8(bytes)
            .map_err(|_| ConfigError::NotText {
                file: file.to_owned(),
            })?
            .to_owned();
        let mut text = original.clone();
        // A `/` that starts no comment is left where it was, and is a syntax error below.
        if json_strip_comments::strip_comments_in_place(&mut text).is_err() {
            text.clone_from(&original);
        }
        let document = Self {
            file: file.to_owned(),
            original,
            text,
        };
        if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&document.text) {
            let offset = offset_of(&document.text, error.line(), error.column());
            let message = error.to_string();
            let message = message
                .split(" at line ")
                .next()
                .unwrap_or_default()
                .to_owned();
            return Err(document.error(offset, &KeyPath::default(), Problem::Syntax(message)));
        }
        Ok(document)
    }

    pub(crate) fn root(&self) -> Node<'_> {
        Node {
            document: self,
            text: self.text.trim(),
            path: KeyPath::default(),
        }
    }

    fn error(&self, offset: usize, path: &KeyPath, problem: Problem) -> ConfigError {
        ConfigError::InFile {
            place: Box::new(self.place(offset, path)),
            problem: Box::new(problem),
        }
    }

    fn place(&self, offset: usize, path: &KeyPath) -> Place {
        let before = self.original.get(..offset).unwrap_or(&self.original);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Place {
            file: self.file.clone(),
            line: before.matches('\n').count() + 1,
            column: before
                .get(line_start..)
                .map_or(0, |line| line.chars().count())
                + 1,
            path: path.0.clone(),
        }
    }

    /// Where a slice of the text starts in it.
    fn offset(&self, slice: &str) -> usize {
        (slice.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize)
    }
}

impl KeyPath {
    fn member(&self, key: &str) -> Self {
        let is_plain = !key.is_empty()
            && key
                .chars()
                .all(|c| c.is_alphanumeric() || "-_$".contains(c));
        Self(match (self.0.as_str(), is_plain) {
            ("", true) => key.to_owned(),
            (path, true) => format!("{path}.{key}"),
            (path, false) => format!("{path}[{key:?}]"),
        })
    }

    fn item(&self, index: usize) -> Self {
        Self(format!("{}[{index}]", self.0))
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The byte that a line and column of `serde_json` mean. It counts columns in bytes, and points
/// at the last byte that it read.
fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    let mut offset = (before + column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}
