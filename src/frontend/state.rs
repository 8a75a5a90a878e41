//! What all requests share.

use std::{sync::Arc, time::Instant};

use actix_web::http::StatusCode;

use super::{Cors, Documents, Layout, Paths, body::BodyLimits, docs::DocumentSettings};
use crate::{
    auth::Guard,
    gateway::{Drain, Registry, Server, login::LoginDesk},
    policy::Policy,
};

/// What the frontend is told once, at start.
#[derive(Debug)]
pub struct Settings {
    /// The servers.
    pub registry: Registry,
    /// What exchanges pass.
    pub policy: Policy,
    /// How servers are laid out over the paths.
    pub layout: Layout,
    /// Where the paths begin.
    pub paths: Paths,
    /// Who may come in.
    pub guard: Guard,
    /// Whose pages may read answers.
    pub cors: Cors,
    /// How documents are written.
    pub documents: DocumentSettings,
    /// What a request's body may be.
    pub body_limits: BodyLimits,
    /// The status of a result in which a tool reports an error.
    pub tool_error_status: StatusCode,
    /// Who ends logins to servers.
    pub logins: Arc<dyn LoginDesk>,
    /// What is in flight, and whether the gateway is shutting down.
    pub drain: Drain,
}

/// What all requests share.
#[derive(Debug)]
pub struct State {
    pub(super) registry: Registry,
    pub(super) policy: Policy,
    pub(super) layout: Layout,
    pub(super) paths: Paths,
    pub(super) guard: Guard,
    pub(super) cors: Cors,
    pub(super) documents: Documents,
    pub(super) body_limits: BodyLimits,
    pub(super) tool_error_status: StatusCode,
    pub(super) logins: Arc<dyn LoginDesk>,
    pub(super) started: Instant,
    pub(super) drain: Drain,
}

impl State {
    /// The state of a gateway that starts now.
    pub fn new(settings: Settings) -> Self {
        let Settings {
            registry,
            policy,
            layout,
            paths,
            guard,
            cors,
            documents,
            body_limits,
            tool_error_status,
            logins,
            drain,
        } = settings;
        Self {
            registry,
            policy,
            layout,
            paths,
            guard,
            cors,
            documents: Documents::new(documents),
            body_limits,
            tool_error_status,
            logins,
            started: Instant::now(),
            drain,
        }
    }

    pub(super) fn server(&self, name: &str) -> Option<&Arc<Server>> {
        self.registry.get(name)
    }
}
