//! Prompts about an API.

use serde_json::{Map, json};

use super::invalid;
use crate::{
    gateway::{SessionError, ToolNames},
    json::{self, Raw},
    openapi::api::PromptPiece,
    upstream::rest::{api::Known, changes::Changes},
};

/// `prompts/get`. `tool_names` is what callers know the API's tools as.
pub(super) fn get(
    changes: &Changes,
    known: &Known,
    name: &str,
    arguments: &Raw,
    tool_names: &ToolNames,
) -> Result<Raw, SessionError> {
    let prompt = changes.prompts(known).find(|prompt| prompt.name == name);
    let prompt = prompt.ok_or_else(|| invalid(format!("Unknown prompt: {name:?}")))?;
    let arguments = json::members(arguments.get())
        .map_err(|error| invalid(format!("the arguments can't be read: {error}")))?;
    let value = |name: &str| {
        let (_, value) = arguments.iter().find(|(known, _)| known == name)?;
        serde_json::from_str::<String>(value.get()).ok()
    };
    let tool_name = |operation: &str| {
        let name = tool_names.name(changes.tool_name(operation));
        name.into_owned()
    };
    let text = text(&prompt.pieces, tool_name, value);
    let message = json!({"role": "user", "content": {"type": "text", "text": text}});
    let mut result = Map::new();
    if let Some(description) = &prompt.description {
        result.insert("description".to_owned(), description.as_str().into());
    }
    result.insert("messages".to_owned(), json!([message]));
    Ok(Raw::from_value(&result))
}

/// The text with the names of tools and the values of arguments. One that was not given has no
/// line.
fn text(
    pieces: &[PromptPiece],
    tool_name: impl Fn(&str) -> String,
    value: impl Fn(&str) -> Option<String>,
) -> String {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            PromptPiece::Text(said) => text.push_str(said),
            PromptPiece::Tool(operation) => text.push_str(&tool_name(operation)),
            PromptPiece::Given { heading, lines } => {
                let mut above = *heading;
                for (label, name) in lines {
                    if let Some(value) = value(name).filter(|value| !value.is_empty()) {
                        text.extend([std::mem::take(&mut above), label, &value, "\n"]);
                    }
                }
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::gateway::ToolOverride;

    fn given(heading: &'static str, names: &[&str]) -> PromptPiece {
        PromptPiece::Given {
            heading,
            lines: names
                .iter()
                .map(|name| (format!("- {name}: "), (*name).to_owned()))
                .collect(),
        }
    }

    #[test]
    fn tools_whose_names_were_swapped_are_named_as_callers_know_them() {
        let named = |name: &str| {
            Arc::new(ToolOverride {
                name: Some(name.to_owned()),
                ..ToolOverride::default()
            })
        };
        let tools = [("a", named("b")), ("b", named("a"))];
        let changes = Changes {
            tools: Arc::new(tools.map(|(old, new)| (old.to_owned(), new)).into()),
            ..Changes::default()
        };
        let pieces = ["a", "b", "c"].map(|name| PromptPiece::Tool(name.to_owned()));
        let tool_name = |operation: &str| changes.tool_name(operation).to_owned();
        assert_eq!(text(&pieces, tool_name, |_| None), "bac");
    }

    #[test]
    fn arguments_have_a_line_each_and_those_not_given_have_none() {
        let value = |name: &str| match name {
            "a" => Some("{{c}}".to_owned()),
            "b" => Some(String::new()),
            "c" => Some("2".to_owned()),
            _ => None,
        };
        let said = |text: &str| PromptPiece::Text(text.to_owned());
        let pieces = [
            said("{{a}}\n"),
            given("\nWanted:\n", &["a", "b", "c", "d"]),
            given("\nMore:\n", &["b", "d"]),
            said("\nend"),
        ];
        assert_eq!(
            text(&pieces, str::to_owned, value),
            "{{a}}\n\nWanted:\n- a: {{c}}\n- c: 2\n\nend"
        );
    }
}
