//! Prompts: their definitions as they came, and what their arguments must be.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Warning;
use crate::{
    json::{self, Raw},
    schema::ArgumentSchema,
};

/// A prompt: its definition as it came, and what the gateway reads of it.
#[derive(Debug)]
pub struct Prompt {
    /// Its name upstream.
    pub name: String,
    /// The definition as it came.
    pub definition: Raw,
    /// What its arguments must be: strings, by the names that the definition lists (MCP,
    /// `GetPromptRequest`). Others pass, as those of tools do.
    pub arguments: ArgumentSchema,
}

#[derive(Deserialize)]
struct PromptDefinition {
    name: String,
    #[serde(default, deserialize_with = "json::lenient")]
    arguments: Vec<PromptArgument>,
}

#[derive(Deserialize)]
struct PromptArgument {
    name: String,
    #[serde(default, deserialize_with = "json::lenient")]
    required: bool,
}

impl Prompt {
    /// Reads one item of `prompts/list`. What can't be used is the error.
    pub fn read(definition: &Raw) -> Result<Self, Warning> {
        let view: PromptDefinition = json::object(definition.get()).map_err(|error| Warning {
            about: "prompts/list".into(),
            message: format!("a prompt was left out: its definition can't be read: {error}"),
        })?;
        let properties: Map<String, Value> = view
            .arguments
            .iter()
            .map(|argument| (argument.name.clone(), json!({"type": "string"})))
            .collect();
        let required: BTreeSet<&str> = view
            .arguments
            .iter()
            .filter(|argument| argument.required)
            .map(|argument| argument.name.as_str())
            .collect();
        let schema = json!({"type": "object", "properties": properties, "required": required});
        let arguments = ArgumentSchema::compile(&schema.to_string()).map_err(|error| Warning {
            about: view.name.clone(),
            message: format!("the prompt was left out: its arguments can't be read: {error}"),
        })?;
        Ok(Self {
            name: view.name,
            definition: definition.clone(),
            arguments,
        })
    }
}
