//! What a server says of itself.

use serde::{Deserialize, de::IgnoredAny};

use crate::json::{self, Raw};

/// What a server says of itself when it is met.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// `serverInfo.name`.
    pub name: Option<String>,
    /// `serverInfo.title`.
    pub title: Option<String>,
    /// `serverInfo.version`.
    pub version: Option<String>,
    /// `instructions`.
    pub instructions: Option<String>,
    /// `serverInfo` as it came.
    pub server_info: Option<Raw>,
    /// What it declares to offer.
    pub capabilities: Capabilities,
    /// The same as it came.
    pub declared: Option<Raw>,
}

/// The capabilities that the gateway decides on (MCP, server capabilities).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Capabilities {
    /// Tools.
    #[serde(deserialize_with = "json::lenient")]
    pub tools: Option<ListCapability>,
    /// Prompts.
    #[serde(deserialize_with = "json::lenient")]
    pub prompts: Option<ListCapability>,
    /// Resources.
    #[serde(deserialize_with = "json::lenient")]
    pub resources: Option<ListCapability>,
    /// Completion of arguments.
    #[serde(deserialize_with = "json::lenient")]
    pub completions: Option<IgnoredAny>,
    /// Log messages.
    #[serde(deserialize_with = "json::lenient")]
    pub logging: Option<IgnoredAny>,
    /// Tasks, as of 2025-11-25.
    #[serde(deserialize_with = "json::lenient")]
    pub tasks: Option<TasksCapability>,
}

/// Something that is listed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ListCapability {
    /// Whether the server says when the list changes.
    #[serde(deserialize_with = "json::lenient")]
    pub list_changed: bool,
    /// Of resources, whether the server says when a single one changes.
    #[serde(deserialize_with = "json::lenient")]
    pub subscribe: bool,
}

/// Which requests may be tasks.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct TasksCapability {
    requests: TaskRequests,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct TaskRequests {
    tools: TaskTools,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct TaskTools {
    call: Option<IgnoredAny>,
}

impl TasksCapability {
    /// Whether tools may be called as tasks.
    pub fn has_tool_calls(&self) -> bool {
        self.requests.tools.call.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capability_that_can_not_be_read_takes_no_other_down() {
        let capabilities: Capabilities = serde_json::from_str(
            r#"{"tools":{"listChanged":null},"prompts":{"listChanged":true},"tasks":7,"resources":{}}"#,
        )
        .unwrap();
        assert!(!capabilities.tools.unwrap().list_changed);
        assert!(capabilities.prompts.unwrap().list_changed);
        assert!(capabilities.resources.is_some());
        assert!(capabilities.tasks.is_none());
    }
}
