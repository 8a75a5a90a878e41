//! Whether a tool takes arguments at all, and whether it needs any.

use serde_json::{Map, Value};

use crate::schema::{Base, References};

/// References and choices are followed this deep; beyond it nothing counts as required.
const DEEPEST: usize = 16;

/// Whether the schema names or describes any argument. An empty object schema would take
/// anything, but means a tool without arguments.
pub(super) fn takes_any(schema: &Value) -> bool {
    let Value::Object(members) = schema else {
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
            "additionalProperties" | "unevaluatedProperties" => value != &Value::Bool(false),
            "minProperties" => value.as_u64().is_some_and(|least| least > 0),
            "maxProperties" => value.as_u64().is_some_and(|most| most > 0),
            "$ref" | "$dynamicRef" | "$recursiveRef" | "if" | "not" | "propertyNames" | "const" => {
                true
            }
            _ => false,
        })
}

/// Whether `{}` would lack something.
pub(super) fn requires_any(schema: &Value, references: &References<'_>, outer: &Base) -> bool {
    requires(schema, references, outer, DEEPEST)
}

fn requires(schema: &Value, references: &References<'_>, outer: &Base, deepest: usize) -> bool {
    let (Value::Object(members), Some(deepest)) = (schema, deepest.checked_sub(1)) else {
        return false;
    };
    let base = references.base_of(schema, outer);
    let least = members.get("minProperties").and_then(Value::as_u64);
    if least.is_some_and(|least| least > 0) || !list(members, "required").is_empty() {
        return true;
    }
    let reference = members.get("$ref").and_then(Value::as_str);
    let target = reference.and_then(|reference| references.resolve(reference, &base));
    if target.is_some_and(|(target, outer)| requires(target, references, &outer, deepest)) {
        return true;
    }
    let needed = |part: &Value| requires(part, references, &base, deepest);
    let each_needs = |choice: &[Value]| !choice.is_empty() && choice.iter().all(needed);
    list(members, "allOf").iter().any(needed)
        || each_needs(list(members, "anyOf"))
        || each_needs(list(members, "oneOf"))
}

/// The list under a keyword, or none.
pub(super) fn list<'a>(members: &'a Map<String, Value>, keyword: &str) -> &'a [Value] {
    match members.get(keyword) {
        Some(Value::Array(list)) => list,
        _ => &[],
    }
}
