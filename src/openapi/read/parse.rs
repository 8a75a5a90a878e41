//! From the bytes of a document, JSON or YAML, to its values.

mod json;
mod yaml;

#[cfg(test)]
mod tests;

use super::ReadError;
use crate::json::tree::Tree;

/// Deeper values are refused.
const DEEPEST: usize = 127;

/// So many members that stand twice are told of; more than these say nothing new.
const MOST_NOTES: usize = 10;

/// How large a document may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes; of the texts in a YAML document twice as many, those that its aliases
    /// repeat included.
    pub most_bytes: usize,
    /// The most values, those that the aliases of a YAML document repeat included.
    pub most_values: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            most_bytes: 64 * 1024 * 1024,
            most_values: 8_000_000,
        }
    }
}

/// A document, or a file that one refers to.
#[derive(Debug)]
pub struct Parsed {
    pub(super) root: Tree,
    /// What is odd about the text.
    pub(super) notes: Vec<String>,
    pub(super) size: Size,
}

/// How much there is of something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) values: usize,
    /// About the bytes of all texts, names included.
    pub(super) bytes: usize,
}

impl Size {
    pub(super) fn of_text(text: &str) -> Self {
        Self {
            values: 1,
            bytes: text.len(),
        }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            values: self.values.saturating_add(other.values),
            bytes: self.bytes.saturating_add(other.bytes),
        }
    }

    pub(super) fn minus(self, other: Self) -> Self {
        Self {
            values: self.values.saturating_sub(other.values),
            bytes: self.bytes.saturating_sub(other.bytes),
        }
    }
}

/// Reads the text of a document: JSON where it begins as JSON does, else YAML 1.2. Numbers keep
/// their spelling, as far as JSON has it. Of a member that stands twice in an object, the last
/// counts, as most readers have it.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Parsed, ReadError> {
    if bytes.len() > limits.most_bytes {
        return Err(ReadError::TooLarge {
            most: limits.most_bytes,
        });
    }
    let text = std::str::from_utf8(bytes).map_err(|error| ReadError::NotText {
        offset: error.valid_up_to(),
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut notes = Notes::default();
    let begins_as_json = text.trim_start().starts_with(['{', '[']);
    let (root, size) = if begins_as_json {
        json::read(text, limits.most_values, &mut notes).or_else(|error| {
            // The braces of YAML's flow style look the same.
            notes = Notes::default();
            match error {
                ReadError::Syntax { .. } => yaml::read(text, limits, &mut notes).map_err(|_| error),
                other => Err(other),
            }
        })?
    } else {
        yaml::read(text, limits, &mut notes)?
    };
    Ok(Parsed {
        root,
        notes: notes.finish(),
        size,
    })
}

/// Members that stand twice.
#[derive(Default)]
struct Notes {
    first: Vec<String>,
    count: usize,
}

impl Notes {
    fn twice(&mut self, name: &str) {
        self.count += 1;
        if self.first.len() < MOST_NOTES {
            self.first.push(format!(
                "the member {name:?} stands twice in one object; the last counts"
            ));
        }
    }

    fn finish(mut self) -> Vec<String> {
        if self.count > self.first.len() {
            let more = self.count - self.first.len();
            self.first
                .push(format!("{more} more members stand twice in one object"));
        }
        self.first
    }
}
