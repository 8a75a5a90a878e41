//! Where the servers come from, and what they are given.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use indexmap::IndexMap;
use reqwest::Url;
use reqwest::header::HeaderName;

use crate::cli::arguments::SourceArguments;
use crate::config::child_environment::{EnvFile, read_env_file};
use crate::config::command;
use crate::config::environment::Environment;
use crate::config::error::{ConfigError, FileLine};
use crate::config::location::Location;
use crate::config::openapi_mcp_server::OpenApiSource;
use crate::config::openapi_mcp_server::settings::{
    OpenApiArguments, environment_names_api, environment_names_document,
};
use crate::config::remote::Remote;
use crate::config::seen::Recorder;
use crate::config::server::ServerType;
use crate::config::server_entry::http::{read_header, read_url};
use crate::config::settings::environment_value;
use crate::config::value::{InvalidValue, parse_variable};
use crate::config::warning::Warning;
use crate::config::{Variables, env_vars};
use crate::json;
use crate::secrets::Secret;
use crate::upstream::remote::Transport;

/// Where the servers come from, and what all of them are given.
pub(crate) struct Source<C> {
    pub(crate) servers: ServerSource<C>,
    /// Our environment with the variables of `--env-path`.
    pub(crate) environment: Environment,
    /// The variables of `--env`, or of the variable that means the same where that has others.
    pub(crate) env: Variables,
    /// The variables of `--env-path`.
    pub(crate) env_file: Variables,
}

/// Where the servers come from. `C` is a config: where it stands, then what stands there.
pub(crate) enum ServerSource<C> {
    /// A command, or the URL of a remote server.
    Command {
        command: Vec<OsString>,
        remote: Option<Box<RemoteSource>>,
    },
    /// The document of a REST API.
    OpenApi {
        api: OpenApiSource,
        /// Whether the gateway stands in the place of openapi-mcp-server.
        is_program: bool,
    },
    Config(C),
}

/// A remote server as the command line names it.
pub(crate) struct RemoteSource {
    pub(crate) transport: Transport,
    pub(crate) url: Url,
    pub(crate) headers: IndexMap<HeaderName, Secret>,
}

impl<C> Source<C> {
    /// The same with what stands where the config stands.
    pub(crate) fn with_config<D>(
        self,
        read: impl FnOnce(C, &Environment) -> Result<D, ConfigError>,
    ) -> Result<Source<D>, ConfigError> {
        Ok(Source {
            servers: match self.servers {
                ServerSource::Command { command, remote } => {
                    ServerSource::Command { command, remote }
                }
                ServerSource::OpenApi { api, is_program } => {
                    ServerSource::OpenApi { api, is_program }
                }
                ServerSource::Config(config) => {
                    ServerSource::Config(read(config, &self.environment)?)
                }
            },
            environment: self.environment,
            env: self.env,
            env_file: self.env_file,
        })
    }

    /// The config, where there is one.
    pub(crate) fn config_mut(&mut self) -> Option<&mut C> {
        match &mut self.servers {
            ServerSource::Config(config) => Some(config),
            ServerSource::Command { .. } | ServerSource::OpenApi { .. } => None,
        }
    }
}

impl Source<Vec<Location>> {
    /// What must be fetched to have the config.
    pub(crate) fn remotes(&self) -> BTreeSet<Remote> {
        let locations = match &self.servers {
            ServerSource::Config(locations) => locations.as_slice(),
            ServerSource::Command { .. } | ServerSource::OpenApi { .. } => &[],
        };
        let remotes = locations.iter().filter_map(|location| match location {
            Location::Remote(remote) => Some(remote.clone()),
            Location::Path(_) => None,
        });
        remotes.collect()
    }

