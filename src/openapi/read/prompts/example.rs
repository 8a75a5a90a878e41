//! Values to show how a tool is called.

use std::collections::HashSet;

use crate::json::tree::{Members, Number, Tree};
use crate::openapi::read::arguments::Described;
use crate::openapi::read::resolve::{Place, Resolver};

/// Deeper values are left empty.
const DEEPEST: usize = 4;

/// An example has about so many bytes at most: what would be more is left empty.
const MOST_BYTES: usize = 64 * 1024;

/// An object with a value for each argument that is required, or all if none is.
pub(super) fn call<'d>(resolver: &Resolver<'d>, arguments: &[Described<'d>]) -> Tree {
    let needs_any = arguments.iter().any(|argument| argument.is_required);
    let shown = arguments
        .iter()
        .filter(|argument| argument.is_required || !needs_any);
    let mut example = Example {
        resolver,
        room: MOST_BYTES,
    };
    let members = shown.take(10).map(|argument| {
        let value = match (argument.field.words.example, argument.field.schema) {
            (Some(given), _) => example.copy(given),
            (None, Some(schema)) => example.value(schema, DEEPEST),
            (None, None) => "…".into(),
        };
        (argument.name.clone(), value)
    });
    Tree::Object(members.collect())
}

/// An example that is being made.
struct Example<'r, 'd> {
    resolver: &'r Resolver<'d>,
    /// How many bytes it may still get.
    room: usize,
}

/// The schema of an argument, behind its references.
pub(super) fn schema<'d>(resolver: &Resolver<'d>, argument: &Described<'d>) -> Option<Place<'d>> {
    resolver.follow(argument.field.schema?).ok()
}

impl<'d> Example<'_, 'd> {
    fn value(&mut self, schema: Place<'d>, deepest: usize) -> Tree {
        let (Ok(schema), Some(deepest), true) = (
            self.resolver.follow(schema),
            deepest.checked_sub(1),
            self.take(8),
        ) else {
            return Tree::Object(Members::new());
        };
        let schema = self.resolver.inside(schema);
        if let Some(given) = given(schema) {
            return self.copy(given);
        }
        let first = ["allOf", "oneOf", "anyOf"]
            .iter()
            .find_map(|keyword| schema.list(keyword).next());
        let kind = match schema.tree.get("type") {
            Some(Tree::Array(kinds)) => kinds.first().and_then(Tree::as_str),
            other => other.and_then(Tree::as_str),
        };
        match (kind, first) {
            (None, Some(first)) => self.value(first, deepest),
            (Some("integer" | "number"), _) => {
                let least = schema.tree.get("minimum").filter(|one| one.is_positive());
                let least = least.cloned();
                least.unwrap_or_else(|| Tree::Number(Number::new("1".to_owned())))
            }
            (Some("boolean"), _) => true.into(),
            (Some("array"), _) => match schema.get("items") {
                Some(items) => Tree::Array(vec![self.value(items, deepest)]),
                None => Tree::Array(Vec::new()),
            },
            (Some("object"), _) | (None, None) if kind.is_some() || has_properties(schema) => {
                self.object(schema, deepest)
            }
            _ => match schema.text("format") {
                Some("date") => "2026-01-31".into(),
                Some("date-time") => "2026-01-31T12:00:00Z".into(),
                Some("uuid") => "123e4567-e89b-12d3-a456-426614174000".into(),
                Some("email") => "user@example.com".into(),
                Some("uri" | "url") => "https://example.com".into(),
                Some("binary") => "data:application/octet-stream;base64,AAAA".into(),
                _ => "…".into(),
            },
        }
    }

    fn object(&mut self, schema: Place<'d>, deepest: usize) -> Tree {
        let required = schema.list("required");
        let required: HashSet<&str> = required.filter_map(|name| name.tree.as_str()).collect();
        let mut members = Members::new();
        for (name, property) in schema.map("properties") {
            if self.resolver.spend(1).is_err() {
                break;
            }
            if required.contains(name) && !property.is_true("readOnly") {
                if !self.take(name.len()) {
                    break;
                }
                members.insert(name.to_owned(), self.value(property, deepest));
            }
        }
        Tree::Object(members)
    }

    /// What the author gives.
    fn copy(&mut self, given: &Tree) -> Tree {
        if is_within(given, &mut self.room) {
            given.clone()
        } else {
            "…".into()
        }
    }

    /// Whether there is room for so many bytes more.
    fn take(&mut self, bytes: usize) -> bool {
        take(&mut self.room, bytes)
    }
}

fn has_properties(schema: Place<'_>) -> bool {
    schema.tree.get("properties").is_some()
}

/// Whether there is room for a value, and so takes that.
fn is_within(value: &Tree, room: &mut usize) -> bool {
    match value {
        Tree::String(text) => take(room, text.len() + 2),
        Tree::Number(number) => take(room, number.get().len() + 1),
        Tree::Array(elements) => elements
            .iter()
            .all(|one| take(room, 2) && is_within(one, room)),
        Tree::Object(members) => members
            .iter()
            .all(|(name, one)| take(room, name.len() + 4) && is_within(one, room)),
        Tree::Null | Tree::Bool(_) => take(room, 4),
    }
}

fn take(room: &mut usize, bytes: usize) -> bool {
    let left = room.checked_sub(bytes);
    *room = left.unwrap_or_default();
    left.is_some()
}

/// A value that the author gives.
fn given(schema: Place<'_>) -> Option<&Tree> {
    let one = ["example", "const", "default"]
        .iter()
        .find_map(|keyword| schema.tree.get(keyword));
    one.or_else(|| {
        ["examples", "enum"]
            .iter()
            .find_map(|keyword| schema.tree.get(keyword)?.as_array()?.first())
    })
}
