//! Values of parameters as text (`OpenAPI` 3.2 section 4.12.2, style values and examples).

#[cfg(test)]
mod tests;

use super::encode::Encoding;
use crate::{json::tree::Tree, openapi::api::Style};

/// A value as styles see it.
enum Value {
    Primitive(String),
    List(Vec<String>),
    Members(Vec<(String, String)>),
}

impl Value {
    /// Nothing of what is `null`: it is undefined (RFC 6570 section 2.3).
    fn of(tree: &Tree) -> Option<Self> {
        let defined = |tree: &&Tree| **tree != Tree::Null;
        Some(match tree {
            Tree::Null => return None,
            Tree::Array(items) => Self::List(items.iter().filter(defined).map(text).collect()),
            Tree::Object(members) => Self::Members(
                members
                    .iter()
                    .filter(|(_, value)| defined(value))
                    .map(|(name, value)| (name.clone(), text(value)))
                    .collect(),
            ),
            primitive => Self::Primitive(text(primitive)),
        })
    }
}

/// A value without a structure of its own: a string as it is, a number as it was written, and what
/// is nested deeper than styles reach as JSON.
pub(super) fn text(tree: &Tree) -> String {
    match tree {
        Tree::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// How a parameter is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Writing {
    /// By which style.
    pub style: Style,
    /// Whether elements and members stand alone.
    pub explode: bool,
    /// How characters are written.
    pub encoding: Encoding,
}

impl Writing {
    /// What takes the place of a template's variable in a path.
    pub(super) fn in_path(self, name: &str, tree: &Tree) -> String {
        let write = |text: &str| self.encoding.apply(text).into_owned();
        let Some(value) = Value::of(tree) else {
            return String::new();
        };
        match (self.style, value) {
            (Style::Label, value) => {
                let separator = if self.explode { "." } else { "," };
                format!(".{}", self.joined(value, separator))
            }
            (Style::Matrix, Value::List(items)) if self.explode => {
                let each: Vec<String> = items
                    .iter()
                    .map(|item| format!(";{name}={}", write(item)))
                    .collect();
                each.concat()
            }
            (Style::Matrix, Value::Members(members)) if self.explode => {
                let each: Vec<String> = members
                    .iter()
                    .map(|(name, value)| format!(";{}={}", write(name), write(value)))
                    .collect();
                each.concat()
            }
            (Style::Matrix, value) => {
                let value = self.joined(value, ",");
                if value.is_empty() {
                    format!(";{name}")
                } else {
                    format!(";{name}={value}")
                }
            }
            (_, value) => self.joined(value, ","),
        }
    }

    /// The value of a header.
    pub(super) fn in_header(self, tree: &Tree) -> Option<String> {
        Some(self.joined(Value::of(tree)?, ","))
    }

    /// The pairs of a query, a form or a cookie, `name=value` each.
    pub(super) fn pairs(self, name: &str, tree: &Tree) -> Vec<String> {
        if self.style == Style::DeepObject {
            let mut pairs = Vec::new();
            self.deep(&self.encoding.apply(name), tree, &mut pairs);
            return pairs;
        }
        let write = |text: &str| self.encoding.apply(text).into_owned();
        let name = write(name);
        let delimiter = match self.style {
            Style::SpaceDelimited => "%20",
            Style::PipeDelimited => "%7C",
            Style::TabDelimited => "%09",
            _ => ",",
        };
        match Value::of(tree) {
            None => Vec::new(),
            Some(Value::Primitive(value)) => vec![format!("{name}={}", write(&value))],
            Some(Value::List(items)) if self.explode => items
                .iter()
                .map(|item| format!("{name}={}", write(item)))
                .collect(),
            Some(Value::Members(members)) if self.explode => members
                .iter()
                .map(|(name, value)| format!("{}={}", write(name), write(value)))
                .collect(),
            // A list of nothing is undefined (RFC 6570 section 2.3).
            Some(Value::List(items)) if items.is_empty() => Vec::new(),
            Some(Value::Members(members)) if members.is_empty() => Vec::new(),
            Some(value) => vec![format!("{name}={}", self.flat(value, delimiter))],
        }
    }

    /// Members joined as an exploded path or header has them, `name=value`, or one after the other.
    fn joined(self, value: Value, separator: &str) -> String {
        match value {
            Value::Members(members) if self.explode => {
                let write = |text: &str| self.encoding.apply(text).into_owned();
                let pairs: Vec<String> = members
                    .iter()
                    .map(|(name, value)| format!("{}={}", write(name), write(value)))
                    .collect();
                pairs.join(separator)
            }
            value => self.flat(value, separator),
        }
    }

    /// Everything one after the other.
    fn flat(self, value: Value, separator: &str) -> String {
        let write = |text: &str| self.encoding.apply(text).into_owned();
        match value {
            Value::Primitive(text) => write(&text),
            Value::List(items) => {
                let items: Vec<String> = items.iter().map(|item| write(item)).collect();
                items.join(separator)
            }
            Value::Members(members) => {
                let both: Vec<String> = members
                    .iter()
                    .flat_map(|(name, value)| [write(name), write(value)])
                    .collect();
                both.join(separator)
            }
        }
    }

    /// Members in brackets. What is nested deeper, which `OpenAPI` leaves open, is written as PHP,
    /// Rack and qs read it.
    fn deep(self, name: &str, tree: &Tree, pairs: &mut Vec<String>) {
        match tree {
            Tree::Null => {}
            Tree::Object(members) => {
                for (member, value) in members {
                    let name = format!("{name}%5B{}%5D", self.encoding.apply(member));
                    self.deep(&name, value, pairs);
                }
            }
            Tree::Array(items) => {
                let is_nested = |item: &Tree| matches!(item, Tree::Array(_) | Tree::Object(_));
                let has_structure = items.iter().any(is_nested);
                for (index, item) in items.iter().enumerate() {
                    let name = if has_structure {
                        format!("{name}%5B{index}%5D")
                    } else {
                        format!("{name}%5B%5D")
                    };
                    self.deep(&name, item, pairs);
                }
            }
            primitive => pairs.push(format!("{name}={}", self.encoding.apply(&text(primitive)))),
        }
    }
}
