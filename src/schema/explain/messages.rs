//! pydantic's names and sentences for what a validator finds.
//! They are listed at <https://docs.pydantic.dev/latest/errors/validation_errors/>.

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{JsonType, ValidationError};
use serde_json::Value;

use super::capped;
use crate::json::strict::Segment;
use crate::json::tree::Tree;
use crate::schema::Violation;

/// Adds the violations that one error means, about `input`, which is the whole of the value.
pub(super) fn explain(
    error: &ValidationError<'_>,
    spelling: Option<&Tree>,
    path: Vec<Segment>,
    input: &Value,
    found: &mut Vec<Violation>,
) {
    use ValidationErrorKind as Kind;
    match error.kind() {
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default().to_owned();
            let path = child(&path, name);
            found.push(Violation::missing(path, input));
        }
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            let extra = unexpected.iter().take(super::MOST_VIOLATIONS).map(|name| {
                let input = input.get(name).unwrap_or(&Value::Null);
                Violation::extra(child(&path, name.clone()), input)
            });
            found.extend(extra);
        }
        Kind::PropertyNames { error } => {
            let name = error.instance().as_str().unwrap_or_default().to_owned();
            let input: &Value = error.instance();
            explain(error, spelling, child(&path, name), input, found);
        }
        kind => found.push(one(kind, error, spelling, path, input)),
    }
}

/// A violation's sentence with the place it is about, for a sentence about several.
pub(super) fn placed(violation: &Violation) -> String {
    let mut place = String::new();
    for segment in violation.loc.iter().skip(1) {
        if !place.is_empty() {
            place.push('.');
        }
        match segment {
            Segment::Name(name) => place.push_str(name),
            Segment::Index(index) => place.push_str(&index.to_string()),
        }
    }
    if place.is_empty() {
        violation.msg.clone().into_owned()
    } else {
        format!("{place}: {}", violation.msg)
    }
}

fn one(
    kind: &ValidationErrorKind,
    error: &ValidationError<'_>,
    spelling: Option<&Tree>,
    path: Vec<Segment>,
    input: &Value,
) -> Violation {
    use ValidationErrorKind as Kind;
    let new = |kind, message: String| Violation::new(kind, path.clone(), message, input);
    let as_written = |value: &Value| as_written(value, error, spelling);
    match kind {
        Kind::Type { kind } => wrong_type(kind, path, input),
        Kind::Enum { options } => {
            let options = as_written(options);
            let expected = either(options.as_array().map(Vec::as_slice).unwrap_or_default());
            new("enum", format!("Input should be {expected}")).with("expected", expected)
        }
        Kind::Constant { expected_value } => {
            let expected = either(&[as_written(expected_value)]);
            new("literal_error", format!("Input should be {expected}")).with("expected", expected)
        }
        Kind::MinLength { limit } => new(
            "string_too_short",
            format!("String should have at least {}", count(*limit, "character")),
        )
        .with("min_length", *limit),
        Kind::MaxLength { limit } => new(
            "string_too_long",
            format!("String should have at most {}", count(*limit, "character")),
        )
        .with("max_length", *limit),
        Kind::Pattern { pattern } => {
            let pattern = capped(pattern);
            let message = format!("String should match pattern '{pattern}'");
            new("string_pattern_mismatch", message).with("pattern", pattern)
        }
        Kind::Minimum { limit } => new(
            "greater_than_equal",
            format!(
                "Input should be greater than or equal to {}",
                as_written(limit)
            ),
        )
        .with("ge", limit.clone()),
        Kind::Maximum { limit } => new(
            "less_than_equal",
            format!(
                "Input should be less than or equal to {}",
                as_written(limit)
            ),
        )
        .with("le", limit.clone()),
        Kind::ExclusiveMinimum { limit } => new(
            "greater_than",
            format!("Input should be greater than {}", as_written(limit)),
        )
        .with("gt", limit.clone()),
        Kind::ExclusiveMaximum { limit } => {
            let message = format!("Input should be less than {}", as_written(limit));
            new("less_than", message).with("lt", limit.clone())
        }
        Kind::MultipleOf { multiple_of } => {
            let message = format!("Input should be a multiple of {multiple_of}");
            new("multiple_of", message).with("multiple_of", *multiple_of)
        }
        Kind::MinItems { limit } => length(path, input, *limit, "List", "at least"),
        Kind::MaxItems { limit } => length(path, input, *limit, "List", "at most"),
        Kind::MinProperties { limit } => length(path, input, *limit, "Dictionary", "at least"),
        Kind::MaxProperties { limit } => length(path, input, *limit, "Dictionary", "at most"),
        Kind::FalseSchema => Violation::extra(path, input),
        _ => {
            let message = capped(&error.masked_with("the input").to_string());
            new("value_error", format!("Value error, {message}")).with("error", message)
        }
    }
}

