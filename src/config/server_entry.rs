//! One entry of `mcpServers`.

mod forwarding;
pub(crate) mod http;
pub(crate) mod keys;
pub(crate) mod openapi;
pub(crate) mod remote;
mod stdio;
mod tools;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use keys::{Kind, look_at_unknown_keys};
use openapi::OpenApiKeys;
use remote::RemoteKeys;
use stdio::StdioKeys;

use crate::config::calls::CallConfig;
use crate::config::document::{Member, Node, Object};
use crate::config::documents::DocumentOverrides;
use crate::config::error::{ConfigError, OpenApiProblem, Problem};
use crate::config::seen::Recorder;
use crate::config::server::{ProtocolVersion, ServerConfig, ServerType, UpstreamConfig};
use crate::config::value::{EndpointPath, Timeout};
use crate::config::warning::Warning;
use crate::config::{GatewayConfig, Variables};
use crate::gateway::server_name::ServerName;
use crate::gateway::{Discovery, Isolation};
use crate::upstream::remote::Transport;

/// What entries take from the global settings.
pub(crate) struct Common {
    pub(crate) calls: CallConfig,
    pub(crate) max_line_size: usize,
    pub(crate) env_file: Arc<Variables>,
    pub(crate) env: Variables,
    /// Who reads the files that entries name.
    pub(crate) recorder: Arc<Recorder>,
    /// Endpoints of the gateway itself, by their settings.
    endpoints: [(&'static str, EndpointPath); 2],
}

impl Common {
    pub(crate) fn new(
        gateway: &GatewayConfig,
        env_file: Arc<Variables>,
        env: Variables,
        recorder: &Arc<Recorder>,
    ) -> Self {
        let calls = gateway.live.calls.clone();
        Self {
            calls,
            max_line_size: gateway.live.limits.max_line_size,
            env_file,
            env,
            recorder: Arc::clone(recorder),
            endpoints: [
                (
                    "--sse-path (gateway.ssePath)",
                    gateway.fixed.endpoints.sse_path.clone(),
                ),
                (
                    "--message-path (gateway.messagePath)",
                    gateway.fixed.endpoints.message_path.clone(),
                ),
            ],
        }
    }

    /// Refuses an entry whose routes an endpoint of the gateway itself would hide.
    pub(crate) fn refuse_name_of_an_endpoint(&self, entry: &Member<'_>) -> Result<(), ConfigError> {
        match self.endpoint_named(&entry.key) {
            Some(setting) => Err(entry.error(Problem::NameOfEndpoint { setting })),
            None => Ok(()),
        }
    }

    /// The setting of the endpoint that would hide the routes of a server of this name.
    pub(crate) fn endpoint_named(&self, name: &str) -> Option<&'static str> {
        let mut endpoints = self.endpoints.iter();
        let (setting, _) = endpoints.find(|(_, path)| path.first_segment() == name)?;
        Some(setting)
    }
}

/// Reads an entry; none where it is disabled.
pub(crate) fn read(
    entry: &Member<'_>,
    common: &Common,
    warnings: &mut Vec<Warning>,
) -> Result<Option<(ServerName, ServerConfig)>, ConfigError> {
    let mut object = entry.value.clone().object("{\"command\": \"uvx\"}")?;
    if let Some(disabled) = object.take("disabled")
        && disabled.boolean()?
    {
        return Ok(None);
    }
    let name: ServerName = entry
        .key
        .parse()
        .map_err(|problem| entry.error(Problem::ServerName(problem)))?;
    common.refuse_name_of_an_endpoint(entry)?;

    let keys = UpstreamKeys::take(entry, &mut object)?;
    let deadlines = Deadlines::read(&mut object, &common.calls)?;
    let documents = read_documents(&mut object)?;
    let disabled_tools = object
        .take_either("disabledTools", "disabled_tools")?
        .map(|tools| tools.strings("[\"convert_time\"]"))
        .transpose()?;
    let protocol_version = object
        .take("protocolVersion")
        .map(|version| version.parsed::<ProtocolVersion>("a string", "\"2025-06-18\""))
        .transpose()?;
    let isolation = object
        .take("isolation")
        .map(|isolation| isolation.parsed::<Isolation>("a string", "\"session\""))
        .transpose()?;
    let discovery = read_discovery(&mut object)?;
    let disabled_tools: BTreeSet<String> = disabled_tools.into_iter().flatten().collect();
    let tools = match object.take("tools") {
        Some(tools) => tools::read(&tools, &disabled_tools, warnings)?,
        None => IndexMap::new(),
    };
    look_at_unknown_keys(&mut object, keys.kind(), warnings)?;
    let is_api = keys.kind() == Kind::OpenApi;

    let server = ServerConfig {
        upstream: keys.read(entry, common, warnings)?,
        disabled_tools,
        documents,
        start_timeout: deadlines.start,
        call_timeout: deadlines.call,
        max_call_timeout: deadlines.max_call,
        protocol_version: protocol_version.filter(|_| !is_api),
        isolation: isolation.filter(|_| !is_api).unwrap_or_default(),
        discovery,
        tools,
    };
    Ok(Some((name, server)))
}

/// The keys of each kind of server.
enum UpstreamKeys<'d> {
    Stdio(Box<StdioKeys<'d>>),
    Remote(Box<RemoteKeys<'d>>),
    OpenApi(Box<OpenApiKeys<'d>>),
}

impl<'d> UpstreamKeys<'d> {
    fn take(entry: &Member<'_>, object: &mut Object<'d>) -> Result<Self, ConfigError> {
        let server_type = object
            .take_either("type", "transport")?
            .map(|node| node.parsed::<ServerType>("a string", "\"stdio\""))
            .transpose()?;
        let url = object.take("url");
        let has_command = object.has("command");
        let spec = object.take("spec");
        let transport = match (server_type, &url, &spec) {
            (Some(ServerType::OpenApi), ..) | (None, _, Some(_)) => {
                let keys = OpenApiKeys::take(spec, url, object)?;
                return Ok(Self::OpenApi(Box::new(keys)));
            }
            (Some(_), _, Some(spec)) => {
                return Err(spec.error(OpenApiProblem::SpecOfOther.into()));
            }
            (Some(ServerType::Sse), ..) => Transport::Sse,
            (Some(ServerType::StreamableHttp), ..) => Transport::StreamableHttp,
            (None, Some(url), _) if has_command => return Err(url.error(Problem::CommandAndUrl)),
            (None, Some(_), _) => Transport::Either,
            (Some(ServerType::Stdio), Some(url), _) => {
                return Err(url.error(Problem::UrlOfStdio));
            }
            (Some(ServerType::Stdio) | None, None, _) => {
                return Ok(Self::Stdio(Box::new(StdioKeys::take(object)?)));
            }
        };
        match url {
            Some(url) if has_command => Err(url.error(Problem::CommandAndUrl)),
            Some(url) => Ok(Self::Remote(Box::new(RemoteKeys::take(
                url, transport, object,
            )?))),
            None => Err(entry.error(Problem::NoUrl)),
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Stdio(_) => Kind::Program,
            Self::Remote(_) => Kind::Remote,
            Self::OpenApi(_) => Kind::OpenApi,
        }
    }

    fn read(
        self,
        entry: &Member<'_>,
        common: &Common,
        warnings: &mut Vec<Warning>,
    ) -> Result<UpstreamConfig, ConfigError> {
        Ok(match self {
            Self::Stdio(keys) => UpstreamConfig::Stdio(keys.read(entry, common)?),
            Self::Remote(keys) => UpstreamConfig::Remote(keys.read(common, warnings)?),
            Self::OpenApi(keys) => {
                UpstreamConfig::OpenApi(Box::new(keys.read(entry, common, warnings)?))
            }
        })
    }
}

struct Deadlines {
    start: Duration,
    call: Duration,
    max_call: Duration,
}

impl Deadlines {
    fn read(object: &mut Object<'_>, global: &CallConfig) -> Result<Self, ConfigError> {
        let timeout = |node: Option<&Node<'_>>| {
            let timeout = node.map(|node| {
                node.parsed::<Timeout>("a duration", "\"30s\"")
                    .map(Timeout::get)
            });
            timeout.transpose()
        };
        let start = timeout(object.take("startTimeout").as_ref())?;
        let call_node = object.take("callTimeout");
        let call = timeout(call_node.as_ref())?;
        let max_call = timeout(object.take("maxCallTimeout").as_ref())?;
        if let (Some(node), Some(call), Some(max_call)) = (&call_node, call, max_call)
            && max_call < call
        {
            return Err(node.error(Problem::TimeoutOrder));
        }
        // What the server's own entry says wins over what is global.
        let call = call.unwrap_or(max_call.map_or(global.timeout, |max| max.min(global.timeout)));
        Ok(Self {
            start: start.unwrap_or(global.start_timeout),
            call,
            max_call: max_call.unwrap_or(global.max_timeout).max(call),
        })
    }
}

/// How tools are found.
pub(crate) fn read_discovery(object: &mut Object<'_>) -> Result<Option<Discovery>, ConfigError> {
    let discovery = object.take("discovery");
    discovery
        .map(|discovery| discovery.parsed("a string", "\"search\""))
        .transpose()
}

/// What is said in place of the servers' own words.
pub(crate) fn read_documents(object: &mut Object<'_>) -> Result<DocumentOverrides, ConfigError> {
    let title = object.take_either("title", "name")?;
    let description = object.take("description");
    let version = object.take("version");
    Ok(DocumentOverrides {
        title: title.map(|text| text.string("\"Time\"")).transpose()?,
        description: description
            .map(|text| text.string("\"What it does\""))
            .transpose()?,
        version: version
            .map(|text| text.scalar("a string", "\"1.0\""))
            .transpose()?,
    })
}
