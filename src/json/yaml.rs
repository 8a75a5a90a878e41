//! What the scalars of YAML 1.2 are in JSON, by the core schema.

use serde_saphyr::granit_parser::{ScalarStyle, Tag};

use super::tree::{Number, Tree};

/// What a scalar is (YAML 1.2.2 section 10.3.2).
pub(crate) fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Tree {
    let says_text = tag.is_some_and(|tag| tag.is_yaml_core_schema_tag("str"));
    let says_number = tag.is_some_and(|tag| {
        tag.is_yaml_core_schema_tag("int") || tag.is_yaml_core_schema_tag("float")
    });
    if says_text || (style != ScalarStyle::Plain && !says_number) {
        return Tree::String(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Tree::Null,
        "true" | "True" | "TRUE" => Tree::Bool(true),
        "false" | "False" | "FALSE" => Tree::Bool(false),
        plain => match number(plain) {
            Some(number) => Tree::Number(Number::new(number)),
            None => Tree::String(text.to_owned()),
        },
    }
}

/// A number as JSON writes it, changed only as far as JSON demands.
pub(crate) fn number(text: &str) -> Option<String> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = digits.strip_prefix(prefix) {
            let is_plain = digits.bytes().all(|byte| byte.is_ascii_alphanumeric());
            let value = u128::from_str_radix(digits, radix).ok();
            return value
                .filter(|_| is_plain)
                .map(|value| format!("{sign}{value}"));
        }
    }
    let (significand, exponent) = match digits.find(['e', 'E']) {
        Some(at) => (digits.get(..at)?, digits.get(at..)?),
        None => (digits, ""),
    };
    let (whole, fraction) = significand.split_once('.').unwrap_or((significand, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    if let Some(power) = exponent.get(1..) {
        let power = power.strip_prefix(['+', '-']).unwrap_or(power);
        if power.is_empty() || !all_digits(power) {
            return None;
        }
    }
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        whole => whole,
    };
    let point = if fraction.is_empty() { "" } else { "." };
    Some(format!("{sign}{whole}{point}{fraction}{exponent}"))
}
