//! Which references a config has that must be fetched.

use std::collections::BTreeSet;

use super::merge::SECTIONS;
use super::tree::{Content, Entry, Value};
use crate::config::expansion::{Piece, pieces};
use crate::config::remote::Remote;

/// Collects what must be fetched for the strings that are read: neither those of other programs
/// at the top of a config, nor those of servers that are disabled.
pub(super) fn collect(root: &Value, remotes: &mut BTreeSet<Remote>) {
    let Content::Object(entries) = &root.content else {
        return;
    };
    let is_read = |entry: &&Entry| SECTIONS.iter().any(|(key, _)| *key == entry.key);
    for section in entries.iter().filter(is_read) {
        match &section.value.content {
            Content::Object(entries) => {
                for entry in entries.iter().filter(|entry| !is_disabled(&entry.value)) {
                    collect_all(&entry.value, remotes);
                }
            }
            _ => collect_all(&section.value, remotes),
        }
    }
}

fn is_disabled(value: &Value) -> bool {
    let Content::Object(entries) = &value.content else {
        return false;
    };
    entries.iter().any(|entry| {
        entry.key == "disabled" && matches!(entry.value.content, Content::Boolean(true))
    })
}

fn collect_all(value: &Value, remotes: &mut BTreeSet<Remote>) {
    match &value.content {
        Content::String(text) => {
            // What is wrong with it is told when it is read.
            let pieces = pieces(text).unwrap_or_default();
            remotes.extend(pieces.iter().filter_map(|piece| match piece {
                Piece::Reference(reference) => reference.target.remote(),
                Piece::Text(_) => None,
            }));
        }
        Content::List(items) => {
            for item in items {
                collect_all(item, remotes);
            }
        }
        Content::Object(entries) => {
            for entry in entries {
                collect_all(&entry.value, remotes);
            }
        }
        Content::Null | Content::Boolean(_) | Content::Number(_) => {}
    }
}
