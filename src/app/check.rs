//! All servers of a config, started once to see whether they can be used.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use super::{AppError, mcp, servers::Servers, startup};
use crate::{
    config::Config,
    frontend,
    gateway::{Phase, Registry},
    supervisor::{Placement, Supervisor},
    telemetry::Sink,
    upstream::oauth::Logins,
};

/// What became of the servers.
#[derive(Debug)]
pub struct Checked {
    /// For people.
    pub table: String,
    /// For programs: a JSON list, as `/status` has it.
    pub json: String,
    /// Whether each of them can be used.
    pub are_all_up: bool,
}

/// Starts all servers, waits until each is up or has failed, within the deadline of its start, and
/// ends them. Must run in a tokio runtime.
pub async fn check(config: Config, sink: &Sink) -> Result<Checked, AppError> {
    let Config {
        servers,
        groups,
        gateway,
        ..
    } = config;
    let (_, replica) = mcp::replica(&gateway)?;
    let supervisor = Supervisor::new(&Arc::new(Placement::default()));
    let registry = Registry::default();
    let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut live = Servers::new(
        supervisor.clone(),
        registry.clone(),
        Logins::default(),
        nowhere,
        replica,
    );
    let (starting, _) = live.apply(servers, groups, &gateway)?;
    starting.start();
    startup::wait(&registry, sink, gateway.fixed.log_format).await;
    let roster = registry.roster();
    let is_up = |phase| match phase {
        Phase::Ready | Phase::CredentialsRequired => true,
        Phase::Starting
        | Phase::Restarting
        | Phase::Failed
        | Phase::LoginRequired
        | Phase::Stopped => false,
    };
    let checked = Checked {
        table: startup::table(&registry).to_string(),
        json: frontend::servers_as_json(&roster),
        are_all_up: roster.servers().all(|server| is_up(server.state().phase)),
    };
    supervisor.stop().await;
    Ok(checked)
}
