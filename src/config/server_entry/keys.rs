//! Keys of an entry that are not read: those of other programs, misspelt ones, and those whose
//! capability is not built yet.

use crate::config::document::Object;
use crate::config::error::{ConfigError, Place, Problem};
use crate::config::server::ServerType;
use crate::config::warning::Warning;

/// Keys that other programs put into entries.
const FOREIGN_KEYS: [&str; 22] = [
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

/// Keys that are probably meant as another one, though not spelt alike.
const OTHER_WORDS: [(&str, &str); 8] = [
    ("cmd", "command"),
    ("executable", "command"),
    ("arguments", "args"),
    ("environment", "env"),
    ("workingDirectory", "cwd"),
    ("working_directory", "cwd"),
    ("workdir", "cwd"),
    ("enabled", "disabled"),
];

pub(super) fn refuse_what_is_not_built(object: &mut Object<'_>) -> Result<(), ConfigError> {
    const REMOTE: &str = "disable this server, or reach it with a command that bridges, such as \"command\": \"npx\", \"args\": [\"-y\", \"mcp-remote\", \"URL\"]";
    if let Some(node) = object.take_either("type", "transport")? {
        match node.parsed::<ServerType>("a string", "\"stdio\"")? {
            ServerType::Stdio => {}
            ServerType::Sse | ServerType::StreamableHttp | ServerType::OpenApi => {
                let problem = Problem::Unsupported {
                    what: "a `type` other than stdio",
                    instead: REMOTE,
                };
                return Err(node.error(problem));
            }
        }
    }
    if let Some(url) = object.take("url") {
        if object.has("command") {
            return Err(url.error(Problem::CommandAndUrl));
        }
        return Err(url.error(Problem::Unsupported {
            what: "a server at a `url`",
            instead: REMOTE,
        }));
    }
    if let Some(oauth) = object.take("oauth") {
        let problem = Problem::Unsupported {
            what: "OAuth towards servers",
            instead: "remove `oauth`, or disable this server",
        };
        return Err(oauth.error(problem));
    }
    if let Some(isolation) = object.take("isolation") {
        let problem = Problem::Unsupported {
            what: "isolating sessions",
            instead: "remove `isolation`; callers share one session",
        };
        return Err(isolation.error(problem));
    }
    if let Some(forwarding) =
        object.take_either("client_header_forwarding", "clientHeaderForwarding")?
    {
        let mut settings = forwarding.clone().object("{\"enabled\": false}")?;
        let enabled = settings
            .take("enabled")
            .map(|enabled| enabled.boolean())
            .transpose()?;
        if enabled == Some(true) {
            let problem = Problem::Unsupported {
                what: "forwarding headers of callers",
                instead: "remove the key, or set its `enabled` to false",
            };
            return Err(forwarding.error(problem));
        }
    }
    Ok(())
}

pub(super) fn look_at_unknown_keys(
    object: &mut Object<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<(), ConfigError> {
    if let Some(headers) = object.take("headers") {
        let message =
            "is for remote servers; this one is a program, to which `env` can pass secrets";
        warnings.push(ignored(&headers.place(), message));
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
        if let Some((_, instead)) = COUNTERPARTS.iter().find(|(foreign, _)| *foreign == key) {
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
