//! One entry of `mcpServers`.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use crate::config::calls::CallConfig;
use crate::config::child_environment::{ChildEnvironment, Inherit};
use crate::config::document::{Kind, Member, Node, Object};
use crate::config::documents::DocumentOverrides;
use crate::config::error::{ConfigError, Problem};
use crate::config::server::{
    ProtocolVersion, ServerConfig, ServerType, StdioConfig, UpstreamConfig,
};
use crate::config::value::{Size, Timeout};
use crate::config::warning::Warning;
use crate::config::{Variables, is_folder};
use crate::gateway::server_name::ServerName;
use crate::secrets::Secret;

/// What entries take from the global settings.
pub(crate) struct Common {
    pub(crate) calls: CallConfig,
    pub(crate) max_line_size: usize,
    pub(crate) env_file: Arc<Variables>,
    pub(crate) env: Variables,
}

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

/// Reads an entry; none where it is disabled.
pub(crate) fn read(
    entry: &Member<'_>,
    common: &Common,
    warnings: &mut Vec<Warning>,
) -> Result<Option<(ServerName, ServerConfig)>, ConfigError> {
    let mut object = entry.value.clone().object("{\"command\": \"uvx\"}")?;
    if let Some(disabled) = object.take("disabled")
        && disabled.boolean()?
    {
        return Ok(None);
    }
    let name: ServerName = entry
        .key
        .parse()
        .map_err(|problem| entry.error(Problem::ServerName(problem)))?;

    refuse_what_is_not_built(&mut object)?;
    let command = object.take("command");
    if object.take("url").is_some() && command.is_some() {
        return Err(object.node().error(Problem::CommandAndUrl));
    }
    let args = object.take("args");
    let cwd = object.take("cwd");
    let env = object.take("env");
    let inherit = object.take_either("inheritEnv", "inherit_env")?;
    let disabled_tools = object.take_either("disabledTools", "disabled_tools")?;
    let start_timeout = object.take("startTimeout");
    let call_timeout = object.take("callTimeout");
    let max_call_timeout = object.take("maxCallTimeout");
    let max_line_size = object.take("maxLineSize");
    let protocol_version = object.take("protocolVersion");
    let title = object.take_either("title", "name")?;
    let description = object.take("description");
    let version = object.take("version");
    if object.take("headers").is_some() {
        let message =
            "is for remote servers; this one is a program, to which `env` can pass secrets";
        warnings.push(ignored(&object, "headers", message));
    }
    look_at_unknown_keys(&object, warnings)?;

    let Some(command) = command else {
        return Err(entry.error(Problem::NoCommand));
    };
    let upstream = UpstreamConfig::Stdio(StdioConfig {
        command: text(&command, "\"uvx\"", warnings)
            .and_then(|text| not_empty(&command, text, "write for example \"uvx\""))?
            .into(),
        args: args
            .map(|args| read_args(&args, warnings))
            .transpose()?
            .unwrap_or_default(),
        cwd: cwd.map(|cwd| read_cwd(&cwd, warnings)).transpose()?,
        environment: ChildEnvironment {
            inherit: inherit
                .map(|inherit| read_inherit(&inherit))
                .transpose()?
                .unwrap_or_default(),
            from_file: common.env_file.clone(),
            set: read_env(env, &common.env, warnings)?,
        },
        max_line_size: max_line_size
            .map(|size| size.parsed::<Size>("a size", "\"64MiB\""))
            .transpose()?
            .map_or(common.max_line_size, Size::bytes),
    });

    let timeout = |node: Option<Node<'_>>| {
        node.map(|node| {
            node.parsed::<Timeout>("a duration", "\"30s\"")
                .map(Timeout::get)
        })
        .transpose()
    };
    let own_call_timeout = timeout(call_timeout.clone())?;
    let own_max = timeout(max_call_timeout)?;
    let max_call_timeout = own_max.unwrap_or(common.calls.max_timeout);
    if let (Some(node), Some(call), Some(max)) = (&call_timeout, own_call_timeout, own_max)
        && max < call
    {
        return Err(node.error(Problem::TimeoutOrder));
    }
    let call_timeout =
        own_call_timeout.unwrap_or_else(|| common.calls.timeout.min(max_call_timeout));
    let server = ServerConfig {
        upstream,
        disabled_tools: disabled_tools
            .map(|tools| tools.strings("[\"convert_time\"]"))
            .transpose()?
            .into_iter()
            .flatten()
            .collect(),
        documents: DocumentOverrides {
            title: title.map(|text| text.string("\"Time\"")).transpose()?,
            description: description
                .map(|text| text.string("\"What it does\""))
                .transpose()?,
            version: version
                .map(|text| text.scalar("a string", "\"1.0\""))
                .transpose()?,
        },
        start_timeout: timeout(start_timeout)?.unwrap_or(common.calls.start_timeout),
        call_timeout,
        max_call_timeout: max_call_timeout.max(call_timeout),
        protocol_version: protocol_version
            .map(|version| version.parsed::<ProtocolVersion>("a string", "\"2025-06-18\""))
            .transpose()?,
    };
    Ok(Some((name, server)))
}

