//! Liveness and readiness. They are public, and say nothing else.

use actix_web::{HttpResponse, http::StatusCode};

use super::{State, answer};
use crate::gateway::Phase;

/// `GET /health`: the process answers.
pub fn health() -> HttpResponse {
    answer::json(StatusCode::OK, r#"{"status":"ok"}"#)
}

/// `GET /ready`: whether requests should be sent here.
///
/// A gateway is *starting* as long as each of its servers is on its first start, and *ready* as
/// soon as one of them has come up or failed: one slow server doesn't keep requests from the
/// others, and calls to it wait for it. It is *draining* from the signal to stop.
pub fn ready(state: &State) -> HttpResponse {
    if state.drain.is_draining() {
        return answer::json(StatusCode::SERVICE_UNAVAILABLE, r#"{"status":"draining"}"#);
    }
    let mut phases = state.registry.iter().map(|server| server.state().phase);
    let starting =
        state.registry.iter().next().is_some() && phases.all(|phase| phase == Phase::Starting);
    if starting {
        answer::json(StatusCode::SERVICE_UNAVAILABLE, r#"{"status":"starting"}"#)
    } else {
        answer::json(StatusCode::OK, r#"{"status":"ready"}"#)
    }
}
