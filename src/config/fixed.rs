//! What holds from the gateway's start to its end.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::listen::ListenConfig;
use crate::config::log::LogFormat;
use crate::config::mcp::{EndpointConfig, ReplicaConfig};

/// Settings that need a restart to change: addresses, and what was promised to others for as long
/// as the gateway runs. What can change is [`super::live::LiveConfig`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixedConfig {
    /// Where the gateway listens.
    pub listen: ListenConfig,
    /// This process among its replicas.
    pub replica: ReplicaConfig,
    /// The paths of the older MCP transport.
    pub endpoints: EndpointConfig,
    /// Deadline for a request's head.
    pub header_timeout: Duration,
    /// Where access tokens for remote servers are kept; none: no folder is known.
    pub token_dir: Option<PathBuf>,
    /// In which form is logged.
    pub log_format: LogFormat,
}

impl FixedConfig {
    /// The settings that another config has otherwise, as they are called in the config file.
    pub fn differences(&self, other: &Self) -> Vec<&'static str> {
        let Self {
            listen:
                ListenConfig {
                    host,
                    port,
                    tls,
                    path_prefix,
                    root_path,
                    workers,
                    max_connections,
                },
            replica:
                ReplicaConfig {
                    session_key,
                    name,
                    peers,
                },
            endpoints:
                EndpointConfig {
                    sse_path,
                    message_path,
                },
            header_timeout,
            token_dir,
            log_format,
        } = self;
        [
            ("host", *host == other.listen.host),
            ("port", *port == other.listen.port),
            // Certificates come and go, but not whether there is one.
            (
                "sslCertfile, sslKeyfile",
                tls.is_some() == other.listen.tls.is_some(),
            ),
            ("pathPrefix", *path_prefix == other.listen.path_prefix),
            ("rootPath", *root_path == other.listen.root_path),
            ("workers", *workers == other.listen.workers),
            (
                "maxConnections",
                *max_connections == other.listen.max_connections,
            ),
            ("sessionKey", *session_key == other.replica.session_key),
            ("replica", *name == other.replica.name),
            ("peers", *peers == other.replica.peers),
            ("ssePath", *sse_path == other.endpoints.sse_path),
            ("messagePath", *message_path == other.endpoints.message_path),
            ("headerTimeout", *header_timeout == other.header_timeout),
            ("tokenDir", *token_dir == other.token_dir),
            ("logFormat", *log_format == other.log_format),
        ]
        .into_iter()
        .filter_map(|(setting, is_same)| (!is_same).then_some(setting))
        .collect()
    }
}
