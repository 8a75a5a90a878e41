//! How a server's access tokens are had: the key `oauth` of an entry.
//!
//! The keys are mcpo's (`server_url`, `storage_type`, `callback_port`, `use_loopback`,
//! `client_metadata`), with camelCase beside them, and some that mcpo lacks: a client that was
//! registered beforehand, a client-metadata document, scopes, and client credentials.

mod read;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::PathBuf;

use serde_json::{Map, Value};
use url::Url;

use crate::config::env_vars;
use crate::config::environment::Environment;
use crate::config::settings::TokenSettings;
use crate::config::value::words;
use crate::secrets::Secret;

/// How a server's access tokens are had (MCP, section Authorization).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OAuthConfig {
    /// Where to look for the authorization server when the MCP server itself does not say.
    pub server_url: Option<Url>,
    /// The authorization server that tokens may come from; none: the one that is found first.
    pub issuer: Option<Url>,
    /// How a token is asked for.
    pub grant: GrantConfig,
    /// The scopes to ask for; none: those that the server names.
    pub scopes: Vec<String>,
    /// Where tokens are kept.
    pub storage: TokenStorage,
}

/// How a token is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GrantConfig {
    /// Somebody logs in with a browser (OAuth 2.1, section 4.1).
    Login(Box<LoginConfig>),
    /// The gateway itself is the client that is trusted (OAuth 2.1, section 4.2).
    ClientCredentials {
        /// The client's name at the authorization server.
        client_id: String,
        /// Its secret.
        client_secret: Secret,
    },
}

/// How somebody logs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginConfig {
    /// Who we are to the authorization server.
    pub client: ClientConfig,
    /// Where the browser is sent afterwards.
    pub callback: CallbackConfig,
}

/// Who we are to the authorization server (MCP, section Client Registration).
#[derive(Clone, PartialEq, Eq)]
pub enum ClientConfig {
    /// A client that was registered beforehand.
    Registered {
        /// Its name at the authorization server.
        client_id: String,
        /// Its secret, where it has one.
        client_secret: Option<Secret>,
    },
    /// We register ourselves (RFC 7591), or point to a document.
    Dynamic {
        /// The https URL of a client-metadata document, for servers that read such documents.
        metadata_url: Option<Url>,
        /// What we say of ourselves, as it stands in the config: RFC 7591, section 2.
        metadata: Map<String, Value>,
    },
}

/// Metadata are only counted: they may hold what nobody else should know.
impl fmt::Debug for ClientConfig {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registered { client_id, .. } => formatter
                .debug_struct("Registered")
                .field("client_id", client_id)
                .finish_non_exhaustive(),
            Self::Dynamic {
                metadata_url,
                metadata,
            } => formatter
                .debug_struct("Dynamic")
                .field("metadata_url", &metadata_url.as_ref().map(Url::as_str))
                .field("metadata", &metadata.len())
                .finish(),
        }
    }
}

/// Where the browser is sent after a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallbackConfig {
    /// To the gateway's own route `oauth/callback`, under the address that it listens on.
    Gateway,
    /// To a port of this machine, where the gateway listens while a login is awaited.
    Loopback {
        /// The port.
        port: u16,
        /// Whether the gateway listens there; else the URL is pasted.
        listen: bool,
    },
    /// To this URL: the gateway's own route seen from outside, or one that is pasted.
    Url {
        /// The URL.
        url: Url,
        /// The port of this machine to listen on, where the URL names one.
        listen: Option<u16>,
    },
}

/// The folder of tokens: the one that is set, or the one for what programs keep (XDG Base
/// Directory Specification).
pub(crate) fn token_dir(settings: TokenSettings, environment: &Environment) -> Option<PathBuf> {
    let set = |name: &str| environment.get(name).map(PathBuf::from);
    // Relative folders are to be ignored by that specification.
    let state = || set(env_vars::XDG_STATE_HOME).filter(|path| path.is_absolute());
    let home = || set(env_vars::HOME).map(|home| home.join(".local/state"));
    let default = || Some(state().or_else(home)?.join("viceversa/tokens"));
    settings.token_dir.or_else(default)
}

words! {
    /// Where tokens are kept.
    pub enum TokenStorage {
        /// In a file that only this user can read.
        File = "file",
        /// In memory: a restart needs a new login.
        Memory = "memory",
    }
}

words! {
    /// How a token is asked for, as `grant_type` says it.
    pub enum GrantType {
        /// Somebody logs in.
        AuthorizationCode = "authorization_code",
        /// The client itself is trusted.
        ClientCredentials = "client_credentials",
    }
}
