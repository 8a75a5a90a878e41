//! The config as a tree in which everything knows where it stands.
//!
//! `serde` alone would keep the last of duplicate members, and could tell where an error is, but
//! not what about it. The tree is the same whichever format a file has, and may come from several
//! files.

mod format;
mod json;
mod json_members;
mod merge;
mod node;
mod object;
mod references;
#[cfg(test)]
mod tests;
mod toml;
mod tree;
mod yaml;

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::path::{Path, PathBuf};

pub use format::Format;
pub(crate) use node::Node;
#[cfg(test)]
pub(crate) use object::recorded::recorded_keys;
pub(crate) use object::{Member, Object};
use tree::{Span, Value, Wrong};

use crate::config::error::{ConfigError, FetchError, Place, Problem};
use crate::config::expansion::Expander;
use crate::config::remote::{Fetched, Remote};

/// A config: one text, or several that are read as one.
pub(crate) struct Document {
    texts: Vec<Text>,
    root: Value,
    /// What replaces references in strings; none: they stand for themselves.
    expander: Option<Expander>,
}

/// A text that was read from somewhere.
pub(crate) struct Text {
    /// What it is called in messages: mostly a path.
    name: PathBuf,
    /// What relative paths in it are relative to.
    folder: PathBuf,
    format: Format,
    content: String,
    /// JSON with comments and trailing commas made spaces; positions are the same.
    json: Option<String>,
}

/// Where a value stands in the tree, such as `mcpServers.time.args[1]`.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyPath(String);

/// What kind of value something is.
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

impl Text {
    /// A text that was read from a file.
    pub(crate) fn of_file(file: &Path, bytes: &[u8]) -> Result<Self, ConfigError> {
        let folder = file.parent().unwrap_or(Path::new(""));
        Self::new(file.to_owned(), folder.to_owned(), None, bytes)
    }

    /// A text that was fetched. Relative paths in it are relative to our own folder.
    pub(crate) fn of_remote(
        name: &str,
        media_type: Option<&str>,
        bytes: &[u8],
    ) -> Result<Self, ConfigError> {
        Self::new(name.into(), PathBuf::new(), media_type, bytes)
    }

    fn new(
        name: PathBuf,
        folder: PathBuf,
        media_type: Option<&str>,
        bytes: &[u8],
    ) -> Result<Self, ConfigError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let Ok(content) = std::str::from_utf8(bytes) else {
            return Err(ConfigError::NotText { file: name });
        };
        let format = Format::of(&name, media_type, content);
        Ok(Self {
            json: (format == Format::Json).then(|| json::without_comments(content)),
            name,
            folder,
            format,
            content: content.to_owned(),
        })
    }

    /// Reads the text, which is the document's text of this index.
    fn read(&self, index: usize) -> Result<Value, ConfigError> {
        let value = match (self.format, &self.json) {
            (Format::Toml, _) => toml::read(&self.content, index),
            (Format::Yaml, _) => yaml::read(&self.content, index),
            (Format::Json, json) => json::read(json.as_ref().unwrap_or(&self.content), index),
        };
        value.map_err(|wrong| self.error(wrong))
    }

    fn error(&self, wrong: Wrong) -> ConfigError {
        ConfigError::InFile {
            place: Box::new(self.place(wrong.offset, &wrong.path())),
            problem: Box::new(wrong.problem),
        }
    }

    fn place(&self, offset: usize, path: &KeyPath) -> Place {
        let before = self.content.get(..offset).unwrap_or(&self.content);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Place {
            file: self.name.clone(),
            line: before.matches('\n').count() + 1,
            column: before
                .get(line_start..)
                .map_or(0, |line| line.chars().count())
                + 1,
            path: path.0.clone(),
        }
    }
}

impl Document {
    /// A document of JSON in which nothing is replaced.
    pub(crate) fn parse(name: &Path, bytes: &[u8]) -> Result<Self, ConfigError> {
        let mut text = Text::of_file(name, bytes)?;
        text.format = Format::Json;
        text.json = Some(json::without_comments(&text.content));
        let root = text.read(0)?;
        Ok(Self {
            texts: vec![text],
            root,
            expander: None,
        })
    }

    /// A document in which nothing is replaced, in the format of its name or of its looks.
    pub(crate) fn unexpanded(name: &Path, bytes: &[u8]) -> Result<Self, ConfigError> {
        let text = Text::of_file(name, bytes)?;
        Ok(Self {
            root: text.read(0)?,
            texts: vec![text],
            expander: None,
        })
    }

    /// Refuses objects with two members of one name, of which one would be lost.
    pub(crate) fn refuse_duplicates(&self) -> Result<(), ConfigError> {
        self.root().refuse_duplicates()
    }

    /// All of it as JSON, whatever it was written in.
    pub(crate) fn to_json(&self) -> Result<String, ConfigError> {
        self.root().to_json()
    }

    /// Reads several texts as one, of which there is at least one.
    pub(crate) fn of_texts(texts: Vec<Text>, expander: Expander) -> Result<Self, ConfigError> {
        let roots = texts.iter().enumerate();
        let roots = roots.map(|(index, text)| text.read(index));
        let roots: Vec<Value> = roots.collect::<Result<_, _>>()?;
        Ok(Self {
            root: merge::merge(roots, &texts)?,
            texts,
            expander: Some(expander),
        })
    }

    /// What must be fetched for the references in what will be read.
    pub(crate) fn remotes(&self) -> BTreeSet<Remote> {
        let mut remotes = BTreeSet::new();
        references::collect(&self.root, &mut remotes);
        remotes
    }

    /// Takes what was fetched for the references.
    pub(crate) fn take(&mut self, fetched: HashMap<Remote, Result<Fetched, FetchError>>) {
        if let Some(expander) = &mut self.expander {
            expander.take(fetched);
        }
    }

    pub(crate) fn root(&self) -> Node<'_> {
        Node {
            document: self,
            value: &self.root,
            path: KeyPath::default(),
        }
    }

    fn error(&self, at: (usize, usize), path: &KeyPath, problem: Problem) -> ConfigError {
        ConfigError::InFile {
            place: Box::new(self.place(at, path)),
            problem: Box::new(problem),
        }
    }

    /// The place of a byte of one of the texts.
    fn place(&self, (text, offset): (usize, usize), path: &KeyPath) -> Place {
        match self.texts.get(text) {
            Some(text) => text.place(offset, path),
            None => Place {
                file: PathBuf::new(),
                line: 1,
                column: 1,
                path: path.0.clone(),
            },
        }
    }

    /// A part of a text as JSON, where that is what it is written in.
    fn json(&self, span: Span) -> Option<&str> {
        let json = self.texts.get(span.text)?.json.as_ref()?;
        json.get(span.start..span.end)
    }

    fn folder(&self, text: usize) -> &Path {
        self.texts
            .get(text)
            .map_or(Path::new(""), |text| &text.folder)
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
