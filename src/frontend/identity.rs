//! The server that a request is for, as its caller has it.

use std::sync::Arc;

use actix_web::HttpRequest;

use super::State;
use crate::gateway::{Caller, ExchangeError, Identity, Lease, Server};

/// The server of that name as the caller has it: where it gets headers of its callers, the one of
/// this caller's identity. Nothing where there is no such server.
///
/// Somebody unknown, whom public documents are shown to, has no identity: else anybody could have
/// connections opened.
pub fn lease(
    state: &State,
    request: &HttpRequest,
    caller: Option<&Caller>,
    name: &str,
) -> Option<Result<Lease, ExchangeError>> {
    let server = state.server(name, caller)?;
    Some(of_server(request, caller, &server))
}

/// This server as the caller has it.
pub fn of_server(
    request: &HttpRequest,
    caller: Option<&Caller>,
    server: &Arc<Server>,
) -> Result<Lease, ExchangeError> {
    match (identity_for(request, server), caller) {
        (Some(identity), Some(_)) => server
            .lease(&identity)
            .map_err(|problem| ExchangeError::Busy(problem.to_string())),
        _ => Ok(Lease::shared(server)),
    }
}

/// Who the caller is to a server that gets headers of its callers.
pub fn identity_for(request: &HttpRequest, server: &Server) -> Option<Identity> {
    let forwarding = server.forwarding()?;
    let headers = request.headers().iter();
    let headers: Vec<(&str, &[u8])> = headers
        .map(|(name, value)| (name.as_str(), value.as_bytes()))
        .collect();
    let selection = forwarding.select(&headers);
    if forwarding.logs_names() {
        tracing::info!(
            server = %server.name,
            forwarded = ?selection.identity,
            withheld = ?selection.withheld,
            "headers of a caller"
        );
    }
    Some(selection.identity)
}
