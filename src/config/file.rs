//! The config file as it is written: which keys there are, and what stands behind them.
//!
//! These types hold values as they stand in the file, references included; what the values mean is
//! for the reader of the [`Document`](crate::config::document), which knows places and says what is
//! wrong. From these types come the [JSON Schema](crate::config::json_schema) and the canonical
//! form of a config: each key in its first spelling, in the order of the declarations, nothing in
//! it but what the gateway reads. `import` writes its configs with them.

mod api;
mod auth;
mod forwarding;
mod group;
mod keys;
mod oauth;
mod server;
mod tool;
mod written;

use std::borrow::Cow;
use std::path::Path;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

pub use api::{ApiAuth, OperationFilterEntry, OperationsEntry};
pub use auth::{AuthSection, GrantsEntry, KeyEntry};
pub use forwarding::ForwardingEntry;
pub use group::GroupEntry;
use keys::keys;
pub use oauth::{ClientMetadata, OAuthEntry};
pub(crate) use server::{API_TYPES, OF_PROGRAMS, PROGRAM_TYPES, REMOTE_TYPES};
pub use server::{Entry, ServerEntry};
pub use tool::{ArgumentEntry, ToolEntry, Tools};
pub use written::{Json, Written};

use crate::config::document::Document;
use crate::config::error::ConfigError;
use crate::config::json_schema;

keys! {
    /// The config of viceversa: MCP servers and REST APIs, what they are grouped to, and the
    /// settings of the gateway. The format is that of mcpo and Claude Desktop, extended.
    #[schemars(extend("required" = ["mcpServers"]), transform = json_schema::keys::of_other_programs_at_the_top)]
    pub struct ConfigFile {
        /// The JSON Schema that editors check this file with. The gateway itself does not look at it.
        schema: String = "$schema",
        /// The servers by their names. A name is a segment of URLs (`/time/docs`): any text without
        /// a slash, but for those that the gateway's own routes use, such as `docs` and `mcp`.
        #[schemars(extend("minProperties" = 1), example = serde_json::json!({"time": {"command": "uvx", "args": ["mcp-server-time"]}}))]
        mcp_servers: IndexMap<String, Entry> = "mcpServers",
        /// Several servers, or some of their tools, under one name: `/research/mcp` and
        /// `/research/docs` are the routes of the group `research`.
        #[schemars(example = serde_json::json!({"research": {"servers": ["time", "memory"], "tools": ["time.*", "!memory.delete_*"]}}))]
        groups: IndexMap<String, Option<GroupEntry>> = "groups",
        /// Settings of the gateway itself. Each has a flag (`--call-timeout`) and an environment
        /// variable (`VICEVERSA_CALL_TIMEOUT`) too, which win over the file.
        gateway: GatewaySection = "gateway",
    }
}

/// The settings of the gateway as they are written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GatewaySection(pub IndexMap<String, Json>);

impl JsonSchema for GatewaySection {
    fn schema_name() -> Cow<'static, str> {
        "Gateway".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema::settings::of_gateway(generator)
    }
}

/// Why a config has no canonical form, although it may be one that can be read.
#[derive(Debug, thiserror::Error)]
pub enum CanonicalError {
    /// It can't be read.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Something in it is not what its key is for.
    #[error("the config is not what its keys are for: {0}")]
    Shape(#[from] serde_json::Error),
}

impl ConfigFile {
    /// What stands in a file of this name, without what the gateway ignores. References stay
    /// references.
    pub fn read(name: &Path, bytes: &[u8]) -> Result<Self, CanonicalError> {
        let document = Document::unexpanded(name, bytes)?;
        Ok(serde_json::from_str(&document.to_json()?)?)
    }

    /// The canonical form: JSON, with a line break at the end.
    pub fn to_json(&self) -> String {
        // Keys are strings and values JSON already, so this does not fail.
        let json = serde_json::to_string_pretty(self).unwrap_or_default();
        format!("{json}\n")
    }
}

#[cfg(test)]
pub(crate) mod tests;
