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
use crate::json::tree::Tree;

/// Not more violations than this are listed.
const MOST_VIOLATIONS: usize = 100;

/// Of arguments longer than this, in bytes, only an excerpt is explained.
const LONGEST_EXPLAINED: usize = 256 * 1024;

/// A message is cut at this length, in bytes.
const LONGEST_MESSAGE: usize = 1000;

/// What errors are told of.
#[derive(Clone, Copy)]
struct Subject<'a> {
    arguments: &'a Value,
    /// The schema, where it writes numbers otherwise than the validator has them.
    spelling: Option<&'a Tree>,
}

/// Everything that is wrong with `arguments`, whose text was `length` bytes long. `spelling` is
/// the schema, where it writes numbers otherwise than the validator has them.
pub(super) fn violations(
    validator: &Validator,
    costs: &Costs,
    spelling: Option<&Tree>,
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
    let mut found = list(
        validator,
        explained,
        Subject {
            arguments,
            spelling,
        },
    );
    if excerpt.is_some() {
        found.retain(|violation| !excerpt::is_artefact(violation, arguments));
    }
    if found.is_empty() {
        return whole("Value error, the arguments do not fit the tool's schema");
    }
    found
}

/// The errors of `explained`, which may be an excerpt of the arguments that they are told of.
fn list(validator: &Validator, explained: &Value, subject: Subject<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    for error in validator.iter_errors(explained) {
        if found.len() >= MOST_VIOLATIONS {
            break;
        }
        explain(&error, subject, &mut found);
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

fn explain(error: &ValidationError<'_>, subject: Subject<'_>, found: &mut Vec<Violation>) {
    let (path, input) = place(error, subject.arguments);
    if !choice::explain(error, subject, &path, input, found) {
        messages::explain(error, subject.spelling, path, input, found);
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
