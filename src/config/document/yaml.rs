//! YAML 1.2, by its core schema.
//!
//! It is built from the events of the parser that `serde_saphyr` stands on: those tell where
//! everything stands, and keep numbers as they were written.

use std::collections::HashMap;

use serde_saphyr::granit_parser::{Event, Parser, ScanError, Span as EventSpan};

use super::tree::{Content, Entry, Number, Span, Value, Wrong};
use crate::config::document::Format;
use crate::config::error::Problem;
use crate::json::tree::Tree;
use crate::json::yaml;

/// Deeper values are refused, as in JSON.
const DEEPEST: usize = 127;

/// The most values, those that aliases repeat included.
const MOST_VALUES: usize = 1_000_000;

/// Reads a text, which is the document's text of this index.
pub(super) fn read(text: &str, index: usize) -> Result<Value, Wrong> {
    let mut builder = Builder {
        text,
        index,
        open: Vec::new(),
        anchors: HashMap::new(),
        values: 0,
        root: None,
    };
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| builder.not_yaml(&error))?;
        builder.event(event, &span)?;
    }
    let nothing = Value {
        place: Span {
            text: index,
            start: 0,
            end: 0,
        },
        content: Content::Object(Vec::new()),
    };
    // A file of comments alone says nothing, which is what an object without members says.
    Ok(match builder.root {
        Some(root) if !matches!(root.content, Content::Null) => root,
        _ => nothing,
    })
}

/// A value that something can refer back to, with how many values it holds and how deep that is.
struct Anchored {
    value: Value,
    values: usize,
    depth: usize,
}

/// A collection that has not ended.
struct Open {
    anchor: usize,
    start: usize,
    values_before: usize,
    content: Collection,
}

enum Collection {
    List(Vec<Value>),
    Map {
        entries: Vec<Entry>,
        key: Option<(String, usize)>,
        /// What `<<` brings, which does not count where the mapping says it itself.
        merged: Vec<Entry>,
    },
}

