//! Documents in YAML 1.2, by its core schema.
//!
//! They are built from the events of the parser that `serde_saphyr` stands on: its own values
//! would round numbers.

use std::collections::HashMap;

use serde_saphyr::granit_parser::{Event, Parser, ScanError, Span};

use super::{DEEPEST, Limits, Notes, Size};
use crate::json::tree::{Members, Tree};
use crate::json::yaml;
use crate::openapi::read::ReadError;

pub(super) fn read(
    text: &str,
    limits: &Limits,
    notes: &mut Notes,
) -> Result<(Tree, Size), ReadError> {
    let mut builder = Builder {
        open: Vec::new(),
        anchors: HashMap::new(),
        taken: Size::default(),
        most: Size {
            values: limits.most_values,
            bytes: limits.most_bytes.saturating_mul(2),
        },
        notes,
    };
    for event in Parser::new_from_str(text) {
        let (event, place) = event.map_err(|error| scan_error(&error))?;
        if let Some(root) = builder.event(event, &place)? {
            return Ok((root, builder.taken));
        }
    }
    Ok((Tree::Null, builder.taken))
}

fn scan_error(error: &ScanError) -> ReadError {
    ReadError::Syntax {
        format: "YAML",
        line: error.marker().line(),
        column: error.marker().col() + 1,
        message: error.info(),
    }
}

/// A value that something can refer back to, with how much it holds and how deep that is.
struct Anchored {
    value: Tree,
    size: Size,
    depth: usize,
}

/// A collection that has not ended.
struct Open {
    anchor: usize,
    taken_before: Size,
    content: Content,
}

enum Content {
    List(Vec<Tree>),
    Map {
        members: Members,
        key: Option<String>,
        /// What `<<` brings, which does not count where the mapping says it itself.
        merged: Vec<Members>,
    },
}

struct Builder<'n> {
    open: Vec<Open>,
    anchors: HashMap<usize, Anchored>,
    taken: Size,
    most: Size,
    notes: &'n mut Notes,
}

impl Builder<'_> {
    /// Takes the next event; gives back the document once it is complete.
    fn event(&mut self, event: Event<'_>, place: &Span) -> Result<Option<Tree>, ReadError> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let size = Size::of_text(&text);
                self.take_room(size)?;
                if self.expects_key() {
                    self.key(text.into_owned());
                    return Ok(None);
                }
                let value = yaml::scalar(&text, style, tag.as_deref());
                if anchor != 0 {
                    self.remember(anchor, &value, size)?;
                }
                self.value(value, place)
            }
            Event::SequenceStart(_, anchor, _) => {
                self.begin(anchor, Content::List(Vec::new()), place)?;
                Ok(None)
            }
            Event::MappingStart(_, anchor, _) => {
                let content = Content::Map {
                    members: Members::new(),
                    key: None,
                    merged: Vec::new(),
                };
                self.begin(anchor, content, place)?;
                Ok(None)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(ended) = self.open.pop() else {
                    return Ok(None);
                };
                let size = self.taken.minus(ended.taken_before);
                let value = finish(ended.content);
                if ended.anchor != 0 {
                    self.remember(ended.anchor, &value, size)?;
                }
                self.value(value, place)
            }
            Event::Alias(anchor) => {
                let Some(anchored) = self.anchors.get(&anchor) else {
                    return Err(wrong(place, "an alias stands inside of what it refers to"));
                };
                if anchored.depth + self.open.len() > DEEPEST {
                    return Err(too_deep(place));
                }
                let size = anchored.size;
                self.take_room(size)?;
                let value = self.anchors.get(&anchor).map(|one| one.value.clone());
                self.value(value.unwrap_or_default(), place)
            }
            _ => Ok(None),
        }
    }

    fn begin(&mut self, anchor: usize, content: Content, place: &Span) -> Result<(), ReadError> {
        if self.open.len() >= DEEPEST {
            return Err(too_deep(place));
        }
        let taken_before = self.taken;
        self.take_room(Size::of_text(""))?;
        self.open.push(Open {
            anchor,
            taken_before,
            content,
        });
        Ok(())
    }

    fn take_room(&mut self, size: Size) -> Result<(), ReadError> {
        self.taken = self.taken.plus(size);
        if self.taken.values > self.most.values {
            return Err(ReadError::TooManyValues {
                most: self.most.values,
            });
        }
        if self.taken.bytes > self.most.bytes {
            return Err(ReadError::TooMuchText {
                most: self.most.bytes,
            });
        }
        Ok(())
    }

    fn remember(&mut self, anchor: usize, value: &Tree, size: Size) -> Result<(), ReadError> {
        self.take_room(size)?;
        let anchored = Anchored {
            value: value.clone(),
            size,
            depth: depth(value),
        };
        self.anchors.insert(anchor, anchored);
        Ok(())
    }

    fn expects_key(&self) -> bool {
        matches!(
            self.open.last(),
            Some(Open {
                content: Content::Map { key: None, .. },
                ..
            })
        )
    }

    fn key(&mut self, name: String) {
        if let Some(Open {
            content: Content::Map { key, .. },
            ..
        }) = self.open.last_mut()
        {
            *key = Some(name);
        }
    }

    /// Puts a value where it belongs, or gives it back if it is the whole document.
    fn value(&mut self, value: Tree, place: &Span) -> Result<Option<Tree>, ReadError> {
        let Some(open) = self.open.last_mut() else {
            return Ok(Some(value));
        };
        match &mut open.content {
            Content::List(elements) => elements.push(value),
            Content::Map {
                members,
                key,
                merged,
            } => match (key.take(), value) {
                (None, Tree::String(name)) => *key = Some(name),
                (None, _) => return Err(wrong(place, "a key is no text")),
                (Some(name), value) if name == "<<" => match value {
                    Tree::Object(more) => merged.push(more),
                    Tree::Array(several) => {
                        merged.extend(several.into_iter().filter_map(|one| match one {
                            Tree::Object(more) => Some(more),
                            _ => None,
                        }));
                    }
                    _ => {}
                },
                (Some(name), value) => {
                    if members.contains_key(&name) {
                        self.notes.twice(&name);
                    }
                    members.insert(name, value);
                }
            },
        }
        Ok(None)
    }
}

fn finish(content: Content) -> Tree {
    match content {
        Content::List(elements) => Tree::Array(elements),
        Content::Map {
            mut members,
            merged,
            ..
        } => {
            for (name, value) in merged.into_iter().flatten() {
                members.entry(name).or_insert(value);
            }
            Tree::Object(members)
        }
    }
}

fn depth(value: &Tree) -> usize {
    match value {
        Tree::Array(elements) => 1 + elements.iter().map(depth).max().unwrap_or(0),
        Tree::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

fn too_deep(place: &Span) -> ReadError {
    wrong(place, "it is nested more than 127 levels deep")
}

fn wrong(place: &Span, message: &str) -> ReadError {
    ReadError::Syntax {
        format: "YAML",
        line: place.start.line(),
        column: place.start.col() + 1,
        message: message.to_owned(),
    }
}
