//! The demo MCP server.
