//! Several texts as one config.

use std::collections::{HashMap, HashSet};

use super::tree::{Content, Entry, Value, Wrong};
use super::{KeyPath, Kind, Text};
use crate::config::error::{ConfigError, Problem};

/// The objects whose members may come from several texts, and how one looks.
pub(super) const SECTIONS: [(&str, &str); 3] = [
    ("mcpServers", "{\"time\": {\"command\": \"uvx\"}}"),
    ("groups", "{\"research\": {\"servers\": [\"time\"]}}"),
    ("gateway", "{\"port\": 8000}"),
];

/// Makes one tree of the trees of several texts.
pub(super) fn merge(roots: Vec<Value>, texts: &[Text]) -> Result<Value, ConfigError> {
    let mut roots = roots.into_iter();
    let first = roots.next();
    let mut merged = first.unwrap_or_else(|| Value {
        place: super::Span {
            text: 0,
            start: 0,
            end: 0,
        },
        content: Content::Object(Vec::new()),
    });
    // Without others it is as it is, whatever it is.
    if roots.len() > 0 {
        entries(&mut merged, "{\"mcpServers\": {…}}", texts, "")?;
    }
    for mut root in roots {
        let text = root.place.text;
        let more = std::mem::take(entries(&mut root, "{\"mcpServers\": {…}}", texts, "")?);
        let all = entries(&mut merged, "{\"mcpServers\": {…}}", texts, "")?;
        let mut keys = HashSet::new();
        for mut entry in more {
            if !keys.insert(entry.key.clone()) {
                // The reader of the tree tells of it.
                all.push(entry);
                continue;
            }
            let other = all
                .iter_mut()
                .find(|other| other.key == entry.key && other.value.place.text != text);
            let section = SECTIONS.iter().find(|(key, _)| *key == entry.key);
            match (other, section) {
                (None, _) => all.push(entry),
                (Some(_), None) => {}
                (Some(_), Some(_)) if entry.value.kind() == Kind::Null => {}
                (Some(other), Some(_)) if other.value.kind() == Kind::Null => *other = entry,
                (Some(other), Some((key, example))) => {
                    let more = std::mem::take(entries(&mut entry.value, example, texts, key)?);
                    let all = entries(&mut other.value, example, texts, key)?;
                    append(all, more, key, texts)?;
                }
            }
        }
    }
    Ok(merged)
}

/// Adds members of another text.
fn append(
    all: &mut Vec<Entry>,
    more: Vec<Entry>,
    section: &str,
    texts: &[Text],
) -> Result<(), ConfigError> {
    let known: HashMap<&str, &Entry> = all
        .iter()
        .map(|entry| (entry.key.as_str(), entry))
        .collect();
    for entry in &more {
        let Some(other) = known.get(entry.key.as_str()) else {
            continue;
        };
        let path = KeyPath::default().member(section).member(&entry.key);
        let Some(text) = texts.get(other.value.place.text) else {
            continue;
        };
        let place = text.place(other.key_offset, &path);
        let problem = Problem::DefinedTwice(Box::new(place));
        let wrong = Wrong::new(entry.key_offset, problem);
        return Err(error(
            wrong.in_member(&entry.key),
            section,
            entry.value.place.text,
            texts,
        ));
    }
    all.extend(more);
    Ok(())
}

/// The members of what must be an object.
fn entries<'v>(
    value: &'v mut Value,
    example: &'static str,
    texts: &[Text],
    section: &str,
) -> Result<&'v mut Vec<Entry>, ConfigError> {
    let (place, found) = (value.place, value.kind());
    let Content::Object(entries) = &mut value.content else {
        let problem = Problem::Kind {
            expected: "an object",
            found,
            example,
        };
        let wrong = Wrong::new(place.start, problem);
        return Err(error(wrong, section, place.text, texts));
    };
    Ok(entries)
}

fn error(wrong: Wrong, section: &str, text: usize, texts: &[Text]) -> ConfigError {
    let wrong = if section.is_empty() {
        wrong
    } else {
        wrong.in_member(section)
    };
    match texts.get(text) {
        Some(text) => text.error(wrong),
        None => ConfigError::NoSource,
    }
}
