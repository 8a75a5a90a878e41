//! TOML.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::tree::{Content, Entry, Number, Span, Value, Wrong};
use crate::config::document::Format;
use crate::config::error::Problem;
use crate::json::yaml;

/// Reads a text, which is the document's text of this index.
pub(super) fn read(text: &str, index: usize) -> Result<Value, Wrong> {
    let table = DeTable::parse(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        let problem = match error.message() {
            "duplicate key" => Problem::Duplicate,
            message => Problem::Syntax {
                format: Format::Toml,
                message: message.to_owned(),
            },
        };
        Wrong::new(offset, problem)
    })?;
    let content = Reader { index }.table(table.into_inner())?;
    Ok(Value {
        place: Span {
            text: index,
            start: 0,
            end: text.len(),
        },
        content,
    })
}

struct Reader {
    index: usize,
}

impl Reader {
    fn table(&self, table: DeTable<'_>) -> Result<Content, Wrong> {
        let entries = table.into_iter().map(|(key, value)| {
            let key_offset = key.span().start;
            let key = key.into_inner().into_owned();
            let value = self
                .value(value, key_offset)
                .map_err(|wrong| wrong.in_member(&key))?;
            Ok(Entry {
                key,
                key_offset,
                value,
            })
        });
        Ok(Content::Object(entries.collect::<Result<_, _>>()?))
    }

    /// A table that is made by the keys of its members alone stands where its key does.
    fn value(&self, value: Spanned<DeValue<'_>>, key_offset: usize) -> Result<Value, Wrong> {
        let span = value.span();
        let place = Span {
            text: self.index,
            start: span.start.max(key_offset),
            end: span.end.max(key_offset),
        };
        let content = match value.into_inner() {
            DeValue::String(text) => Content::String(text.into_owned()),
            DeValue::Boolean(value) => Content::Boolean(value),
            DeValue::Integer(integer) => {
                let json = match integer.radix() {
                    10 => yaml::number(integer.as_str()),
                    radix => i128::from_str_radix(integer.as_str(), radix)
                        .ok()
                        .map(|number| number.to_string()),
                };
                let json = json.ok_or_else(|| {
                    Wrong::new(
                        place.start,
                        Problem::Syntax {
                            format: Format::Toml,
                            message: "the number is too large".to_owned(),
                        },
                    )
                })?;
                number(json)
            }
            DeValue::Float(float) => match yaml::number(float.as_str()) {
                Some(json) => number(json),
                // Infinite, or no number.
                None => Content::String(float.as_str().to_owned()),
            },
            DeValue::Datetime(time) => Content::String(time.to_string()),
            DeValue::Array(items) => {
                let items = items.into_iter().enumerate().map(|(index, item)| {
                    let offset = item.span().start;
                    self.value(item, offset)
                        .map_err(|wrong| wrong.in_item(index))
                });
                Content::List(items.collect::<Result<_, _>>()?)
            }
            DeValue::Table(table) => self.table(table)?,
        };
        Ok(Value { place, content })
    }
}

/// TOML writes `1_000` and `0xff`, which programs don't take for numbers.
fn number(json: String) -> Content {
    Content::Number(Number {
        written: json.clone(),
        json,
    })
}
