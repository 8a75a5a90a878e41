//! Values to show how a tool is called.

use crate::json::tree::{Members, Number, Tree};
use crate::openapi::read::arguments::Described;
use crate::openapi::read::resolve::{Place, Resolver};

/// Deeper values are left empty.
const DEEPEST: usize = 4;

/// An object with a value for each argument that is required, or all if none is.
pub(super) fn call<'d>(resolver: &Resolver<'d>, arguments: &[Described<'d>]) -> Tree {
    let needs_any = arguments.iter().any(|argument| argument.is_required);
    let shown = arguments
        .iter()
        .filter(|argument| argument.is_required || !needs_any);
    let members = shown.take(10).map(|argument| {
        let given = argument.field.words.example.cloned();
        let value = given.unwrap_or_else(|| match argument.field.schema {
            Some(schema) => value(resolver, schema, DEEPEST),
            None => "…".into(),
        });
        (argument.name.clone(), value)
    });
    Tree::Object(members.collect())
}

/// The schema of an argument, behind its references.
pub(super) fn schema<'d>(resolver: &Resolver<'d>, argument: &Described<'d>) -> Option<Place<'d>> {
    resolver.follow(argument.field.schema?).ok()
}

fn value<'d>(resolver: &Resolver<'d>, schema: Place<'d>, deepest: usize) -> Tree {
    let (Ok(schema), Some(deepest)) = (resolver.follow(schema), deepest.checked_sub(1)) else {
        return Tree::Object(Members::new());
    };
    let schema = resolver.inside(schema);
    if let Some(given) = given(schema) {
        return given.clone();
    }
    let first = ["allOf", "oneOf", "anyOf"]
        .iter()
        .find_map(|keyword| schema.list(keyword).next());
    let kind = match schema.tree.get("type") {
        Some(Tree::Array(kinds)) => kinds.first().and_then(Tree::as_str),
        other => other.and_then(Tree::as_str),
    };
    match (kind, first) {
        (None, Some(first)) => value(resolver, first, deepest),
        (Some("integer" | "number"), _) => {
            let least = schema.tree.get("minimum").filter(|one| one.is_positive());
            let least = least.cloned();
            least.unwrap_or_else(|| Tree::Number(Number::new("1".to_owned())))
        }
        (Some("boolean"), _) => true.into(),
        (Some("array"), _) => match schema.get("items") {
            Some(items) => Tree::Array(vec![value(resolver, items, deepest)]),
            None => Tree::Array(Vec::new()),
        },
        (Some("object"), _) | (None, None) if kind.is_some() || has_properties(schema) => {
            object(resolver, schema, deepest)
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

fn has_properties(schema: Place<'_>) -> bool {
    schema.tree.get("properties").is_some()
}

fn object<'d>(resolver: &Resolver<'d>, schema: Place<'d>, deepest: usize) -> Tree {
    let required: Vec<&str> = schema
        .list("required")
        .filter_map(|name| name.tree.as_str())
        .collect();
    let needed = schema
        .map("properties")
        .filter(|(name, property)| required.contains(name) && !property.is_true("readOnly"));
    let members =
        needed.map(|(name, property)| (name.to_owned(), value(resolver, property, deepest)));
    Tree::Object(members.collect())
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
