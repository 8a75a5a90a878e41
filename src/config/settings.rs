//! Global settings as the user gave them: each may come from a flag, an environment variable or
//! the config file, in this order of precedence. One declaration serves all three, and the config's
//! JSON Schema.

mod all;
mod values;

use std::path::PathBuf;

pub(crate) use values::Value;

use crate::config::document::Object;
use crate::config::env_vars;
use crate::config::environment::Environment;
use crate::config::error::ConfigError;
use crate::config::log::LogFormat;
use crate::config::value::{
    AllowedOrigin, EndpointPath, Host, InvalidValue, LogFilter, NameSeparator, Number, PathPrefix,
    Patience, Peer, ReplicaName, RootPath, Size, Timeout, parse_boolean,
};
use crate::gateway::Discovery;
use crate::openapi::{OperationIds, Recursion};
use crate::schema::Validation;
use crate::secrets::Secret;

/// Declares a group of settings. Each line: the field, its type, the environment variables in
/// order of precedence, the key in the config file.
macro_rules! settings {
    ($(#[$meta:meta])* pub struct $name:ident {
        $($(#[$field_meta:meta])* $field:ident: $type:ty = [$($variable:path),+] $key:literal,)*
    }) => {
        #[derive(Clone, Debug, Default, clap::Args, schemars::JsonSchema)]
        $(#[$meta])*
        pub struct $name {
            $($(#[$field_meta])* #[schemars(rename = $key)] pub $field: Option<$type>,)*
        }

        impl $name {
            /// The id of each flag, the variables and the key that mean the same.
            pub(crate) const NAMES: &'static [(&'static str, &'static [&'static str], &'static str)] =
                &[$((stringify!($field), &[$($variable),+], $key)),*];

            /// The settings of the environment.
            pub(crate) fn from_environment(environment: &Environment) -> Result<Self, ConfigError> {
                Ok(Self { $($field: from_environment(environment, &[$($variable),+])?,)* })
            }

            /// The settings of the object `gateway` of the config file.
            pub(crate) fn from_file(gateway: &mut Object<'_>) -> Result<Self, ConfigError> {
                Ok(Self {
                    $($field: gateway.take($key).map(|node| Value::from_node(&node)).transpose()?,)*
                })
            }

            /// The ids of the settings that are given.
            fn given(&self) -> impl Iterator<Item = &'static str> {
                [$(self.$field.is_some().then_some(stringify!($field))),*].into_iter().flatten()
            }

            /// The settings that are given, by their ids, as they may be shown.
            fn shown(&self) -> impl Iterator<Item = (&'static str, String)> {
                let shown = [$((stringify!($field), self.$field.as_ref().map(Value::shown))),*];
                shown.into_iter().filter_map(|(id, value)| Some((id, value?)))
            }

            /// These settings, and others where these say nothing.
            pub(crate) fn or(self, other: Self) -> Self {
                Self { $($field: self.$field.or(other.$field),)* }
            }
        }
    };
}

/// All global settings.
#[derive(Clone, Debug, Default, clap::Args, schemars::JsonSchema)]
pub struct Settings {
    /// What the API is called and how it is described.
    #[command(flatten)]
    #[schemars(flatten)]
    pub api: ApiSettings,
    /// Where the gateway listens.
    #[command(flatten)]
    #[schemars(flatten)]
    pub listen: ListenSettings,
    /// Who may call.
    #[command(flatten)]
    #[schemars(flatten)]
    pub access: AccessSettings,
    /// How calls are made.
    #[command(flatten)]
    #[schemars(flatten)]
    pub calls: CallSettings,
    /// What MCP callers get.
    #[command(flatten)]
    #[schemars(flatten)]
    pub mcp: McpSettings,
    /// How much is accepted, and how slowly.
    #[command(flatten)]
    #[schemars(flatten)]
    pub limits: LimitSettings,
    /// Where access tokens for remote servers are kept.
    #[command(flatten)]
    #[schemars(flatten)]
    pub tokens: TokenSettings,
    /// What is logged.
    #[command(flatten)]
    #[schemars(flatten)]
    pub log: LogSettings,
    /// Whether and how changes of the config are followed.
    #[command(flatten)]
    #[schemars(flatten)]
    pub reload: ReloadSettings,
}

settings! {
    /// What the API is called and how it is described.
    #[command(next_help_heading = "API")]
    pub struct ApiSettings {
        /// Title of the API [default: the server's own; of all servers "viceversa"]
        #[arg(long, short, value_name = "TITLE")]
        name: String = [env_vars::NAME] "name",
        /// Description of the API [default: the server's own]
        #[arg(long, short, value_name = "TEXT")]
        description: String = [env_vars::DESCRIPTION] "description",
        /// Version of the API, not of this program (that is -V) [default: the server's own]
        #[arg(long, short = 'v', value_name = "VERSION")]
        version: String = [env_vars::VERSION] "version",
        /// How operations are named in documents: `tool` takes the tool's name, `mcpo` makes
        /// `tool_{name}_post` of it [default: tool]
        #[arg(long, value_name = "tool|mcpo")]
        operation_ids: OperationIds = [env_vars::OPERATION_IDS] "operationIds",
        /// What becomes of recursive schemas in documents: `cut` is for readers that recurse
        /// without end, such as Open WebUI before 0.10 [default: keep]
        #[arg(long, value_name = "keep|cut")]
        recursion: Recursion = [env_vars::RECURSION] "recursion",
    }
}

settings! {
    /// Where the gateway listens.
    #[command(next_help_heading = "Listening")]
    pub struct ListenSettings {
        /// Address or name to listen on [default: 0.0.0.0 with a key, 127.0.0.1 without]
        #[arg(long, short = 'h', value_name = "HOST")]
        host: Host = [env_vars::HOST, env_vars::FASTMCP_HOST] "host",
        /// Port to listen on; 0 takes a free one [default: 8000]
        #[arg(long, short, value_parser = <u16 as Value>::from_text)]
        port: u16 = [env_vars::PORT, env_vars::MCPO_PORT, env_vars::FASTMCP_PORT] "port",
        /// Path before the routes of all servers [default: /]
        #[arg(long, value_name = "PATH")]
        path_prefix: PathPrefix = [env_vars::PATH_PREFIX] "pathPrefix",
        /// Path that a reverse proxy strips before requests arrive here
        #[arg(long, value_name = "PATH")]
        root_path: RootPath = [env_vars::ROOT_PATH] "rootPath",
        /// Certificate chain (PEM), to serve HTTPS
        #[arg(long, short = 't', value_name = "FILE")]
        ssl_certfile: PathBuf = [env_vars::SSL_CERTFILE] "sslCertfile",
        /// Private key (PEM) of the certificate
        #[arg(long, short = 'K', value_name = "FILE")]
        ssl_keyfile: PathBuf = [env_vars::SSL_KEYFILE] "sslKeyfile",
        /// Number of worker threads [default: chosen by the number of processors]
        #[arg(long, value_name = "NUMBER")]
        workers: Number<1, 1024> = [env_vars::WORKERS] "workers",
        /// Most connections at a time; more wait [default: 25000]
        #[arg(long, value_name = "NUMBER")]
        max_connections: Number<1, 1_000_000> = [env_vars::MAX_CONNECTIONS] "maxConnections",
    }
}

settings! {
    /// Who may call.
    #[command(next_help_heading = "Access")]
    pub struct AccessSettings {
        /// Key that callers must send, as a Bearer token or as the password of Basic
        #[arg(long, short = 'k', value_name = "KEY")]
        api_key: Secret = [env_vars::API_KEY, env_vars::MCPO_API_KEY] "apiKey",
        /// File that holds the key: other users of the machine can read command lines
        #[arg(long, value_name = "FILE")]
        api_key_file: PathBuf = [env_vars::API_KEY_FILE] "apiKeyFile",
        /// The key protects documents too. This is the default here; the flag is mcpo's
        #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "true|false", value_parser = parse_boolean, hide_possible_values = true)]
        strict_auth: bool = [env_vars::STRICT_AUTH] "strictAuth",
        /// Show documents and documentation pages to everybody, without a key
        #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "true|false", value_parser = parse_boolean)]
        public_docs: bool = [env_vars::PUBLIC_DOCS] "publicDocs",
        /// Serve everybody who can reach the address, rather than make a key where none is given
        #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "true|false", value_parser = parse_boolean)]
        allow_unauthenticated: bool = [env_vars::ALLOW_UNAUTHENTICATED] "allowUnauthenticated",
        /// Origins of web pages that may call; repeat it, or separate by commas. `*` is all
        /// [default: * where a key is demanded, else none]
        #[arg(long, value_delimiter = ',', value_name = "ORIGIN")]
        cors_allow_origins: Vec<AllowedOrigin> = [env_vars::CORS_ALLOW_ORIGINS] "corsAllowOrigins",
    }
}

settings! {
    /// How calls are made.
    #[command(next_help_heading = "Calls")]
    pub struct CallSettings {
        /// Deadline of a call [default: 60s]
        #[arg(long, value_name = "DURATION")]
        call_timeout: Timeout = [env_vars::CALL_TIMEOUT, env_vars::MCPO_CONNECTION_TIMEOUT] "callTimeout",
        /// Deadline up to which progress reports extend a call [default: 10m]
        #[arg(long, value_name = "DURATION")]
        max_call_timeout: Timeout = [env_vars::MAX_CALL_TIMEOUT] "maxCallTimeout",
        /// Deadline of a server's start, with the downloads of npx and uvx [default: 120s]
        #[arg(long, value_name = "DURATION")]
        start_timeout: Timeout = [env_vars::START_TIMEOUT] "startTimeout",
        /// How long a call waits for a server that is starting [default: 10s]
        #[arg(long, value_name = "DURATION")]
        start_wait: Patience = [env_vars::START_WAIT] "startWait",
        /// Most calls at a time to one server; more are refused with 429 [default: no limit]
        #[arg(long, value_name = "NUMBER")]
        max_concurrent_calls: Number<1, 1_000_000> = [env_vars::MAX_CONCURRENT_CALLS] "maxConcurrentCalls",
        /// What is done with arguments that don't fit the tool's schema: pass them on, make them
        /// fit where nothing is lost, or refuse them [default: coerce]
        #[arg(long, value_name = "off|coerce|strict")]
        validate: Validation = [env_vars::VALIDATE] "validate",
        /// HTTP status when a tool says that it failed; mcpo's is 500 [default: 422]
        #[arg(long, value_name = "400..599")]
        tool_error_status: Number<400, 599> = [env_vars::TOOL_ERROR_STATUS] "toolErrorStatus",
    }
}

settings! {
    /// What MCP callers get.
    #[command(next_help_heading = "MCP callers")]
    pub struct McpSettings {
        /// What stands between the names of servers and tools where several servers are offered
        /// together [default: __]
        #[arg(long, value_name = "TEXT")]
        name_separator: NameSeparator = [env_vars::NAME_SEPARATOR] "nameSeparator",
        /// How tools are found at /mcp, where all servers are: `full` lists them, `search` offers
        /// three tools that search, describe and call them [default: full]
        #[arg(long, value_name = "full|search")]
        discovery: Discovery = [env_vars::DISCOVERY] "discovery",
        /// How long an MCP session lives that nobody uses [default: 30m]
        #[arg(long, value_name = "DURATION")]
        session_idle_timeout: Timeout = [env_vars::SESSION_IDLE_TIMEOUT] "sessionIdleTimeout",
        /// Most MCP sessions of one caller [default: 10000]
        #[arg(long, value_name = "NUMBER")]
        max_sessions: Number<1, 1_000_000> = [env_vars::MAX_SESSIONS] "maxSessions",
        /// How long a call goes on whose caller's stream broke, so that it can be resumed
        /// [default: 900ms]
        #[arg(long, value_name = "DURATION")]
        resume_wait: Patience = [env_vars::RESUME_WAIT] "resumeWait",
        /// Key that all replicas of the gateway share, of 32 characters or more: it seals the ids
        /// of sessions [default: made at each start]
        #[arg(long, value_name = "KEY")]
        session_key: Secret = [env_vars::SESSION_KEY] "sessionKey",
        /// File that holds the session key: other users of the machine can read command lines
        #[arg(long, value_name = "FILE")]
        session_key_file: PathBuf = [env_vars::SESSION_KEY_FILE] "sessionKeyFile",
        /// What the other replicas call this one
        #[arg(long, value_name = "NAME")]
        replica: ReplicaName = [env_vars::REPLICA] "replica",
        /// The other replicas, and where they are reached; repeat it, or separate by commas
        #[arg(long, value_delimiter = ',', value_name = "NAME=URL")]
        peers: Vec<Peer> = [env_vars::PEERS] "peers",
        /// Path of the streams of the older HTTP+SSE transport [default: /sse]
        #[arg(long, value_name = "PATH")]
        sse_path: EndpointPath = [env_vars::SSE_PATH, env_vars::FASTMCP_SSE_PATH] "ssePath",
        /// Path that takes the messages of that transport [default: /messages]
        #[arg(long, value_name = "PATH")]
        message_path: EndpointPath = [env_vars::MESSAGE_PATH, env_vars::FASTMCP_MESSAGE_PATH] "messagePath",
    }
}

settings! {
    /// How much is accepted, and how slowly.
    #[command(next_help_heading = "Limits")]
    pub struct LimitSettings {
        /// Largest request body [default: 16MiB]
        #[arg(long, value_name = "SIZE")]
        max_body_size: Size = [env_vars::MAX_BODY_SIZE] "maxBodySize",
        /// Longest message of a stdio server [default: 64MiB]
        #[arg(long, value_name = "SIZE")]
        max_line_size: Size = [env_vars::MAX_LINE_SIZE] "maxLineSize",
        /// Deadline for a request's head to arrive [default: 10s]
        #[arg(long, value_name = "DURATION")]
        header_timeout: Timeout = [env_vars::HEADER_TIMEOUT] "headerTimeout",
        /// Deadline for a request's body to arrive [default: 30s]
        #[arg(long, value_name = "DURATION")]
        body_timeout: Timeout = [env_vars::BODY_TIMEOUT] "bodyTimeout",
        /// How long calls in flight may go on when the gateway is stopped [default: 30s]
        #[arg(long, value_name = "DURATION")]
        shutdown_timeout: Patience = [env_vars::SHUTDOWN_TIMEOUT] "shutdownTimeout",
    }
}

settings! {
    /// Where access tokens for remote servers are kept.
    #[command(next_help_heading = "Remote servers")]
    pub struct TokenSettings {
        /// Folder of the access tokens for servers that somebody logged in to
        /// [default: `viceversa/tokens` in `$XDG_STATE_HOME`, else in `~/.local/state`]
        #[arg(long, value_name = "FOLDER")]
        token_dir: PathBuf = [env_vars::TOKEN_DIR] "tokenDir",
    }
}

settings! {
    /// What is logged.
    #[command(next_help_heading = "Logging")]
    pub struct LogSettings {
        /// DEBUG, INFO, WARNING, ERROR or CRITICAL, or tracing directives such as
        /// `info,viceversa::upstream=debug` [default: INFO]
        #[arg(long, value_name = "LEVEL")]
        log_level: LogFilter = [env_vars::LOG_LEVEL] "logLevel",
        /// Lines for people, or JSON for programs [default: text]
        #[arg(long, value_name = "text|json")]
        log_format: LogFormat = [env_vars::LOG_FORMAT] "logFormat",
    }
}

settings! {
    /// Whether and how changes of the config are followed.
    #[command(next_help_heading = "Changes of the config")]
    pub struct ReloadSettings {
        /// Follow changes of the config: only the servers whose entries changed are touched
        #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "true|false", value_parser = parse_boolean)]
        hot_reload: bool = [env_vars::HOT_RELOAD] "hotReload",
        /// How often a config that is fetched is looked at for changes, at least 1s [default: 60s]
        #[arg(long, value_name = "DURATION")]
        poll_interval: Timeout = [env_vars::POLL_INTERVAL] "pollInterval",
    }
}

fn from_environment<T: Value>(
    environment: &Environment,
    names: &[&'static str],
) -> Result<Option<T>, ConfigError> {
    for name in names.iter().copied() {
        if let Some(value) = environment.get(name) {
            let problem = |problem| environment.invalid(name, problem);
            let text = value
                .to_str()
                .ok_or_else(|| problem(InvalidValue::Unicode))?;
            return T::from_text(text).map(Some).map_err(problem);
        }
    }
    Ok(None)
}

/// Reads a setting of the environment that has no counterpart in the config file.
pub(crate) fn environment_value<T: Value>(
    environment: &Environment,
    name: &'static str,
) -> Result<Option<T>, ConfigError> {
    from_environment(environment, &[name])
}
