//! What that program's variables say of its own server.

use std::time::Duration;

use crate::config::env_vars;
use crate::config::environment::Environment;
use crate::config::error::ConfigError;
use crate::config::foreign_variables::{FastMcpTransport, wants_stdio};
use crate::config::settings::{AccessSettings, ListenSettings, Settings, environment_value};
use crate::config::value::{LogFilter, Number, Patience, Timeout, parse_boolean};
use crate::config::warning::Warning;

/// What the variables say, where the gateway stands in that program's place.
pub(crate) struct ProgramSettings {
    /// Settings that count where neither a flag nor a variable of ours says anything.
    pub(crate) fallback: Settings,
    /// Whether MCP is spoken on standard input and output.
    pub(crate) wants_stdio: bool,
    /// The most idle connections to the API that are kept.
    pub(crate) most_idle: Option<usize>,
}

impl ProgramSettings {
    /// Reads the variables. `flags` are ours.
    pub(crate) fn read(
        flags: &Settings,
        environment: &Environment,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self, ConfigError> {
        let mut fallback = Settings::default();
        fallback.api.name = environment_value(environment, env_vars::SERVER_NAME)?;
        fallback.listen.host = environment_value(environment, env_vars::SERVER_HOST)?;
        fallback.listen.port = environment_value(environment, env_vars::SERVER_PORT)?;
        if environment_value(environment, env_vars::SERVER_DEBUG)? == Some(true) {
            fallback.log.log_level = Some(LogFilter::debug());
        }
        // A call is one message and one request: the shorter of the deadlines ends it.
        let message = environment_value::<Timeout>(environment, env_vars::SERVER_MESSAGE_TIMEOUT)?;
        let request = environment_value::<Timeout>(environment, env_vars::HTTP_TIMEOUT)?;
        fallback.calls.call_timeout = [message, request].into_iter().flatten().min();
        fallback.calls.max_concurrent_calls =
            environment_value(environment, env_vars::HTTP_MAX_CONNECTIONS)?;
        fallback.limits.shutdown_timeout = shutdown_timeout(environment)?;
        let most_idle =
            environment_value::<Number<0, 65536>>(environment, env_vars::HTTP_MAX_KEEPALIVE)?;

        let transport =
            environment_value::<FastMcpTransport>(environment, env_vars::SERVER_TRANSPORT)?;
        let listens = is_told_to_listen(flags, &fallback, environment);
        let wants_stdio = match transport {
            Some(transport) => transport == FastMcpTransport::Stdio,
            None => wants_stdio(environment, warnings) || !listens,
        };
        warn_of_what_is_missing(environment, warnings);
        Ok(Self {
            fallback,
            wants_stdio,
            most_idle: most_idle.map(Number::count),
        })
    }
}

fn shutdown_timeout(environment: &Environment) -> Result<Option<Patience>, ConfigError> {
    let name = env_vars::UVICORN_GRACEFUL_SHUTDOWN;
    if environment_value(environment, name)? == Some(false) {
        return Ok(Some(Patience::from(Duration::ZERO)));
    }
    environment_value(environment, env_vars::UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN)
}

/// Whether anything says where to listen or who may call, which on standard input and output
/// would be in vain.
fn is_told_to_listen(flags: &Settings, fallback: &Settings, environment: &Environment) -> bool {
    let names = || ListenSettings::NAMES.iter().chain(AccessSettings::NAMES);
    let mut given = flags.given().chain(fallback.given());
    given.any(|given| names().any(|(id, ..)| *id == given))
        || names().any(|(_, variables, _)| {
            let mut variables = variables.iter();
            variables.any(|name| environment.get(name).is_some())
        })
}

/// What is for metrics, caches and retries: a line each, where it asks for something.
fn warn_of_what_is_missing(environment: &Environment, warnings: &mut Vec<Warning>) {
    const METRICS: &str = "there are no metrics yet";
    const CACHE: &str = "answers are not cached yet";
    for (name, missing) in [
        (env_vars::ENABLE_PROMETHEUS, METRICS),
        (env_vars::USE_PROMETHEUS, METRICS),
        (env_vars::PROMETHEUS_PORT, METRICS),
        (env_vars::METRICS_MAX_HISTORY, METRICS),
        (env_vars::CACHE_TTL, CACHE),
        (env_vars::CACHE_MAXSIZE, CACHE),
        (env_vars::USE_CACHETOOLS, CACHE),
        (
            env_vars::USE_TENACITY,
            "requests that failed are not retried by it yet",
        ),
    ] {
        let Some(value) = environment.get(name) else {
            continue;
        };
        let is_off = value.to_str().map(parse_boolean) == Some(Ok(false));
        if !is_off {
            warnings.push(Warning::new(format!(
                "the environment variable {name} has no effect: {missing}"
            )));
        }
    }
}
