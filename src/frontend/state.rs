//! What all requests share.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use actix_web::http::StatusCode;

use super::{Cors, Documents, Layout, Paths, docs::DocumentSettings};
use crate::{
    auth::Guard,
    gateway::{Registry, Server},
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
    /// The longest request body, in bytes.
    pub max_body: usize,
    /// The status of a result in which a tool reports an error.
    pub tool_error_status: StatusCode,
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
    pub(super) max_body: usize,
    pub(super) tool_error_status: StatusCode,
    pub(super) started: Instant,
    draining: AtomicBool,
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
            max_body,
            tool_error_status,
        } = settings;
        Self {
            registry,
            policy,
            layout,
            paths,
            guard,
            cors,
            documents: Documents::new(documents),
            max_body,
            tool_error_status,
            started: Instant::now(),
            draining: AtomicBool::new(false),
        }
    }

    /// From now on new requests are refused and connections closed; those under way go on.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    /// Whether the gateway is shutting down.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    pub(super) fn server(&self, name: &str) -> Option<&Arc<Server>> {
        self.registry.get(name)
    }
}
