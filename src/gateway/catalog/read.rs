//! Reads a tool's definition through a borrowed view: only the members that the gateway
//! decides on, the rest stays text.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{TaskSupport, Tool, Warning};
use crate::{
    json::{self, Raw},
    openapi::is_wrapped_result,
    schema::ArgumentSchema,
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
    /// served in part comes with a warning.
    pub fn read(definition: &Raw) -> Result<(Self, Option<Warning>), Warning> {
        let view: ToolDefinition<'_> =
            serde_json::from_str(definition.get()).map_err(|error| Warning {
                about: "tools/list".into(),
                message: format!("a tool was left out: its definition can't be read: {error}"),
            })?;
        let mut warning = None;
        let mut warn = |message: String| {
            warning.get_or_insert(Warning {
                about: view.name.clone(),
                message,
            });
        };
        let annotations = view.annotations.map_or_else(Annotations::default, |raw| {
            serde_json::from_str(raw.get()).unwrap_or_else(|error| {
                warn(format!("its annotations are ignored: {error}"));
                Annotations::default()
            })
        });
        let (arguments, free_form) = match view.input_schema {
            None => {
                warn("it has no inputSchema and takes any object".into());
                (ArgumentSchema::free_form(), true)
            }
            Some(schema) => match ArgumentSchema::compile(schema.get()) {
                Ok(compiled) => (compiled, false),
                Err(error) => {
                    warn(format!(
                        "its inputSchema is broken, so it takes any object: {error}"
                    ));
                    (ArgumentSchema::free_form(), true)
                }
            },
        };
        let input_schema = match view.input_schema {
            Some(schema) if !free_form => definition.part(schema),
            _ => Raw::from_static(r#"{"type":"object"}"#),
        };
        let tool = Self {
            title: view.title.or(annotations.title),
            description: view.description,
            annotations: view.annotations.map(|raw| definition.part(raw)),
            input_schema,
            wrapped_result: view
                .output_schema
                .is_some_and(|schema| is_wrapped_result(schema.get())),
            output_schema: view.output_schema.map(|raw| definition.part(raw)),
            arguments,
            free_form,
            repeatable: annotations.read_only_hint == Some(true)
                || annotations.idempotent_hint == Some(true),
            task_support: view
                .execution
                .map_or(TaskSupport::Forbidden, |execution| execution.task_support),
            name: view.name,
            definition: definition.clone(),
        };
        Ok((tool, warning))
    }
}
