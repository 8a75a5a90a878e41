//! Where the servers come from, and what they are given.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::cli::arguments::SourceArguments;
use crate::config::child_environment::read_env_file;
use crate::config::environment::Environment;
use crate::config::error::ConfigError;
use crate::config::server::ServerType;
use crate::config::settings::environment_value;
use crate::config::value::{InvalidValue, parse_variable};
use crate::config::warning::Warning;
use crate::config::{Variables, env_vars};

/// Where the servers come from, and what all of them are given.
pub(crate) struct Source {
    pub(crate) servers: ServerSource,
    /// Our environment with the variables of `--env-path`.
    pub(crate) environment: Environment,
    /// The variables of `--env`, or of the variable that means the same where that has others.
    pub(crate) env: Variables,
    /// The variables of `--env-path`.
    pub(crate) env_file: Variables,
}

/// Where the servers come from.
pub(crate) enum ServerSource {
    Command(Vec<OsString>),
    File(PathBuf),
}

impl Source {
    pub(crate) fn read(
        arguments: &SourceArguments,
        environment: &Environment,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self, ConfigError> {
        let mut environment = environment.clone();
        let variable = environment.get(env_vars::ENV_PATH).map(PathBuf::from);
        let env_file = match arguments.env_path.clone().or(variable) {
            Some(file) => read_env_file(&file, warnings)?,
            None => Variables::new(),
        };
        // As in mcpo, the file adds to the environment of the gateway too.
        for (name, value) in &env_file {
            environment.add(name, value.reveal());
        }
        refuse_what_is_not_built(arguments, &environment)?;
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
    let problem = |problem| ConfigError::InEnvironment {
        name: env_vars::ENV,
        problem,
    };
    let Some(text) = environment.get(env_vars::ENV) else {
        return Ok(Variables::new());
    };
    let text = text.to_str().ok_or(problem(InvalidValue::Unicode))?;
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| parse_variable(line).map_err(problem))
        .collect()
}

impl ServerSource {
    fn read(
        arguments: &SourceArguments,
        environment: &Environment,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self, ConfigError> {
        let variable = environment.get(env_vars::CONFIG);
        match (arguments.command.as_slice(), &arguments.config) {
            ([], Some(file)) => Ok(Self::File(file.clone())),
            ([], None) => variable
                .map(|file| Self::File(file.into()))
                .ok_or(ConfigError::NoSource),
            ([_, ..], Some(_)) => Err(ConfigError::TwoSources),
            (command @ [_, ..], None) => {
                if variable.is_some() {
                    warnings.push(Warning::new(format!(
                        "the environment variable {} is not used, since a command is given after `--`",
                        env_vars::CONFIG
                    )));
                }
                Ok(Self::Command(command.to_vec()))
            }
        }
    }
}

fn refuse_what_is_not_built(
    arguments: &SourceArguments,
    environment: &Environment,
) -> Result<(), ConfigError> {
    let server_type = match arguments.server_type {
        Some(server_type) => Some(server_type),
        None => environment_value(environment, env_vars::TYPE)?,
    };
    match server_type {
        None | Some(ServerType::Stdio) => {}
        Some(ServerType::Sse | ServerType::StreamableHttp | ServerType::OpenApi) => {
            return Err(ConfigError::Unsupported {
                what: "a --type other than stdio",
                instead: "give a command that bridges to a remote server, such as `-- npx -y mcp-remote URL`",
            });
        }
    }
    if arguments.header.is_some() || environment.get(env_vars::HEADER).is_some() {
        return Err(ConfigError::Unsupported {
            what: "--header",
            instead: "it is for remote servers, which can't be reached yet either; leave it out",
        });
    }
    let hot_reload = match arguments.hot_reload {
        Some(hot_reload) => Some(hot_reload),
        None => environment_value(environment, env_vars::HOT_RELOAD)?,
    };
    if hot_reload == Some(true) {
        return Err(ConfigError::Unsupported {
            what: "--hot-reload",
            instead: "leave it out, and restart the gateway after a change of the config file",
        });
    }
    Ok(())
}
