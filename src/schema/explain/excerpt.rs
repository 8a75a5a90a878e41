//! Arguments too large to be explained as a whole. A list of a million wrong elements would
//! become a million errors, and a choice would collect them for each of its alternatives.

use serde_json::Value;

use crate::json::strict::Segment;
use crate::schema::Violation;

/// How many values are looked at.
const MOST_VALUES: usize = 10_000;

/// The first values of `arguments`.
pub(super) fn excerpt(arguments: &Value) -> Value {
    copy(arguments, &mut { MOST_VALUES })
}

/// Whether a violation found in an excerpt only tells of what the excerpt lacks.
pub(super) fn is_artefact(violation: &Violation, arguments: &Value) -> bool {
    let mut path = violation.loc.iter().skip(1);
    let found = path.try_fold(arguments, |value, segment| match segment {
        Segment::Name(name) => value.get(name),
        Segment::Index(index) => value.get(index),
    });
    match violation.kind {
        "missing" => found.is_some(),
        "too_short" => {
            let length = match found {
                Some(Value::Array(elements)) => elements.len(),
                Some(Value::Object(members)) => members.len(),
                _ => return false,
            };
            let least = violation.ctx.as_ref().and_then(|ctx| ctx.get("min_length"));
            least.and_then(Value::as_u64) <= u64::try_from(length).ok()
        }
        _ => false,
    }
}

fn copy(value: &Value, room: &mut usize) -> Value {
    let mut enter = || {
        let left = room.checked_sub(1);
        *room = left.unwrap_or(0);
        left.is_some()
    };
    match value {
        Value::Array(elements) => {
            let mut copied = Vec::new();
            for element in elements {
                if !enter() {
                    break;
                }
                copied.push(element);
            }
            copied
                .into_iter()
                .map(|element| copy(element, room))
                .collect()
        }
        Value::Object(members) => {
            let mut copied = Vec::new();
            for member in members {
                if !enter() {
                    break;
                }
                copied.push(member);
            }
            let copied = copied.into_iter();
            let copied = copied.map(|(name, member)| (name.clone(), copy(member, room)));
            Value::Object(copied.collect())
        }
        scalar => scalar.clone(),
    }
}
