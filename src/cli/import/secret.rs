//! What looks like a secret that stands in a config as plain text.

use serde_json::{Map, Value};
use url::Url;

/// Words in the names of things that are secrets.
const WORDS: [&str; 11] = [
    "token",
    "secret",
    "password",
    "passwd",
    "apikey",
    "accesskey",
    "privatekey",
    "authorization",
    "credential",
    "cookie",
    "sessionkey",
];

/// The places in an entry where secrets stand in plain text, by names alone.
pub(super) fn in_plain_text(entry: &Map<String, Value>) -> Vec<String> {
    let mut places = Vec::new();
    for section in ["env", "headers", "auth", "oauth"] {
        let members = entry
            .get(section)
            .and_then(Value::as_object)
            .into_iter()
            .flatten();
        for (name, value) in members {
            if is_plain(value) && is_secret(name) {
                places.push(format!("{section}.{name}"));
            }
        }
    }
    let arguments = entry.get("args").and_then(Value::as_array);
    let mut flag_before = None;
    for argument in arguments.into_iter().flatten() {
        let Some(text) = argument.as_str() else {
            flag_before = None;
            continue;
        };
        match text.split_once('=') {
            Some((flag, value)) if flag.starts_with('-') => {
                if is_secret(flag) && is_plain(&value.into()) {
                    places.push(format!("args: {flag}"));
                }
            }
            _ => {
                if let Some(flag) = flag_before.take()
                    && is_secret(flag)
                    && !text.starts_with('-')
                    && is_plain(argument)
                {
                    places.push(format!("args: {flag}"));
                }
            }
        }
        flag_before = text.starts_with('-').then_some(text);
    }
    if let Some(url) = entry.get("url").and_then(Value::as_str)
        && let Ok(parsed) = Url::parse(url)
    {
        let is_secret_pair =
            |(name, value): (std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)| {
                is_secret(&name) && is_plain(&(*value).into())
            };
        if parsed.password().is_some() || parsed.query_pairs().any(is_secret_pair) {
            places.push("url".to_owned());
        }
    }
    places
}

fn is_plain(value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|text| !text.is_empty() && !text.contains("${"))
}

fn is_secret(name: &str) -> bool {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    let folded: String = letters.flat_map(char::to_lowercase).collect();
    folded == "key"
        || folded == "pat"
        || WORDS.iter().any(|word| folded.contains(word))
        || ["_KEY", "-KEY", "_PAT"]
            .iter()
            .any(|end| name.to_ascii_uppercase().ends_with(end))
}
