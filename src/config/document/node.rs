//! Values of the file, and what they are read as.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde_json::value::RawValue;

use crate::config::document::{Document, KeyPath, Kind, Object, offset_of};
use crate::config::error::{ConfigError, Place, Problem};
use crate::config::value::InvalidValue;

/// A value of the file.
#[derive(Clone)]
pub(crate) struct Node<'d> {
    pub(super) document: &'d Document,
    /// A slice of the document's text: its address is its position.
    pub(super) text: &'d str,
    pub(super) path: KeyPath,
}

impl<'d> Node<'d> {
    pub(crate) fn kind(&self) -> Kind {
        match self.text.bytes().next() {
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::List,
            Some(b'"') => Kind::String,
            Some(b't' | b'f') => Kind::Boolean,
            Some(b'n') => Kind::Null,
            _ => Kind::Number,
        }
    }

    /// Where the value starts.
    pub(crate) fn place(&self) -> Place {
        self.document
            .place(self.document.offset(self.text), &self.path)
    }

    /// The value as it stands in the file, comments made spaces.
    pub(crate) fn text(&self) -> &'d str {
        self.text
    }

    /// A path as it is meant in the file: relative to the file's own folder.
    pub(crate) fn resolve(&self, path: &str) -> PathBuf {
        let folder = self.document.file.parent().unwrap_or(Path::new(""));
        folder.join(path)
    }

    pub(crate) fn path(&self) -> &KeyPath {
        &self.path
    }

    pub(crate) fn error(&self, problem: Problem) -> ConfigError {
        self.document
            .error(self.document.offset(self.text), &self.path, problem)
    }

    /// The value is of a kind that can't be used here.
    pub(crate) fn wrong_kind(&self, expected: &'static str, example: &'static str) -> ConfigError {
        self.error(Problem::Kind {
            expected,
            found: self.kind(),
            example,
        })
    }

    /// The document is JSON, so what a reader dislikes in a value of the right kind is a string
    /// with half of a surrogate pair (RFC 8259, section 8.2).
    pub(super) fn bad_escape(&self, error: &serde_json::Error) -> ConfigError {
        let within = offset_of(self.text, error.line(), error.column());
        let before = self.text.get(..within).unwrap_or(self.text);
        let within = before.rfind("\\u").unwrap_or(within);
        let offset = self.document.offset(self.text) + within;
        self.document.error(offset, &self.path, Problem::Escape)
    }

    pub(crate) fn object(self, example: &'static str) -> Result<Object<'d>, ConfigError> {
        Object::read(self, example)
    }

    pub(crate) fn list(
        &self,
        expected: &'static str,
        example: &'static str,
    ) -> Result<Vec<Self>, ConfigError> {
        let Ok(items) = serde_json::from_str::<Vec<&'d RawValue>>(self.text) else {
            return Err(self.wrong_kind(expected, example));
        };
        let items = items.into_iter().enumerate().map(|(index, item)| Node {
            document: self.document,
            text: item.get(),
            path: self.path.item(index),
        });
        Ok(items.collect())
    }

    pub(crate) fn string(&self, example: &'static str) -> Result<String, ConfigError> {
        serde_json::from_str(self.text).map_err(|error| match self.kind() {
            Kind::String => self.bad_escape(&error),
            _ => self.wrong_kind("a string", example),
        })
    }

    pub(crate) fn boolean(&self) -> Result<bool, ConfigError> {
        serde_json::from_str(self.text).map_err(|_| self.wrong_kind("a boolean", "true"))
    }

    pub(crate) fn strings(&self, example: &'static str) -> Result<Vec<String>, ConfigError> {
        let expected = "a list of strings";
        let items = self.list(expected, example)?;
        items.iter().map(|item| item.string("\"text\"")).collect()
    }

    /// The text of a string, number or boolean, as one would write it on a command line.
    pub(crate) fn scalar(
        &self,
        expected: &'static str,
        example: &'static str,
    ) -> Result<String, ConfigError> {
        match self.kind() {
            Kind::String => self.string(example),
            Kind::Number | Kind::Boolean => Ok(self.text.to_owned()),
            Kind::Object | Kind::List | Kind::Null => Err(self.wrong_kind(expected, example)),
        }
    }

    /// A value that is read from text.
    pub(crate) fn parsed<T: FromStr<Err = InvalidValue>>(
        &self,
        expected: &'static str,
        example: &'static str,
    ) -> Result<T, ConfigError> {
        let text = self.scalar(expected, example)?;
        text.parse().map_err(|problem| self.invalid(&text, problem))
    }

    pub(crate) fn invalid(&self, text: &str, problem: InvalidValue) -> ConfigError {
        self.error(Problem::Invalid {
            text: text.to_owned(),
            problem,
        })
    }
}
