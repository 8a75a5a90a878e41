//! Makes arguments fit: walks their text, their shadow and the schema's shapes side by side, once,
//! and notes what has to change in the text.

mod convert;

use serde_json::{Map, Value};

use super::shape::{ShapeId, Shapes};
use crate::json::edit::{Edits, Scanner};

/// JSON within a text within a text is taken for what it says, but no deeper: each text can nest
/// as deep as the parser allows, and all that comes after this has to walk down there.
const MOST_WITHIN: usize = 2;

/// What may be changed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Changes {
    /// Convert values of the wrong type, and drop `null` where it is not admitted.
    pub(super) convert: bool,
    /// Write defaults.
    pub(super) fill: bool,
}

/// Changes `value` to fit, and returns what that means for `text`, which is its JSON.
pub(super) fn adapt(text: &str, value: &mut Value, shapes: &Shapes, changes: Changes) -> Edits {
    let mut walk = Walk {
        text,
        scanner: Scanner::new(text),
        shapes,
        changes,
        edits: Edits::default(),
        within: 0,
    };
    walk.value(value, &shapes.root());
    walk.edits
}

struct Walk<'a> {
    text: &'a str,
    scanner: Scanner<'a>,
    shapes: &'a Shapes,
    changes: Changes,
    edits: Edits,
    /// In how many texts this text stands.
    within: usize,
}

impl Walk<'_> {
    fn value(&mut self, value: &mut Value, together: &[ShapeId]) {
        if self.changes.convert && !self.shapes.admit(together, value) {
            self.convert(value, together);
            return;
        }
        match value {
            Value::Object(members) if !together.is_empty() => self.object(members, together),
            Value::Array(elements) if self.shapes.has_elements(together) => {
                self.array(elements, together);
            }
            _ => {
                self.scanner.skip_value();
            }
        }
    }

    fn convert(&mut self, value: &mut Value, together: &[ShapeId]) {
        let range = self.scanner.skip_value();
        let Some(only) = self.shapes.types(together).only() else {
            return;
        };
        let spelling = self.text.get(range.clone()).unwrap_or_default();
        let Some((mut text, mut converted)) = convert::convert(spelling, value, only) else {
            return;
        };
        // What came as text may need the same inside.
        if matches!(converted, Value::Array(_) | Value::Object(_)) {
            if self.within == MOST_WITHIN {
                return;
            }
            let mut inner = Walk {
                text: &text,
                scanner: Scanner::new(&text),
                edits: Edits::default(),
                within: self.within + 1,
                ..*self
            };
            inner.value(&mut converted, together);
            if !inner.edits.is_empty() {
                text = inner.edits.apply(&text);
            }
        }
        self.edits.replace(range, text);
        *value = converted;
    }

    fn array(&mut self, elements: &mut [Value], together: &[ShapeId]) {
        self.scanner.open();
        let mut index = 0;
        while self.scanner.element() {
            match elements.get_mut(index) {
                Some(element) => self.value(element, &self.shapes.element(together, index)),
                None => drop(self.scanner.skip_value()),
            }
            index += 1;
        }
    }

    fn object(&mut self, members: &mut Map<String, Value>, together: &[ShapeId]) {
        self.scanner.open();
        let mut kept = None;
        // Where the removed members at the end begin among the edits: a comma before them has to
        // go too.
        let mut removed = None;
        let mut end = self.scanner.position();
        while let Some(key) = self.scanner.key() {
            let member = self.shapes.member(together, &key.name);
            if self.is_superfluous(members, &key.name, together, &member) {
                members.swap_remove(&*key.name);
                removed.get_or_insert(self.edits.len());
                end = self.scanner.skip_value().end;
                let next = self.scanner.separator().unwrap_or(end);
                self.edits.replace(key.start..next, String::new());
                continue;
            }
            match members.get_mut(&*key.name) {
                Some(value) => self.value(value, &member),
                None => drop(self.scanner.skip_value()),
            }
            removed = None;
            end = self.scanner.position();
            kept = Some(end);
        }
        let mut filled = String::new();
        if self.changes.fill {
            fill(members, self.shapes, together, kept.is_some(), &mut filled);
        }
        match (removed, kept) {
            (Some(first), Some(kept)) => {
                self.edits.truncate(first);
                self.edits.replace(kept..end, filled);
            }
            _ if filled.is_empty() => {}
            (_, kept) => {
                let at = kept.unwrap_or(end);
                self.edits.replace(at..at, filled);
            }
        }
    }

    /// Whether a member is a `null` that means no more than its absence.
    fn is_superfluous(
        &self,
        members: &Map<String, Value>,
        name: &str,
        object: &[ShapeId],
        member: &[ShapeId],
    ) -> bool {
        self.changes.convert
            && !member.is_empty()
            && members.get(name) == Some(&Value::Null)
            && !self.shapes.requires(object, name)
            && !self.shapes.admit(member, &Value::Null)
    }
}

fn fill(
    members: &mut Map<String, Value>,
    shapes: &Shapes,
    together: &[ShapeId],
    after_another: bool,
    text: &mut String,
) {
    let mut comma = after_another;
    for (name, default) in shapes.defaults(together) {
        if members.contains_key(name) {
            continue;
        }
        if comma {
            text.push(',');
        }
        comma = true;
        text.push_str(&Value::from(name).to_string());
        text.push(':');
        text.push_str(&default.text);
        members.insert(name.to_owned(), default.value.clone());
    }
}
