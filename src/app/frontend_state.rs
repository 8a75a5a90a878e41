//! What the config means to the frontend.

use std::{sync::Arc, time::Instant};

use actix_web::http::StatusCode;

use crate::{
    auth::Guard,
    config::{GatewayConfig, Layout, access::Access},
    frontend::{self, BodyLimits, Cors, Documents, Paths, TaskCount, mcp::Service},
    gateway::{Drain, Registry, login::LoginDesk},
    policy::Policy,
    secrets::Secret,
};

/// What the frontend works with, of a gateway that starts now.
#[expect(
    clippy::too_many_arguments,
    reason = "each is one part of the running program, which nothing else holds together"
)]
pub(super) fn new(
    gateway: &GatewayConfig,
    registry: Registry,
    mcp: Arc<Service>,
    layout: Layout,
    generated_key: Option<&Secret>,
    logins: Arc<dyn LoginDesk>,
    drain: Drain,
    tasks: TaskCount,
) -> frontend::State {
    let access = match (&gateway.auth.access, generated_key) {
        (Access::Keys(keys), _) => keyed_guard(keys),
        (Access::GeneratedKey, key) => keyed_guard(key),
        (Access::ThisMachine, _) => Guard::open_to_this_machine(),
        (Access::Everybody, _) => Guard::open_to_anyone(),
    };
    frontend::State {
        policy: policy(gateway),
        mcp,
        layout,
        paths: Paths {
            prefix: gateway.listen.path_prefix.clone(),
            root_path: gateway.listen.root_path.clone(),
            sse: gateway.mcp.sse_path.as_str().trim_matches('/').to_owned(),
            messages: gateway
                .mcp
                .message_path
                .as_str()
                .trim_matches('/')
                .to_owned(),
        },
        guard: access.with_public_docs(gateway.auth.public_docs),
        cors: Cors(gateway.auth.cors.clone()),
        documents: Documents::new(gateway.documents.clone()),
        body_limits: BodyLimits {
            size: gateway.limits.max_body_size,
            time: gateway.limits.body_timeout,
        },
        // The config admits 400 to 599 only.
        tool_error_status: StatusCode::from_u16(gateway.calls.tool_error_status)
            .unwrap_or(StatusCode::UNPROCESSABLE_ENTITY),
        registry,
        logins,
        drain,
        tasks,
        started: Instant::now(),
    }
}

/// What exchanges pass.
pub(super) fn policy(gateway: &GatewayConfig) -> Policy {
    Policy {
        validation: gateway.calls.validation,
        start_wait: gateway.calls.start_wait,
    }
}

/// Lets in who has one of these keys. Logs call them by their place in the config.
fn keyed_guard<'a>(keys: impl IntoIterator<Item = &'a Secret>) -> Guard {
    let named: Vec<_> = (1..)
        .zip(keys)
        .map(|(number, key)| (format!("key-{number}"), key))
        .collect();
    Guard::with_keys(named.iter().map(|(name, key)| (name.as_str(), *key)))
}
