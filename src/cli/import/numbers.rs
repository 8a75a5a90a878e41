//! Numbers where text is meant, kept as they are written: a program that is started with `1.10` gets
//! these four letters.

use serde_json::Value;

use crate::config::document::Node;
use crate::config::error::ConfigError;

/// The keys of a server whose numbers become text.
const OF_TEXTS: [&str; 3] = ["args", "env", "headers"];

/// Keys below which nothing is text of that kind.
const OTHERS: [&str; 4] = ["spec", "tools", "groups", "gateway"];

/// Has numbers be text that would be spelt otherwise as numbers. `value` is what `node` was read to.
pub(super) fn keep(value: &mut Value, node: Node<'_>) -> Result<(), ConfigError> {
    let Value::Object(members) = value else {
        return Ok(());
    };
    for member in node.object("{…}")?.into_members() {
        let key = member.key.as_str();
        match members.get_mut(key) {
            Some(texts) if OF_TEXTS.contains(&key) => keep_texts(texts, member.value)?,
            Some(inner) if !OTHERS.contains(&key) => keep(inner, member.value)?,
            Some(_) | None => {}
        }
    }
    Ok(())
}

fn keep_texts(value: &mut Value, node: Node<'_>) -> Result<(), ConfigError> {
    match value {
        Value::Array(items) => {
            let nodes = node.list("a list", "[]")?;
            for (item, node) in items.iter_mut().zip(&nodes) {
                keep_text(item, node)?;
            }
        }
        Value::Object(members) => {
            for member in node.object("{…}")?.into_members() {
                if let Some(item) = members.get_mut(&member.key) {
                    keep_text(item, &member.value)?;
                }
            }
        }
        _ => {}
    }
    Ok(())
}

fn keep_text(value: &mut Value, node: &Node<'_>) -> Result<(), ConfigError> {
    if let Value::Number(number) = value {
        let written = node.scalar("a number", "1")?;
        if number.to_string() != written {
            *value = Value::String(written);
        }
    }
    Ok(())
}