/// What the schema demands, in numbers as its author wrote them.
fn as_written(value: &Value, error: &ValidationError<'_>, spelling: Option<&Tree>) -> Tree {
    spelling
        .and_then(|schema| schema.pointer(error.schema_path().as_str()))
        .filter(|written| written.to_value() == *value)
        .cloned()
        .unwrap_or_else(|| Tree::from(value.clone()))
}

fn wrong_type(kind: &TypeKind, path: Vec<Segment>, input: &Value) -> Violation {
    let types: Vec<JsonType> = match kind {
        TypeKind::Single(one) => vec![*one],
        TypeKind::Multiple(several) => several.iter().collect(),
    };
    let mut not_null = types.iter().filter(|one| **one != JsonType::Null);
    let (Some(one), None) = (not_null.next(), not_null.next()) else {
        if types.is_empty() || types == [JsonType::Null] {
            return Violation::new("none_required", path, "Input should be None", input);
        }
        let names: Vec<_> = types.iter().map(|one| Tree::from(one.as_str())).collect();
        let message = format!("the input should be of type {}", either(&names));
        return Violation::new(
            "value_error",
            path,
            format!("Value error, {message}"),
            input,
        )
        .with("error", message);
    };
    let (kind, message) = match (one, input) {
        (JsonType::Integer, Value::String(_)) => (
            "int_parsing",
            "Input should be a valid integer, unable to parse string as an integer",
        ),
        (JsonType::Integer, Value::Number(_)) => (
            "int_from_float",
            "Input should be a valid integer, got a number with a fractional part",
        ),
        (JsonType::Integer, _) => ("int_type", "Input should be a valid integer"),
        (JsonType::Number, Value::String(_)) => (
            "float_parsing",
            "Input should be a valid number, unable to parse string as a number",
        ),
        (JsonType::Number, _) => ("float_type", "Input should be a valid number"),
        (JsonType::Boolean, Value::String(_)) => (
            "bool_parsing",
            "Input should be a valid boolean, unable to interpret input",
        ),
        (JsonType::Boolean, _) => ("bool_type", "Input should be a valid boolean"),
        (JsonType::String, _) => ("string_type", "Input should be a valid string"),
        (JsonType::Array, _) => ("list_type", "Input should be a valid list"),
        (JsonType::Object, _) => ("dict_type", "Input should be a valid dictionary"),
        (JsonType::Null, _) => ("none_required", "Input should be None"),
    };
    Violation::new(kind, path, message, input)
}

fn length(path: Vec<Segment>, input: &Value, limit: u64, field: &str, bound: &str) -> Violation {
    let actual = match input {
        Value::Array(elements) => elements.len(),
        Value::Object(members) => members.len(),
        _ => 0,
    };
    let (kind, name) = match bound {
        "at least" => ("too_short", "min_length"),
        _ => ("too_long", "max_length"),
    };
    let items = count(limit, "item");
    let message = format!("{field} should have {bound} {items} after validation, not {actual}");
    Violation::new(kind, path, message, input)
        .with("field_type", field)
        .with(name, limit)
        .with("actual_length", actual)
}

/// `'a', 'b' or 'c'`, as pydantic lists what it expects.
fn either(options: &[Tree]) -> String {
    let mut text = String::new();
    for (index, option) in options.iter().enumerate() {
        match index {
            0 => {}
            _ if index + 1 == options.len() => text.push_str(" or "),
            _ => text.push_str(", "),
        }
        match option {
            Tree::String(option) => {
                text.push('\'');
                text.push_str(option);
                text.push('\'');
            }
            other => text.push_str(&other.to_string()),
        }
    }
    capped(&text)
}

fn count(number: u64, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

fn child(path: &[Segment], name: String) -> Vec<Segment> {
    let mut path = path.to_vec();
    path.push(Segment::Name(name));
    path
}
