//! What the config means to the frontend.

use std::{sync::Arc, time::Instant};

use actix_web::http::StatusCode;

use crate::{
    auth::{Guard, KeyDigest, KeyRing, Verifiers},
    config::{
        GatewayConfig, Layout,
        access::Access,
        auth::{CredentialConfig, KeyProof},
        live::LiveConfig,
        value::EndpointPath,
    },
    frontend::{self, BodyLimits, Cors, Documents, Paths, TaskCount, mcp::Service},
    gateway::{Caller, Drain, Registry, Reloads, login::LoginDesk},
    policy::Policy,
    secrets::Secret,
    telemetry::metrics::Metrics,
};

/// What a frontend's state holds whatever the config says.
pub(super) struct Parts {
    pub(super) registry: Registry,
    pub(super) mcp: Arc<Service>,
    /// The key that was made for want of one.
    pub(super) generated_key: Option<Secret>,
    pub(super) logins: Arc<dyn LoginDesk>,
    pub(super) drain: Drain,
    pub(super) tasks: TaskCount,
    pub(super) metrics: Metrics,
    pub(super) reloads: Reloads,
    pub(super) started: Instant,
}

impl Parts {
    /// What the frontend works with from now on, and by whose guard open streams are measured:
    /// before anybody is let in by it, so that no stream of a new key is measured by the guard
    /// before.
    pub(super) fn in_force(&self, gateway: &GatewayConfig, layout: &Layout) -> frontend::State {
        let state = self.state(gateway, layout);
        self.mcp.admit_by(Arc::clone(&state.guard));
        state
    }

    /// What the frontend works with as long as this config holds.
    pub(super) fn state(&self, gateway: &GatewayConfig, layout: &Layout) -> frontend::State {
        let GatewayConfig { fixed, live } = gateway;
        let access = match &live.auth.access {
            Access::Credentials(credentials) => guard(credentials),
            Access::GeneratedKey => {
                let key = self.generated_key.clone();
                guard(&CredentialConfig::of_secrets(key))
            }
            Access::ThisMachine => Guard::open_to_this_machine(),
            Access::Everybody => Guard::open_to_anyone(),
        };
        let path = |path: &EndpointPath| path.as_str().trim_matches('/').to_owned();
        frontend::State {
            policy: policy(live),
            mcp: Arc::clone(&self.mcp),
            layout: layout.clone(),
            paths: Paths {
                prefix: fixed.listen.path_prefix.clone(),
                root_path: fixed.listen.root_path.clone(),
                sse: path(&fixed.endpoints.sse_path),
                messages: path(&fixed.endpoints.message_path),
            },
            guard: Arc::new(access.with_public_docs(live.auth.public_docs)),
            cors: Cors(live.auth.cors.clone()),
            documents: Documents::new(live.documents.clone()),
            body_limits: BodyLimits {
                size: live.limits.max_body_size,
                time: live.limits.body_timeout,
            },
            // The config admits 400 to 599 only.
            tool_error_status: StatusCode::from_u16(live.calls.tool_error_status)
                .unwrap_or(StatusCode::UNPROCESSABLE_ENTITY),
            shutdown_timeout: live.limits.shutdown_timeout,
            registry: self.registry.clone(),
            logins: Arc::clone(&self.logins),
            drain: self.drain.clone(),
            tasks: self.tasks.clone(),
            metrics: self.metrics.clone(),
            reloads: self.reloads.clone(),
            started: self.started,
        }
    }
}

/// What exchanges pass.
pub(super) fn policy(live: &LiveConfig) -> Policy {
    Policy {
        validation: live.calls.validation,
        start_wait: live.calls.start_wait,
    }
}

/// Lets in who shows one of these.
fn guard(credentials: &CredentialConfig) -> Guard {
    let mut keys = KeyRing::default();
    for key in &credentials.keys {
        let caller = Caller::new(&key.name, Arc::clone(&key.grants));
        match &key.proof {
            KeyProof::Plain(secret) => keys.add_secret(secret, caller, key.expires),
            KeyProof::Sha256(digest) => {
                keys.add(KeyDigest::new(*digest), caller, key.expires);
            }
        }
    }
    Guard::with_verifiers(Verifiers { keys })
}
