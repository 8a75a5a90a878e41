//! A config whose servers are those of a gateway that runs.

use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use reqwest::Url;
use reqwest::header::AUTHORIZATION;

use crate::config::access::Access;
use crate::config::auth::KeyProof;
use crate::config::environment::Environment;
use crate::config::error::ConfigError;
use crate::config::globals::{Flags, GatewayFile, globals};
use crate::config::reload::ReloadConfig;
use crate::config::seen::Recorder;
use crate::config::server::{ProtocolVersion, ServerConfig, UpstreamConfig};
use crate::config::server_entry::Common;
use crate::config::server_entry::remote::from_command_line;
use crate::config::settings::{CallSettings, Settings};
use crate::config::single::with_defaults;
use crate::config::warning::Warning;
use crate::config::{Config, GatewayConfig, Layout};
use crate::gateway::server_name::ServerName;
use crate::http_client::HttpSettings;
use crate::schema::Validation;
use crate::secrets::Secret;
use crate::upstream::remote::Transport;

/// How long a call may take where that is for the gateway to say.
const AS_LONG_AS_IT_TAKES: Duration = Duration::from_hours(24);

/// How a gateway that runs is asked.
#[derive(Debug)]
pub struct AtGateway {
    /// The key that is shown to it.
    pub key: Option<Secret>,
    /// How connections to it are made.
    pub http: HttpSettings,
    /// What is odd.
    pub warnings: Vec<Warning>,
    gateway: GatewayConfig,
    reload: ReloadConfig,
}

impl AtGateway {
    /// What flags and environment say. Of a file nothing is read: it is the gateway's.
    pub fn read(
        settings: &Settings,
        environment: &Environment,
        http: HttpSettings,
    ) -> Result<Self, ConfigError> {
        let mut warnings = Vec::new();
        let recorder = Arc::new(Recorder::default());
        let file = GatewayFile::default();
        let (mut gateway, reload, _) = globals(
            &Flags::new(settings.clone()),
            environment,
            file,
            &recorder,
            &mut warnings,
        )?;
        let calls = settings.calls.clone();
        let calls = calls.or(CallSettings::from_environment(environment)?);
        if calls.call_timeout.is_none() {
            let longest = calls
                .max_call_timeout
                .map(|_| gateway.live.calls.max_timeout);
            let longest = longest.unwrap_or(AS_LONG_AS_IT_TAKES);
            gateway.live.calls.timeout = longest;
            gateway.live.calls.max_timeout = longest;
        }
        let key = match &gateway.live.auth.access {
            Access::Credentials(credentials) => {
                credentials.keys.iter().find_map(|key| match &key.proof {
                    KeyProof::Plain(secret) => Some(secret.clone()),
                    KeyProof::Sha256(_) => None,
                })
            }
            Access::GeneratedKey | Access::ThisMachine | Access::Everybody => None,
        };
        Ok(Self {
            key,
            http,
            warnings,
            gateway,
            reload,
        })
    }

    /// What is done with arguments before they are sent.
    pub fn validation(&self) -> Validation {
        self.gateway.live.calls.validation
    }

    /// A config of these servers, each at the URL of its MCP endpoint there.
    pub fn config(self, servers: impl IntoIterator<Item = (ServerName, Url)>) -> Config {
        let Self {
            key,
            http,
            warnings,
            mut gateway,
            reload,
        } = self;
        // The gateway fills in defaults where they are its to fill in: not those of REST APIs.
        gateway.live.calls.validation = Validation::Off;
        let common = Common::new(
            &gateway,
            Arc::default(),
            IndexMap::default(),
            &Arc::default(),
        );
        let headers = key.map(|key| {
            let value = Secret::new(format!("Bearer {}", key.reveal()));
            (AUTHORIZATION, value)
        });
        let headers: IndexMap<_, _> = headers.into_iter().collect();
        let server = |(name, url)| {
            let mut remote = from_command_line(
                Transport::StreamableHttp,
                url,
                headers.clone(),
                common.max_line_size,
            );
            remote.http = http.clone();
            let upstream = UpstreamConfig::Remote(remote);
            let server = ServerConfig {
                // To callers of this era results are passed on as they came.
                protocol_version: Some(ProtocolVersion::V20251125),
                ..with_defaults(upstream, &common, &gateway.live.documents)
            };
            (name, server)
        };
        Config {
            servers: servers.into_iter().map(server).collect(),
            disabled: Vec::new(),
            groups: IndexMap::new(),
            layout: Layout::Many,
            wants_stdio: false,
            gateway: gateway.clone(),
            reload,
            settings: Vec::new(),
            warnings,
        }
    }
}
