//! **MCP servers as REST APIs, and vice versa.** One program stands between the Model Context
//! Protocol and REST, and carries calls both ways: it publishes MCP servers, child processes and
//! remote ones, as REST, and REST APIs that an `OpenAPI` document describes as MCP servers, in every
//! version and transport.
//!
//! ```text
//!  callers                    viceversa                          upstreams
//!  Open WebUI, curl,  REST + OpenAPI ─┬► policy ─► gateway ─► MCP server, stdio child process
//!  browsers                           │                        ├ MCP server, streamable HTTP
//!  Claude, IDEs,      MCP: HTTP, SSE, ┘                        ├ MCP server, HTTP+SSE (legacy)
//!  agents             stdio                                    └ REST API, OpenAPI document
//! ```
//!
//! # The map
//!
//! What a call meets, from the outside in:
//!
//! - [`cli`]: the command line, one file per command; those that ask servers something start them
//!   ([`app::Visit`]) or connect to a gateway that runs ([`config::at_gateway`]), and are the same
//!   from there on; [`config`]: what the user configured,
//!   read from wherever it stands and checked as a whole, and watched for changes
//!   ([`config::reader`]), and what may stand in its file ([`config::file`],
//!   [`config::json_schema`]); [`app`]: the running program.
//! - [`frontend`]: what callers speak (REST, documents, status, MCP in both eras), behind one
//!   guard ([`auth`]).
//! - [`policy`]: what each exchange passes, in one order.
//! - [`gateway`]: the core, in which everything else is said: exchanges, catalogs, servers, what
//!   several servers offer together ([`gateway::view`]).
//! - [`supervisor`]: one task per server, which alone starts, restarts and ends it; one more for
//!   each identity whose headers are forwarded to it, and for each MCP client that it may ask.
//! - [`upstream`]: the live things behind servers, and their access tokens
//!   ([`upstream::oauth`]); [`mcp`]: the protocol, lossless.
//!
//! Tools that all of them use: [`json`] (JSON as the text that came), [`schema`] (arguments
//! against a tool's schema) and [`openapi`] (documents, written and read), [`glob`],
//! [`http_client`] (outgoing connections), `aws` (the same to AWS), [`secrets`], [`telemetry`] (logs, metrics). And [`demo`] is an MCP
//! server to try it all with.
//!
//! # Invariants
//!
//! 1. Frontends never import upstreams, nor upstreams frontends. Both know only [`gateway`] and
//!    the tools [`json`], [`mcp`], [`schema`] and [`openapi`].
//! 2. [`gateway`] knows no HTTP framework, no transport and no protocol era, and does no I/O of
//!    its own.
//! 3. What passes through is not re-modelled. Tool definitions, arguments, results,
//!    notifications and errors travel as the JSON text that came ([`json::Raw`]); code reads
//!    only the members that it must, through borrowed views. Unknown members and content
//!    types, member order, and numbers of any size or spelling survive. Only this may change:
//!    white space between tokens, and members that a protocol version demands of the gateway
//!    itself.
//! 4. What the gateway decides on, it reads as the upstream will: an object with duplicate
//!    members in anything that validation or routing looks at is refused.
//! 5. Every exchange passes [`policy::Policy::run`], whose order is fixed there.
//! 6. Only [`supervisor`] starts, restarts and ends upstreams. A child process and all its
//!    descendants die with the gateway, however it dies ([`upstream::stdio::guard`]).
//! 7. One server's failure, slowness or bad schema never touches another server. A failed reload
//!    changes nothing.
//! 8. Every queue is bounded, every wait has a deadline, every body, line and event has a size
//!    cap. Past it: a clear error to the one caller concerned.
//! 9. Nothing that may have been executed is sent twice, unless the tool is declared read-only
//!    or idempotent.
//! 10. Secrets live in a redacting type ([`secrets::Secret`]). They reach no log, error, status
//!     page, document or child environment. The process makes itself undumpable. A credential
//!     that a caller used here is never passed on to an upstream. What callers carry for us (session
//!     ids, `requestState`) is sealed ([`secrets::seal`]).
//! 11. Request paths don't panic: no `unwrap`, `expect` or indexing that can fail.
//! 12. stdout belongs to results, and to the protocol of `viceversa stdio`; logs go to stderr.
//! 13. Public text (names, descriptions, errors) from an upstream is untrusted: it is never HTML
//!     in our pages unescaped, nor a format string, and can't steer a terminal.

pub mod app;
pub mod auth;
pub(crate) mod aws;
pub mod cli;
pub mod config;
pub mod demo;
pub mod frontend;
pub mod gateway;
pub mod glob;
pub mod http_client;
pub mod json;
pub mod mcp;
pub mod openapi;
pub mod policy;
pub mod schema;
pub mod secrets;
pub mod supervisor;
pub mod telemetry;
pub mod upstream;
