//! Tools under other names, with other words, and with arguments that callers can't give.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use indexmap::IndexMap;

use crate::json::edit::{Edits, Scanner};
use crate::json::{self, Raw};

/// What callers see of a tool in place of what its server says. The definition stays the text
/// that came but for that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolOverride {
    /// Its name for callers.
    pub name: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// Arguments that callers neither see nor give.
    pub arguments: IndexMap<String, ArgumentOverride>,
}

/// What becomes of an argument that callers neither see nor give.
#[derive(Clone, PartialEq, Eq)]
pub enum ArgumentOverride {
    /// The server never gets it.
    Hidden,
    /// The server gets this value in each call.
    Fixed(Raw),
}

/// A tool's definition as callers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overridden {
    /// The definition.
    pub definition: Raw,
    /// What is odd about it, for `/status`.
    pub warnings: Vec<String>,
}

/// Why a call's arguments can't be completed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArgumentsRefused {
    /// Arguments that do not exist for callers, by their names.
    #[error("the tool has no argument {}", quoted(.0))]
    Unknown(Vec<String>),
    /// Not an object, or one that names a member twice.
    #[error("the arguments can't be read: {0}")]
    Unreadable(String),
}

/// A fixed value may be a secret.
impl fmt::Debug for ArgumentOverride {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Hidden => "Hidden",
            Self::Fixed(_) => "Fixed",
        })
    }
}

impl ToolOverride {
    /// The definition as callers see it. The error says why it can't be changed: then the tool
    /// must not be served, since it would show what is to be hidden.
    pub fn apply(&self, definition: &Raw) -> Result<Overridden, String> {
        let text = definition.get();
        refuse_duplicates(text, "its definition")?;
        let mut changes = Changes::default();
        let mut found = Found::default();
        let mut scanner = Scanner::new(text);
        scanner.open();
        let mut end = scanner.position();
        let mut is_empty = true;
        let mut name = self.name.as_deref();
        let mut description = self.description.as_deref();
        while let Some(key) = scanner.key() {
            let inside = scanner.clone();
            let value = scanner.skip_value();
            end = value.end;
            is_empty = false;
            match &*key.name {
                "name" => changes.replace_string(value, name.take()),
                "description" => changes.replace_string(value, description.take()),
                "inputSchema" if slice(text, &value).starts_with('{') => {
                    refuse_duplicates(slice(text, &value), "its inputSchema")?;
                    self.hide_arguments(text, inside, &mut changes, &mut found)?;
                }
                _ => {}
            }
        }
        for (member, text) in [("name", name), ("description", description)] {
            if let Some(text) = text {
                let comma = if is_empty { "" } else { "," };
                let added = format!("{comma}{}:{}", quote(member), quote(text));
                changes.0.push((end..end, added));
                is_empty = false;
            }
        }
        let warnings = self.oddities(&found);
        let definition = if changes.0.is_empty() {
            definition.clone()
        } else {
            let new_text = changes.apply(text);
            Raw::parse(new_text.into()).map_err(|error| error.to_string())?
        };
        Ok(Overridden {
            definition,
            warnings,
        })
    }

    /// The arguments that the server gets for those that a caller gave.
    pub fn fix_arguments(&self, arguments: &Raw) -> Result<Raw, ArgumentsRefused> {
        if self.arguments.is_empty() {
            return Ok(arguments.clone());
        }
        let text = arguments.get();
        let members =
            json::members(text).map_err(|error| ArgumentsRefused::Unreadable(error.to_string()))?;
        let names = members.iter().map(|(name, _)| name);
        let unknown = names.filter(|name| self.arguments.contains_key(&***name));
        let unknown: Vec<String> = unknown.map(ToString::to_string).collect();
        if !unknown.is_empty() {
            return Err(ArgumentsRefused::Unknown(unknown));
        }
        let mut added = String::new();
        for (name, argument) in &self.arguments {
            if let ArgumentOverride::Fixed(value) = argument {
                if !added.is_empty() || !members.is_empty() {
                    added.push(',');
                }
                added.push_str(&quote(name));
                added.push(':');
                added.push_str(value.get());
            }
        }
        if added.is_empty() {
            return Ok(arguments.clone());
        }
        // It has been read as an object, so that this is where its last member ends.
        let open = text.trim_end().strip_suffix('}').unwrap_or(text).trim_end();
        let mut edits = Edits::default();
        edits.replace(open.len()..open.len(), added);
        Ok(Raw::assume_valid(edits.apply(text).into()))
    }

