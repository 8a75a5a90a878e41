//! The gateway for one client that spawned it: MCP on standard input and output, no addresses.

use std::{
    future::Future,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use super::{AppError, charge, mcp};
use crate::{
    config::{Config, Layout},
    frontend::mcp::{Scope, stdio},
    gateway::Registry,
    supervisor::{Placement, Supervisor},
};

/// How long servers may take to end in order.
const FAREWELL: Duration = Duration::from_millis(500);

/// Serves the client until it closes its end, or `stop` is done; then ends all servers. Must run
/// in a tokio runtime.
pub async fn run_stdio(config: Config, stop: impl Future<Output = ()>) -> Result<(), AppError> {
    let Config {
        servers,
        groups,
        layout,
        gateway,
        ..
    } = config;
    let (sealer, replica) = mcp::replica(&gateway)?;
    // Nobody comes back to us after a login: `viceversa login` is for that.
    let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let charges = charge::all(servers, &gateway, nowhere, &replica)?;
    let registry = Registry::new(charges.iter().map(|charge| Arc::clone(&charge.server)))
        .with_groups(groups.into_values());
    let service = mcp::service(&gateway, registry, sealer, replica)?;
    let scope = match layout {
        Layout::Single(name) => Scope::Server(name.to_string()),
        Layout::Many => Scope::All,
    };
    let supervisor = Supervisor::prepare(charges, &Arc::new(Placement::default())).start();
    let serving = stdio::serve(
        Arc::clone(&service),
        scope,
        tokio::io::stdin(),
        tokio::io::stdout(),
        gateway.limits.max_body_size,
    );
    tokio::select! {
        () = serving => tracing::info!("the client has closed its end"),
        () = stop => tracing::info!("stopping"),
    }
    service.drain();
    service.sessions.end_all();
    // Clients wait two seconds for us; what is left then is ended by its guard.
    if tokio::time::timeout(FAREWELL, supervisor.stop())
        .await
        .is_err()
    {
        tracing::debug!("servers that did not end in time are ended with the gateway");
    }
    Ok(())
}
