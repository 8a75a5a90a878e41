//! One line for each request.

use std::time::Duration;

use actix_web::{
    HttpRequest,
    http::{StatusCode, header::HeaderValue},
};

use crate::gateway::Caller;

/// The target of the lines, by which they can be filtered.
pub const TARGET: &str = "viceversa::access";

/// Writes a request's line. The query stays out: callers put secrets there.
pub fn write(
    request: &HttpRequest,
    status: StatusCode,
    took: Duration,
    request_id: &HeaderValue,
    caller: Option<&Caller>,
) {
    tracing::info!(
        target: TARGET,
        method = request.method().as_str(),
        path = request.uri().path(),
        status = status.as_u16(),
        ms = milliseconds(took),
        request_id = request_id.to_str().unwrap_or_default(),
        caller = caller.map(Caller::name),
    );
}

/// With three decimals.
fn milliseconds(took: Duration) -> f64 {
    let micros = u32::try_from(took.as_micros()).unwrap_or(u32::MAX);
    f64::from(micros) / 1000.0
}
