//! Arguments of tools that are repeated in headers: the `x-mcp-header` annotations of a tool, and
//! the values that headers hold (MCP 2026-07-28, custom headers from tool parameters).

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use base64::Engine as _;
use reqwest::header::{HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use crate::json::{self, Raw};

const KEYWORD: &str = "x-mcp-header";

/// How deep a schema may be for its annotations to be looked for.
const MAX_DEPTH: usize = 64;

/// An argument that is repeated in a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Annotation {
    /// The members that lead to it.
    pub(crate) path: Vec<String>,
    /// `Mcp-Param-…`.
    pub(crate) header: HeaderName,
}

/// The name of a tool and its annotations; or its name, and why it has to be left out.
///
/// A definition that can't be read at all is somebody else's to refuse.
pub(crate) fn read(definition: &Raw) -> Result<(String, Vec<Annotation>), (String, String)> {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct Definition {
        name: String,
        input_schema: Value,
    }
    // Most definitions have none.
    if !definition.get().contains(KEYWORD) {
        return Ok((String::new(), Vec::new()));
    }
    let definition: Definition = serde_json::from_str(definition.get()).unwrap_or_default();
    let mut found = Found::default();
    match found.walk(&definition.input_schema, &mut Vec::new(), true) {
        Ok(()) => Ok((definition.name, found.annotations)),
        Err(problem) => Err((definition.name, problem)),
    }
}

/// The headers of annotations and what they repeat of the arguments. There is none where a value
/// is absent, `null`, or of a type that no header holds.
pub(crate) fn repeated(
    arguments: &RawValue,
    annotations: &[Annotation],
) -> Vec<(HeaderName, String)> {
    let annotations: Vec<_> = annotations.iter().collect();
    let mut repeated = Vec::with_capacity(annotations.len());
    repeat(arguments, 0, &annotations, &mut repeated);
    repeated
}

/// Looks for the values at the paths of annotations, which this value is at the given depth of,
/// so that each object is read once.
fn repeat(
    value: &RawValue,
    depth: usize,
    annotations: &[&Annotation],
    repeated: &mut Vec<(HeaderName, String)>,
) {
    let mut deeper: HashMap<&str, Vec<&Annotation>> = HashMap::new();
    for annotation in annotations {
        if let Some(name) = annotation.path.get(depth) {
            deeper.entry(name).or_default().push(annotation);
        } else if let Some(text) = header_text(value) {
            repeated.push((annotation.header.clone(), text.into_owned()));
        }
    }
    if deeper.is_empty() {
        return;
    }
    for (name, member) in json::members(value.get()).unwrap_or_default() {
        if let Some(annotations) = deeper.get(name.as_ref()) {
            repeat(member, depth + 1, annotations, repeated);
        }
    }
}

fn header_text(value: &RawValue) -> Option<Cow<'_, str>> {
    match value.get().as_bytes().first()? {
        b'"' => serde_json::from_str(value.get()).ok().map(Cow::Owned),
        b't' | b'f' | b'-' | b'0'..=b'9' => Some(Cow::Borrowed(value.get())),
        _ => None,
    }
}

/// What stands around a value that had to be encoded.
const ENCODED: (&str, &str) = ("=?base64?", "?=");

