//! What callers see of a server's tools in place of what it says itself.

use std::borrow::Cow;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use super::keys;
use super::written::{Json, Written, even_null};

keys! {
    /// What callers see of a tool in place of what its server says.
    #[schemars(rename = "Tool", extend("additionalProperties" = false))]
    pub struct ToolEntry {
        /// The tool's name for callers. No two tools of a server can have one.
        #[schemars(example = &"now")]
        name: Written<String> = "name",
        /// The tool's description for callers.
        description: Written<String> = "description",
        /// Arguments that callers can't set, by their names.
        #[schemars(example = serde_json::json!({"timezone": {"fixed": "Europe/Berlin"}}))]
        arguments: IndexMap<String, Option<ArgumentEntry>> = "arguments",
    }
}

keys! {
    /// An argument that callers can't set: either `fixed` or `hidden`.
    #[schemars(rename = "Argument", extend("additionalProperties" = false, "minProperties" = 1, "maxProperties" = 1))]
    pub struct ArgumentEntry {
        /// The value that is sent with each call, be it any JSON, to the letter. Callers don't see
        /// the argument.
        #[serde(deserialize_with = "even_null")]
        #[schemars(example = &"Europe/Berlin")]
        fixed: Json = "fixed",
        /// The argument is never sent, and callers don't see it [default: false]
        hidden: Written<bool> = "hidden",
    }
}

/// Changes to tools, by the names that their server gives them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Tools {
    /// Ours.
    Changes(IndexMap<String, Option<ToolEntry>>),
    /// The list of GitHub's Copilot, which is ignored.
    List(Vec<Json>),
}

impl<'de> Deserialize<'de> for Tools {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Json::deserialize(deserializer)?;
        let tools = if json.get().starts_with('[') {
            serde_json::from_str(json.get()).map(Self::List)
        } else {
            serde_json::from_str(json.get()).map(Self::Changes)
        };
        tools.map_err(D::Error::custom)
    }
}

impl JsonSchema for Tools {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Tools".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let tool = generator.subschema_for::<Option<ToolEntry>>();
        schemars::json_schema!({
            "type": ["object", "array"],
            "additionalProperties": tool,
            // GitHub's Copilot has a list here, which is ignored.
            "items": {"type": "string"},
        })
    }
}
