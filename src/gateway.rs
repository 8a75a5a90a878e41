//! The core: what crosses the gateway, from whom, to which server, and how it ends.
//!
//! It knows no HTTP framework, no transport and no protocol era, and does no I/O of its own.
//! Frontends make an [`Exchange`] and give it to [`crate::policy::Policy::run`]; upstreams
//! implement [`Session`]; the supervisor keeps each [`Server`]'s [`ServerState`] true.

pub mod caller;
pub mod catalog;
pub mod discovery_mode;
pub mod drain;
pub mod error;
pub mod exchange;
pub mod forwarding;
pub mod grants;
pub mod group;
pub mod identity;
pub mod isolation;
pub mod lease;
pub mod login;
pub mod mcp_client;
pub mod questions;
pub mod registry;
pub mod reloads;
pub mod replica;
pub mod server;
pub mod server_name;
pub mod session;
pub mod subscriptions;
pub mod tool_index;
pub mod tool_override;
pub mod view;

pub use caller::Caller;
pub use catalog::{Catalog, Prompt, Tool, Warning};
pub use discovery_mode::Discovery;
pub use drain::{Drain, InFlight};
pub use error::ExchangeError;
pub use exchange::{
    ApiAnswer, ApiAnswers, Continuation, End, Event, EventSender, Exchange, Members, Operation,
    Wishes,
};
pub use forwarding::Forwarding;
pub use grants::{Grants, Protocol};
pub use group::{Group, Selection};
pub use identity::Identity;
pub use isolation::Isolation;
pub use lease::{Identities, Lease, NoPlace};
pub use mcp_client::{Askable, ClientSession, McpClient};
pub use questions::Questions;
pub use registry::{Registry, Roster};
pub use reloads::{ReloadReport, Reloads};
pub use replica::Replica;
pub use server::{Phase, Server, ServerSettings, ServerState, Stale};
pub use server_name::ServerName;
pub use session::{Activity, Session, SessionError, Terms};
pub use subscriptions::{Subscription, Subscriptions, Update};
pub use tool_index::{IndexedTool, ToolIndex};
pub use tool_override::{ArgumentOverride, ToolOverride};
pub use view::{ToolNames, View};
