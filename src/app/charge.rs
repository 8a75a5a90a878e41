//! What the servers of the config mean to the supervisor.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use indexmap::IndexMap;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::{AppError, logins};
use crate::{
    config::{
        GatewayConfig,
        openapi::OpenApiConfig,
        server::{ServerConfig, UpstreamConfig},
    },
    gateway::{Isolation, Replica, Server, ServerName, ServerSettings},
    http_client::{HttpClient, HttpSettings},
    secrets::Secret,
    supervisor::{Charge, Common, Learnt, Serves},
    upstream::{
        Audience, Upstream,
        remote::Remote,
        rest::{
            Changes, Library, Rest, Sources, Supplied, credentials::Authenticator,
            settings::Credentials,
        },
        stdio::Launch,
    },
};

/// How long a server may take to end after its stdin was closed, and again after SIGTERM.
const SERVER_GRACE: Duration = Duration::from_secs(2);

/// How much longer than a call a remote server's answer may take to begin or pause.
const AFTER_CALLS: Duration = Duration::from_secs(5);

/// What a server of the config is to the supervisor. `address` is where the gateway listens.
pub(super) fn charge(
    name: &ServerName,
    config: ServerConfig,
    gateway: &GatewayConfig,
    address: SocketAddr,
    replica: &Replica,
) -> Result<Charge, AppError> {
    let forwarding = match &config.upstream {
        UpstreamConfig::Stdio(_) => None,
        UpstreamConfig::Remote(remote) => remote.forwarding.clone(),
        UpstreamConfig::OpenApi(api) => api.forwarding.clone(),
    };
    let settings = settings(&config, gateway);
    let longest_call = config.max_call_timeout.saturating_add(AFTER_CALLS);
    let tools: Arc<IndexMap<_, _>> = Arc::new(
        config
            .tools
            .into_iter()
            .map(|(name, changes)| (name, Arc::new(changes)))
            .collect(),
    );
    let upstream = match config.upstream {
        UpstreamConfig::Stdio(stdio) => Upstream::Stdio(Arc::new(Launch {
            name: name.clone(),
            command: stdio.command,
            arguments: stdio.args,
            environment: stdio.environment.variables(std::env::vars_os()),
            directory: stdio.cwd,
            max_line_length: stdio.max_line_size,
            grace: SERVER_GRACE,
        })),
        UpstreamConfig::Remote(remote) => {
            let client = http_client(name, &remote.http)?;
            Upstream::Remote(Arc::new(Remote {
                name: name.clone(),
                audience: audience(remote.forwarding.is_some()),
                transport: remote.transport,
                authorizer: remote.oauth.map(|oauth| {
                    logins::authorizer(name, &remote.url, *oauth, &client, gateway, address)
                }),
                url: remote.url,
                headers: headers(&remote.headers),
                client,
                // A call's own deadline says more than this one would.
                first_byte_timeout: remote.first_byte_timeout.unwrap_or(longest_call),
                longest_call,
                idle_timeout: remote.idle_timeout,
                max_message_size: remote.max_message_size,
            }))
        }
        UpstreamConfig::OpenApi(api) => {
            let changes = Changes {
                disabled: config.disabled_tools.iter().cloned().collect(),
                tools: Arc::clone(&tools),
                server_name: api.server_name.clone(),
            };
            Upstream::Rest(Arc::new(rest(name, *api, longest_call, changes)?))
        }
    };
    let server = Server::new(name.clone(), settings);
    let server = if upstream.is_cheap_to_try() {
        server.tried_when_wanted()
    } else {
        server
    };
    let identities = forwarding.as_ref().map(|forwarding| forwarding.limits);
    let server = match forwarding {
        Some(forwarding) => server.with_forwarding(forwarding.rules),
        None => server,
    };
    let isolation = match upstream {
        // An API knows nothing of sessions.
        Upstream::Rest(_) => Isolation::Shared,
        Upstream::Stdio(_) | Upstream::Remote(_) => config.isolation,
    };
    let places = Arc::new(tokio::sync::Semaphore::new(upstream.most_isolated()));
    Ok(Charge {
        server: Arc::new(server),
        upstream,
        identities,
        common: Common {
            disabled_tools: config.disabled_tools.into_iter().collect(),
            tools,
            pinned: config
                .protocol_version
                .and_then(|version| crate::mcp::Era::of_version(version.word())),
            learnt: Learnt::default(),
            isolation,
            places,
            replica: replica.clone(),
            serves: Serves::Everybody,
        },
    })
}

/// What can change of a server while it lives.
pub(super) fn settings(config: &ServerConfig, gateway: &GatewayConfig) -> ServerSettings {
    ServerSettings {
        overrides: config.documents.clone(),
        start_timeout: config.start_timeout,
        call_timeout: config.call_timeout,
        max_call_timeout: config.max_call_timeout,
        max_concurrent: gateway.live.calls.max_concurrent,
        discovery: config.discovery,
    }
}

/// A REST API. Nothing of it is read yet.
fn rest(
    name: &ServerName,
    api: OpenApiConfig,
    longest_call: Duration,
    changes: Changes,
) -> Result<Rest, AppError> {
    let client = http_client(name, &api.http)?;
    let headers = headers(&api.headers);
    let sources = Sources {
        specs: api.specs,
        url: api.url,
        options: api.options,
        allowed_folders: api.allowed_folders,
        allow_private_networks: api.allow_private_networks,
        allow_insecure_http: api.allow_insecure_http,
        refresh_interval: api.refresh_interval,
        supplied: Supplied::new(
            &api.credentials,
            &headers,
            api.forwarding.as_ref().map(|forwarding| &forwarding.rules),
            api.http.client_certificate.is_some(),
        ),
        wording: api.wording,
    };
    // Without a URL that the user wrote there is nowhere that they may be sent; `/status` and the
    // log say so when the document has been read.
    let home = sources
        .home()
        .filter(|_| api.credentials != Credentials::None);
    let authenticator =
        home.map(|home| Authenticator::new(&api.credentials, name, home, &client).map(Arc::new));
    let authenticator = authenticator
        .transpose()
        .map_err(|source| AppError::Credentials {
            server: name.clone(),
            source,
        })?;
    Ok(Rest {
        name: name.clone(),
        audience: audience(api.forwarding.is_some()),
        library: Library::new(
            name.clone(),
            sources,
            client,
            headers.clone(),
            authenticator.clone(),
        ),
        headers,
        authenticator,
        changes,
        wording: api.wording,
        validate_output: api.validate_output,
        // A call's own deadline says more than these would.
        first_byte_timeout: api.first_byte_timeout.unwrap_or(longest_call),
        idle_timeout: longest_call,
        max_answer_size: api.max_answer_size,
    })
}

/// Whom the shared connection serves of a server that is reached over HTTP.
fn audience(has_forwarding: bool) -> Audience {
    if has_forwarding {
        Audience::Anonymous
    } else {
        Audience::Everybody
    }
}

pub(super) fn http_client(
    name: &ServerName,
    settings: &HttpSettings,
) -> Result<HttpClient, AppError> {
    HttpClient::new(settings).map_err(|source| AppError::Http {
        server: name.clone(),
        source,
    })
}

/// Headers that were checked when the config was read.
fn headers(configured: &IndexMap<HeaderName, Secret>) -> HeaderMap {
    let header = |(name, value): (&HeaderName, &Secret)| {
        let mut value = HeaderValue::from_str(value.reveal()).ok()?;
        value.set_sensitive(true);
        Some((name.clone(), value))
    };
    configured.iter().filter_map(header).collect()
}
