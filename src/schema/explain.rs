//! The validator's errors in the words of `FastAPI` and pydantic.

mod choice;
mod excerpt;
mod messages;

use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use super::Violation;
use super::cost::Costs;
use super::references::unescape;
use crate::json::strict::Segment;

/// Not more violations than this are listed.
const MOST_VIOLATIONS: usize = 100;

/// Of arguments longer than this, in bytes, only an excerpt is explained.
const LONGEST_EXPLAINED: usize = 256 * 1024;

/// A message is cut at this length, in bytes.
const LONGEST_MESSAGE: usize = 1000;

/// Everything that is wrong with `arguments`, whose text was `length` bytes long.
pub(super) fn violations(
    validator: &Validator,
    costs: &Costs,
    arguments: &Value,
    length: usize,
) -> Vec<Violation> {
    let whole = |message| {
        vec![Violation::new(
            "value_error",
            Vec::new(),
            message,
            arguments,
        )]
    };
    let excerpt = (length > LONGEST_EXPLAINED).then(|| excerpt::excerpt(arguments));
    let explained = excerpt.as_ref().unwrap_or(arguments);
    if !costs.can_explain(explained) {
        return whole(
            "Value error, the arguments do not fit the tool's schema, and lie too deep in its \
             alternatives to say where",
        );
    }
    let mut found = list(validator, explained, arguments);
    if excerpt.is_some() {
        found.retain(|violation| !excerpt::is_artefact(violation, arguments));
    }
    if found.is_empty() {
        return whole("Value error, the arguments do not fit the tool's schema");
    }
    found
}

/// The errors of `explained`, told of `arguments`, of which it may be an excerpt.
fn list(validator: &Validator, explained: &Value, arguments: &Value) -> Vec<Violation> {
    let mut found = Vec::new();
    for error in validator.iter_errors(explained) {
        if found.len() >= MOST_VIOLATIONS {
            break;
        }
        explain(&error, arguments, &mut found);
    }
    found.truncate(MOST_VIOLATIONS);
    found
}

/// Cuts a text that others have written to the length of a message.
pub(super) fn capped(text: &str) -> String {
    match text.get(text.floor_char_boundary(LONGEST_MESSAGE)..) {
        None | Some("") => text.to_owned(),
        Some(_) => {
            let end = text.floor_char_boundary(LONGEST_MESSAGE);
            format!("{}…", text.get(..end).unwrap_or_default())
        }
    }
}

fn explain(error: &ValidationError<'_>, arguments: &Value, found: &mut Vec<Violation>) {
    let (path, input) = place(error, arguments);
    if !choice::explain(error, arguments, &path, input, found) {
        messages::explain(error, path, input, found);
    }
}

/// Where an error is, telling indices from names that look like one, and the value there: all
/// of it, though the error may know no more than an excerpt.
fn place<'a>(error: &'a ValidationError<'_>, arguments: &'a Value) -> (Vec<Segment>, &'a Value) {
    let mut value = Some(arguments);
    let pointer = error.instance_path().as_str();
    let path = pointer.split('/').skip(1).map(|step| {
        let name = unescape(step);
        match value {
            Some(Value::Array(elements)) => {
                let index = step.parse().unwrap_or_default();
                value = elements.get(index);
                Segment::Index(index)
            }
            parent => {
                value = parent.and_then(|parent| parent.get(&*name));
                Segment::Name(name.into_owned())
            }
        }
    });
    let path = path.collect();
    (path, value.unwrap_or_else(|| error.instance()))
}
