//! The config file as a tree in which everything knows where it stands.
//!
//! `serde` alone would keep the last of duplicate members, and could tell where an error is, but
//! not what about it. Here each value is the slice of the file that holds it.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::config::error::{ConfigError, Place, Problem};
use crate::config::spelling;
use crate::config::value::InvalidValue;

/// A config file. The text that is read has comments and trailing commas made spaces, so that
/// positions are those of the original.
pub(crate) struct Document {
    file: PathBuf,
    original: String,
    text: String,
}

/// A value of the file.
#[derive(Clone)]
pub(crate) struct Node<'d> {
    document: &'d Document,
    /// A slice of the document's text: its address is its position.
    text: &'d str,
    path: KeyPath,
}

/// Where a value stands in the tree, such as `mcpServers.time.args[1]`.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyPath(String);

/// The members of an object, to be taken one by one; what is left is unknown.
pub(crate) struct Object<'d> {
    node: Node<'d>,
    members: Vec<Member<'d>>,
    known: Vec<&'static str>,
}

/// A member of an object.
pub(crate) struct Member<'d> {
    pub(crate) key: String,
    pub(crate) value: Node<'d>,
    key_offset: usize,
    taken: bool,
}

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
    pub(crate) fn read(file: &Path) -> Result<Self, ConfigError> {
        let bytes = std::fs::read(file).map_err(|source| ConfigError::Unreadable {
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
        let before = self.original.get(..offset).unwrap_or(&self.original);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let place = Place {
            file: self.file.clone(),
            line: before.matches('\n').count() + 1,
            column: before
                .get(line_start..)
                .map_or(0, |line| line.chars().count())
                + 1,
            path: path.0.clone(),
        };
        ConfigError::InFile {
            place: Box::new(place),
            problem: Box::new(problem),
        }
    }

    /// Where a slice of the text starts in it.
    fn offset(&self, slice: &str) -> usize {
        (slice.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize)
    }
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

    pub(crate) fn path(&self) -> &KeyPath {
        &self.path
    }

    /// The line that the value starts on.
    pub(crate) fn line(&self) -> usize {
        let before = self.document.text.get(..self.document.offset(self.text));
        before.map_or(0, |before| before.matches('\n').count()) + 1
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

    pub(crate) fn object(self, example: &'static str) -> Result<Object<'d>, ConfigError> {
        let text = self.text;
        let Ok(Members(raw)) = serde_json::from_str::<Members<'d>>(text) else {
            return Err(self.wrong_kind("an object", example));
        };
        let mut members: Vec<Member<'d>> = Vec::with_capacity(raw.len());
        for (key, value) in raw {
            let value = value.get();
            // A key with escapes is not a slice of the text: the value's place must do.
            let key_offset = match key {
                Key::Slice(key) => self.document.offset(key).saturating_sub(1),
                Key::Unescaped(_) => self.document.offset(value),
            };
            let key = key.into_string();
            let path = self.path.member(&key);
            if members.iter().any(|member| member.key == key) {
                return Err(self.document.error(key_offset, &path, Problem::Duplicate));
            }
            let value = Node {
                document: self.document,
                text: value,
                path,
            };
            members.push(Member {
                key,
                value,
                key_offset,
                taken: false,
            });
        }
        Ok(Object {
            node: self,
            members,
            known: Vec::new(),
        })
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
        serde_json::from_str(self.text).map_err(|_| self.wrong_kind("a string", example))
    }

    pub(crate) fn boolean(&self) -> Result<bool, ConfigError> {
        serde_json::from_str(self.text).map_err(|_| self.wrong_kind("a boolean", "true"))
    }

    pub(crate) fn strings(&self, example: &'static str) -> Result<Vec<String>, ConfigError> {
        let expected = "a list of strings";
        let items = self.list(expected, example)?;
        items
            .iter()
            .map(|item| {
                serde_json::from_str(item.text).map_err(|_| item.wrong_kind("a string", "\"text\""))
            })
            .collect()
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
    pub(crate) fn parsed<T: std::str::FromStr<Err = InvalidValue>>(
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

impl<'d> Object<'d> {
    /// The member of that name. One that is `null` counts as absent.
    pub(crate) fn take(&mut self, key: &'static str) -> Option<Node<'d>> {
        self.known.push(key);
        let member = self.members.iter_mut().find(|member| member.key == key)?;
        member.taken = true;
        (member.value.kind() != Kind::Null).then(|| member.value.clone())
    }

    /// The member of one of two spellings.
    pub(crate) fn take_either(
        &mut self,
        key: &'static str,
        other: &'static str,
    ) -> Result<Option<Node<'d>>, ConfigError> {
        match (self.take(key), self.take(other)) {
            (Some(_), Some(second)) => Err(second.error(Problem::TwoSpellings { key, other })),
            (first, second) => Ok(first.or(second)),
        }
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.members
            .iter()
            .any(|member| member.key == key && member.value.kind() != Kind::Null)
    }

    pub(crate) fn node(&self) -> &Node<'d> {
        &self.node
    }

    /// All members, where the names are the user's own.
    pub(crate) fn into_members(self) -> Vec<Member<'d>> {
        self.members
    }

    /// Members that nobody took and that are no known key misspelt.
    pub(crate) fn unknown(&self, foreign: &[&str]) -> Result<Vec<&Member<'d>>, ConfigError> {
        let mut unknown = Vec::new();
        for member in self.members.iter().filter(|member| !member.taken) {
            if !foreign.contains(&member.key.as_str())
                && let Some(near) = spelling::nearest(&member.key, self.known.iter().copied())
            {
                return Err(self.unknown_error(member, Some(near)));
            }
            unknown.push(member);
        }
        Ok(unknown)
    }

    /// Refuses members that nobody took.
    pub(crate) fn finish(self) -> Result<(), ConfigError> {
        match self.unknown(&[])?.first() {
            Some(member) => Err(self.unknown_error(member, None)),
            None => Ok(()),
        }
    }

    fn unknown_error(&self, member: &Member<'d>, near: Option<&str>) -> ConfigError {
        let problem = Problem::UnknownKey {
            key: member.key.clone(),
            near: near.map(str::to_owned),
        };
        self.node
            .document
            .error(member.key_offset, &member.value.path, problem)
    }
}

impl Member<'_> {
    /// The error stands at the key.
    pub(crate) fn error(&self, problem: Problem) -> ConfigError {
        self.value
            .document
            .error(self.key_offset, &self.value.path, problem)
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

/// The members of an object in order, duplicates included.
struct Members<'d>(Vec<(Key<'d>, &'d RawValue)>);

enum Key<'d> {
    Slice(&'d str),
    Unescaped(String),
}

impl Key<'_> {
    fn into_string(self) -> String {
        match self {
            Self::Slice(key) => key.to_owned(),
            Self::Unescaped(key) => key,
        }
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;

        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(MembersVisitor)
    }
}

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;

        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Key<'de>, E> {
                Ok(Key::Slice(key))
            }

            fn visit_str<E>(self, key: &str) -> Result<Key<'de>, E> {
                Ok(Key::Unescaped(key.to_owned()))
            }
        }

        deserializer.deserialize_str(KeyVisitor)
    }
}
