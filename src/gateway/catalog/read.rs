//! Reads a tool's definition through a borrowed view: only the members that the gateway
//! decides on, the rest stays text.

#[cfg(test)]
mod tests;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{TaskSupport, Tool, Warning};
use crate::{
    json::{self, Raw},
    openapi::is_wrapped_result,
    schema::{self, ArgumentSchema},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToolDefinition<'a> {
    name: String,
    title: Option<String>,
    description: Option<String>,
    #[serde(borrow)]
    input_schema: Option<&'a RawValue>,
    #[serde(borrow)]
    output_schema: Option<&'a RawValue>,
    #[serde(borrow)]
    annotations: Option<&'a RawValue>,
    execution: Option<Execution>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Execution {
    #[serde(default, deserialize_with = "json::lenient")]
    task_support: TaskSupport,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Annotations {
    title: Option<String>,
    read_only_hint: Option<bool>,
    idempotent_hint: Option<bool>,
}

impl Tool {
    /// Reads one item of `tools/list`. What can't be used at all is the error; what can be
    /// served in part comes with warnings.
    pub fn read(definition: &Raw) -> Result<(Self, Vec<Warning>), Warning> {
        let left_out = |message: String| Warning {
            about: "tools/list".into(),
            message: format!("a tool was left out: {message}"),
        };
        let view: ToolDefinition<'_> = serde_json::from_str(definition.get())
            .map_err(|error| left_out(format!("its definition can't be read: {error}")))?;
        if matches!(view.name.as_str(), "" | "." | "..") {
            return Err(left_out(format!(
                "{:?} can't be a segment of a path, so it has no route",
                view.name
            )));
        }
        let mut messages = Vec::new();
        let annotations = view.annotations.map_or_else(Annotations::default, |raw| {
            serde_json::from_str(raw.get()).unwrap_or_else(|error| {
                messages.push(format!("its annotations are ignored: {error}"));
                Annotations::default()
            })
        });
        let arguments = arguments(view.input_schema, &mut messages);
        let input_schema = match view.input_schema {
            Some(schema) if !arguments.is_free_form() => definition.part(schema),
            _ => Raw::from_static(r#"{"type":"object"}"#),
        };
        let output_schema = view.output_schema.filter(|schema| {
            let checked = schema::check(schema.get());
            if let Err(error) = &checked {
                messages.push(format!(
                    "its outputSchema is broken, and left out of documents: {error}"
                ));
            }
            checked.is_ok()
        });
        let about = |message| Warning {
            about: view.name.clone(),
            message,
        };
        let warnings = messages.into_iter().map(about).collect();
        let tool = Self {
            title: view.title.or(annotations.title),
            description: view.description,
            annotations: view.annotations.map(|raw| definition.part(raw)),
            input_schema,
            wrapped_result: view
                .output_schema
                .is_some_and(|schema| is_wrapped_result(schema.get())),
            is_structured: view.output_schema.is_some(),
            output_schema: output_schema.map(|raw| definition.part(raw)),
            arguments,
            repeatable: annotations.read_only_hint == Some(true)
                || annotations.idempotent_hint == Some(true),
            task_support: view
                .execution
                .map_or(TaskSupport::Forbidden, |execution| execution.task_support),
            name: view.name,
            definition: definition.clone(),
        };
        Ok((tool, warnings))
    }
}

/// The compiled input schema, or one that takes any object for want of a better.
fn arguments(schema: Option<&RawValue>, messages: &mut Vec<String>) -> ArgumentSchema {
    let Some(schema) = schema else {
        messages.push("it has no inputSchema and takes any object".into());
        return ArgumentSchema::free_form();
    };
    match ArgumentSchema::compile(schema.get()) {
        Ok(compiled) => {
            let note = compiled
                .note()
                .map(|note| format!("its inputSchema: {note}"));
            messages.extend(note);
            compiled
        }
        Err(error) => {
            messages.push(format!(
                "its inputSchema is broken, so it takes any object: {error}"
            ));
            ArgumentSchema::free_form()
        }
    }
}
