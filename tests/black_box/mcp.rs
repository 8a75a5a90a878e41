//! MCP as callers speak it to the gateway, in both eras and over every transport.

mod callers;
mod events;
mod lossless;
mod questions;
mod schemas;
mod sessions;
mod streams;
