//! Prompts about an API.

use serde_json::{Map, json};

use super::invalid;
use crate::{
    gateway::SessionError,
    json::{self, Raw},
    upstream::rest::{api::Known, changes::Changes},
};

/// `prompts/get`.
pub(super) fn get(
    changes: &Changes,
    known: &Known,
    name: &str,
    arguments: &Raw,
) -> Result<Raw, SessionError> {
    let prompt = changes.prompts(known).find(|prompt| prompt.name == name);
    let prompt = prompt.ok_or_else(|| invalid(format!("Unknown prompt: {name:?}")))?;
    let arguments = json::members(arguments.get())
        .map_err(|error| invalid(format!("the arguments can't be read: {error}")))?;
    let value = |name: &str| {
        let (_, value) = arguments.iter().find(|(known, _)| known == name)?;
        serde_json::from_str::<String>(value.get()).ok()
    };
    let text = filled(&prompt.text, &prompt.places, value);
    let message = json!({"role": "user", "content": {"type": "text", "text": text}});
    let mut result = Map::new();
    if let Some(description) = &prompt.description {
        result.insert("description".to_owned(), description.as_str().into());
    }
    result.insert("messages".to_owned(), json!([message]));
    Ok(Raw::from_value(&result))
}

/// A text with the values of arguments in their places, nothing for those that were not given.
fn filled(
    text: &str,
    places: &[(usize, String)],
    value: impl Fn(&str) -> Option<String>,
) -> String {
    let mut output = String::with_capacity(text.len());
    let mut position = 0;
    for (place, name) in places {
        output.push_str(text.get(position..*place).unwrap_or_default());
        output.push_str(&value(name).unwrap_or_default());
        position = *place;
    }
    output.push_str(text.get(position..).unwrap_or_default());
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_take_their_places_and_nothing_else_changes() {
        let value = |name: &str| match name {
            "a" => Some("{{b}}".to_owned()),
            "b" => Some("2".to_owned()),
            _ => None,
        };
        let places = [
            (0, "a".to_owned()),
            (5, "b".to_owned()),
            (7, "c".to_owned()),
        ];
        assert_eq!(
            filled(" and , {{a}} {{", &places, value),
            "{{b}} and 2, {{a}} {{"
        );
        assert_eq!(filled("{{ x }}", &[], value), "{{ x }}");
    }
}