fn refuse_what_is_not_built(object: &mut Object<'_>) -> Result<(), ConfigError> {
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
    if let Some(url) = object.take("url")
        && !object.has("command")
    {
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

fn look_at_unknown_keys(
    object: &Object<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<(), ConfigError> {
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
            warnings.push(ignored(
                object,
                key,
                &format!("is another program's; {instead}"),
            ));
        } else if !FOREIGN_KEYS.contains(&key) {
            warnings.push(ignored(object, key, "means nothing here"));
        }
    }
    Ok(())
}

fn ignored(object: &Object<'_>, key: &str, why: &str) -> Warning {
    Warning::new(format!(
        "`{}`: the key `{key}` is ignored: it {why}",
        object.node().path()
    ))
}

fn read_args(
    node: &Node<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<std::ffi::OsString>, ConfigError> {
    let example = "[\"mcp-server-time\", \"--local-timezone=UTC\"]";
    node.list("a list of strings", example)?
        .iter()
        .map(|item| match item.kind() {
            // Numbers are what people write for ports and the like; `true` is more likely a slip.
            Kind::Number => Ok(item.scalar("a string", "\"8080\"")?.into()),
            _ => text(item, "\"--verbose\"", warnings).map(Into::into),
        })
        .collect()
}

fn read_cwd(node: &Node<'_>, warnings: &mut Vec<Warning>) -> Result<PathBuf, ConfigError> {
    let path = text(node, "\"/srv/files\"", warnings)?;
    let path = PathBuf::from(not_empty(node, path, "write a folder, or remove the key")?);
    if is_folder(&path) {
        Ok(path)
    } else {
        Err(node.error(Problem::NoFolder(path)))
    }
}

fn read_inherit(node: &Node<'_>) -> Result<Inherit, ConfigError> {
    match node.kind() {
        Kind::Boolean if node.boolean()? => Ok(Inherit::All),
        Kind::Boolean => Ok(Inherit::Only(BTreeSet::new())),
        Kind::List => {
            let names = node.strings("[\"AWS_PROFILE\"]")?;
            Ok(Inherit::Only(names.into_iter().collect()))
        }
        Kind::Object | Kind::String | Kind::Number | Kind::Null => {
            Err(node.wrong_kind("a boolean or a list of names", "[\"AWS_PROFILE\"]"))
        }
    }
}

fn read_env(
    node: Option<Node<'_>>,
    common: &Variables,
    warnings: &mut Vec<Warning>,
) -> Result<Variables, ConfigError> {
    let mut variables = common.clone();
    let Some(node) = node else {
        return Ok(variables);
    };
    for member in node.object("{\"TOKEN\": \"abc\"}")?.into_members() {
        if member.key.is_empty() || member.key.contains(['=', '\0']) {
            return Err(member.error(Problem::VariableName));
        }
        // mcpo dies of a number or a boolean here; what is meant is plain.
        let value = match member.value.kind() {
            Kind::Number | Kind::Boolean => member.value.scalar("a string", "\"text\"")?,
            Kind::Null => continue,
            Kind::String | Kind::Object | Kind::List => text(&member.value, "\"text\"", warnings)?,
        };
        variables.insert(member.key, Secret::new(value));
    }
    Ok(variables)
}

/// A string that can be passed to a program.
fn text(
    node: &Node<'_>,
    example: &'static str,
    warnings: &mut Vec<Warning>,
) -> Result<String, ConfigError> {
    let text = node.string(example)?;
    if text.contains('\0') {
        return Err(node.error(Problem::Nul));
    }
    if text.contains("${") {
        warnings.push(Warning::new(format!(
            "`{}`: `${{…}}` is passed on as it is: variables are not supported yet in this file",
            node.path()
        )));
    }
    Ok(text)
}

fn not_empty(node: &Node<'_>, text: String, instead: &'static str) -> Result<String, ConfigError> {
    if text.trim().is_empty() {
        Err(node.error(Problem::Empty(instead)))
    } else {
        Ok(text)
    }
}
