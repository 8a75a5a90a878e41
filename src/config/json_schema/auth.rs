//! Which keys of `auth` go with which `type`.

use schemars::Schema;
use serde_json::{Map, Value, json};

use super::values::any_case;

/// Each type with its other spellings, what it needs, and what it can have.
pub(crate) const TYPES: [(&str, &[&str], &[&str]); 7] = [
    ("none", &[], &[]),
    ("basic", &["username", "password"], &[]),
    ("bearer", &["token"], &[]),
    ("apikey|api_key", &["name", "key"], &["in"]),
    (
        "oauth2",
        &["tokenUrl", "clientId", "clientSecret"],
        &["scopes", "audience"],
    ),
    (
        "cognito",
        &["clientId"],
        &[
            "clientSecret",
            "username",
            "password",
            "userPoolId",
            "domain",
            "scopes",
            "region",
        ],
    ),
    ("sigv4", &["service"], &["region"]),
];

/// Demands what the type needs, and refuses keys of other types.
pub(crate) fn by_type(schema: &mut Schema) {
    let keys: Vec<String> = match schema.get("properties") {
        Some(Value::Object(properties)) => properties.keys().cloned().collect(),
        _ => Vec::new(),
    };
    let rule = |(spellings, needs, may): (&str, &[&str], &[&str])| {
        let belongs = |key: &str| key == "type" || needs.contains(&key) || may.contains(&key);
        let foreign = keys.iter().filter(|key| !belongs(key));
        let refused: Map<String, Value> = foreign.map(|key| (key.clone(), json!(false))).collect();
        json!({
            "if": { "properties": { "type": { "pattern": format!("^(?:{})$", any_case(spellings)) } }, "required": ["type"] },
            "then": { "required": needs, "properties": refused },
        })
    };
    let mut rules: Vec<Value> = TYPES.into_iter().map(rule).collect();
    rules.push(json!({
        "if": { "properties": { "type": { "pattern": format!("^{}$", any_case("cognito")) } }, "required": ["type"] },
        "then": { "anyOf": [{ "required": ["username", "password"] }, { "required": ["clientSecret", "domain"] }] },
    }));
    schema.insert("allOf".into(), rules.into());
}
