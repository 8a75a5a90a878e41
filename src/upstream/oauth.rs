//! Access tokens for remote servers (OAuth 2.1, as the MCP section Authorization has it).
//!
//! An [`Authorizer`] stands beside a remote server's connection. The connection asks it for the
//! `Authorization` header of each request, and tells it when the server refuses one; it answers
//! whether to try again, or that somebody must log in. It never waits for a person: a login is
//! a URL that is shown, and later a callback that comes in ([`Logins`]), or a file that another
//! process has written.
//!
//! The protocol is rmcp's, kept behind `authorization_server`; what is ours is the keeping of
//! tokens ([`TokenStore`]), that one refresh serves all who wait, and dynamic registration with
//! the metadata that the user gave.

mod authorization_server;
mod authorizer;
mod binding;
mod callback;
mod lifetime;
mod logins;
mod record;
mod refusal;
mod registration;
mod requests;
mod store;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use authorizer::{Authorizer, Settings, bearer_challenge};
pub use callback::Callback;
pub use logins::Logins;
pub use store::{StoreError, TokenStore};
pub(in crate::upstream) use {
    lifetime::Lifetime,
    refusal::Refusal,
    requests::{RequestError, Requests},
};

/// What to do about a request that the server refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// There is a newer token: send the request again, once.
    Retry,
    /// Somebody must log in at this URL. It holds no secret that outlives the login, but
    /// whoever opens it decides whose account the gateway uses: it is for operators.
    LoginRequired(Arc<str>),
    /// A login would change nothing; the message says why.
    Denied(String),
}

/// A login that is awaited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Awaited {
    /// Where somebody is to log in.
    pub url: Arc<str>,
    /// Whether the server does nothing before; else it wants more rights for a part of what it
    /// does.
    pub is_for_all: bool,
}

/// Why there is no token although one could be had.
#[derive(Clone, Debug, thiserror::Error)]
pub enum OAuthError {
    /// The authorization server can't be found, or is not one that we can work with.
    #[error("its authorization server can't be used: {0}")]
    Discovery(String),
    /// The authorization server does not take us as a client.
    #[error("the gateway can't register at its authorization server: {0}")]
    Registration(String),
    /// The authorization server does not answer, or not with a token.
    #[error("its authorization server gives no token: {0}")]
    Exchange(String),
    /// The authorization server no longer takes the refresh token.
    #[error("its authorization server takes back the login: {0}")]
    Rejected(String),
    /// The resource names another authorization server than the one that gave the login.
    #[error(
        "its authorization server is now another than the one of the login, {0}: somebody must log in again"
    )]
    Moved(String),
    /// The authorization server no longer knows the client that we are.
    #[error("its authorization server does not know the gateway any more: {0}")]
    UnknownClient(String),
    /// Tokens can't be kept or read.
    #[error("its tokens can't be kept: {0}")]
    Store(#[from] StoreError),
    /// A task of ours ended badly.
    #[error("a token could not be renewed, by a bug of the gateway")]
    Bug,
}
