//! What the user configured: flags, environment variables and the config file, in this order of
//! precedence, read and checked as a whole before anything starts. The outcome can't hold
//! nonsense: whoever gets a [`Config`] needs no further checks.

pub mod access;
pub mod at_gateway;
pub mod auth;
pub mod calls;
pub mod child_environment;
mod command;
pub mod defaults;
pub(crate) mod document;
pub mod documents;
pub mod env_vars;
pub mod environment;
pub mod error;
pub(crate) mod expansion;
pub mod explained;
pub mod file;
pub mod fixed;
mod folder;
pub(crate) mod foreign_variables;
mod givers;
mod group;
pub mod json_schema;
mod key;
pub mod limits;
pub mod listen;
pub mod live;
mod location;
pub mod log;
pub mod mcp;
pub mod oauth;
pub mod openapi;
pub mod openapi_mcp_server;
pub mod reader;
pub mod reload;
mod remote;
mod seen;
pub mod server;
mod server_entry;
pub mod settings;
mod single;
mod source;
pub(crate) mod spelling;
pub mod value;
pub mod warning;
pub mod watch;

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::cli::arguments::ServeArguments;
use crate::config::access::AccessConfig;
use crate::config::auth::CredentialConfig;
use crate::config::calls::CallConfig;
use crate::config::document::{Document, Object};
use crate::config::documents::DocumentConfig;
use crate::config::environment::Environment;
use crate::config::error::{ConfigError, KeyOrigin, Problem};
use crate::config::explained::Explained;
use crate::config::fixed::FixedConfig;
use crate::config::givers::{Givers, Places};
use crate::config::limits::LimitConfig;
use crate::config::listen::ListenConfig;
use crate::config::live::LiveConfig;
use crate::config::log::LogFormat;
use crate::config::mcp::{EndpointConfig, McpConfig, ReplicaConfig};
use crate::config::openapi_mcp_server::program::ProgramSettings;
use crate::config::reload::ReloadConfig;
use crate::config::seen::Recorder;
use crate::config::server::ServerConfig;
use crate::config::server_entry::Common;
use crate::config::settings::Settings;
use crate::config::source::{ServerSource, Source};
use crate::config::value::LogFilter;
use crate::config::warning::Warning;
use crate::gateway::Group;
use crate::gateway::server_name::ServerName;
use crate::secrets::Secret;

/// Everything that the user configured.
#[derive(Clone, Debug)]
pub struct Config {
    /// The servers to start, in the order of the file. At least one.
    pub servers: IndexMap<ServerName, ServerConfig>,
    /// The names of servers that are switched off, as they stand in the file.
    pub disabled: Vec<String>,
    /// Several servers, or some of their tools, under one name. Their servers are among
    /// `servers`, while their names are not.
    pub groups: IndexMap<ServerName, Group>,
    /// Where their routes are.
    pub layout: Layout,
    /// Whether the environment asks for MCP on standard input and output, where the command line
    /// names no command: `FASTMCP_TRANSPORT=stdio`.
    pub wants_stdio: bool,
    /// What is global.
    pub gateway: GatewayConfig,
    /// Whether and how changes of the config are followed.
    pub reload: ReloadConfig,
    /// What each global setting is, and what says so.
    pub settings: Vec<Explained>,
    /// What is odd, to be logged once.
    pub warnings: Vec<Warning>,
}

/// Where the routes of servers are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layout {
    /// The tools of this server, the only one, are right under the path prefix.
    Single(ServerName),
    /// Each server has a segment of its own.
    Many,
}

/// What is global.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayConfig {
    /// What holds from start to end.
    pub fixed: FixedConfig,
    /// What can change while the gateway runs.
    pub live: LiveConfig,
}

/// Keys at the top of a config file that other programs put there.
pub(crate) const FOREIGN_TOP_KEYS: [&str; 12] = [
    "$schema",
    "inputs",
    "globalShortcut",
    "preferences",
    "theme",
    "mcp",
    "isUsingBuiltInNodeForMcp",
    "scale",
    "locale",
    "userThemeMode",
    "hasTrackedInitialActivation",
    "version",
];

