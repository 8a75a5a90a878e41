//! The Model Context Protocol, lossless.
//!
//! Messages are read through borrowed views and carried as the text that came. A [`Peer`]
//! multiplexes requests over whatever moves messages; a [`Client`] speaks to a server in its
//! era on top of that.

pub mod client;
pub mod envelope;
pub mod era;
pub mod lines;
pub(crate) mod parameter_headers;
pub mod peer;

pub use client::{Client, ClientError};
pub use era::Era;
pub use peer::{Ear, Notice, Observer, Peer, PeerError};

/// The newest version, and the only one that is stateless so far.
pub const STATELESS_VERSION: &str = "2026-07-28";

/// The version that is offered in `initialize`.
pub const NEWEST_LEGACY_VERSION: &str = "2025-11-25";

/// All versions with `initialize`, newest first.
pub const LEGACY_VERSIONS: [&str; 4] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

/// JSON-RPC 2.0 and MCP error codes that the gateway reads or says.
pub mod codes {
    /// JSON-RPC 2.0: the text is not JSON.
    pub const PARSE_ERROR: i64 = -32700;
    /// JSON-RPC 2.0: not a request.
    pub const INVALID_REQUEST: i64 = -32600;
    /// JSON-RPC 2.0: no such method.
    pub const METHOD_NOT_FOUND: i64 = -32601;
    /// JSON-RPC 2.0: the parameters don't fit.
    pub const INVALID_PARAMS: i64 = -32602;
    /// MCP until 2025-11-25: no such resource.
    pub const RESOURCE_NOT_FOUND: i64 = -32002;
    /// MCP 2025-11-25: a URL has to be visited first.
    pub const URL_ELICITATION_REQUIRED: i64 = -32042;
    /// MCP 2026-07-28: the headers do not repeat what the body says.
    pub const HEADER_MISMATCH: i64 = -32020;
    /// MCP 2026-07-28: the request needs a capability that the client did not declare.
    pub const MISSING_CLIENT_CAPABILITY: i64 = -32021;
    /// MCP 2026-07-28: the server does not speak the version of the request.
    pub const UNSUPPORTED_PROTOCOL_VERSION: i64 = -32022;
}
