//! Large catalogs: three tools in place of all, by which a model finds, looks at and calls the
//! others.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{json, value::RawValue};

use super::{
    calls::{tool_error, unknown},
    conversation::{Conversation, Members},
    message::Params,
    outcome,
    perform::Failure,
};
use crate::{
    gateway::Wishes,
    json::{self, Raw},
    schema::{ArgumentSchema, Defaults, Validation},
};

/// The definitions of the three tools.
const DEFINITIONS: &str = include_str!("discovery_tools.json");

/// How much of a description a search shows, in characters.
const MAX_DESCRIPTION: usize = 200;

/// One of the three tools.
struct Tool {
    name: String,
    definition: Raw,
    arguments: ArgumentSchema,
}

static TOOLS: LazyLock<Vec<Tool>> = LazyLock::new(|| {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct View<'a> {
        name: String,
        #[serde(borrow)]
        input_schema: &'a RawValue,
    }
    let definitions = json::items(DEFINITIONS, 8).unwrap_or_default();
    let read = |definition: &&RawValue| {
        let view: View<'_> = serde_json::from_str(definition.get()).ok()?;
        Some(Tool {
            arguments: ArgumentSchema::compile(view.input_schema.get()).ok()?,
            name: view.name,
            // On one line, and without the white space of our file.
            definition: Raw::from_value(
                &serde_json::from_str::<serde_json::Value>(definition.get()).ok()?,
            ),
        })
    };
    definitions.iter().filter_map(read).collect()
});

/// The definitions of the three tools.
pub(super) fn definitions() -> Vec<&'static str> {
    TOOLS.iter().map(|tool| tool.definition.get()).collect()
}

#[derive(Deserialize)]
struct Search {
    query: String,
    #[serde(default)]
    limit: Option<usize>,
}

#[derive(Deserialize)]
struct Named<'a> {
    name: String,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
}

impl Conversation {
    /// Calls one of the three tools.
    pub(super) async fn call_search(
        &self,
        members: &Members,
        name: &str,
        arguments: &Raw,
        params: &Params,
        wishes: Wishes,
    ) -> Result<Raw, Failure> {
        let Some(tool) = TOOLS.iter().find(|tool| tool.name == name) else {
            return Err(unknown("tool", name, members).into());
        };
        let prepared = tool
            .arguments
            .prepare(arguments, Validation::Coerce, Defaults::Fill);
        let arguments = match prepared {
            Ok(arguments) => arguments,
            Err(violations) => return Ok(tool_error(&outcome::explained(&violations))),
        };
        // The schema has just been held against them.
        let misread = |error: serde_json::Error| tool_error(&error.to_string());
        match name {
            "search_tools" => Ok(match json::object(arguments.get()) {
                Ok(search) => found(members, &search),
                Err(error) => misread(error),
            }),
            "describe_tool" => Ok(match json::object::<Named<'_>>(arguments.get()) {
                Ok(Named { name, .. }) => described(members, &name),
                Err(error) => misread(error),
            }),
            _ => {
                let named: Named<'_> = match json::object(arguments.get()) {
                    Ok(named) => named,
                    Err(error) => return Ok(misread(error)),
                };
                if members.view().tools.get(&named.name).is_none() {
                    return Ok(no_such_tool(members, &named.name));
                }
                let inner = named
                    .arguments
                    .map_or(Raw::from_static("{}"), |inner| arguments.part(inner));
                self.call_by_name(members, &named.name, inner, params, wishes)
                    .await
            }
        }
    }
}

/// The result of a search.
fn found(members: &Members, search: &Search) -> Raw {
    let tools = &members.view().tools.list;
    let limit = search.limit.unwrap_or(5).clamp(1, 50);
    let hits = members.prepared.index().search(&search.query, limit);
    let tools: Vec<serde_json::Value> = hits
        .iter()
        .filter_map(|hit| {
            let tool = tools.get(hit.position)?;
            let mut shown =
                json!({"name": tool.name, "score": (f64::from(hit.score) * 100.0).round() / 100.0});
            let members = shown.as_object_mut()?;
            if let Some(title) = &tool.item.title {
                members.insert("title".to_owned(), title.as_str().into());
            }
            if let Some(description) = &tool.item.description {
                members.insert("description".to_owned(), shortened(description).into());
            }
            Some(shown)
        })
        .collect();
    let structured = json!({ "tools": tools });
    let text = Raw::from_value(&structured);
    Raw::from_value(&json!({
        "content": [{"type": "text", "text": text.get()}],
        "structuredContent": structured,
    }))
}

/// A tool's whole definition, as it is listed elsewhere.
fn described(members: &Members, name: &str) -> Raw {
    match members.view().tools.get(name) {
        Some(tool) => Raw::from_value(&json!({
            "content": [{"type": "text", "text": tool.definition.get()}],
        })),
        None => no_such_tool(members, name),
    }
}

/// What a model is told that calls a tool which does not exist.
fn no_such_tool(members: &Members, name: &str) -> Raw {
    let hits = members.prepared.index().search(name, 3);
    let near = hits
        .iter()
        .filter_map(|hit| members.view().tools.list.get(hit.position));
    let near: Vec<&str> = near.map(|tool| tool.name.as_str()).collect();
    let hint = if near.is_empty() {
        "find one with search_tools".to_owned()
    } else {
        format!("did you mean {}?", near.join(", "))
    };
    let shown: String = name.chars().take(100).collect();
    tool_error(&format!("There is no tool {shown:?}; {hint}"))
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= MAX_DESCRIPTION {
        return text.to_owned();
    }
    text.chars().take(MAX_DESCRIPTION).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_tools_are_there_with_schemas_that_can_be_used() {
        let names: Vec<&str> = TOOLS.iter().map(|tool| tool.name.as_str()).collect();
        assert_eq!(names, ["search_tools", "describe_tool", "call_tool"]);
        for tool in TOOLS.iter() {
            assert!(!tool.arguments.is_free_form(), "{}", tool.name);
            assert!(!tool.definition.get().contains('\n'));
        }
    }
}
