//! What is said of the API: each by a flag or a variable, the flag first.

use std::path::PathBuf;

use crate::config::env_vars;
use crate::config::environment::Environment;
use crate::config::error::ConfigError;
use crate::config::openapi::KeyPlace;
use crate::config::openapi_mcp_server::credentials::AuthType;
use crate::config::settings::environment_value;
use crate::config::value::parse_boolean;
use crate::secrets::Secret;
use crate::upstream::rest::settings::ValidateOutput;

/// Declares settings. Each line: the field, its type, its environment variable.
macro_rules! openapi_settings {
    ($(#[$meta:meta])* pub struct $name:ident {
        $($(#[$field_meta:meta])* $field:ident: $type:ty = $variable:path,)*
    }) => {
        #[derive(Clone, Debug, Default, clap::Args)]
        $(#[$meta])*
        pub struct $name {
            $($(#[$field_meta])* pub $field: Option<$type>,)*
        }

        impl $name {
            /// The id of each flag, and the variable that means the same.
            pub(crate) const NAMES: &'static [(&'static str, &'static str)] =
                &[$((stringify!($field), $variable)),*];

            /// These settings, and those of the environment where these say nothing.
            pub(crate) fn or_environment(self, environment: &Environment) -> Result<Self, ConfigError> {
                Ok(Self {
                    $($field: match self.$field {
                        Some(value) => Some(value),
                        None => environment_value(environment, $variable)?,
                    },)*
                })
            }

            /// The ids of the settings that are given.
            pub(crate) fn given(&self) -> impl Iterator<Item = &'static str> {
                [$(self.$field.is_some().then_some(stringify!($field))),*].into_iter().flatten()
            }
        }
    };
}

/// The flags that describe a REST API.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "REST API (also flags of openapi-mcp-server)")]
pub struct OpenApiArguments {
    /// Those that have a variable too.
    #[command(flatten)]
    pub settings: OpenApiSettings,

    /// Don't check answers against the document, as `--validate-output off`
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "true|false", value_parser = parse_boolean)]
    pub no_validate_output: Option<bool>,

    /// Has no effect: nothing is kept for a fixed time
    #[arg(long, value_name = "SECONDS")]
    pub auth_token_ttl: Option<String>,
}

openapi_settings! {
    /// What is said of a REST API by flags and variables.
    #[command(next_help_heading = "REST API (also flags of openapi-mcp-server)")]
    pub struct OpenApiSettings {
        /// URL of the OpenAPI document, without a command, a config file or `--type`
        #[arg(long, value_name = "URL")]
        spec_url: String = env_vars::API_SPEC_URL,
        /// The same in a file
        #[arg(long, value_name = "FILE")]
        spec_path: PathBuf = env_vars::API_SPEC_PATH,
        /// What the paths of its operations stand below [default: what the document says]
        #[arg(long, value_name = "URL")]
        api_url: String = env_vars::API_BASE_URL,
        /// Name of the server [default: the host of the document's URL, or its file's name]
        #[arg(long, value_name = "NAME")]
        api_name: String = env_vars::API_NAME,
        /// Further APIs, each a server of its own:
        /// `[{"name": …, "spec_url": …, "base_url": …, "auth_type": …}]`
        #[arg(long, value_name = "JSON")]
        additional_specs: Secret = env_vars::ADDITIONAL_SPECS,
        /// Tags whose operations are served, separated by commas [default: all]
        #[arg(long, value_name = "TAGS")]
        include_tags: String = env_vars::INCLUDE_TAGS,
        /// Tags whose operations are not served
        #[arg(long, value_name = "TAGS")]
        exclude_tags: String = env_vars::EXCLUDE_TAGS,
        /// What is done about answers that don't fit the document [default: warn]
        #[arg(long, value_name = "off|warn|strict")]
        validate_output: ValidateOutput = env_vars::VALIDATE_OUTPUT,
        /// Whether there are prompts.
        #[arg(skip)]
        enable_operation_prompts: bool = env_vars::ENABLE_OPERATION_PROMPTS,
        /// Take documents over plain HTTP from other machines
        #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "true|false", value_parser = parse_boolean)]
        allow_insecure_http: bool = env_vars::ALLOW_INSECURE_HTTP,
        /// Follow addresses that stand in documents into private networks
        #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "true|false", value_parser = parse_boolean)]
        allow_private_networks: bool = env_vars::ALLOW_PRIVATE_NETWORKS,
        /// Folders that documents and what they refer to must be in, separated by `:`
        #[arg(long, value_name = "FOLDERS")]
        allowed_spec_dirs: String = env_vars::ALLOWED_SPEC_DIRS,
        /// How the gateway identifies itself to the API [default: none]
        #[arg(long, value_name = "none|basic|bearer|api_key|cognito")]
        auth_type: AuthType = env_vars::AUTH_TYPE,
        /// User of `basic`
        #[arg(long, value_name = "NAME")]
        auth_username: String = env_vars::AUTH_USERNAME,
        /// Password of `basic`. For secrets prefer the variables: other users of the machine can
        /// read command lines
        #[arg(long, value_name = "PASSWORD")]
        auth_password: Secret = env_vars::AUTH_PASSWORD,
        /// Token of `bearer`
        #[arg(long, value_name = "TOKEN")]
        auth_token: Secret = env_vars::AUTH_TOKEN,
        /// Key of `api_key`
        #[arg(long, value_name = "KEY")]
        auth_api_key: Secret = env_vars::AUTH_API_KEY,
        /// Name of that key [default: `api_key`]
        #[arg(long, value_name = "NAME")]
        auth_api_key_name: String = env_vars::AUTH_API_KEY_NAME,
        /// Where that key stands [default: header]
        #[arg(long, value_name = "header|query|cookie")]
        auth_api_key_in: KeyPlace = env_vars::AUTH_API_KEY_IN,
        /// App client of `cognito`
        #[arg(long, value_name = "ID")]
        auth_cognito_client_id: String = env_vars::AUTH_COGNITO_CLIENT_ID,
        /// Its secret, for client credentials
        #[arg(long, value_name = "SECRET")]
        auth_cognito_client_secret: Secret = env_vars::AUTH_COGNITO_CLIENT_SECRET,
        /// Domain of the user pool, for client credentials: its prefix, or its host
        #[arg(long, value_name = "DOMAIN")]
        auth_cognito_domain: String = env_vars::AUTH_COGNITO_DOMAIN,
        /// Scopes to ask for, separated by commas or spaces
        #[arg(long, value_name = "SCOPES")]
        auth_cognito_scopes: String = env_vars::AUTH_COGNITO_SCOPES,
        /// User of `cognito`, where a user logs in
        #[arg(long, value_name = "NAME")]
        auth_cognito_username: String = env_vars::AUTH_COGNITO_USERNAME,
        /// Password of that user
        #[arg(long, value_name = "PASSWORD")]
        auth_cognito_password: Secret = env_vars::AUTH_COGNITO_PASSWORD,
        /// The user pool
        #[arg(long, value_name = "ID")]
        auth_cognito_user_pool_id: String = env_vars::AUTH_COGNITO_USER_POOL_ID,
        /// Region of the user pool [default: that of its id, else us-east-1]
        #[arg(long, value_name = "REGION")]
        auth_cognito_region: String = env_vars::AUTH_COGNITO_REGION,
        /// Log more, as `--log-level DEBUG`
        #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "true|false", value_parser = parse_boolean)]
        debug: bool = env_vars::SERVER_DEBUG,
    }
}

impl OpenApiArguments {
    /// The flags that are given, the least foreign first.
    pub(crate) fn given(&self) -> impl Iterator<Item = String> {
        let switches = [
            self.no_validate_output.map(|_| "no_validate_output"),
            self.auth_token_ttl.as_ref().map(|_| "auth_token_ttl"),
        ];
        let ids = self.settings.given().chain(switches.into_iter().flatten());
        ids.map(|id| format!("--{}", id.replace('_', "-")))
    }
}

impl OpenApiSettings {
    /// Whether one of them names a document.
    pub(crate) fn names_document(&self) -> bool {
        self.spec_url.is_some() || self.spec_path.is_some()
    }

    /// Whether they are about an API all the same.
    pub(crate) fn names_api(&self) -> bool {
        self.api_url.is_some() || self.api_name.is_some()
    }
}

/// Whether the environment is about an API, whose document it may have forgotten.
pub(crate) fn environment_names_api(environment: &Environment) -> bool {
    [env_vars::API_BASE_URL, env_vars::API_NAME]
        .into_iter()
        .any(|name| environment.get(name).is_some())
}

/// Whether the environment names a document.
pub(crate) fn environment_names_document(environment: &Environment) -> bool {
    [env_vars::API_SPEC_URL, env_vars::API_SPEC_PATH]
        .into_iter()
        .any(|name| environment.get(name).is_some())
}
