//! MCP as callers speak it to the gateway, in both eras and over every transport.

mod aggregate;
pub mod callers;
mod disconnect;
pub mod events;
mod guard;
mod input;
mod listening;
mod lossless;
mod paths;
mod questions;
mod replicas;
mod schemas;
mod sessions;
mod stateless;
mod streams;
