//! MCP as callers speak it to the gateway: every server, one by one and together, in both eras.
//!
//! What is asked is the same on all transports, and so is what becomes of it:
//!
//! - [`message`]: what comes in, read without touching what it carries;
//! - [`Conversation`]: who asks, on which route, in which era; [`perform`] carries one request to
//!   its end, with [`lists`], [`calls`], [`resources`], [`tasks`] and [`discovery`] for the parts;
//! - [`outcome`]: how it ended, in the words of the caller's era;
//! - [`session`], [`sessions`]: what is kept of a client of the legacy era between requests;
//! - [`listen`]: the subscriptions of the stateless era, and what is told of changes in both;
//! - [`tenure`]: how long a stream may go on when keys change.
//!
//! The transports are [`http`] (streamable HTTP), [`sse`] (HTTP+SSE, of 2024) and [`stdio`].

mod calls;
mod conversation;
mod discovery;
mod http;
mod identify;
mod lifecycle;
mod listen;
mod lists;
mod message;
mod outcome;
mod peers;
mod perform;
mod resources;
mod service;
mod session;
mod sessions;
mod sse;
pub mod stdio;
mod stream;
mod tasks;
mod tenure;
mod under_way;
mod views;

use actix_web::{
    HttpRequest, HttpResponse,
    http::Method,
    web::{Data, Payload},
};

pub use conversation::{Conversation, Members, Scope};
pub use http::conversation;
pub use outcome::own as own_codes;
pub use peers::Peers;
pub use perform::Failure as PerformFailure;
pub use service::{McpSettings, Service};

use super::{
    State, answer,
    route::{self, Endpoint},
};
use crate::{config::Layout, gateway::Caller};

impl Scope {
    /// What a route is about; nothing where there is no such server or group that the caller
    /// sees.
    pub fn of(state: &State, scope: &route::Scope<'_>, caller: &Caller) -> Option<Self> {
        match scope {
            route::Scope::Gateway => Some(Self::All),
            route::Scope::Server(name) if state.server(name, Some(caller)).is_some() => {
                Some(Self::Server(name.to_string()))
            }
            route::Scope::Server(name) if state.group(name, Some(caller)).is_some() => {
                Some(Self::Group(name.to_string()))
            }
            route::Scope::Server(_) => None,
        }
    }
}

/// A request to an MCP endpoint.
pub async fn serve(
    state: &Data<State>,
    request: &HttpRequest,
    payload: Payload,
    caller: Caller,
    scope: Scope,
    endpoint: Endpoint,
) -> HttpResponse {
    match (endpoint, request.method()) {
        (Endpoint::Mcp, &Method::POST) => http::post(state, request, payload, caller, scope).await,
        (Endpoint::Mcp, &Method::GET) => http::get(state, request, &caller, &scope),
        (Endpoint::Mcp, &Method::DELETE) => http::delete(state, request, &caller, &scope),
        (Endpoint::Sse, &Method::GET) => {
            let messages = message_path(state, &scope);
            sse::open(state, &caller, &scope, &messages)
        }
        (Endpoint::Messages, _) => sse::message(state, request, payload, caller, scope).await,
        // A stream without its body is nothing.
        (Endpoint::Mcp | Endpoint::Sse, _) => answer::not_found(),
    }
}

/// Where messages of HTTP+SSE are sent to: a path, since only the client knows its host.
fn message_path(state: &State, scope: &Scope) -> String {
    let mut path = state.paths.public_prefix();
    match (&state.layout, scope) {
        (Layout::Single(_), _) | (_, Scope::All) => {}
        (Layout::Many, Scope::Server(name) | Scope::Group(name)) => {
            path.push_str(&super::docs::segment(name));
            path.push('/');
        }
    }
    path.push_str(&state.paths.messages);
    path
}
