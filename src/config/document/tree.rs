//! The values of a config file, each with where it stands, in whichever format it was written.

use crate::config::document::{KeyPath, Kind};
use crate::config::error::Problem;

/// A value, and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Value {
    pub(super) place: Span,
    pub(super) content: Content,
}

/// A part of one of the texts of a document, in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// Which of the texts.
    pub(super) text: usize,
    pub(super) start: usize,
    pub(super) end: usize,
}

#[derive(Clone, Debug)]
pub(super) enum Content {
    Null,
    Boolean(bool),
    Number(Number),
    String(String),
    List(Vec<Value>),
    /// In order, duplicates included.
    Object(Vec<Entry>),
}

#[derive(Clone, Debug)]
pub(super) struct Number {
    /// As it was written.
    pub(super) written: String,
    /// As JSON writes it.
    pub(super) json: String,
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_offset: usize,
    pub(super) value: Value,
}

/// What is wrong with a text, and where.
pub(super) struct Wrong {
    pub(super) offset: usize,
    pub(super) problem: Problem,
    /// The steps to the value, the last one first.
    steps: Vec<PathStep>,
}

enum PathStep {
    Member(String),
    Item(usize),
}

impl Value {
    pub(super) fn kind(&self) -> Kind {
        match &self.content {
            Content::Null => Kind::Null,
            Content::Boolean(_) => Kind::Boolean,
            Content::Number(_) => Kind::Number,
            Content::String(_) => Kind::String,
            Content::List(_) => Kind::List,
            Content::Object(_) => Kind::Object,
        }
    }
}

impl Wrong {
    pub(super) fn new(offset: usize, problem: Problem) -> Self {
        Self {
            offset,
            problem,
            steps: Vec::new(),
        }
    }

    /// It is within the member of that name.
    pub(super) fn in_member(mut self, key: &str) -> Self {
        self.steps.push(PathStep::Member(key.to_owned()));
        self
    }

    /// It is within this item of a list.
    pub(super) fn in_item(mut self, index: usize) -> Self {
        self.steps.push(PathStep::Item(index));
        self
    }

    pub(super) fn path(&self) -> KeyPath {
        let steps = self.steps.iter().rev();
        steps.fold(KeyPath::default(), |path, step| match step {
            PathStep::Member(key) => path.member(key),
            PathStep::Item(index) => path.item(*index),
        })
    }
}
