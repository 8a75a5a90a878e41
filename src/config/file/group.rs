//! A group of servers.

use super::keys;
use super::written::Written;
use crate::config::json_schema::values::Scalar;
use crate::gateway::Discovery;

keys! {
    /// Several servers, or some of their tools, under one name.
    #[schemars(rename = "Group", extend("additionalProperties" = false, "required" = ["servers"]))]
    pub struct GroupEntry {
        /// The names of its servers, at least one.
        #[schemars(length(min = 1), extend("uniqueItems" = true), example = ["time", "memory"])]
        servers: Vec<Written<String>> = "servers",
        /// Patterns of the tools that belong to it: `server.tool`, or a tool's name alone for that
        /// tool of every server. `*` stands for any text, `!` in front leaves out. Of the patterns
        /// that match a tool, the last decides [default: all tools]
        #[schemars(example = ["time.now", "memory.*", "!memory.delete_*"])]
        tools: Vec<Written<String>> = "tools",
        /// Title of its document.
        title: Written<String> = "title" | "name",
        /// Description of its document.
        description: Written<String> = "description",
        /// Version of its document.
        version: Written<Scalar> = "version",
        /// How its tools are found: `full` lists them, `search` offers three tools that search,
        /// describe and call them [default: the global one]
        discovery: Written<Discovery> = "discovery",
    }
}
