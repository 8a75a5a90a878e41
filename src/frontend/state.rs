//! What all requests share.

use std::{sync::Arc, time::Instant};

use actix_web::http::StatusCode;

use super::{Cors, Documents, Paths, TaskCount, body::BodyLimits, mcp::Service};
use crate::{
    auth::Guard,
    config::Layout,
    gateway::{Drain, Registry, Server, login::LoginDesk},
    policy::Policy,
};

/// What all requests share, made once at start.
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
    /// Who ends logins to servers.
    pub logins: Arc<dyn LoginDesk>,
    /// What is in flight, and whether the gateway is shutting down.
    pub drain: Drain,
    /// How many tasks live just now.
    pub tasks: TaskCount,
    /// When the gateway started.
    pub started: Instant,
}

impl State {
    pub(super) fn server(&self, name: &str) -> Option<&Arc<Server>> {
        self.registry.get(name)
    }
}
