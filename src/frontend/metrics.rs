//! `GET /metrics`: what is counted, in the text format of Prometheus.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header::HeaderValue},
};

use super::{State, answer};
use crate::gateway::{Caller, Phase};

/// The text format (Prometheus, exposition formats).
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// Answers with what is counted, and which servers are up. It is for those who are granted it, since it names all servers.
pub fn metrics(state: &State, caller: Option<&Caller>) -> HttpResponse {
    if caller.is_none_or(|caller| !caller.grants().metrics) {
        return answer::detail(
            StatusCode::FORBIDDEN,
            "Only a key with the grant `metrics` may read them",
        );
    }
    let roster = state.registry.roster();
    let servers = roster
        .servers()
        .map(|server| (server.name.as_str(), is_up(server.state().phase)));
    answer::typed(StatusCode::OK, TEXT, state.metrics.render(servers))
}

/// Whether a server takes calls, of some callers at least.
fn is_up(phase: Phase) -> bool {
    match phase {
        Phase::Ready | Phase::CredentialsRequired => true,
        Phase::Starting
        | Phase::Restarting
        | Phase::Failed
        | Phase::LoginRequired
        | Phase::Stopped => false,
    }
}
