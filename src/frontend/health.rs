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
/// A gateway is *ready* as soon as one of its servers has come up, and as long as one of them is
/// up, on its way back or waiting for a login or for callers' credentials: one slow or broken server doesn't keep requests from the others. Before
/// that it is *starting*, as long as a server is on its first start, and *failed* when none is
/// and none is up. It is *draining* from the signal to stop.
pub fn ready(state: &State) -> HttpResponse {
    if state.drain.is_draining() {
        return answer::json(StatusCode::SERVICE_UNAVAILABLE, r#"{"status":"draining"}"#);
    }
    let mut starting = false;
    for server in state.registry.roster().servers() {
        match server.state().phase {
            // One that waits for a login needs requests: its login ends with one. And one that
            // wants credentials is up for callers that bring them.
            Phase::Ready
            | Phase::Restarting
            | Phase::LoginRequired
            | Phase::CredentialsRequired => {
                return answer::json(StatusCode::OK, r#"{"status":"ready"}"#);
            }
            Phase::Starting => starting = true,
            Phase::Failed | Phase::Stopped => {}
        }
    }
    let body = if starting {
        r#"{"status":"starting"}"#
    } else {
        r#"{"status":"failed"}"#
    };
    answer::json(StatusCode::SERVICE_UNAVAILABLE, body)
}
