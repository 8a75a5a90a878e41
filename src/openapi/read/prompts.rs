//! Prompts about an API: one for each operation, and one for each kind of thing that can be
//! listed, looked at and changed.

mod example;
mod workflow;

use std::fmt::Write as _;

use super::arguments::Described;
use super::operation::Read;
use super::operations::tell;
use super::resolve::Resolver;
use super::text::{Fragment, ObjectText};
use crate::json::Raw;
use crate::json::tree::Tree;
use crate::openapi::api::{ApiPrompt, PromptPiece};

/// So many allowed values are named.
const MOST_VALUES: usize = 20;

/// A prompt of more bytes is left out.
const MOST_BYTES: usize = 1024 * 1024;

/// The prompts of an API.
pub(super) fn make<'d>(
    resolver: &Resolver<'d>,
    read: &[Read<'d>],
    title: Option<&str>,
    room: usize,
    warnings: &mut Vec<(String, String)>,
) -> Vec<ApiPrompt> {
    let api = title.unwrap_or("the API");
    let mut room = room;
    let mut prompts = Vec::new();
    for one in read {
        let prompt = of_operation(resolver, one, api);
        let size = prompt.as_ref().map_or(usize::MAX, size);
        match (room.checked_sub(size), prompt) {
            (Some(left), Some(prompt)) => {
                room = left;
                prompts.push(prompt);
            }
            _ => tell(
                warnings,
                one.operation.name.clone(),
                "it has no prompt: that would be too large".to_owned(),
            ),
        }
    }
    prompts.extend(workflow::make(read, api));
    prompts
}

fn size(prompt: &ApiPrompt) -> usize {
    let pieces = prompt.pieces.iter().map(|piece| match piece {
        PromptPiece::Text(text) | PromptPiece::Tool(text) => text.len(),
        PromptPiece::Given { heading, lines } => {
            let lines = lines.iter().map(|(label, name)| label.len() + name.len());
            heading.len() + lines.sum::<usize>()
        }
    });
    pieces.sum::<usize>() + prompt.definition.get().len()
}

/// The prompt about an operation, unless it were too large.
fn of_operation<'d>(resolver: &Resolver<'d>, read: &Read<'d>, api: &str) -> Option<ApiPrompt> {
    let operation = &read.operation;
    let name = &operation.name;
    let summary = read.title.or_else(|| {
        let description = read.description.as_deref()?;
        description.lines().next()
    });
    let summary = summary.unwrap_or(name);
    let mut pieces = vec![
        PromptPiece::Text("Call the tool `".to_owned()),
        PromptPiece::Tool(name.clone()),
    ];
    let mut text = format!(
        "` of {api}: {summary}\n\nIt sends {} {}.\n",
        operation.method, operation.path
    );
    if read.arguments.is_empty() {
        text.push_str("\nIt takes no arguments.\n");
    } else {
        text.push_str("\nIts arguments:\n");
        for argument in &read.arguments {
            // Writing to a string does not fail.
            let _ = writeln!(text, "- {}", line(resolver, argument));
            if text.len() > MOST_BYTES {
                return None;
            }
        }
        let call = example::call(resolver, &read.arguments);
        let _ = writeln!(text, "\nAn example call:\n{call}");
        pieces.push(PromptPiece::Text(std::mem::take(&mut text)));
        let arguments = read.arguments.iter();
        let lines = arguments.map(|one| (format!("- {}: ", one.name), one.name.clone()));
        pieces.push(PromptPiece::Given {
            heading: "\nWhat is wanted now:\n",
            lines: lines.collect(),
        });
        text.push_str("\nAsk for required arguments that are not given.\n");
    }
    pieces.push(PromptPiece::Text(text));
    let prompt = prompt(
        name,
        read.title,
        summary,
        pieces,
        read.arguments.iter().map(|argument| Argument {
            name: &argument.name,
            description: description(resolver, argument),
            is_required: argument.is_required,
        }),
    );
    (size(&prompt) <= MOST_BYTES).then_some(prompt)
}

/// An argument of a prompt.
struct Argument<'a> {
    name: &'a str,
    description: Option<String>,
    is_required: bool,
}

fn prompt<'a>(
    name: &str,
    title: Option<&str>,
    description: &str,
    pieces: Vec<PromptPiece>,
    arguments: impl Iterator<Item = Argument<'a>>,
) -> ApiPrompt {
    let mut definition = Fragment::default();
    let mut object = ObjectText::begin(&mut definition);
    object.member("name").string(name);
    if let Some(title) = title {
        object.member("title").string(title);
    }
    object.member("description").string(description);
    let mut arguments = arguments.peekable();
    if arguments.peek().is_some() {
        let out = object.member("arguments");
        out.push("[");
        for (index, argument) in arguments.enumerate() {
            if index > 0 {
                out.push(",");
            }
            let mut inner = ObjectText::begin(out);
            inner.member("name").string(argument.name);
            if let Some(description) = &argument.description {
                inner.member("description").string(description);
            }
            let required = if argument.is_required {
                "true"
            } else {
                "false"
            };
            inner.member("required").push(required);
            inner.end();
        }
        out.push("]");
    }
    object.end();
    ApiPrompt {
        name: name.to_owned(),
        definition: Raw::assume_valid(definition.text.into()),
        description: Some(description.to_owned()),
        pieces,
    }
}

/// One line about an argument.
fn line<'d>(resolver: &Resolver<'d>, argument: &Described<'d>) -> String {
    let mark = if argument.is_required {
        "required"
    } else {
        "optional"
    };
    let kind = example::schema(resolver, argument)
        .and_then(|schema| schema.text("type"))
        .map(|kind| format!(", {kind}"))
        .unwrap_or_default();
    let about = description(resolver, argument);
    let about = about.map(|about| format!(": {about}")).unwrap_or_default();
    format!("`{}` ({mark}{kind}){about}", argument.name)
}

/// What an argument means and what it may be, in one line.
fn description<'d>(resolver: &Resolver<'d>, argument: &Described<'d>) -> Option<String> {
    let schema = example::schema(resolver, argument);
    let said = argument.field.words.description.as_deref();
    let said = said.or_else(|| {
        let own = argument.field.schema?.text("description");
        own.or_else(|| schema?.text("description"))
    });
    let said = said.unwrap_or_default().split_whitespace();
    let mut text = said.collect::<Vec<_>>().join(" ");
    let values = schema.and_then(|schema| schema.tree.get("enum")?.as_array());
    if let Some(values) = values.filter(|values| !values.is_empty()) {
        let shown = values.iter().take(MOST_VALUES).map(|value| match value {
            Tree::String(text) => text.clone(),
            other => other.to_string(),
        });
        let mut shown = shown.collect::<Vec<_>>().join(", ");
        if values.len() > MOST_VALUES {
            shown.push_str(" …");
        }
        if !text.is_empty() {
            text.push(' ');
        }
        let _ = write!(text, "One of: {shown}.");
    }
    (!text.is_empty()).then_some(text)
}