    pub(crate) fn read(
        arguments: &SourceArguments,
        environment: &Environment,
        recorder: &Recorder,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self, ConfigError> {
        let mut environment = environment.clone();
        let variable = environment.get(env_vars::ENV_PATH).map(PathBuf::from);
        let env_file = match arguments.env_path.clone().or(variable) {
            Some(file) => {
                let EnvFile { variables, lines } = read_env_file(&file, recorder, warnings)?;
                // As in mcpo, the file adds to the environment of the gateway too.
                for (name, line) in lines {
                    let value = variables.get(&name).map_or("", Secret::reveal);
                    let file = file.clone();
                    environment.add(&name, value, FileLine { file, line });
                }
                variables
            }
            None => Variables::new(),
        };
        let mut env = variables(&environment)?;
        env.extend(arguments.env.iter().cloned());
        Ok(Self {
            servers: ServerSource::read(arguments, &environment, warnings)?,
            environment,
            env,
            env_file,
        })
    }
}

/// The variables for the servers that the environment names, one a line.
fn variables(environment: &Environment) -> Result<Variables, ConfigError> {
    let problem = |problem| environment.invalid(env_vars::ENV, problem);
    let Some(text) = environment.get(env_vars::ENV) else {
        return Ok(Variables::new());
    };
    let text = text
        .to_str()
        .ok_or_else(|| problem(InvalidValue::Unicode))?;
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| parse_variable(line).map_err(problem))
        .collect()
}

