//! Where a schema has schemas inside it.

use crate::json::tree::{Members, Tree};

/// What stands under a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A schema; under the `items` of older dialects also a list of them.
    Schema,
    /// A list of schemas.
    List,
    /// An object whose members are schemas under names of the author's choice; under
    /// `dependencies` also lists of names.
    Map,
    /// Data, or a keyword that nobody knows: never looked into.
    Data,
}

/// Tells what stands under `keyword`, in any dialect from draft-04 on. Only so is an argument
/// named `$ref` or `items` not taken for the keyword, nor an example for a schema.
pub(crate) fn place(keyword: &str) -> Place {
    match keyword {
        "additionalItems"
        | "additionalProperties"
        | "contains"
        | "contentSchema"
        | "else"
        | "if"
        | "items"
        | "not"
        | "propertyNames"
        | "then"
        | "unevaluatedItems"
        | "unevaluatedProperties" => Place::Schema,
        "allOf" | "anyOf" | "oneOf" | "prefixItems" => Place::List,
        "$defs" | "definitions" | "dependencies" | "dependentSchemas" | "patternProperties"
        | "properties" => Place::Map,
        _ => Place::Data,
    }
}

/// The schemas right inside a schema.
pub(crate) fn subschemas(members: &Members) -> Vec<&Tree> {
    let mut found = Vec::new();
    for (keyword, value) in members {
        match (place(keyword), value) {
            (Place::Schema | Place::List, Tree::Array(list)) => found.extend(list),
            (Place::Map, Tree::Object(map)) => found.extend(map.values()),
            (Place::Schema, schema) => found.push(schema),
            _ => {}
        }
    }
    found
}

/// The same, to be changed.
pub(crate) fn subschemas_mut(members: &mut Members) -> Vec<&mut Tree> {
    let mut found = Vec::new();
    for (keyword, value) in members {
        match (place(keyword), value) {
            (Place::Schema | Place::List, Tree::Array(list)) => found.extend(list),
            (Place::Map, Tree::Object(map)) => found.extend(map.values_mut()),
            (Place::Schema, schema) => found.push(schema),
            _ => {}
        }
    }
    found
}

/// The list under a keyword, or none.
pub(crate) fn list<'a>(members: &'a Members, keyword: &str) -> &'a [Tree] {
    match members.get(keyword) {
        Some(Tree::Array(list)) => list,
        _ => &[],
    }
}
