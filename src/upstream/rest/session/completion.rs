//! What an argument may be, as far as the document lists it (MCP, completion).

use serde::Deserialize;
use serde_json::{json, value::RawValue};

use super::invalid;
use crate::{
    gateway::SessionError,
    json::{self, Raw, tree::Tree},
    upstream::rest::{
        api::{Known, Prepared},
        changes::Changes,
    },
};

/// The most values in one answer (MCP, completion results).
const MOST: usize = 100;

#[derive(Deserialize)]
struct Params {
    #[serde(rename = "ref")]
    reference: Reference,
    argument: Argument,
}

#[derive(Deserialize)]
struct Reference {
    name: Option<String>,
    uri: Option<String>,
}

#[derive(Deserialize)]
struct Argument {
    name: String,
    value: String,
}

/// `completion/complete`.
pub(super) fn complete(
    changes: &Changes,
    known: &Known,
    params: &Raw,
) -> Result<Raw, SessionError> {
    let Params {
        reference,
        argument,
    } = json::object(params.get())
        .map_err(|error| invalid(format!("the parameters can't be read: {error}")))?;
    let operation = match (&reference.name, &reference.uri) {
        (Some(name), _) => {
            if changes.prompts(known).all(|prompt| prompt.name != *name) {
                return Err(invalid(format!("Unknown prompt: {name:?}")));
            }
            // A prompt about an operation has its name; others have no arguments with values.
            known.operation(name)
        }
        (None, Some(uri)) => {
            let resource = changes.resources(known).find(|it| it.uri == *uri);
            let resource =
                resource.ok_or_else(|| invalid(format!("Unknown resource template: {uri:?}")))?;
            known.operations.get(resource.operation)
        }
        (None, None) => return Err(invalid("params.ref names nothing".to_owned())),
    };
    let all = operation.map_or_else(Vec::new, |it| values(it, &argument.name));
    let fitting: Vec<String> = all
        .into_iter()
        .filter(|value| value.starts_with(&argument.value))
        .collect();
    let total = fitting.len();
    let shown: Vec<String> = fitting.into_iter().take(MOST).collect();
    Ok(Raw::from_value(&json!({
        "completion": {"values": shown, "total": total, "hasMore": total > MOST}
    })))
}

/// The values that an argument, or an item of it, is restricted to.
fn values(operation: &Prepared, argument: &str) -> Vec<String> {
    let schema = operation.argument_schema(argument).map(RawValue::get);
    let Some(schema) = schema.and_then(|schema| Tree::parse(schema).ok()) else {
        return Vec::new();
    };
    listed(&schema)
        .or_else(|| listed(schema.get("items")?))
        .unwrap_or_default()
}

fn listed(schema: &Tree) -> Option<Vec<String>> {
    if let Some(only) = schema.get("const") {
        return Some(vec![written(only)]);
    }
    if let Some(values) = schema.get("enum").and_then(Tree::as_array) {
        let values = values.iter().filter(|value| **value != Tree::Null);
        return Some(values.map(written).collect());
    }
    (schema.get("type").and_then(Tree::as_str) == Some("boolean"))
        .then(|| vec!["true".to_owned(), "false".to_owned()])
}

fn written(value: &Tree) -> String {
    match value {
        Tree::String(text) => text.clone(),
        other => other.to_string(),
    }
}
