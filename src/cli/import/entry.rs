//! One server as another program describes it, in our words.

use serde_json::{Map, Value};

use crate::config::file::ServerEntry;

/// Keys of other programs that mean what one of ours means.
const SAME: [(&str, &str); 5] = [
    ("serverUrl", "url"),
    ("httpUrl", "url"),
    ("workingDirectory", "cwd"),
    ("excludeTools", "disabledTools"),
    ("exclude_tools", "disabledTools"),
];

/// What to do about keys that have no counterpart.
const ADVICE: [(&str, &str); 9] = [
    (
        "envFile",
        "give the file with `--env-path`, which is for all servers",
    ),
    ("timeout", "write `callTimeout`, such as \"60s\""),
    ("networkTimeout", "write `callTimeout`, such as \"60s\""),
    ("includeTools", "list the others in `disabledTools`"),
    ("autoApprove", "callers decide about that"),
    ("alwaysAllow", "callers decide about that"),
    ("trust", "callers decide about that"),
    ("dev", "changes of its files are not followed"),
    ("sandbox", "run it in a container where it needs one"),
];

/// Translates the keys of an entry; what is left out is noted, each after `place`.
pub(super) fn translate(entry: &mut Map<String, Value>, place: &str, notes: &mut Vec<String>) {
    for (theirs, ours) in SAME {
        if !entry.contains_key(ours)
            && let Some(value) = entry.shift_remove(theirs)
        {
            entry.insert(ours.to_owned(), value);
            if theirs == "httpUrl" && !entry.contains_key("type") {
                entry.insert("type".to_owned(), "streamable-http".into());
            }
        }
    }
    for key in ["enabled", "isActive"] {
        if let Some(enabled) = entry.shift_remove(key)
            && enabled == Value::Bool(false)
        {
            entry.insert("disabled".to_owned(), true.into());
        }
    }
    for key in ["type", "transport"] {
        let Some(Value::String(kind)) = entry.get_mut(key) else {
            continue;
        };
        match kind.to_ascii_lowercase().as_str() {
            "http" | "streamablehttp" | "streamable_http" | "remote" => {
                "streamable-http".clone_into(kind);
            }
            "local" => "stdio".clone_into(kind),
            _ => {}
        }
    }
    // GitHub's Copilot lists the tools that may be used, mostly all.
    if let Some(list @ Value::Array(_)) = entry.get("tools") {
        if *list != serde_json::json!(["*"]) {
            notes.push(left_out(
                place,
                "tools",
                "list the others in `disabledTools`",
            ));
        }
        entry.shift_remove("tools");
    }
    entry.retain(|key, _| {
        let is_ours = ServerEntry::KEYS.contains(&key.as_str());
        if !is_ours {
            let advice = ADVICE.iter().find(|(theirs, _)| theirs == key);
            notes.push(match advice {
                Some((_, advice)) => left_out(place, key, advice),
                None => left_out(place, key, "there is nothing like it here"),
            });
        }
        is_ours
    });
}

fn left_out(place: &str, key: &str, advice: &str) -> String {
    format!("{place}: `{}` is left out: {advice}", key.escape_debug())
}
