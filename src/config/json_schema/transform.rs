//! What holds for all parts of the schema.

use schemars::Schema;
use schemars::transform::transform_subschemas;
use serde_json::{Map, Value, json};

use super::values::REFERENCE;

/// Declares the other spellings of keys, which `x-spellings` lists, beside the first one.
pub(super) fn admit_other_spellings(schema: &mut Schema) {
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        let mut spelled = Map::new();
        let mut pairs = Vec::new();
        for (key, mut property) in std::mem::take(properties) {
            let spellings = property
                .as_object_mut()
                .and_then(|property| property.shift_remove("x-spellings"));
            spelled.insert(key.clone(), property.clone());
            for spelling in spellings.iter().filter_map(Value::as_array).flatten() {
                let Some(spelling) = spelling.as_str() else {
                    continue;
                };
                let mut other = property.clone();
                if let Some(other) = other.as_object_mut() {
                    other.insert("deprecated".into(), true.into());
                    other.insert(
                        "description".into(),
                        format!("Another spelling of `{key}`.").into(),
                    );
                    other.insert("doNotSuggest".into(), true.into());
                }
                spelled.insert(spelling.to_owned(), other);
                pairs.push(json!({
                    "not": { "required": [key, spelling] },
                    "errorMessage": format!("`{key}` and `{spelling}` are the same: write one of them"),
                }));
            }
        }
        *properties = spelled;
        if !pairs.is_empty() {
            let all = schema
                .ensure_object()
                .entry("allOf")
                .or_insert_with(|| json!([]));
            if let Some(all) = all.as_array_mut() {
                all.extend(pairs);
            }
        }
    }
    transform_subschemas(&mut admit_other_spellings, schema);
}

/// Wherever a boolean or a number is expected, a string may stand that holds a reference.
pub(super) fn admit_references(schema: &mut Schema) {
    let types = match schema.get("type") {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(several)) => {
            let several = several.iter().filter_map(Value::as_str);
            several.map(str::to_owned).collect()
        }
        _ => Vec::new(),
    };
    let is = |wanted: &str| types.iter().any(|found| found == wanted);
    let is_number = is("integer") || is("number");
    if (is("boolean") || is_number) && !is("string") {
        let pattern = if is_number {
            format!("^\\s*\\d+\\s*$|{REFERENCE}")
        } else {
            REFERENCE.to_owned()
        };
        let mut types = types;
        types.push("string".to_owned());
        schema.insert("type".into(), types.into());
        schema.insert("pattern".into(), pattern.into());
        schema.remove("format");
    }
    transform_subschemas(&mut admit_references, schema);
}

/// Descriptions on one line, since editors break lines themselves; alternatives without others
/// inside.
pub(super) fn tidy(schema: &mut Schema) {
    if let Some(Value::String(description)) = schema.get_mut("description") {
        *description = description.replace('\n', " ");
    }
    if let Some(Value::Array(alternatives)) = schema.get_mut("anyOf") {
        let flat =
            std::mem::take(alternatives)
                .into_iter()
                .flat_map(|alternative| match alternative.as_object().map(Map::len) {
                    Some(1) => match alternative.get("anyOf").and_then(Value::as_array) {
                        Some(inner) => inner.clone(),
                        None => vec![alternative],
                    },
                    _ => vec![alternative],
                });
        *alternatives = flat.collect();
    }
    transform_subschemas(&mut tidy, schema);
}
