//! What all requests share.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use actix_web::http::StatusCode;
use arc_swap::ArcSwap;

use super::{Cors, Documents, Paths, TaskCount, body::BodyLimits, mcp::Service};
use crate::{
    auth::Guard,
    config::Layout,
    gateway::{Drain, Registry, Reloads, Server, login::LoginDesk},
    policy::Policy,
    telemetry::metrics::Metrics,
};

/// The state that holds just now. Each request has one from its beginning to its end.
#[derive(Debug)]
pub struct Current(ArcSwap<State>);

impl Current {
    /// This state holds.
    pub fn new(state: Arc<State>) -> Self {
        Self(ArcSwap::new(state))
    }

    /// The state that holds just now.
    pub fn get(&self) -> Arc<State> {
        self.0.load_full()
    }

    /// Has another state hold, for all requests that come from now on.
    pub fn replace(&self, state: State) {
        self.0.store(Arc::new(state));
    }
}

/// What all requests share: made at start, and anew with each reload of the config.
#[derive(Debug)]
pub struct State {
    /// The servers.
    pub registry: Registry,
    /// What exchanges pass.
    pub policy: Policy,
    /// What MCP callers share.
    pub mcp: Arc<Service>,
    /// How servers are laid out over the paths.
    pub layout: Layout,
    /// Where the paths begin.
    pub paths: Paths,
    /// Who may come in.
    pub guard: Guard,
    /// Whose pages may read answers.
    pub cors: Cors,
    /// How documents are written, and those that were.
    pub documents: Documents,
    /// What a request's body may be.
    pub body_limits: BodyLimits,
    /// The status of a result in which a tool reports an error.
    pub tool_error_status: StatusCode,
    /// How long calls in flight may go on when the gateway is stopped.
    pub shutdown_timeout: Duration,
    /// Who ends logins to servers.
    pub logins: Arc<dyn LoginDesk>,
    /// What is in flight, and whether the gateway is shutting down.
    pub drain: Drain,
    /// How many tasks live just now.
    pub tasks: TaskCount,
    /// What is counted.
    pub metrics: Metrics,
    /// Reloads of the config.
    pub reloads: Reloads,
    /// When the gateway started.
    pub started: Instant,
}

impl State {
    pub(super) fn server(&self, name: &str) -> Option<Arc<Server>> {
        self.registry.get(name)
    }
}
