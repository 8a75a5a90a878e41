//! What a client, its secret and its tokens are bound to.

use std::fmt;

use rmcp::transport::auth::AuthorizationMetadata;
use serde::{Deserialize, Serialize};

/// An authorization server, as what it gave knows it: codes, verifiers, secrets and refresh
/// tokens go to no other, whatever the resource's metadata say later (MCP, section
/// Authorization Server Binding; RFC 9700 section 4.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Identity {
    /// Its issuer (RFC 8414 section 2).
    Issuer(String),
    /// Where it gives tokens: for servers that publish no issuer.
    TokenEndpoint(String),
}

impl Identity {
    /// The server of this issuer. A slash at the end makes no difference.
    pub fn issuer(issuer: &str) -> Self {
        Self::Issuer(issuer.trim_end_matches('/').to_owned())
    }

    /// The server that published these metadata.
    pub fn of(metadata: &AuthorizationMetadata) -> Self {
        match &metadata.issuer {
            Some(issuer) => Self::issuer(issuer),
            None => Self::TokenEndpoint(metadata.token_endpoint.clone()),
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Issuer(url) | Self::TokenEndpoint(url) => formatter.write_str(url),
        }
    }
}
