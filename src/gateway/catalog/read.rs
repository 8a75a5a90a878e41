//! Reads a tool's definition through a borrowed view: only the members that the gateway
//! decides on, the rest stays text.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use super::{Effect, Tool, Warning};
use crate::{
    gateway::ToolOverride,
    json::{self, Raw},
    openapi::is_wrapped_result,
    schema::{self, ArgumentSchema, Defaults},
};

/// Only `name` must be what it should: a tool with another member that is wrong is served
/// without it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToolDefinition<'a> {
    name: String,
    #[serde(borrow)]
    title: Option<&'a RawValue>,
    #[serde(borrow)]
    description: Option<&'a RawValue>,
    #[serde(borrow)]
    input_schema: Option<&'a RawValue>,
    #[serde(borrow)]
    output_schema: Option<&'a RawValue>,
    #[serde(borrow)]
    annotations: Option<&'a RawValue>,
    #[serde(borrow)]
    execution: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Execution<'a> {
    #[serde(borrow)]
    task_support: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Annotations<'a> {
    #[serde(borrow)]
    title: Option<&'a RawValue>,
    #[serde(borrow)]
    read_only_hint: Option<&'a RawValue>,
    #[serde(borrow)]
    idempotent_hint: Option<&'a RawValue>,
}

impl Tool {
    /// The same with what the config changes of the tool, by the name that the server gives it.
    /// A tool that can't be changed so is left out, since it would show what is to be hidden.
    pub fn read_overridden(
        definition: &Raw,
        overrides: &IndexMap<String, Arc<ToolOverride>>,
    ) -> Result<(Self, Vec<Warning>), Warning> {
        Self::read_and_change(definition, overrides, Checking::Now)
    }

    /// The same for a definition of our own making, whose schemas are known to be sound: they are
    /// not looked at before a call needs them, unless the config changes the tool.
    pub fn read_made(
        definition: &Raw,
        overrides: &IndexMap<String, Arc<ToolOverride>>,
    ) -> Result<(Self, Vec<Warning>), Warning> {
        Self::read_and_change(definition, overrides, Checking::AtFirstUse)
    }

    fn read_and_change(
        definition: &Raw,
        overrides: &IndexMap<String, Arc<ToolOverride>>,
        checking: Checking,
    ) -> Result<(Self, Vec<Warning>), Warning> {
        if overrides.is_empty() {
            return Self::read_with(definition, checking);
        }
        let upstream_name = view(definition)?.name;
        let Some(changes) = overrides.get(&upstream_name) else {
            return Self::read_with(definition, checking);
        };
        let about = |message| Warning {
            about: upstream_name.clone(),
            message,
        };
        let overridden = changes
            .apply(definition)
            .map_err(|problem| about(format!("the tool was left out: {problem}")))?;
        let (mut tool, mut warnings) = Self::read(&overridden.definition)?;
        warnings.extend(overridden.warnings.into_iter().map(about));
        tool.upstream_name.clone_from(&upstream_name);
        tool.overridden = Some(Arc::clone(changes));
        Ok((tool, warnings))
    }

    /// Reads one item of `tools/list`. What can't be used at all is the error; what can be
    /// served in part comes with warnings.
    pub fn read(definition: &Raw) -> Result<(Self, Vec<Warning>), Warning> {
        Self::read_with(definition, Checking::Now)
    }

