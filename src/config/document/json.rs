//! JSON with comments and trailing commas.

use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::json_members::{Key, Members};
use super::tree::{Content, Entry, Number, Span, Value, Wrong};
use crate::config::document::Format;
use crate::config::error::Problem;

/// The text with comments and trailing commas made spaces, so that positions stay. A `/` that
/// starts no comment is left where it was, and is a syntax error.
pub(super) fn without_comments(text: &str) -> String {
    let mut bare = text.to_owned();
    if json_strip_comments::strip_comments_in_place(&mut bare).is_err() {
        text.clone_into(&mut bare);
    }
    bare
}

/// Reads a text without comments, which is the document's text of this index.
pub(super) fn read(text: &str, index: usize) -> Result<Value, Wrong> {
    if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
        let offset = offset_of(text, error.line(), error.column());
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        return Err(Wrong::new(
            offset,
            Problem::Syntax {
                format: Format::Json,
                message: message.to_owned(),
            },
        ));
    }
    Reader { text, index }.value(text.trim())
}

struct Reader<'t> {
    text: &'t str,
    index: usize,
}

impl Reader<'_> {
    /// Reads a slice of the text, which is known to be JSON.
    fn value(&self, slice: &str) -> Result<Value, Wrong> {
        let start = self.offset(slice);
        let content = match slice.bytes().next() {
            Some(b'{') => Content::Object(self.entries(slice)?),
            Some(b'[') => Content::List(self.items(slice)?),
            Some(b'"') => {
                let string = serde_json::from_str(slice);
                Content::String(string.map_err(|error| self.bad_escape(slice, &error))?)
            }
            Some(b't') => Content::Boolean(true),
            Some(b'f') => Content::Boolean(false),
            Some(b'n') => Content::Null,
            _ => Content::Number(Number {
                written: slice.to_owned(),
                json: slice.to_owned(),
            }),
        };
        Ok(Value {
            place: Span {
                text: self.index,
                start,
                end: start + slice.len(),
            },
            content,
        })
    }

    fn entries(&self, slice: &str) -> Result<Vec<Entry>, Wrong> {
        let Members(members) = serde_json::from_str::<Members<'_>>(slice)
            .map_err(|error| self.bad_escape(slice, &error))?;
        let entries = members.into_iter().map(|(key, value)| {
            // A key with escapes is not a slice of the text: the value's place must do.
            let key_offset = match key {
                Key::Slice(key) => self.offset(key).saturating_sub(1),
                Key::Unescaped(_) => self.offset(value.get()),
            };
            let key = key.into_string();
            let value = self
                .value(value.get())
                .map_err(|wrong| wrong.in_member(&key))?;
            Ok(Entry {
                key,
                key_offset,
                value,
            })
        });
        entries.collect()
    }

    fn items(&self, slice: &str) -> Result<Vec<Value>, Wrong> {
        let items = serde_json::from_str::<Vec<&RawValue>>(slice)
            .map_err(|error| self.bad_escape(slice, &error))?;
        let items = items.into_iter().enumerate();
        let values =
            items.map(|(index, item)| self.value(item.get()).map_err(|wrong| wrong.in_item(index)));
        values.collect()
    }

    /// The text is JSON, so what a reader dislikes in it is a string with half of a surrogate
    /// pair (RFC 8259, section 8.2).
    fn bad_escape(&self, slice: &str, error: &serde_json::Error) -> Wrong {
        let within = offset_of(slice, error.line(), error.column());
        let before = slice.get(..within).unwrap_or(slice);
        let within = before.rfind("\\u").unwrap_or(within);
        Wrong::new(self.offset(slice) + within, Problem::Escape)
    }

    /// Where a slice of the text starts in it.
    fn offset(&self, slice: &str) -> usize {
        (slice.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize)
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