/// A text as the value of a header (MCP 2026-07-28, value encoding).
pub(crate) fn encode(text: &str) -> HeaderValue {
    let is_plain = text.bytes().all(|byte| matches!(byte, 0x20..=0x7e | b'\t'))
        && text.trim_matches([' ', '\t']) == text
        && !(text.starts_with(ENCODED.0) && text.ends_with(ENCODED.1));
    let encoded = if is_plain {
        HeaderValue::from_str(text)
    } else {
        let base64 = base64::engine::general_purpose::STANDARD.encode(text);
        HeaderValue::from_str(&format!("{}{base64}{}", ENCODED.0, ENCODED.1))
    };
    // Visible ASCII always is a header value.
    encoded.unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// The text that a header's value stands for; nothing where it is not encoded as it should be.
pub(crate) fn decode(value: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(value).ok()?;
    let text = text.trim_matches([' ', '\t']);
    if !text.bytes().all(|byte| matches!(byte, 0x20..=0x7e | b'\t')) {
        return None;
    }
    let encoded = text
        .strip_prefix(ENCODED.0)
        .and_then(|rest| rest.strip_suffix(ENCODED.1));
    match encoded {
        Some(base64) => {
            let bytes = base64::engine::general_purpose::STANDARD.decode(base64);
            String::from_utf8(bytes.ok()?).ok()
        }
        None => Some(text.to_owned()),
    }
}

#[derive(Default)]
struct Found {
    annotations: Vec<Annotation>,
    headers: HashSet<HeaderName>,
}

impl Found {
    /// Looks at a schema. Annotations are fine only at the end of a chain of `properties`.
    fn walk(
        &mut self,
        schema: &Value,
        path: &mut Vec<String>,
        is_reachable: bool,
    ) -> Result<(), String> {
        if path.len() > MAX_DEPTH {
            return Err("its schema is too deep".into());
        }
        let members = match schema {
            Value::Object(members) => members,
            Value::Array(items) => {
                return items
                    .iter()
                    .try_for_each(|item| self.walk(item, path, false));
            }
            _ => return Ok(()),
        };
        if let Some(annotation) = members.get(KEYWORD) {
            if !is_reachable || path.is_empty() {
                return Err(format!(
                    "{KEYWORD} stands where no chain of `properties` leads to"
                ));
            }
            self.take(annotation, members.get("type"), path)?;
        }
        for (keyword, value) in members {
            match (keyword.as_str(), value) {
                ("properties", Value::Object(properties)) => {
                    for (name, property) in properties {
                        path.push(name.clone());
                        self.walk(property, path, is_reachable)?;
                        path.pop();
                    }
                }
                // Values that hold no schemas.
                ("default" | "const" | "enum" | "examples" | KEYWORD, _) => {}
                (_, value) => {
                    path.push(keyword.clone());
                    self.walk(value, path, false)?;
                    path.pop();
                }
            }
        }
        Ok(())
    }

    fn take(
        &mut self,
        annotation: &Value,
        kind: Option<&Value>,
        path: &[String],
    ) -> Result<(), String> {
        let name = annotation
            .as_str()
            .filter(|name| !name.is_empty())
            .ok_or_else(|| format!("{KEYWORD} must be a string that is not empty"))?;
        let header = HeaderName::from_bytes(format!("Mcp-Param-{name}").as_bytes())
            .map_err(|_| format!("{KEYWORD} {name:?} can't be part of a header's name"))?;
        if !is_primitive(kind) {
            return Err(format!(
                "{KEYWORD} {name:?} stands at a property that is no string, integer or boolean"
            ));
        }
        if !self.headers.insert(header.clone()) {
            return Err(format!("{KEYWORD} {name:?} stands there twice"));
        }
        self.annotations.push(Annotation {
            path: path.to_vec(),
            header,
        });
        Ok(())
    }
}

/// `null` beside a primitive type is fine: then there is no header.
fn is_primitive(kind: Option<&Value>) -> bool {
    let is_one = |kind: &Value| matches!(kind.as_str(), Some("string" | "integer" | "boolean"));
    match kind {
        Some(Value::Array(kinds)) => {
            let mut kinds = kinds.iter().filter(|kind| kind.as_str() != Some("null"));
            kinds.next().is_some_and(is_one) && kinds.all(is_one)
        }
        Some(kind) => is_one(kind),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(schema: &str) -> Option<String> {
        let text = format!(r#"{{"name":"t","inputSchema":{schema}}}"#);
        read(&Raw::parse(text.into()).unwrap())
            .err()
            .map(|(_, problem)| problem)
    }

    #[test]
    fn tools_with_an_invalid_annotation_are_refused() {
        for schema in [
            r#"{"properties":{"a":{"type":"string","x-mcp-header":""}}}"#,
            r#"{"properties":{"a":{"type":"string","x-mcp-header":7}}}"#,
            r#"{"properties":{"a":{"type":"string","x-mcp-header":"a b"}}}"#,
            r#"{"properties":{"a":{"type":"string","x-mcp-header":"a\r\nb"}}}"#,
            r#"{"properties":{"a":{"type":"number","x-mcp-header":"A"}}}"#,
            r#"{"properties":{"a":{"x-mcp-header":"A"}}}"#,
            r#"{"properties":{"a":{"type":"string","x-mcp-header":"A"},"b":{"type":"string","x-mcp-header":"a"}}}"#,
            r#"{"properties":{"a":{"items":{"type":"string","x-mcp-header":"A"}}}}"#,
            r#"{"anyOf":[{"properties":{"a":{"type":"string","x-mcp-header":"A"}}}]}"#,
            r#"{"$defs":{"d":{"type":"string","x-mcp-header":"A"}}}"#,
            r#"{"type":"string","x-mcp-header":"A"}"#,
        ] {
            assert!(problem(schema).is_some(), "{schema}");
        }
    }

    #[test]
    fn a_property_or_a_default_of_that_name_is_no_annotation() {
        let schema = r#"{"properties":{"x-mcp-header":{"type":"number"},
            "a":{"default":{"x-mcp-header":7}}}}"#;
        assert_eq!(problem(schema), None);
    }
}
