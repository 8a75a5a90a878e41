//! REST APIs that a document describes, behind the same face as MCP servers.

pub mod credentials;
pub mod settings;
