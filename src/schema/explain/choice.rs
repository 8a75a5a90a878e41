//! Errors of `anyOf` and `oneOf`: what to tell of alternatives that all don't fit.

use jsonschema::JsonType;
use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde_json::Value;

use super::{LONGEST_MESSAGE, Subject, capped, messages};
use crate::json::strict::Segment;
use crate::schema::Violation;

/// Explains an error of a choice. `false` if it is another error.
pub(super) fn explain(
    error: &ValidationError<'_>,
    subject: Subject<'_>,
    path: &[Segment],
    input: &Value,
    found: &mut Vec<Violation>,
) -> bool {
    let alternatives = match error.kind() {
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            context
        }
        ValidationErrorKind::OneOfMultipleValid { .. } => {
            let message = "fits more than one of the alternatives, and should fit exactly one";
            found.push(value_error(path, message, input));
            return true;
        }
        _ => return false,
    };
    // Whoever sends a wrong number for an optional number wants to read about numbers.
    let not_null = alternatives.iter().filter(|errors| !only_null(errors));
    // An alternative for another type of value is not the one that was meant.
    let meant = not_null.clone().filter(|errors| !wrong_type(errors, error));
    // Nor is one that a member such as `type` or `kind` rules out.
    let marked = meant.clone().filter(|errors| !wrong_mark(errors, error));
    let one = single(marked)
        .or_else(|| single(meant))
        .or_else(|| single(not_null));
    if let Some(errors) = one {
        for error in errors.iter().take(super::MOST_VIOLATIONS) {
            super::explain(error, subject, found);
        }
        return true;
    }
    found.push(value_error(path, &summary(alternatives, subject), input));
    true
}

fn single<'a, T: ?Sized>(mut items: impl Iterator<Item = &'a T>) -> Option<&'a T> {
    let first = items.next()?;
    items.next().is_none().then_some(first)
}

/// Whether the alternative is `null` and nothing else.
fn only_null(errors: &[ValidationError<'_>]) -> bool {
    errors.iter().any(|error| {
        matches!(
            error.kind(),
            ValidationErrorKind::Type {
                kind: TypeKind::Single(JsonType::Null)
            }
        )
    })
}

/// Whether the alternative fails by the type of the value itself.
fn wrong_type(errors: &[ValidationError<'_>], whole: &ValidationError<'_>) -> bool {
    errors.iter().any(|error| {
        matches!(error.kind(), ValidationErrorKind::Type { .. })
            && error.instance_path() == whole.instance_path()
    })
}

/// Whether a member that can only have one value, or few, has another.
fn wrong_mark(errors: &[ValidationError<'_>], whole: &ValidationError<'_>) -> bool {
    let whole = whole.instance_path().as_str();
    errors.iter().any(|error| {
        let path = error.instance_path().as_str();
        let member = path.strip_prefix(whole).unwrap_or_default();
        matches!(
            error.kind(),
            ValidationErrorKind::Constant { .. } | ValidationErrorKind::Enum { .. }
        ) && member.rfind('/') == Some(0)
    })
}

fn summary(alternatives: &[Vec<ValidationError<'static>>], subject: Subject<'_>) -> String {
    use std::fmt::Write as _;
    let mut text = format!("fits none of the {} alternatives", alternatives.len());
    for (number, errors) in alternatives.iter().enumerate() {
        let mut reasons = Vec::new();
        for error in errors.iter().take(3) {
            let (path, input) = super::place(error, subject.arguments);
            messages::explain(error, subject.spelling, path, input, &mut reasons);
        }
        let separator = if number == 0 { ": " } else { "; " };
        let _ = write!(text, "{separator}({})", number + 1);
        for (nth, reason) in reasons.iter().take(3).enumerate() {
            let comma = if nth == 0 { " " } else { ", " };
            let _ = write!(text, "{comma}{}", messages::placed(reason));
        }
        if text.len() > LONGEST_MESSAGE {
            break;
        }
    }
    text
}

fn value_error(path: &[Segment], message: &str, input: &Value) -> Violation {
    let message = capped(message);
    Violation::new(
        "value_error",
        path.to_vec(),
        format!("Value error, the input {message}"),
        input,
    )
    .with("error", message)
}
