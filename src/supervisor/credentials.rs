//! Servers that let nobody in without credentials of the caller's own: what their state says.

use std::time::Duration;

use super::Charge;
use crate::{
    gateway::Phase,
    upstream::{Audience, OpenError},
};

/// How long a server that wants callers' own credentials is left alone with none.
pub(super) const AGAIN: Duration = Duration::from_mins(5);

/// Whether the server takes nobody without credentials, or not with those that the caller
/// brought; its state then says so. Only where callers' headers are forwarded can they bring any.
pub(super) fn require(charge: &Charge, error: &OpenError) -> bool {
    if !error.is_refused || charge.upstream.audience() == Audience::Everybody {
        return false;
    }
    let server = &charge.server;
    if server.state().phase != Phase::CredentialsRequired {
        tracing::warn!(server = %server.name, "{}", error.message);
    }
    server.update(|state| {
        state.phase = Phase::CredentialsRequired;
        state.session = None;
        state.error = Some(error.message.as_str().into());
        state.retry_at = None;
    });
    true
}