impl ServerSource<Vec<Location>> {
    fn read(
        arguments: &SourceArguments,
        environment: &Environment,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self, ConfigError> {
        let variable = environment.get(env_vars::CONFIG);
        let given: Vec<&OsStr> = arguments.config.iter().map(OsString::as_os_str).collect();
        let flags = &arguments.openapi;
        let names_document = flags.settings.names_document();
        let command = command::words(arguments, environment, warnings)?;
        match (command.as_slice(), given.as_slice()) {
            ([_, ..], [_, ..]) => Err(ConfigError::TwoSources),
            ([], [_, ..]) if names_document => Err(ConfigError::DocumentAndOther),
            ([], [_, ..]) => {
                warn_of_single_settings(arguments, environment, warnings);
                let locations = given.into_iter().map(Location::read);
                Ok(Self::Config(locations.collect::<Result<_, _>>()?))
            }
            ([], []) if names_document => Self::openapi(&[], arguments, environment, warnings),
            ([], []) => match variable {
                Some(text) => {
                    warn_of_single_settings(arguments, environment, warnings);
                    Ok(Self::Config(Location::read_list(text)?))
                }
                None if environment_names_document(environment)
                    || server_type(arguments, environment)? == Some(ServerType::OpenApi) =>
                {
                    Self::openapi(&[], arguments, environment, warnings)
                }
                None if flags.settings.names_api() || environment_names_api(environment) => {
                    Err(ConfigError::NoDocument)
                }
                None => Err(ConfigError::NoSource),
            },
            ([_, ..], []) if arguments.command.is_empty() && variable.is_some() => {
                Err(ConfigError::TwoSourceVariables)
            }
            (command @ [_, ..], []) => {
                if variable.is_some() {
                    warnings.push(Warning::new(format!(
                        "the environment variable {} is not used, since a command is given after `--`",
                        env_vars::CONFIG
                    )));
                }
                if server_type(arguments, environment)? == Some(ServerType::OpenApi) {
                    return Self::openapi(command, arguments, environment, warnings);
                }
                if names_document {
                    return Err(ConfigError::DocumentAndOther);
                }
                warn_of_openapi_settings(flags, "the server after `--` is none", warnings);
                let remote = read_remote(command, arguments, environment, warnings)?;
                Ok(Self::Command {
                    command: command.to_vec(),
                    remote: remote.map(Box::new),
                })
            }
        }
    }

    /// A REST API. Without a document in the command's place the gateway stands in the place of
    /// openapi-mcp-server.
    fn openapi(
        command: &[OsString],
        arguments: &SourceArguments,
        environment: &Environment,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self, ConfigError> {
        let headers = header_setting(arguments, environment)?;
        let headers = headers.as_ref().map(read_headers).transpose()?;
        let api = OpenApiSource::read(
            command,
            headers.unwrap_or_default(),
            &arguments.openapi,
            environment,
            warnings,
        )?;
        Ok(Self::OpenApi {
            api,
            is_program: command.is_empty(),
        })
    }
}

/// What the one server speaks.
fn server_type(
    arguments: &SourceArguments,
    environment: &Environment,
) -> Result<Option<ServerType>, ConfigError> {
    match arguments.server_type {
        Some(server_type) => Ok(Some(server_type)),
        None => environment_value(environment, env_vars::TYPE),
    }
}

/// The headers for the one server.
fn header_setting(
    arguments: &SourceArguments,
    environment: &Environment,
) -> Result<Option<Secret>, ConfigError> {
    match &arguments.header {
        Some(headers) => Ok(Some(headers.clone())),
        None => environment_value(environment, env_vars::HEADER),
    }
}

/// What describes a REST API means nothing where there is none.
fn warn_of_openapi_settings(flags: &OpenApiArguments, because: &str, warnings: &mut Vec<Warning>) {
    for flag in flags.given().filter(|flag| flag != "--debug") {
        warnings.push(Warning::new(format!(
            "{flag} is for a REST API, and has no effect: {because}"
        )));
    }
}

/// What describes the one server after `--` means nothing beside a config file.
fn warn_of_single_settings(
    arguments: &SourceArguments,
    environment: &Environment,
    warnings: &mut Vec<Warning>,
) {
    for (flag, key, is_given, variable) in [
        (
            "--type",
            "type",
            arguments.server_type.is_some(),
            env_vars::TYPE,
        ),
        (
            "--header",
            "headers",
            arguments.header.is_some(),
            env_vars::HEADER,
        ),
    ] {
        if is_given || environment.get(variable).is_some() {
            warnings.push(Warning::new(format!(
                "{flag} ({variable}) is for one server after `--`, and means nothing to those of \
                 a config file: write `{key}` into their entries"
            )));
        }
    }
    let because = "those of a config file have keys of their own";
    warn_of_openapi_settings(&arguments.openapi, because, warnings);
}

/// The remote server whose URL stands in the command's place; none where a command does.
fn read_remote(
    command: &[OsString],
    arguments: &SourceArguments,
    environment: &Environment,
    warnings: &mut Vec<Warning>,
) -> Result<Option<RemoteSource>, ConfigError> {
    let url = match command {
        [url] => url.to_str().and_then(|url| read_url(url).ok()),
        _ => None,
    };
    let headers = header_setting(arguments, environment)?;
    let transport = match (server_type(arguments, environment)?, &url) {
        (None, Some(_)) => Transport::Either,
        (Some(ServerType::Sse), _) => Transport::Sse,
        (Some(ServerType::StreamableHttp), _) => Transport::StreamableHttp,
        (None | Some(ServerType::Stdio | ServerType::OpenApi), _) => {
            if headers.is_some() {
                warnings.push(Warning::new(format!(
                    "--header ({}) is for remote servers; this one is a program, to which --env \
                     can pass secrets",
                    env_vars::HEADER
                )));
            }
            return Ok(None);
        }
    };
    let headers = match headers {
        Some(headers) => read_headers(&headers)?,
        None => IndexMap::new(),
    };
    Ok(Some(RemoteSource {
        transport,
        url: url.ok_or(ConfigError::NoUrl)?,
        headers,
    }))
}

/// The headers of `--header`. Values are secret and not repeated.
fn read_headers(text: &Secret) -> Result<IndexMap<HeaderName, Secret>, ConfigError> {
    let members = json::members(text.reveal())
        .map_err(|_| ConfigError::Header("it is not a JSON object".into()))?;
    let header = |(name, value): &(std::borrow::Cow<'_, str>, &serde_json::value::RawValue)| {
        let text: String = serde_json::from_str(value.get())
            .map_err(|_| ConfigError::Header(format!("{name:?} is not a string")))?;
        read_header(name, &text)
            .map_err(|problem| ConfigError::Header(format!("{name:?}: {problem}")))
    };
    members.iter().map(header).collect()
}
