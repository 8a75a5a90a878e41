//! The HTTP server.

use std::{io, net::TcpListener, sync::Arc, time::Duration};

use actix_web::{HttpServer, dev::Server, web::Data};

use super::LINGER;
use crate::{
    config::GatewayConfig,
    frontend::{self, Current},
    supervisor::Placement,
};

/// How long a connection may be idle between requests: longer than load balancers keep theirs,
/// so that none of them finds one closed that it is about to use.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// The server on these addresses; it serves as soon as it is awaited.
pub(super) fn server(
    listeners: Vec<TcpListener>,
    tls: Option<&rustls::ServerConfig>,
    gateway: &GatewayConfig,
    placement: &Arc<Placement>,
    state: Data<Current>,
) -> io::Result<Server> {
    let workers = gateway
        .fixed
        .listen
        .workers
        .map_or_else(default_workers, usize::from);
    let placement = Arc::clone(placement);
    let mut server = HttpServer::new(move || {
        placement.register_this_thread();
        frontend::app(state.clone())
    })
    .workers(workers)
    // The library counts for each worker.
    .max_connections(gateway.fixed.listen.max_connections.get().div_ceil(workers))
    .keep_alive(KEEP_ALIVE)
    .client_request_timeout(gateway.fixed.header_timeout)
    // Else a caller that goes away is not noticed, and its call not cancelled.
    .h1_allow_half_closed(false)
    .shutdown_timeout(LINGER.as_secs())
    .disable_signals();
    for listener in listeners {
        server = match tls {
            Some(tls) => server.listen_rustls_0_23(listener, tls.clone())?,
            None => server.listen(listener)?,
        };
    }
    Ok(server.run())
}

/// One worker for two cores: each wake between threads costs more than a request's own work,
/// and servers need cores too (docs/performance.md).
fn default_workers() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| cores.get().div_ceil(2))
}
