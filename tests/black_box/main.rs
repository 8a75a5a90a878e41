//! Black-box tests: the real binary on a port of its own, in front of real and of misbehaving
//! MCP servers.
//!
//! Every test starts a gateway, speaks HTTP to it, and ends it by its process id. Real servers are
//! those that `tests/peers/install` puts under `target/peers` (`VICEVERSA_TEST_PEERS` says another
//! place); the misbehaving one is the example `fixture-server`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its functions outside #[test] too"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "tests start the gateway and look at its processes from outside"
)]

mod asking;
mod cli;
mod commands;
mod config_sources;
mod contract;
mod documents;
mod forwarding;
mod gateway;
mod grants;
mod hostile;
mod http;
mod input;
mod keys;
mod lossless;
mod malformed;
mod mcp;
mod misbehaving;
mod oauth;
mod openapi_corpora;
mod openapi_mcp_server;
mod processes;
mod real_apis;
mod real_servers;
mod reload;
mod remote;
mod remote_faults;
mod remote_rmcp;
mod rest_credentials;
mod rest_round_trip;
mod rest_upstream;
mod shell;
mod shutdown;
mod supervision;
mod tls;