    /// Takes the arguments that are overridden out of a schema, which comes next.
    fn hide_arguments(
        &self,
        text: &str,
        mut scanner: Scanner<'_>,
        changes: &mut Changes,
        found: &mut Found,
    ) -> Result<(), String> {
        scanner.open();
        let mut members = Vec::new();
        while let Some(key) = scanner.key() {
            let inside = scanner.clone();
            let value = scanner.skip_value();
            let value_text = slice(text, &value);
            let mut is_removed = false;
            if key.name == "properties" && value_text.starts_with('{') {
                refuse_duplicates(value_text, "`properties` of its inputSchema")?;
                changes.remove(&self.properties(inside, found));
            } else if key.name == "required" && value_text.starts_with('[') {
                let required = self.required(text, inside, found);
                // Drafts before 6 know no empty list.
                is_removed = !required.is_empty() && required.iter().all(|item| item.is_removed);
                if !is_removed {
                    changes.remove(&required);
                }
            }
            members.push(Part {
                range: key.start..value.end,
                is_removed,
            });
        }
        changes.remove(&members);
        Ok(())
    }

    fn properties(&self, mut scanner: Scanner<'_>, found: &mut Found) -> Vec<Part> {
        scanner.open();
        let mut parts = Vec::new();
        while let Some(key) = scanner.key() {
            let value = scanner.skip_value();
            let is_removed = self.arguments.contains_key(&*key.name);
            if is_removed {
                found.properties.push(key.name.clone().into_owned());
            }
            parts.push(Part {
                range: key.start..value.end,
                is_removed,
            });
        }
        parts
    }

    fn required(&self, text: &str, mut scanner: Scanner<'_>, found: &mut Found) -> Vec<Part> {
        scanner.open();
        let mut parts = Vec::new();
        while scanner.element() {
            let range = scanner.skip_value();
            let name = serde_json::from_str::<String>(slice(text, &range)).ok();
            let name = name.filter(|name| self.arguments.contains_key(name));
            parts.push(Part {
                range,
                is_removed: name.is_some(),
            });
            found.required.extend(name);
        }
        parts
    }

    /// What is odd about the arguments, given where they were found.
    fn oddities(&self, found: &Found) -> Vec<String> {
        let mut oddities = Vec::new();
        for (name, argument) in &self.arguments {
            let is_hidden = matches!(argument, ArgumentOverride::Hidden);
            if !found.properties.contains(name) {
                oddities.push(format!(
                    "the config changes its argument {name:?}, which is not among the `properties` of its inputSchema"
                ));
            } else if is_hidden && found.required.contains(name) {
                oddities.push(format!(
                    "the config hides its argument {name:?}, which the server demands; give it a value with `fixed`"
                ));
            }
        }
        oddities
    }
}

/// Where arguments that are overridden were found.
#[derive(Default)]
struct Found {
    properties: Vec<String>,
    required: Vec<String>,
}

/// A member of an object or an element of a list.
struct Part {
    range: Range<usize>,
    is_removed: bool,
}

/// Changes to a text in any order.
#[derive(Default)]
struct Changes(Vec<(Range<usize>, String)>);

impl Changes {
    fn replace_string(&mut self, range: Range<usize>, text: Option<&str>) {
        if let Some(text) = text {
            self.0.push((range, quote(text).into_owned()));
        }
    }

    /// Takes parts out of an object or a list, each with one of the commas beside it.
    fn remove(&mut self, parts: &[Part]) {
        let mut kept_end = None;
        let mut removed: Option<Range<usize>> = None;
        for part in parts {
            if part.is_removed {
                let start = removed.map_or(part.range.start, |removed| removed.start);
                removed = Some(start..part.range.end);
            } else {
                if let Some(removed) = removed.take() {
                    self.0
                        .push((removed.start..part.range.start, String::new()));
                }
                kept_end = Some(part.range.end);
            }
        }
        if let Some(removed) = removed {
            let start = kept_end.unwrap_or(removed.start);
            self.0.push((start..removed.end, String::new()));
        }
    }

    fn apply(mut self, text: &str) -> String {
        self.0.sort_by_key(|(range, _)| range.start);
        let mut edits = Edits::default();
        for (range, replacement) in self.0 {
            edits.replace(range, replacement);
        }
        edits.apply(text)
    }
}

/// Two readers could take different ones of two members with one name.
fn refuse_duplicates(object: &str, what: &str) -> Result<(), String> {
    match json::members(object) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("{what} can't be changed: {error}")),
    }
}

fn slice<'a>(text: &'a str, range: &Range<usize>) -> &'a str {
    text.get(range.clone()).unwrap_or_default()
}

/// The JSON string of a text.
fn quote(text: &str) -> Cow<'static, str> {
    // Strings always serialize.
    serde_json::to_string(text).map_or(Cow::Borrowed("\"\""), Cow::Owned)
}

/// Names for a message: `"a" or "b"`.
fn quoted(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
    names.join(" or ")
}
