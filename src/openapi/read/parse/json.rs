//! Documents in JSON.

use serde::de::IgnoredAny;

use super::{DEEPEST, Notes, Size};
use crate::json::edit::Scanner;
use crate::json::tree::{Members, Number, Tree};
use crate::openapi::read::ReadError;

pub(super) fn read(
    text: &str,
    most_values: usize,
    notes: &mut Notes,
) -> Result<(Tree, Size), ReadError> {
    serde_json::from_str::<IgnoredAny>(text).map_err(|error| {
        let message = error.to_string();
        let end = message.rfind(" at line ").unwrap_or(message.len());
        ReadError::Syntax {
            format: "JSON",
            line: error.line(),
            column: error.column(),
            message: message.get(..end).unwrap_or_default().to_owned(),
        }
    })?;
    let mut reader = Reader {
        text,
        scanner: Scanner::new(text),
        room: most_values,
        most_values,
        notes,
    };
    let root = reader.value(DEEPEST)?;
    let size = Size {
        values: most_values - reader.room,
        bytes: text.len(),
    };
    Ok((root, size))
}

/// Goes through text that is known to be JSON, so that nothing is read twice.
struct Reader<'a, 'n> {
    text: &'a str,
    scanner: Scanner<'a>,
    room: usize,
    most_values: usize,
    notes: &'n mut Notes,
}

impl Reader<'_, '_> {
    fn value(&mut self, deepest: usize) -> Result<Tree, ReadError> {
        let room = self.room.checked_sub(1);
        self.room = room.ok_or(ReadError::TooManyValues {
            most: self.most_values,
        })?;
        match self.scanner.peek_value() {
            Some(b'{') => self.object(deepest),
            Some(b'[') => self.array(deepest),
            Some(b'"') => self.string(),
            Some(b't' | b'f') => {
                let spelling = self.scalar();
                Ok(Tree::Bool(spelling == "true"))
            }
            Some(b'n') => {
                self.scalar();
                Ok(Tree::Null)
            }
            _ => {
                let spelling = self.scalar().to_owned();
                Ok(Tree::Number(Number::new(spelling)))
            }
        }
    }

    fn object(&mut self, deepest: usize) -> Result<Tree, ReadError> {
        let deepest = self.deeper(deepest)?;
        let mut members = Members::new();
        self.scanner.open();
        while let Some(key) = self.scanner.key() {
            let name = key.name.into_owned();
            let value = self.value(deepest)?;
            match members.entry(name) {
                indexmap::map::Entry::Occupied(mut entry) => {
                    self.notes.twice(entry.key());
                    entry.insert(value);
                }
                indexmap::map::Entry::Vacant(entry) => {
                    entry.insert(value);
                }
            }
        }
        // A name that is no text ends the object too early.
        let end = self.scanner.position().saturating_sub(1);
        if self.text.as_bytes().get(end) != Some(&b'}') {
            return Err(self.wrong("a name has an escape that is no character"));
        }
        Ok(Tree::Object(members))
    }

    fn array(&mut self, deepest: usize) -> Result<Tree, ReadError> {
        let deepest = self.deeper(deepest)?;
        let mut elements = Vec::new();
        self.scanner.open();
        while self.scanner.element() {
            elements.push(self.value(deepest)?);
        }
        Ok(Tree::Array(elements))
    }

    fn string(&mut self) -> Result<Tree, ReadError> {
        let spelling = self.scalar();
        let inner = spelling.get(1..spelling.len().saturating_sub(1));
        let inner = inner.unwrap_or_default();
        if !inner.contains('\\') {
            return Ok(Tree::String(inner.to_owned()));
        }
        serde_json::from_str(spelling)
            .map(Tree::String)
            .map_err(|_| self.wrong("a string has an escape that is no character"))
    }

    fn scalar(&mut self) -> &'_ str {
        let place = self.scanner.skip_value();
        self.text.get(place).unwrap_or_default()
    }

    fn deeper(&self, deepest: usize) -> Result<usize, ReadError> {
        let deepest = deepest.checked_sub(1);
        deepest.ok_or_else(|| self.wrong("it is nested more than 127 levels deep"))
    }

    fn wrong(&self, message: &str) -> ReadError {
        let before = self.text.get(..self.scanner.position()).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        ReadError::Syntax {
            format: "JSON",
            line: before.matches('\n').count() + 1,
            column: before.len() - line_start,
            message: message.to_owned(),
        }
    }
}
