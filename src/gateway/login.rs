//! Logins that servers ask for, as frontends know them: a callback comes in, and is either the
//! end of a login or not.

use std::{future::Future, pin::Pin};

use super::ServerName;

/// Ends logins by what the browser brings back.
pub trait LoginDesk: std::fmt::Debug + Send + Sync {
    /// Takes the query of a callback (RFC 6749 section 4.1.2, RFC 9207): untrusted text, from
    /// anybody. Gives the server that somebody logged in to.
    fn finish<'a>(
        &'a self,
        query: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<ServerName, LoginError>> + Send + 'a>>;
}

/// Why a callback is not the end of a login.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// It is no callback at all.
    #[error(
        "this is not what an authorization server sends: a `state` with a `code` or an `error`"
    )]
    Unreadable,
    /// No login of this `state` is awaited.
    #[error(
        "no login is awaited here that this belongs to; it may have been used already, or be too old: take the newest URL"
    )]
    Unknown,
    /// The user or the authorization server said no. Untrusted text.
    #[error("the authorization server says: {0}")]
    Denied(String),
    /// The code could not be exchanged for tokens.
    #[error("{0}")]
    Failed(String),
}