struct Builder<'t> {
    text: &'t str,
    index: usize,
    open: Vec<Open>,
    anchors: HashMap<usize, Anchored>,
    values: usize,
    root: Option<Value>,
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, span: &EventSpan) -> Result<(), Wrong> {
        let (start, end) = (self.offset(span, true), self.offset(span, false));
        let place = Span {
            text: self.index,
            start,
            end,
        };
        match event {
            Event::DocumentStart(..) if self.root.is_some() => Err(wrong(
                start,
                "a second document begins here; write it into a file of its own, or remove `---`",
            )),
            Event::Scalar(text, style, anchor, tag) => {
                self.count(1, start)?;
                if self.expects_key() {
                    self.key(text.into_owned(), start);
                    return Ok(());
                }
                let content = match yaml::scalar(&text, style, tag.as_deref()) {
                    Tree::Null => Content::Null,
                    Tree::Bool(value) => Content::Boolean(value),
                    Tree::Number(number) => Content::Number(Number {
                        json: number.get().to_owned(),
                        written: as_written(&text, number.get()),
                    }),
                    Tree::String(text) => Content::String(text),
                    Tree::Array(_) | Tree::Object(_) => return Ok(()),
                };
                self.end(anchor, 1, Value { place, content })
            }
            Event::SequenceStart(_, anchor, _) => {
                self.begin(anchor, Collection::List(Vec::new()), start)
            }
            Event::MappingStart(_, anchor, _) => {
                let content = Collection::Map {
                    entries: Vec::new(),
                    key: None,
                    merged: Vec::new(),
                };
                self.begin(anchor, content, start)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(ended) = self.open.pop() else {
                    return Ok(());
                };
                let value = Value {
                    place: Span {
                        start: ended.start,
                        ..place
                    },
                    content: finish(ended.content),
                };
                self.end(ended.anchor, self.values - ended.values_before, value)
            }
            Event::Alias(anchor) => {
                let Some(anchored) = self.anchors.get(&anchor) else {
                    return Err(wrong(start, "an alias stands inside of what it refers to"));
                };
                if anchored.depth + self.open.len() > DEEPEST {
                    return Err(too_deep(start));
                }
                let value = anchored.value.clone();
                let values = anchored.values;
                self.count(values, start)?;
                self.put(value)
            }
            _ => Ok(()),
        }
    }

    fn begin(&mut self, anchor: usize, content: Collection, start: usize) -> Result<(), Wrong> {
        if self.open.len() >= DEEPEST {
            return Err(too_deep(start));
        }
        let values_before = self.values;
        self.count(1, start)?;
        self.open.push(Open {
            anchor,
            start,
            values_before,
            content,
        });
        Ok(())
    }

    fn count(&mut self, values: usize, offset: usize) -> Result<(), Wrong> {
        self.values = self.values.saturating_add(values);
        if self.values > MOST_VALUES {
            return Err(wrong(
                offset,
                "with all that its aliases repeat, it has more than a million values",
            ));
        }
        Ok(())
    }

    /// A value is complete.
    fn end(&mut self, anchor: usize, values: usize, value: Value) -> Result<(), Wrong> {
        if anchor != 0 {
            self.count(values, value.place.start)?;
            let anchored = Anchored {
                value: value.clone(),
                values,
                depth: depth(&value),
            };
            self.anchors.insert(anchor, anchored);
        }
        self.put(value)
    }

    fn expects_key(&self) -> bool {
        matches!(
            self.open.last(),
            Some(Open {
                content: Collection::Map { key: None, .. },
                ..
            })
        )
    }

    fn key(&mut self, name: String, offset: usize) {
        if let Some(Open {
            content: Collection::Map { key, .. },
            ..
        }) = self.open.last_mut()
        {
            *key = Some((name, offset));
        }
    }

    /// Puts a value where it belongs.
    fn put(&mut self, value: Value) -> Result<(), Wrong> {
        let Some(open) = self.open.last_mut() else {
            self.root = Some(value);
            return Ok(());
        };
        match &mut open.content {
            Collection::List(items) => items.push(value),
            Collection::Map {
                entries,
                key,
                merged,
            } => match (key.take(), value.content) {
                (None, Content::String(name)) => *key = Some((name, value.place.start)),
                (None, _) => return Err(wrong(value.place.start, "a key is no text")),
                (Some((name, _)), Content::Object(more)) if name == "<<" => merged.extend(more),
                (Some((name, _)), Content::List(several)) if name == "<<" => {
                    for one in several {
                        if let Content::Object(more) = one.content {
                            merged.extend(more);
                        }
                    }
                }
                (Some((key, key_offset)), content) => entries.push(Entry {
                    key,
                    key_offset,
                    value: Value {
                        content,
                        place: value.place,
                    },
                }),
            },
        }
        Ok(())
    }

    fn not_yaml(&self, error: &ScanError) -> Wrong {
        let marker = error.marker();
        let offset = marker
            .byte_offset()
            .unwrap_or_else(|| offset_of(self.text, marker.line(), marker.col()));
        wrong(offset, &error.info())
    }

    fn offset(&self, span: &EventSpan, at_start: bool) -> usize {
        let marker = if at_start { span.start } else { span.end };
        marker
            .byte_offset()
            .unwrap_or_else(|| offset_of(self.text, marker.line(), marker.col()))
    }
}

fn finish(content: Collection) -> Content {
    match content {
        Collection::List(items) => Content::List(items),
        Collection::Map {
            mut entries,
            merged,
            ..
        } => {
            for entry in merged {
                if !entries.iter().any(|own| own.key == entry.key) {
                    entries.push(entry);
                }
            }
            Content::Object(entries)
        }
    }
}

/// A number such as `0644` is one that somebody means as it is written; `0x1f` is not.
fn as_written(text: &str, json: &str) -> String {
    let is_plain = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
    if is_plain { text } else { json }.to_owned()
}

fn depth(value: &Value) -> usize {
    match &value.content {
        Content::List(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Content::Object(entries) => {
            let values = entries.iter().map(|entry| depth(&entry.value));
            1 + values.max().unwrap_or(0)
        }
        _ => 0,
    }
}

fn too_deep(offset: usize) -> Wrong {
    wrong(offset, "it is nested more than 127 levels deep")
}

fn wrong(offset: usize, message: &str) -> Wrong {
    Wrong::new(
        offset,
        Problem::Syntax {
            format: Format::Yaml,
            message: message.to_owned(),
        },
    )
}

/// The byte at a line, from 1, and a column in characters, from 0.
fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let mut lines = text.split_inclusive('\n');
    let before: usize = lines
        .by_ref()
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    let within = lines.next().unwrap_or_default().chars().take(column);
    before + within.map(char::len_utf8).sum::<usize>()
}
