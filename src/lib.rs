//! **MCP servers as REST APIs, and vice versa.** One binary stands between the Model Context
//! Protocol and REST, and carries calls both ways.

pub mod app;
pub mod auth;
pub mod cli;
pub mod config;
pub mod demo;
pub mod frontend;
pub mod gateway;
pub mod json;
pub mod mcp;
pub mod openapi;
pub mod policy;
pub mod schema;
pub mod secrets;
pub mod supervisor;
pub mod telemetry;
pub mod upstream;
