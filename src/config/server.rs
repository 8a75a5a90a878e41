//! One server, and how it is reached.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use indexmap::IndexMap;
use reqwest::Url;
use reqwest::header::HeaderName;

use crate::config::child_environment::ChildEnvironment;
use crate::config::documents::DocumentOverrides;
use crate::config::oauth::OAuthConfig;
use crate::config::openapi::OpenApiConfig;
use crate::config::value::words;
use crate::gateway::{Discovery, Forwarding, Isolation, ToolOverride};
use crate::http_client::HttpSettings;
use crate::secrets::Secret;
use crate::supervisor::IdentityLimits;
use crate::upstream::remote::Transport;

/// One server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerConfig {
    /// How it is reached.
    pub upstream: UpstreamConfig,
    /// Tools that nobody sees.
    pub disabled_tools: BTreeSet<String>,
    /// What documents say in place of the server's own words.
    pub documents: DocumentOverrides,
    /// Deadline of its start.
    pub start_timeout: Duration,
    /// Deadline of a call that reports no progress.
    pub call_timeout: Duration,
    /// Deadline up to which progress extends a call; not shorter than `call_timeout`.
    pub max_call_timeout: Duration,
    /// The protocol version to speak, where the user pinned one.
    pub protocol_version: Option<ProtocolVersion>,
    /// Whether callers have sessions of their own with it.
    pub isolation: Isolation,
    /// How its tools are found; none: as the global setting says.
    pub discovery: Option<Discovery>,
    /// What callers see of its tools in place of what it says itself, by the names that it gives
    /// them.
    pub tools: IndexMap<String, ToolOverride>,
}

/// How a server is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UpstreamConfig {
    /// An MCP server that is a child process of the gateway.
    Stdio(StdioConfig),
    /// An MCP server that is reached over HTTP.
    Remote(RemoteConfig),
    /// A REST API with an OpenAPI document.
    OpenApi(Box<OpenApiConfig>),
}

/// An MCP server that is reached over HTTP.
#[derive(Clone, PartialEq, Eq)]
pub struct RemoteConfig {
    /// Which transport it speaks.
    pub transport: Transport,
    /// Its MCP endpoint, or its stream of server-sent events.
    pub url: Url,
    /// What each request carries. Secret: most are credentials.
    pub headers: IndexMap<HeaderName, Secret>,
    /// Which headers of its callers it gets, where it gets any.
    pub forwarding: Option<Box<ForwardingConfig>>,
    /// How its access tokens are had, where it wants any.
    pub oauth: Option<Box<OAuthConfig>>,
    /// How connections are made.
    pub http: HttpSettings,
    /// How long an answer may take to begin; none: as long as a call.
    pub first_byte_timeout: Option<Duration>,
    /// How long a stream may be silent; none: as long as a call, and those for changes a day.
    pub idle_timeout: Option<Duration>,
    /// The largest message accepted from it, in bytes.
    pub max_message_size: usize,
}

/// How headers of callers are forwarded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForwardingConfig {
    /// Which.
    pub rules: Forwarding,
    /// How many identities may have connections of their own.
    pub limits: IdentityLimits,
}

/// Paths and queries may hold secrets, and headers do, so they are not shown.
impl fmt::Debug for RemoteConfig {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            transport,
            url,
            headers,
            forwarding,
            oauth,
            http,
            first_byte_timeout,
            idle_timeout,
            max_message_size,
        } = self;
        formatter
            .debug_struct("RemoteConfig")
            .field("transport", transport)
            .field("url", &url.origin().ascii_serialization())
            .field("headers", &headers.len())
            .field("forwarding", forwarding)
            .field("oauth", oauth)
            .field("http", http)
            .field("first_byte_timeout", first_byte_timeout)
            .field("idle_timeout", idle_timeout)
            .field("max_message_size", max_message_size)
            .finish()
    }
}

/// An MCP server that is a child process.
#[derive(Clone, PartialEq, Eq)]
pub struct StdioConfig {
    /// The program: a path, or a name that is looked up in `PATH`.
    pub command: OsString,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Its working folder; none: ours.
    pub cwd: Option<PathBuf>,
    /// Its environment.
    pub environment: ChildEnvironment,
    /// The longest message accepted from it, in bytes.
    pub max_line_size: usize,
}

/// Arguments may hold secrets, so they are only counted.
impl fmt::Debug for StdioConfig {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            command,
            args,
            cwd,
            environment,
            max_line_size,
        } = self;
        formatter
            .debug_struct("StdioConfig")
            .field("command", command)
            .field("args", &args.len())
            .field("cwd", cwd)
            .field("environment", environment)
            .field("max_line_size", max_line_size)
            .finish()
    }
}

words! {
    for Isolation {
        Auto = "auto",
        Session = "session",
        Shared = "shared",
    }
}

words! {
    /// A version of the Model Context Protocol.
    pub enum ProtocolVersion {
        /// 2024-11-05
        V20241105 = "2024-11-05",
        /// 2025-03-26
        V20250326 = "2025-03-26",
        /// 2025-06-18
        V20250618 = "2025-06-18",
        /// 2025-11-25
        V20251125 = "2025-11-25",
        /// 2026-07-28
        V20260728 = "2026-07-28",
    }
}

words! {
    /// What a server speaks.
    pub enum ServerType {
        /// MCP over the standard input and output of a child process.
        Stdio = "stdio",
        /// MCP over HTTP with server-sent events, of 2024.
        Sse = "sse",
        /// MCP over streamable HTTP.
        StreamableHttp = "streamable-http" | "streamable_http" | "streamablehttp" | "http",
        /// A REST API with an OpenAPI document.
        OpenApi = "openapi",
    }
}