impl Config {
    /// Resolves everything that `viceversa` without a command's name serves.
    fn new(
        arguments: &ServeArguments,
        source: Source<Document>,
        recorder: &Arc<Recorder>,
        mut warnings: Vec<Warning>,
    ) -> Result<Self, ConfigError> {
        let Source {
            servers,
            environment,
            env,
            env_file,
        } = source;
        let wants_stdio = foreign_variables::wants_stdio(&environment, &mut warnings);
        let mut flags = arguments.settings.clone();
        if arguments.source.openapi.settings.debug == Some(true) {
            flags.log.log_level.get_or_insert_with(LogFilter::debug);
        }
        let flags = &flags;
        let env_file = Arc::new(env_file);
        match servers {
            ServerSource::Command { command, remote } => {
                let file = GatewayFile::default();
                let (gateway, reload, settings) =
                    globals(flags, &environment, file, recorder, &mut warnings)?;
                let common = Common::new(&gateway, env_file, env, recorder);
                if let Some(remote) = &remote
                    && single::names_a_document(Path::new(remote.url.path()))
                {
                    warnings.push(Warning::new(
                        "the URL after `--` looks like that of an OpenAPI document; if it is one, put `--type openapi` before `--`",
                    ));
                }
                let (name, server) = match remote {
                    Some(remote) => single::remote(*remote, &common, &gateway.live.documents)?,
                    None => single::server(command, &common, &gateway.live.documents)?,
                };
                Ok(Self {
                    layout: Layout::Single(name.clone()),
                    servers: IndexMap::from([(name, server)]),
                    disabled: Vec::new(),
                    groups: IndexMap::new(),
                    wants_stdio,
                    gateway,
                    reload,
                    settings,
                    warnings,
                })
            }
            ServerSource::OpenApi { api, is_program } => {
                let program = if is_program {
                    Some(ProgramSettings::read(flags, &environment, &mut warnings)?)
                } else {
                    None
                };
                let (fallback, wants_stdio, most_idle) = match program {
                    Some(program) => (program.fallback, program.wants_stdio, program.most_idle),
                    None => (Settings::default(), wants_stdio, None),
                };
                // What the variables of that program say counts as what a file would say.
                let file = GatewayFile {
                    settings: fallback,
                    ..GatewayFile::default()
                };
                let (gateway, reload, settings) =
                    globals(flags, &environment, file, recorder, &mut warnings)?;
                let common = Common::new(&gateway, env_file, env, recorder);
                let servers = api.servers(&common, &gateway.live.documents, most_idle)?;
                Ok(Self {
                    layout: match servers.keys().next() {
                        Some(name) if servers.len() == 1 => Layout::Single(name.clone()),
                        _ => Layout::Many,
                    },
                    servers,
                    disabled: Vec::new(),
                    groups: IndexMap::new(),
                    wants_stdio,
                    gateway,
                    reload,
                    settings,
                    warnings,
                })
            }
            ServerSource::Config(document) => {
                let mut top = document.root().object("{\"mcpServers\": {…}}")?;
                let file = read_gateway(&mut top, &mut warnings)?;
                let (gateway, reload, settings) =
                    globals(flags, &environment, file, recorder, &mut warnings)?;
                let common = Common::new(&gateway, env_file, env, recorder);
                let Top {
                    servers,
                    disabled,
                    groups,
                } = read_top(top, &common, &mut warnings)?;
                Ok(Self {
                    servers,
                    disabled,
                    groups,
                    layout: Layout::Many,
                    wants_stdio,
                    gateway,
                    reload,
                    settings,
                    warnings,
                })
            }
        }
    }

    /// Where a gateway listens whose servers are named elsewhere.
    pub fn listening(
        settings: &Settings,
        environment: &Environment,
    ) -> Result<ListenConfig, ConfigError> {
        let recorder = Recorder::default();
        let file = GatewayFile::default();
        let (gateway, ..) = globals(settings, environment, file, &recorder, &mut Vec::new())?;
        Ok(gateway.fixed.listen)
    }

