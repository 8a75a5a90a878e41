//! How an MCP peer talks.

use super::{LEGACY_VERSIONS, STATELESS_VERSION};

/// How a server talks, and the version in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Era {
    /// 2024-11-05 to 2025-11-25: `initialize`, then a session.
    Legacy(&'static str),
    /// 2026-07-28: `server/discover`, `_meta` on each request, no session.
    Stateless(&'static str),
}

impl Era {
    /// The era of a protocol version, when the gateway speaks it.
    pub fn of_version(version: &str) -> Option<Self> {
        if version == STATELESS_VERSION {
            return Some(Self::Stateless(STATELESS_VERSION));
        }
        LEGACY_VERSIONS
            .iter()
            .find(|known| **known == version)
            .map(|known| Self::Legacy(known))
    }

    /// The version in use.
    pub fn version(&self) -> &'static str {
        match self {
            Self::Legacy(version) | Self::Stateless(version) => version,
        }
    }
}
