//! What identifies us to a remote server.
//!
//! All requests to a server pass here twice: for the headers that they go out with, and with
//! the server's answer, when that is 401 or 403. Whoever learns to get tokens by itself
//! (OAuth) does it here, and nothing else changes.

use reqwest::{
    StatusCode,
    header::{HeaderMap, HeaderValue},
};

/// What identifies us to one server.
#[derive(Debug)]
pub(super) struct Credentials {
    configured: HeaderMap,
}

/// What to do about a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The server won't have us.
    Denied,
}

impl Credentials {
    /// The headers of the config.
    pub(super) fn configured(headers: &HeaderMap) -> Self {
        Self {
            configured: headers.clone(),
        }
    }

    /// The headers of the next request, to which the protocol's own are added.
    pub(super) fn headers(&self) -> HeaderMap {
        self.configured.clone()
    }

    /// What to do when the server answered a request with 401 or 403.
    #[expect(
        clippy::unused_self,
        reason = "headers of the config have no second try; tokens will have"
    )]
    pub(super) fn refused(&self, _status: StatusCode, _challenges: &[HeaderValue]) -> Refusal {
        Refusal::Denied
    }
}
