//! The words of a tool's arguments: their names and descriptions.

use serde_json::value::RawValue;

use crate::json;

/// How deep properties of properties are read.
const MAX_DEPTH: usize = 6;

/// How many bytes are taken of all arguments together.
const MAX_BYTES: usize = 64 * 1024;

/// The names, titles and descriptions of all properties that a schema has, as one text. What
/// can't be read is passed over.
pub fn read(schema: &str) -> String {
    let mut text = String::new();
    read_schema(schema, MAX_DEPTH, false, &mut text);
    text
}

fn read_schema(schema: &str, depth: usize, described: bool, text: &mut String) {
    if depth == 0 || text.len() > MAX_BYTES {
        return;
    }
    let Ok(members) = json::members(schema) else {
        return;
    };
    for (keyword, value) in members {
        match keyword.as_ref() {
            "title" | "description" if described => {
                if let Ok(value) = serde_json::from_str::<String>(value.get()) {
                    push(text, &value);
                }
            }
            "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas" => {
                let is_named = keyword == "properties";
                for (name, schema) in json::members(value.get()).unwrap_or_default() {
                    if is_named {
                        push(text, &name);
                    }
                    read_schema(schema.get(), depth - 1, true, text);
                }
            }
            "items"
            | "additionalProperties"
            | "unevaluatedProperties"
            | "contains"
            | "not"
            | "if"
            | "then"
            | "else" => read_schema(value.get(), depth - 1, true, text),
            "allOf" | "anyOf" | "oneOf" | "prefixItems" => {
                let schemas: Vec<&RawValue> = serde_json::from_str(value.get()).unwrap_or_default();
                for schema in schemas {
                    read_schema(schema.get(), depth - 1, described, text);
                }
            }
            _ => {}
        }
    }
}

fn push(text: &mut String, words: &str) {
    text.push_str(words);
    text.push('\n');
}
