//! Values of the config, and what they are read as.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::str::FromStr;

use super::tree::{Content, Value};
use crate::config::document::{Document, KeyPath, Kind, Object};
use crate::config::error::{ConfigError, Place, Problem, ReferenceProblem};
use crate::config::expansion::{Expanded, Piece, pieces};
use crate::config::value::{InvalidValue, parse_boolean};

/// A value of the config.
#[derive(Clone)]
pub(crate) struct Node<'d> {
    pub(super) document: &'d Document,
    pub(super) value: &'d Value,
    pub(super) path: KeyPath,
}

impl<'d> Node<'d> {
    /// What it is written as. A string whose references are replaced is a string.
    pub(crate) fn kind(&self) -> Kind {
        self.value.kind()
    }

    /// Where the value starts.
    pub(crate) fn place(&self) -> Place {
        self.document.place(self.start(), &self.path)
    }

    fn start(&self) -> (usize, usize) {
        let place = self.value.place;
        (place.text, place.start)
    }

    /// The value as JSON: as it stands in the file, comments made spaces, where that is JSON and
    /// nothing in it is replaced.
    pub(crate) fn json(&self) -> Result<String, ConfigError> {
        if let Some(json) = self.document.json(self.value.place)
            && !has_references(self.value)
        {
            return Ok(json.to_owned());
        }
        self.to_json()
    }

    /// The value as JSON that is written anew.
    pub(crate) fn to_json(&self) -> Result<String, ConfigError> {
        let mut json = String::new();
        self.write_json(&mut json)?;
        Ok(json)
    }

    fn write_json(&self, json: &mut String) -> Result<(), ConfigError> {
        match &self.value.content {
            Content::Null => json.push_str("null"),
            Content::Boolean(value) => json.push_str(if *value { "true" } else { "false" }),
            Content::Number(number) => json.push_str(&number.json),
            Content::String(_) => push_string(json, &self.string("\"text\"")?),
            Content::List(items) => {
                json.push('[');
                for (index, value) in items.iter().enumerate() {
                    if index > 0 {
                        json.push_str(", ");
                    }
                    self.inside(value, self.path.item(index)).write_json(json)?;
                }
                json.push(']');
            }
            Content::Object(entries) => {
                json.push('{');
                for (index, entry) in entries.iter().enumerate() {
                    if index > 0 {
                        json.push_str(", ");
                    }
                    push_string(json, &entry.key);
                    json.push_str(": ");
                    self.inside(&entry.value, self.path.member(&entry.key))
                        .write_json(json)?;
                }
                json.push('}');
            }
        }
        Ok(())
    }

    fn inside(&self, value: &'d Value, path: KeyPath) -> Self {
        Self {
            document: self.document,
            value,
            path,
        }
    }

    /// A path as it is meant in the file: relative to the file's own folder.
    pub(crate) fn resolve(&self, path: &str) -> PathBuf {
        self.document.folder(self.value.place.text).join(path)
    }

    pub(crate) fn path(&self) -> &KeyPath {
        &self.path
    }

    /// The error stands at the value. What references stand for is not repeated.
    pub(crate) fn error(&self, problem: Problem) -> ConfigError {
        let problem = match self.expanded() {
            Some(Ok(expanded)) => {
                let message = problem.to_string();
                let hidden = expanded.hide(&message);
                if hidden == message {
                    problem
                } else {
                    Problem::Hidden {
                        message: hidden,
                        exit_code: problem.exit_code(),
                    }
                }
            }
            Some(Err(_)) | None => problem,
        };
        self.document.error(self.start(), &self.path, problem)
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
        Object::read(self, example)
    }

    pub(crate) fn list(
        &self,
        expected: &'static str,
        example: &'static str,
    ) -> Result<Vec<Self>, ConfigError> {
        let Content::List(items) = &self.value.content else {
            return Err(self.wrong_kind(expected, example));
        };
        let items = items.iter().enumerate();
        let nodes = items.map(|(index, value)| self.inside(value, self.path.item(index)));
        Ok(nodes.collect())
    }

    /// A string, its references replaced.
    pub(crate) fn string(&self, example: &'static str) -> Result<String, ConfigError> {
        match (&self.value.content, self.expanded()) {
            (Content::String(_), Some(expanded)) => match expanded {
                Ok(expanded) => Ok(expanded.text.reveal().to_owned()),
                Err(problem) => Err(self.reference_error(problem)),
            },
            (Content::String(text), None) => Ok(text.clone()),
            _ => Err(self.wrong_kind("a string", example)),
        }
    }

