//! The gateway for one client that spawned it: MCP on standard input and output, no addresses.

use std::{
    future::Future,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use super::{AppError, Sources, frontend_state, mcp, reload::Reloader, servers::Servers};
use crate::{
    config::{Config, Layout},
    frontend::mcp::{Scope, stdio},
    gateway::{Registry, Reloads, reloads::ReloadStatus},
    supervisor::{Placement, Supervisor},
    telemetry::{Log, metrics::Metrics},
    upstream::oauth::Logins,
};

/// How long servers may take to end in order.
const FAREWELL: Duration = Duration::from_millis(500);

/// Serves the client until it closes its end, or `stop` is done; then ends all servers. Must run
/// in a tokio runtime.
pub async fn run_stdio(
    config: Config,
    log: &Log,
    sources: Sources,
    stop: impl Future<Output = ()>,
) -> Result<(), AppError> {
    let Config {
        servers,
        groups,
        layout,
        gateway,
        reload,
        ..
    } = config;
    let (sealer, replica) = mcp::replica(&gateway)?;
    // Nobody comes back to us after a login: `viceversa login` is for that.
    let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let supervisor = Supervisor::new(&Arc::new(Placement::default()));
    let registry = Registry::default();
    let mut live = Servers::new(
        supervisor.clone(),
        registry.clone(),
        Logins::default(),
        nowhere,
        replica.clone(),
    );
    let (starting, _) = live.apply(servers, groups, &gateway)?;
    let service = mcp::service(&gateway, registry, sealer, replica)?;
    let scope = match &layout {
        Layout::Single(name) => Scope::Server(name.to_string()),
        Layout::Many => Scope::All,
    };
    starting.start();
    let max_body_size = gateway.live.limits.max_body_size;
    // Nobody can ask, but for SIGHUP.
    let (_asks, desk) = Reloads::new(ReloadStatus::new(reload.hot_reload));
    let reloader = Reloader {
        sources,
        gateway,
        is_hot: reload.hot_reload,
        servers: live,
        desk,
        log: log.clone(),
        certificate: None,
        // Nobody asks for them.
        metrics: Metrics::new().reloads(),
        layout,
        adopt: {
            let service = Arc::clone(&service);
            Box::new(move |gateway, _| {
                service.change(
                    frontend_state::policy(&gateway.live),
                    mcp::settings(&gateway.live),
                );
            })
        },
    };
    let serving = stdio::serve(
        Arc::clone(&service),
        scope,
        tokio::io::stdin(),
        tokio::io::stdout(),
        max_body_size,
    );
    tokio::select! {
        () = serving => tracing::info!("the client has closed its end"),
        () = stop => tracing::info!("stopping"),
        () = reloader.run() => {}
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
