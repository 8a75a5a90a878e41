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
    gateway::{
        Caller, Catalog, Drain, Group, Registry, Reloads, Server, ServerName, login::LoginDesk,
    },
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
    pub guard: Arc<Guard>,
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
    /// The server of that name, if the caller sees it. Nobody in particular, whom public documents
    /// are shown to, sees all.
    pub(super) fn server(&self, name: &str, caller: Option<&Caller>) -> Option<Arc<Server>> {
        let server = self.registry.get(name)?;
        sees_server(caller, &server.name).then_some(server)
    }

    /// The group of that name, likewise.
    pub(super) fn group(&self, name: &str, caller: Option<&Caller>) -> Option<Arc<Group>> {
        let group = self.registry.group(name)?;
        sees_group(caller, &group.name).then_some(group)
    }
}

/// Whether the caller sees the server of this name.
pub(super) fn sees_server(caller: Option<&Caller>, name: &ServerName) -> bool {
    caller.is_none_or(|caller| caller.grants().admit_server(name))
}

/// Whether the caller sees the group of this name.
pub(super) fn sees_group(caller: Option<&Caller>, name: &ServerName) -> bool {
    caller.is_none_or(|caller| caller.grants().admit_group(name))
}

/// What the caller sees of what the server of this name offers.
pub(super) fn seen_by(
    caller: Option<&Caller>,
    catalog: &Arc<Catalog>,
    server: &ServerName,
) -> Arc<Catalog> {
    match caller {
        Some(caller) => catalog.granted(caller.grants(), server),
        None => Arc::clone(catalog),
    }
}