    /// A config that serves one command of the gateway's own, such as the demo server.
    pub fn for_command(
        name: ServerName,
        command: Vec<OsString>,
        settings: &Settings,
        environment: &Environment,
    ) -> Result<Self, ConfigError> {
        let mut warnings = Vec::new();
        let recorder = Arc::new(Recorder::default());
        let (gateway, reload, settings) = globals(
            settings,
            environment,
            GatewayFile::default(),
            &recorder,
            &mut warnings,
        )?;
        if reload.hot_reload && recorder.is_empty() {
            warnings.push(nothing_to_follow());
        }
        let common = Common::new(&gateway, Arc::default(), Variables::new(), &recorder);
        let (_, server) = single::server(command, &common, &gateway.live.documents)?;
        Ok(Self {
            layout: Layout::Single(name.clone()),
            servers: IndexMap::from([(name, server)]),
            disabled: Vec::new(),
            groups: IndexMap::new(),
            wants_stdio: false,
            gateway,
            reload,
            settings,
            warnings,
        })
    }
}

/// Resolves what is global, and says what says so.
fn globals(
    flags: &Settings,
    environment: &Environment,
    file: GatewayFile,
    recorder: &Recorder,
    warnings: &mut Vec<Warning>,
) -> Result<(GatewayConfig, ReloadConfig, Vec<Explained>), ConfigError> {
    let GatewayFile {
        settings,
        places,
        credentials,
    } = file;
    let givers = Givers::new(flags, environment, places.clone());
    let file = (settings.clone(), credentials);
    let (gateway, reload) = GatewayConfig::resolve(flags, environment, file, recorder, warnings)
        .map_err(|error| givers.explain(error))?;
    let explained = explained::explain(flags, environment, &settings, &places)?;
    Ok((gateway, reload, explained))
}

impl GatewayConfig {
    fn resolve(
        flags: &Settings,
        environment: &Environment,
        (file, credentials): (Settings, CredentialConfig),
        recorder: &Recorder,
        warnings: &mut Vec<Warning>,
    ) -> Result<(Self, ReloadConfig), ConfigError> {
        let mut variables = Settings::from_environment(environment)?;
        if variables.log.log_level.is_none() {
            variables.log.log_level = foreign_variables::log_level(environment, warnings);
        }
        warn_of_unknown_variables(environment, warnings);
        access::warn_of_empty_keys(environment, warnings);

        let flags = flags.clone();
        let keys = access::keys(
            recorder,
            [
                (&flags.access, KeyOrigin::Flag),
                (&variables.access, KeyOrigin::Environment),
                (&file.access, KeyOrigin::ConfigFile),
            ],
            warnings,
        )?;
        let session_key = mcp::session_key(
            recorder,
            [
                (&flags.mcp, KeyOrigin::Flag),
                (&variables.mcp, KeyOrigin::Environment),
                (&file.mcp, KeyOrigin::ConfigFile),
            ],
            warnings,
        )?;
        let listen = flags.listen.or(variables.listen).or(file.listen);
        let credentials = CredentialConfig::of_secrets(keys).and(credentials);
        let listen = ListenConfig::new(listen, !credentials.is_empty(), recorder)?;
        let access = flags.access.or(variables.access).or(file.access);
        let auth = AccessConfig::new(access, credentials, &listen.host, warnings)?;
        let reload = flags.reload.or(variables.reload).or(file.reload);
        let mcp = flags.mcp.or(variables.mcp).or(file.mcp);
        let limits = flags.limits.or(variables.limits).or(file.limits);
        let log = flags.log.or(variables.log).or(file.log);
        let fixed = FixedConfig {
            listen,
            replica: ReplicaConfig::new(&mcp, session_key)?,
            endpoints: EndpointConfig::new(&mcp)?,
            header_timeout: limits::header_timeout(&limits),
            token_dir: oauth::token_dir(
                flags.tokens.or(variables.tokens).or(file.tokens),
                environment,
            ),
            log_format: log.log_format.unwrap_or(LogFormat::Text),
        };
        let live = LiveConfig {
            auth,
            calls: CallConfig::new(&flags.calls.or(variables.calls).or(file.calls))?,
            documents: DocumentConfig::new(flags.api.or(variables.api).or(file.api)),
            mcp: McpConfig::new(&mcp),
            limits: LimitConfig::new(&limits),
            log_filter: log.log_level.unwrap_or_default(),
        };
        Ok((Self { fixed, live }, ReloadConfig::new(&reload)))
    }
}