    fn read_with(definition: &Raw, checking: Checking) -> Result<(Self, Vec<Warning>), Warning> {
        let view = view(definition)?;
        let mut odd = Oddities::default();
        let annotations: Annotations<'_> = odd.object(view.annotations, "annotations");
        let execution: Execution<'_> = odd.object(view.execution, "execution");
        let title: Option<String> = odd.member(view.title, "title", "a string");
        let titled: Option<String> = odd.member(annotations.title, "annotations.title", "a string");
        let mut hint = |hint, member| odd.member(hint, member, "true or false") == Some(true);
        let read_only = hint(annotations.read_only_hint, "annotations.readOnlyHint");
        let idempotent = hint(annotations.idempotent_hint, "annotations.idempotentHint");
        let description = odd.member(view.description, "description", "a string");
        let task_support = execution.task_support;
        let task_support = odd.member(task_support, "execution.taskSupport", "a string");
        let mut messages = odd.messages;
        let (arguments, input_schema) = match (checking, view.input_schema) {
            (Checking::AtFirstUse, Some(schema)) => {
                let schema = definition.part(schema);
                (ArgumentSchema::compile_later(schema.clone()), schema)
            }
            (_, schema) => {
                let arguments = arguments(schema, &mut messages);
                let schema = schema.filter(|_| !arguments.is_free_form());
                let schema = schema.map(|schema| definition.part(schema));
                let any = || Raw::from_static(r#"{"type":"object"}"#);
                (arguments, schema.unwrap_or_else(any))
            }
        };
        let output_schema = view.output_schema.filter(|schema| {
            if checking == Checking::AtFirstUse {
                return true;
            }
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
            title: title.or(titled),
            description,
            annotations: view.annotations.map(|raw| definition.part(raw)),
            input_schema,
            wrapped_result: view
                .output_schema
                .is_some_and(|schema| is_wrapped_result(schema.get())),
            is_structured: view.output_schema.is_some(),
            output_schema: output_schema.map(|raw| definition.part(raw)),
            arguments,
            defaults: Defaults::Fill,
            effect: match (read_only, idempotent) {
                (true, _) => Effect::None,
                (false, true) => Effect::Once,
                (false, false) => Effect::Any,
            },
            task_support: task_support.unwrap_or_default(),
            upstream_name: view.name.clone(),
            overridden: None,
            responses: None,
            name: view.name,
            definition: definition.clone(),
        };
        Ok((tool, warnings))
    }
}

/// When a tool's schemas are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Checking {
    Now,
    AtFirstUse,
}

/// The members that matter, or why there is no such tool.
fn view(definition: &Raw) -> Result<ToolDefinition<'_>, Warning> {
    #[derive(Deserialize)]
    struct Named {
        name: String,
    }
    let left_out = |message: String| Warning {
        about: json::object::<Named>(definition.get())
            .ok()
            .filter(|named| !named.name.is_empty())
            .map_or_else(|| "tools/list".into(), |named| named.name),
        message: format!("a tool was left out: {message}"),
    };
    let view: ToolDefinition<'_> = json::object(definition.get())
        .map_err(|error| left_out(format!("its definition can't be read: {error}")))?;
    if matches!(view.name.as_str(), "" | "." | "..") {
        return Err(left_out(format!(
            "{:?} can't be a segment of a path, so it has no route",
            view.name
        )));
    }
    Ok(view)
}

/// What is odd about a tool that is served all the same.
#[derive(Default)]
struct Oddities {
    messages: Vec<String>,
}

impl Oddities {
    /// An optional member, or nothing where it is not what it should be.
    fn member<T: DeserializeOwned>(
        &mut self,
        raw: Option<&RawValue>,
        member: &str,
        expected: &str,
    ) -> Option<T> {
        let read = serde_json::from_str(raw?.get());
        if read.is_err() {
            let message = format!("its {member} is ignored: it is not {expected}");
            self.messages.push(message);
        }
        read.ok()
    }

    /// The members of an optional object, or of an empty one.
    fn object<'a, T: Default + Deserialize<'a>>(
        &mut self,
        raw: Option<&'a RawValue>,
        member: &str,
    ) -> T {
        let read = raw.map(|raw| json::object(raw.get())).transpose();
        let read = read.unwrap_or_else(|error| {
            self.messages
                .push(format!("its {member} is ignored: {error}"));
            None
        });
        read.unwrap_or_default()
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