    /// The string with its references replaced, where it has any.
    fn expanded(&self) -> Option<Result<Expanded, ReferenceProblem>> {
        let Content::String(text) = &self.value.content else {
            return None;
        };
        let expander = self.document.expander.as_ref()?;
        let folder = self.document.folder(self.value.place.text);
        text.contains("${").then(|| expander.expand(text, folder))
    }

    /// Whether it is a string in which something is replaced.
    pub(crate) fn has_reference(&self) -> bool {
        self.expanded().is_some()
    }

    /// Its references, and those of a list's items, as they may be shown: text beside a reference
    /// may be a part of a secret, and is left out. None where there are none.
    pub(crate) fn shown_references(&self) -> Option<String> {
        match &self.value.content {
            Content::List(items) => {
                let items = items.iter().enumerate();
                let shown = items.map(|(index, value)| {
                    self.inside(value, self.path.item(index)).shown_references()
                });
                let shown: Vec<Option<String>> = shown.collect();
                shown.iter().any(Option::is_some).then(|| {
                    let shown = shown
                        .into_iter()
                        .map(|item| item.unwrap_or_else(|| "…".into()));
                    shown.collect::<Vec<_>>().join(", ")
                })
            }
            Content::String(text) if self.document.expander.is_some() => {
                let pieces = pieces(text).ok()?;
                let is_reference = |piece: &Piece<'_>| matches!(piece, Piece::Reference(_));
                pieces.iter().any(is_reference).then(|| {
                    let shown = pieces.iter().map(|piece| match piece {
                        Piece::Reference(reference) => reference.to_string(),
                        Piece::Text(_) => "…".to_owned(),
                    });
                    shown.collect()
                })
            }
            _ => None,
        }
    }

    fn reference_error(&self, problem: ReferenceProblem) -> ConfigError {
        let problem = Problem::Reference(problem);
        self.document.error(self.start(), &self.path, problem)
    }

    /// `true` or `false`; a reference may stand for one too.
    pub(crate) fn boolean(&self) -> Result<bool, ConfigError> {
        match (&self.value.content, self.expanded()) {
            (Content::Boolean(value), _) => Ok(*value),
            (_, Some(Ok(expanded))) => {
                let text = expanded.text.reveal();
                parse_boolean(text).map_err(|problem| self.invalid(text, problem))
            }
            (_, Some(Err(problem))) => Err(self.reference_error(problem)),
            (_, None) => Err(self.wrong_kind("a boolean", "true")),
        }
    }

    /// Refuses what two readers could take for different things, at any depth, and references that
    /// stand for nothing.
    pub(crate) fn refuse_duplicates(&self) -> Result<(), ConfigError> {
        match &self.value.content {
            Content::Object(_) => {
                for member in self.clone().object("{}")?.into_members() {
                    member.value.refuse_duplicates()?;
                }
            }
            Content::List(_) => {
                for item in self.list("a list", "[]")? {
                    item.refuse_duplicates()?;
                }
            }
            Content::String(_) => {
                self.string("\"text\"")?;
            }
            Content::Number(_) | Content::Boolean(_) | Content::Null => {}
        }
        Ok(())
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
        match &self.value.content {
            Content::String(_) => self.string(example),
            Content::Number(number) => Ok(number.written.clone()),
            Content::Boolean(value) => Ok(value.to_string()),
            Content::Object(_) | Content::List(_) | Content::Null => {
                Err(self.wrong_kind(expected, example))
            }
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

    /// The value is none that can be used. `text` is what is told of it, unless it comes from
    /// elsewhere.
    pub(crate) fn invalid(&self, text: &str, problem: InvalidValue) -> ConfigError {
        if let Some(Ok(expanded)) = self.expanded()
            && let Some(references) = expanded.references()
        {
            let problem = expanded.hide(&problem.to_string());
            let problem = Problem::Hidden {
                message: format!("the value of {references} can't be used: {problem}"),
                exit_code: crate::config::error::sysexits::CONFIG,
            };
            return self.document.error(self.start(), &self.path, problem);
        }
        self.error(Problem::Invalid {
            text: text.to_owned(),
            problem,
        })
    }
}

/// Whether a string in it may be another one once its references are replaced.
fn has_references(value: &Value) -> bool {
    match &value.content {
        Content::String(text) => text.contains("${"),
        Content::List(items) => items.iter().any(has_references),
        Content::Object(entries) => entries.iter().any(|entry| has_references(&entry.value)),
        Content::Null | Content::Boolean(_) | Content::Number(_) => false,
    }
}

/// Writes a string as JSON does (RFC 8259, section 7).
fn push_string(json: &mut String, text: &str) {
    json.push('"');
    for c in text.chars() {
        match c {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            c if c < ' ' => {
                let _ = write!(json, "\\u{:04x}", u32::from(c));
            }
            c => json.push(c),
        }
    }
    json.push('"');
}