fn warn_of_unknown_variables(environment: &Environment, warnings: &mut Vec<Warning>) {
    for name in environment.names().filter_map(|name| name.to_str()) {
        if name.starts_with(env_vars::PREFIX) && !env_vars::OWN.contains(&name) {
            let near = spelling::nearest(name, env_vars::OWN.into_iter());
            warnings.push(Warning::new(format!(
                "there is no environment variable {name}{}",
                near.map_or_else(String::new, |near| format!("; did you mean {near}?"))
            )));
        }
    }
}

/// Reads the object `gateway`, where there is one.
fn read_gateway(
    top: &mut Object<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<GatewayFile, ConfigError> {
    let Some(gateway) = top.take("gateway") else {
        return Ok(GatewayFile::default());
    };
    let mut gateway = gateway.object("{\"port\": 8000}")?;
    let places = givers::places(&gateway);
    let settings = Settings::from_file(&mut gateway)?;
    let auth = gateway.take("auth");
    gateway.finish()?;
    let credentials = auth.map(|auth| auth::read(auth, warnings)).transpose()?;
    Ok(GatewayFile {
        settings,
        places,
        credentials: credentials.unwrap_or_default(),
    })
}

/// The object `gateway`.
#[derive(Default)]
struct GatewayFile {
    settings: Settings,
    /// Where the settings stand.
    places: Places,
    /// What has no flag.
    credentials: CredentialConfig,
}

/// What stands in the file beside `gateway`.
struct Top {
    servers: IndexMap<ServerName, ServerConfig>,
    disabled: Vec<String>,
    groups: IndexMap<ServerName, Group>,
}

/// Reads what stands beside `gateway`.
fn read_top(
    mut top: Object<'_>,
    common: &Common,
    warnings: &mut Vec<Warning>,
) -> Result<Top, ConfigError> {
    let entries = top.take("mcpServers");
    let groups = top.take("groups");
    let unknown = top.unknown(&FOREIGN_TOP_KEYS)?;
    let Some(entries) = entries else {
        let servers = unknown.iter().find(|member| member.key == "servers");
        return Err(match servers {
            Some(servers) => servers.error(Problem::VsCodeServers),
            None => top.node().error(Problem::NoServers),
        });
    };
    for member in unknown {
        if !FOREIGN_TOP_KEYS.contains(&member.key.as_str()) {
            warnings.push(Warning::at(
                &member.place(),
                "this key is ignored: it means nothing here",
            ));
        }
    }

    let node = entries.clone();
    let entries = entries
        .object("{\"time\": {\"command\": \"uvx\"}}")?
        .into_members();
    if entries.is_empty() {
        return Err(node.error(Problem::NoServers));
    }
    let mut servers = IndexMap::new();
    let mut disabled = Vec::new();
    for entry in entries {
        match server_entry::read(&entry, common, warnings)? {
            Some((name, server)) => {
                servers.insert(name, server);
            }
            None => disabled.push(entry.key),
        }
    }
    if servers.is_empty() {
        return Err(node.error(Problem::AllDisabled));
    }
    let known = group::Servers {
        enabled: &servers,
        disabled: &disabled,
    };
    let groups = groups.map(|groups| group::read(groups, &known, common, warnings));
    Ok(Top {
        groups: groups.transpose()?.unwrap_or_default(),
        servers,
        disabled,
    })
}

/// Every file that is read can be followed, but there is none.
fn nothing_to_follow() -> Warning {
    Warning::new(
        "--hot-reload (gateway.hotReload) has no effect: what is served stands on the command \
         line, and no file is read that could be followed",
    )
}

/// Whether a path is a folder that we can enter.
fn is_folder(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.is_dir())
}

/// Variables by name, secret.
type Variables = IndexMap<String, Secret>;

#[cfg(test)]
mod tests;
