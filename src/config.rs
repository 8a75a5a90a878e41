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
mod globals;
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
mod top;
pub mod value;
pub mod warning;
pub mod watch;

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::cli::arguments::ServeArguments;
use crate::config::document::Document;
use crate::config::environment::Environment;
use crate::config::error::ConfigError;
use crate::config::explained::Explained;
use crate::config::fixed::FixedConfig;
use crate::config::globals::{Flags, GatewayFile, globals};
use crate::config::listen::ListenConfig;
use crate::config::live::LiveConfig;
use crate::config::openapi_mcp_server::program::ProgramSettings;
use crate::config::reload::ReloadConfig;
use crate::config::seen::Recorder;
use crate::config::server::ServerConfig;
use crate::config::server_entry::Common;
use crate::config::settings::Settings;
use crate::config::source::{ServerSource, Source};
pub(crate) use crate::config::top::FOREIGN_TOP_KEYS;
use crate::config::top::{Top, read_gateway, read_top};
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
        let flags = &Flags::of(arguments);
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
                    Some(ProgramSettings::read(
                        &flags.settings,
                        &environment,
                        &mut warnings,
                    )?)
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
                } = read_top(top, &common, &mut warnings)?
                    .warned(&gateway.live.auth.access, &mut warnings);
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
        let (gateway, ..) = globals(
            &Flags::new(settings.clone()),
            environment,
            file,
            &recorder,
            &mut Vec::new(),
        )?;
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
            &Flags::new(settings.clone()),
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
