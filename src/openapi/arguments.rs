//! Whether a tool takes arguments at all, and whether it needs any.

use crate::json::tree::Tree;
use crate::schema::{Base, References, list};

/// So many schemas are looked at; beyond them nothing counts as required.
const MOST_SCHEMAS: usize = 1000;

/// Whether the schema names or describes any argument. An empty object schema would take
/// anything, but means a tool without arguments.
pub(super) fn takes_any(schema: &Tree) -> bool {
    let Tree::Object(members) = schema else {
        return false;
    };
    members
        .iter()
        .any(|(keyword, value)| match keyword.as_str() {
            "properties" | "patternProperties" | "dependentSchemas" | "dependentRequired"
            | "dependencies" => value.as_object().is_some_and(|map| !map.is_empty()),
            "required" | "allOf" | "anyOf" | "oneOf" | "enum" => {
                value.as_array().is_some_and(|list| !list.is_empty())
            }
            "additionalProperties" | "unevaluatedProperties" => value != &Tree::Bool(false),
            "minProperties" | "maxProperties" => value.is_positive(),
            "$ref" | "$dynamicRef" | "$recursiveRef" | "if" | "not" | "propertyNames" | "const" => {
                true
            }
            _ => false,
        })
}

/// Whether `{}` would lack something.
pub(super) fn requires_any(schema: &Tree, references: &References<'_>, outer: &Base) -> bool {
    requires(schema, references, outer, &mut { MOST_SCHEMAS })
}

fn requires(schema: &Tree, references: &References<'_>, outer: &Base, room: &mut usize) -> bool {
    let (Tree::Object(members), Some(left)) = (schema, room.checked_sub(1)) else {
        return false;
    };
    *room = left;
    let base = references.base_of(schema, outer);
    let least = members.get("minProperties");
    if least.is_some_and(Tree::is_positive) || !list(members, "required").is_empty() {
        return true;
    }
    let reference = members.get("$ref").and_then(Tree::as_str);
    let target = reference.and_then(|reference| references.resolve(reference, &base));
    if target.is_some_and(|(target, outer)| requires(target, references, &outer, room)) {
        return true;
    }
    let mut needs = |part: &Tree| requires(part, references, &base, room);
    let choices = [list(members, "anyOf"), list(members, "oneOf")];
    list(members, "allOf").iter().any(&mut needs)
        || choices
            .iter()
            .any(|choice| !choice.is_empty() && choice.iter().all(&mut needs))
}
