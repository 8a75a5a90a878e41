//! The addresses that the gateway listens on.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use actix_web::dev::ServerHandle;

use super::AppError;

/// How long the thread that accepts connections may take to stop doing so.
const PAUSE: Duration = Duration::from_millis(20);

/// All addresses of a host, with one port: where the system chooses it, the same for all.
pub(super) fn bind(addresses: &[SocketAddr]) -> Result<Vec<TcpListener>, AppError> {
    let mut listeners: Vec<TcpListener> = Vec::new();
    let mut failure = None;
    for address in addresses {
        let mut address = *address;
        if address.port() == 0
            && let Some(first) = listeners.first()
        {
            address.set_port(first.local_addr()?.port());
        }
        match listen(address) {
            Ok(listener) => listeners.push(listener),
            Err(source) => {
                failure = Some(AppError::Bind {
                    address: address.to_string(),
                    source,
                });
            }
        }
    }
    // Of a name such as localhost, one family may be switched off on this machine.
    match failure {
        Some(failure) if listeners.is_empty() || is_taken(&failure) => Err(failure),
        _ => Ok(listeners),
    }
}

fn is_taken(failure: &AppError) -> bool {
    matches!(failure, AppError::Bind { source, .. } if source.kind() == io::ErrorKind::AddrInUse)
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Refuses new connections from here on; those that are open stay.
pub(super) async fn stop(handle: &ServerHandle, listeners: &[TcpListener]) {
    handle.pause().await;
    // The thread that accepts takes the pause in its own time, and would complain of a socket
    // that is shut down before.
    tokio::time::sleep(PAUSE).await;
    for listener in listeners {
        // Where a system can't do this, callers wait until the process ends.
        let _ = rustix::net::shutdown(listener, rustix::net::Shutdown::Both);
    }
}
