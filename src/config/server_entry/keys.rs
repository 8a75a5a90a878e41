//! Keys of an entry that are not read: those of other programs, and misspelt ones.

use crate::config::document::Object;
use crate::config::error::{ConfigError, Place, Problem};
use crate::config::server_entry::forwarding;
use crate::config::warning::Warning;

/// Keys that other programs put into entries.
pub(crate) const FOREIGN_KEYS: [&str; 22] = [
    "allow",
    "alwaysAllow",
    "always_allow",
    "autoApprove",
    "auto_approve",
    "autoConnect",
    "autoStart",
    "category",
    "dev",
    "disabledReason",
    "envFile",
    "excludeTools",
    "gallery",
    "icon",
    "includeTools",
    "logoUrl",
    "networkTimeout",
    "provider",
    "tags",
    "timeout",
    "trust",
    "watchPaths",
];

/// Foreign keys whose effect the user might miss, and what has it here.
const COUNTERPARTS: [(&str, &str); 5] = [
    (
        "timeout",
        "use `callTimeout`, such as \"callTimeout\": \"60s\"",
    ),
    (
        "networkTimeout",
        "use `callTimeout`, such as \"callTimeout\": \"60s\"",
    ),
    ("envFile", "use `env`, or --env-path for all servers"),
    ("excludeTools", "use `disabledTools`"),
    ("includeTools", "list the others in `disabledTools`"),
];

/// What does here what a key of another program does there.
pub(crate) fn counterpart(key: &str) -> Option<&'static str> {
    let mut counterparts = COUNTERPARTS.iter();
    let (_, instead) = counterparts.find(|(foreign, _)| *foreign == key)?;
    Some(instead)
}

/// Keys that are probably meant as another one, though not spelt alike.
pub(crate) const OTHER_WORDS: [(&str, &str); 8] = [
    ("cmd", "command"),
    ("executable", "command"),
    ("arguments", "args"),
    ("environment", "env"),
    ("workingDirectory", "cwd"),
    ("working_directory", "cwd"),
    ("workdir", "cwd"),
    ("enabled", "disabled"),
];

/// What kind of server an entry is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A program that speaks MCP.
    Program,
    /// An MCP server over HTTP.
    Remote,
    /// A REST API.
    OpenApi,
}

/// Keys that mean something in entries of other kinds alone, and why not in these.
const OF_OTHERS: [(Kind, &str, &str); 5] = [
    (
        Kind::Program,
        "headers",
        "is for remote servers; this one is a program, to which `env` can pass secrets",
    ),
    (
        Kind::Program,
        "oauth",
        "is for remote servers; this one is a program, which logs in by itself",
    ),
    (
        Kind::OpenApi,
        "isolation",
        "is for MCP servers; a REST API has no sessions",
    ),
    (
        Kind::OpenApi,
        "protocolVersion",
        "is for MCP servers; a REST API speaks none",
    ),
    (
        Kind::OpenApi,
        "idleTimeout",
        "is for MCP servers; a REST API has no streams that stay",
    ),
];

pub(super) fn look_at_unknown_keys(
    object: &mut Object<'_>,
    kind: Kind,
    warnings: &mut Vec<Warning>,
) -> Result<(), ConfigError> {
    for (of, key, why) in OF_OTHERS {
        if of == kind
            && let Some(node) = object.take(key)
        {
            warnings.push(ignored(&node.place(), why));
        }
    }
    if kind == Kind::Program
        && let Some(node) = forwarding::take(object)?
        && forwarding::is_enabled(node.clone())?
    {
        let message = "is for remote servers; this one is a program, which gets no headers";
        warnings.push(ignored(&node.place(), message));
    }
    let other_words: Vec<&str> = OTHER_WORDS.iter().map(|(word, _)| *word).collect();
    let skipped: Vec<&str> = FOREIGN_KEYS.iter().copied().chain(other_words).collect();
    for member in object.unknown(&skipped)? {
        let key = member.key.as_str();
        if let Some((_, meant)) = OTHER_WORDS.iter().find(|(word, _)| *word == key) {
            let near = Some((*meant).to_owned());
            return Err(member.error(Problem::UnknownKey {
                key: key.to_owned(),
                near,
            }));
        }
        if kind == Kind::OpenApi && !FOREIGN_KEYS.contains(&key) {
            return Err(member.error(Problem::UnknownKey {
                key: key.to_owned(),
                near: None,
            }));
        }
        if let Some(instead) = counterpart(key) {
            let message = format!("is another program's; {instead}");
            warnings.push(ignored(&member.place(), &message));
        } else if !FOREIGN_KEYS.contains(&key) {
            warnings.push(ignored(&member.place(), "means nothing here"));
        }
    }
    Ok(())
}

fn ignored(place: &Place, why: &str) -> Warning {
    Warning::at(place, &format!("this key is ignored: it {why}"))
}
