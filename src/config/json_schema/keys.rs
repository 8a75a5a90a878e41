//! Keys that are there for other programs, and keys that nobody knows.

use schemars::Schema;
use serde_json::{Value, json};

use crate::config::FOREIGN_TOP_KEYS;

/// What editors say of a key that nobody knows. It is the same that the reader warns of.
const UNKNOWN: &str = "This key means nothing here: it is ignored with a warning, or an error if it \
                       looks like a misspelt one.";

/// Keys at the top.
pub(crate) fn of_other_programs_at_the_top(schema: &mut Schema) {
    let foreign = FOREIGN_TOP_KEYS.into_iter().filter(|key| *key != "$schema");
    admit_foreign(schema, foreign.map(|key| (key, None)));
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.insert(
            "servers".into(),
            json!({
                "description": "VS Code's name for what is `mcpServers` here, where this is ignored.",
                "deprecationMessage": "Write `mcpServers`.",
                "doNotSuggest": true,
            }),
        );
    }
}

/// Declares keys of other programs, each with what does the same here, and marks those that nobody
/// knows.
pub(crate) fn admit_foreign(
    schema: &mut Schema,
    foreign: impl IntoIterator<Item = (&'static str, Option<&'static str>)>,
) {
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        for (key, counterpart) in foreign {
            let description = match counterpart {
                Some(instead) => {
                    format!("Another program's key, which is ignored here: {instead}.")
                }
                None => "Another program's key, which is ignored here.".to_owned(),
            };
            properties.insert(
                key.to_owned(),
                json!({ "description": description, "doNotSuggest": true }),
            );
        }
    }
    schema.insert(
        "additionalProperties".into(),
        json!({ "description": UNKNOWN, "deprecationMessage": UNKNOWN }),
    );
}

/// A key that can't be here.
pub(crate) fn refused(why: &str) -> Value {
    json!({ "not": {}, "description": why, "errorMessage": why, "doNotSuggest": true })
}
