//! What an entry of `mcpServers` must and can't have, by what kind of server it is.

use schemars::Schema;
use serde_json::{Map, Value, json};

use super::keys;
use super::values::any_case;
use crate::config::file::{API_TYPES, OF_PROGRAMS, PROGRAM_TYPES, REMOTE_TYPES};
use crate::config::server_entry::keys as entry_keys;

/// Completes the schema of an entry.
pub(crate) fn by_kind(schema: &mut Schema) {
    keys::admit_foreign(
        schema,
        entry_keys::FOREIGN_KEYS.map(|key| (key, entry_keys::counterpart(key))),
    );
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        for (word, meant) in entry_keys::OTHER_WORDS {
            properties.insert(word.to_owned(), keys::refused(&format!("Write `{meant}`.")));
        }
    }
    let of = |types: &[&str]| {
        let pattern = format!("^(?:{})$", any_case(&types.join("|")));
        let is_one = json!({ "type": "string", "pattern": pattern });
        json!([
            { "properties": { "type": is_one }, "required": ["type"] },
            { "properties": { "transport": is_one }, "required": ["transport"] },
        ])
    };
    let has_type = json!([{ "required": ["type"] }, { "required": ["transport"] }]);
    let refuse = |keys: &[&str], why: &str| -> Map<String, Value> {
        let refused = |key: &&str| ((*key).to_owned(), keys::refused(why));
        keys.iter().map(refused).collect()
    };
    let is_enabled = json!({
        "not": { "properties": { "disabled": { "const": true } }, "required": ["disabled"] }
    });
    let when = |condition: Value, then: Value| json!({ "if": { "allOf": [is_enabled, condition] }, "then": then });
    let is_api = json!({ "anyOf": [
        { "anyOf": of(&API_TYPES) },
        { "required": ["spec"], "not": { "anyOf": has_type } },
    ] });
    let rules = [
        when(
            is_api,
            json!({
                "required": ["spec"],
                "properties": refuse(&OF_PROGRAMS, "This is for MCP servers; a REST API has none."),
            }),
        ),
        when(
            json!({ "anyOf": of(&REMOTE_TYPES) }),
            json!({
                "required": ["url"],
                "properties": refuse(&["command", "spec"], "A remote MCP server has a `url` alone."),
            }),
        ),
        when(
            json!({ "anyOf": of(&PROGRAM_TYPES) }),
            json!({
                "required": ["command"],
                "properties": refuse(&["url", "spec"], "A program has a `command` alone."),
            }),
        ),
        when(
            json!({ "not": { "anyOf": [{ "required": ["spec"] }, { "anyOf": has_type }] } }),
            json!({ "oneOf": [{ "required": ["command"] }, { "required": ["url"] }] }),
        ),
        when(
            json!({ "required": ["clientKey"] }),
            json!({ "anyOf": [{ "required": ["clientCert"] }, { "required": ["client_cert"] }] }),
        ),
    ];
    schema.insert("allOf".into(), Vec::from(rules).into());
}
