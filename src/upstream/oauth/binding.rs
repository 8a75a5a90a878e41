//! What a client, its secret and its tokens are bound to.

use std::fmt::{self, Write as _};

use rmcp::transport::auth::AuthorizationMetadata;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::config::oauth::{ClientConfig, GrantConfig};

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

/// Who the gateway is by the config, as a digest: what one client got is of no use to another.
/// A secret is no part of it. It may be renewed, and is taken from the config at each use.
pub(super) fn digest_of_client(grant: &GrantConfig) -> String {
    let client = match grant {
        GrantConfig::ClientCredentials { client_id, .. } => json!(["trusted", client_id]),
        GrantConfig::Login(login) => match &login.client {
            ClientConfig::Registered { client_id, .. } => json!(["registered", client_id]),
            ClientConfig::Dynamic {
                metadata_url,
                metadata,
            } => json!([
                "dynamic",
                metadata_url.as_ref().map(url::Url::as_str),
                metadata
            ]),
        },
    };
    hex_digest(&client.to_string())
}

/// The SHA-256 of a text, in hexadecimal digits.
pub(super) fn hex_digest(text: &str) -> String {
    let mut digits = String::new();
    for byte in Sha256::digest(text.as_bytes()) {
        // Text can't refuse to grow.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}
