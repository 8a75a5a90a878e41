//! One value of the wrong type, made one of the right type without loss.

use jsonschema::JsonType;
use serde_json::Value;

use crate::json::strict;

/// Converts `value`, spelt `spelling`, to `target`. `None` where something would be lost or
/// guessed. A number keeps its digits either way.
pub(super) fn convert(spelling: &str, value: &Value, target: JsonType) -> Option<(String, Value)> {
    match (value, target) {
        (Value::String(content), JsonType::Integer) => {
            let digits = whole(content)?;
            Some((digits.to_owned(), strict::parse(digits).ok()?))
        }
        // Draft-04 takes no `7.0` for an integer.
        (Value::Number(_), JsonType::Integer) => {
            let digits = whole(spelling)?;
            Some((digits.to_owned(), strict::parse(digits).ok()?))
        }
        (Value::String(content), JsonType::Number) => {
            let number = strict::parse(content).ok().filter(Value::is_number)?;
            Some((content.trim().to_owned(), number))
        }
        (Value::String(content), JsonType::Boolean) => match content.as_str() {
            "true" | "True" => Some(("true".to_owned(), Value::Bool(true))),
            "false" | "False" => Some(("false".to_owned(), Value::Bool(false))),
            _ => None,
        },
        (Value::Number(_) | Value::Bool(_), JsonType::String) => {
            Some((format!("\"{spelling}\""), Value::from(spelling)))
        }
        (Value::String(content), JsonType::Array) => {
            let array = strict::parse(content).ok().filter(Value::is_array)?;
            Some((content.trim().to_owned(), array))
        }
        (Value::String(content), JsonType::Object) => {
            let object = strict::parse(content).ok().filter(Value::is_object)?;
            Some((content.trim().to_owned(), object))
        }
        _ => None,
    }
}

/// The digits of a JSON number that is spelt as a whole one, such as `-7` or `7.0`.
fn whole(spelling: &str) -> Option<&str> {
    let (digits, fraction) = spelling.split_once('.').unwrap_or((spelling, "0"));
    let unsigned = digits.strip_prefix('-').unwrap_or(digits);
    let plain = unsigned.bytes().all(|byte| byte.is_ascii_digit())
        && !fraction.is_empty()
        && fraction.bytes().all(|byte| byte == b'0');
    // JSON has no leading zeros: an identifier such as "007" is not the number 7.
    let canonical = unsigned == "0" || !(unsigned.is_empty() || unsigned.starts_with('0'));
    (plain && canonical).then_some(digits)
}
