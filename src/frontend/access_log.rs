//! One line for each request.

use std::time::Instant;

use actix_web::{
    HttpRequest,
    http::{StatusCode, header::HeaderValue},
};

use crate::{gateway::Caller, telemetry};

/// What nginx calls a request whose caller went away before the answer.
const CALLER_WENT_AWAY: u16 = 499;

/// The line of a request, written when this is dropped: also when the caller goes away, and the
/// work for it is dropped.
pub struct Line<'a> {
    request: &'a HttpRequest,
    request_id: &'a HeaderValue,
    started: Instant,
    /// Who calls, once that is known.
    pub caller: Option<Caller>,
    /// The answer, once there is one.
    pub status: Option<StatusCode>,
}

impl<'a> Line<'a> {
    /// The line of a request that begins now.
    pub fn begin(request: &'a HttpRequest, request_id: &'a HeaderValue) -> Self {
        Self {
            request,
            request_id,
            started: Instant::now(),
            caller: None,
            status: None,
        }
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        // The query stays out: callers put secrets there.
        tracing::info!(
            target: telemetry::ACCESS,
            method = self.request.method().as_str(),
            path = self.request.uri().path(),
            status = self.status.map_or(CALLER_WENT_AWAY, |status| status.as_u16()),
            ms = milliseconds(self.started),
            request_id = self.request_id.to_str().unwrap_or_default(),
            caller = self.caller.as_ref().map(Caller::name),
        );
    }
}

/// With three decimals.
fn milliseconds(since: Instant) -> f64 {
    let micros = u32::try_from(since.elapsed().as_micros()).unwrap_or(u32::MAX);
    f64::from(micros) / 1000.0
}
