//! What is global, of all that can say so: flags, variables and the object `gateway` of the file.

use crate::cli::arguments::ServeArguments;
use crate::config::access::{self, AccessConfig};
use crate::config::auth::CredentialConfig;
use crate::config::calls::CallConfig;
use crate::config::documents::DocumentConfig;
use crate::config::environment::Environment;
use crate::config::error::{ConfigError, KeyOrigin, Place};
use crate::config::explained::{self, Explained};
use crate::config::fixed::FixedConfig;
use crate::config::givers::{Givers, Places};
use crate::config::limits::{self, LimitConfig};
use crate::config::listen::ListenConfig;
use crate::config::live::LiveConfig;
use crate::config::log::LogFormat;
use crate::config::mcp::{self, EndpointConfig, McpConfig, ReplicaConfig};
use crate::config::reload::ReloadConfig;
use crate::config::seen::Recorder;
use crate::config::settings::Settings;
use crate::config::value::LogFilter;
use crate::config::warning::Warning;
use crate::config::{GatewayConfig, env_vars, foreign_variables, oauth, spelling};

/// What the flags of a command line say.
pub(super) struct Flags {
    pub(super) settings: Settings,
    /// Whether the log level is that of `--debug`, a flag of another program.
    is_debugging: bool,
}

/// The object `gateway`.
#[derive(Default)]
pub(super) struct GatewayFile {
    pub(super) settings: Settings,
    /// Where the settings stand.
    pub(super) places: Places,
    /// What has no flag.
    pub(super) credentials: CredentialConfig,
    /// Where the keys among them stand.
    pub(super) key_places: Vec<Place>,
}

impl Flags {
    /// Those of our own alone.
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            is_debugging: false,
        }
    }

    /// All that say what is global. A level of our own wins over `--debug`.
    pub(super) fn of(arguments: &ServeArguments) -> Self {
        let mut flags = Self::new(arguments.settings.clone());
        let level = &mut flags.settings.log.log_level;
        if arguments.source.openapi.settings.debug == Some(true) && level.is_none() {
            *level = Some(LogFilter::debug());
            flags.is_debugging = true;
        }
        flags
    }
}

/// Resolves what is global, and says what says so.
pub(super) fn globals(
    flags: &Flags,
    environment: &Environment,
    file: GatewayFile,
    recorder: &Recorder,
    warnings: &mut Vec<Warning>,
) -> Result<(GatewayConfig, ReloadConfig, Vec<Explained>), ConfigError> {
    let GatewayFile {
        settings,
        places,
        credentials,
        key_places,
    } = file;
    let Flags {
        settings: flags,
        is_debugging,
    } = flags;
    let givers = Givers::new(flags, environment, places.clone());
    let named_keys = explained::keys(&credentials.keys, &key_places);
    let file = (settings.clone(), credentials);
    let (gateway, reload) = GatewayConfig::resolve(flags, environment, file, recorder, warnings)
        .map_err(|error| givers.explain(error))?;
    let mut explained = explained::explain(flags, environment, &settings, &places)?;
    if *is_debugging {
        explained::told_by_debug(&mut explained);
    }
    explained.extend(named_keys);
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
