//! What the config means to MCP callers.

use std::{io, sync::Arc};

use crate::{
    config::{GatewayConfig, live::LiveConfig},
    frontend::mcp::{McpSettings, Peers, Service},
    gateway::{Registry, Replica},
    http_client::{HttpClient, HttpSettings},
    secrets::seal::Sealer,
};

use super::{AppError, frontend_state};

/// What a replica is called that has no peers.
const ALONE: &str = "alone";

/// What ids and states are sealed with, and this process among its replicas.
pub(super) fn replica(gateway: &GatewayConfig) -> Result<(Arc<Sealer>, Replica), AppError> {
    let sealer = match &gateway.fixed.replica.session_key {
        Some(key) => Sealer::with_key(key),
        None => Sealer::random(),
    };
    let sealer = Arc::new(sealer.map_err(|error| AppError::System(io::Error::other(error)))?);
    let name = gateway.fixed.replica.name.as_ref();
    let name = name.map_or(ALONE, |name| name.as_str());
    let replica = Replica::new(name, Arc::clone(&sealer));
    Ok((sealer, replica))
}

/// What MCP callers share.
pub(super) fn service(
    gateway: &GatewayConfig,
    registry: Registry,
    sealer: Arc<Sealer>,
    replica: Replica,
) -> Result<Arc<Service>, AppError> {
    let config = &gateway.fixed.replica;
    let others = config.peers.iter();
    let others = others.map(|(name, url)| (name.as_str().to_owned(), url.clone()));
    let client = if config.peers.is_empty() {
        None
    } else {
        let client = HttpClient::new(&HttpSettings::default());
        Some(client.map_err(|error| AppError::System(io::Error::other(error)))?)
    };
    let peers = Peers::new(replica, others.collect(), client);
    let sealer = (sealer, config.session_key.is_some());
    let policy = frontend_state::policy(&gateway.live);
    let settings = settings(&gateway.live);
    Ok(Service::new(registry, policy, settings, sealer, peers))
}

/// What MCP callers get.
pub(super) fn settings(live: &LiveConfig) -> McpSettings {
    let mcp = &live.mcp;
    McpSettings {
        name_separator: mcp.name_separator.as_str().to_owned(),
        discovery: mcp.discovery,
        session_idle_timeout: mcp.session_idle_timeout,
        max_sessions: mcp.max_sessions,
        resume_wait: mcp.resume_wait,
        ask_timeout: live.calls.max_timeout,
    }
}
