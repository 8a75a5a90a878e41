//! How much is accepted, and how slowly.

use std::time::Duration;

use crate::config::settings::LimitSettings;
use crate::config::value::{Patience, Size, Timeout};

const MIB: usize = 1024 * 1024;

/// How much is accepted, and how slowly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitConfig {
    /// Largest request body, in bytes.
    pub max_body_size: usize,
    /// Longest message of a stdio server, in bytes.
    pub max_line_size: usize,
    /// Deadline for a request's body.
    pub body_timeout: Duration,
    /// How long calls in flight may go on when the gateway is stopped.
    pub shutdown_timeout: Duration,
}

/// Deadline for a request's head.
pub(crate) fn header_timeout(settings: &LimitSettings) -> Duration {
    settings
        .header_timeout
        .map_or(Duration::from_secs(10), Timeout::get)
}

impl LimitConfig {
    pub(crate) fn new(settings: &LimitSettings) -> Self {
        Self {
            max_body_size: settings.max_body_size.map_or(16 * MIB, Size::bytes),
            max_line_size: settings.max_line_size.map_or(64 * MIB, Size::bytes),
            body_timeout: settings
                .body_timeout
                .map_or(Duration::from_secs(30), Timeout::get),
            shutdown_timeout: settings
                .shutdown_timeout
                .map_or(Duration::from_secs(30), Patience::get),
        }
    }
}
