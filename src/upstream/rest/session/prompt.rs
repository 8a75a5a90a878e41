//! Prompts about an API.

use serde_json::{Map, json};

use super::invalid;
use crate::{
    gateway::SessionError,
    json::{self, Raw},
    upstream::rest::api::Known,
};

/// `prompts/get`.
pub(super) fn get(known: &Known, name: &str, arguments: &Raw) -> Result<Raw, SessionError> {
    let prompt = known.api.prompts.iter().find(|prompt| prompt.name == name);
    let prompt = prompt.ok_or_else(|| invalid(format!("Unknown prompt: {name:?}")))?;
    let arguments = json::members(arguments.get())
        .map_err(|error| invalid(format!("the arguments can't be read: {error}")))?;
    let value = |name: &str| {
        let (_, value) = arguments.iter().find(|(known, _)| known == name)?;
        serde_json::from_str::<String>(value.get()).ok()
    };
    let text = filled(&prompt.text, value);
    let message = json!({"role": "user", "content": {"type": "text", "text": text}});
    let mut result = Map::new();
    if let Some(description) = &prompt.description {
        result.insert("description".to_owned(), description.as_str().into());
    }
    result.insert("messages".to_owned(), json!([message]));
    Ok(Raw::from_value(&result))
}

/// A text with the values of its `{{arguments}}`, nothing for those that were not given. Values are
/// not looked into for further ones.
fn filled(text: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut output = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("{{") {
        output.push_str(before);
        let Some((name, after)) = behind.split_once("}}") else {
            output.push_str("{{");
            output.push_str(behind);
            return output;
        };
        output.push_str(&value(name.trim()).unwrap_or_default());
        rest = after;
    }
    output.push_str(rest);
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_take_their_places_once() {
        let value = |name: &str| match name {
            "a" => Some("{{b}}".to_owned()),
            "b" => Some("2".to_owned()),
            _ => None,
        };
        assert_eq!(
            filled("{{a}} and {{ b }}, {{c}} {{", value),
            "{{b}} and 2,  {{"
        );
        assert_eq!(filled(r#"{"x": {}}"#, value), r#"{"x": {}}"#);
    }
}
