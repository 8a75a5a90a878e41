//! What can change while the gateway runs.

use crate::config::access::AccessConfig;
use crate::config::calls::CallConfig;
use crate::config::documents::DocumentConfig;
use crate::config::limits::LimitConfig;
use crate::config::mcp::McpConfig;
use crate::config::value::LogFilter;

/// Settings that a reload of the config changes at once, for all requests that come after it. What
/// needs a restart is [`super::fixed::FixedConfig`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveConfig {
    /// Who may call.
    pub auth: AccessConfig,
    /// How calls are made.
    pub calls: CallConfig,
    /// What documents say.
    pub documents: DocumentConfig,
    /// What MCP callers get.
    pub mcp: McpConfig,
    /// How much is accepted, and how slowly.
    pub limits: LimitConfig,
    /// Which events are logged.
    pub log_filter: LogFilter,
}
