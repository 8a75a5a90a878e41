//! What the config says of a REST API.

use std::path::PathBuf;

use url::Url;

use crate::{json::Raw, openapi::api::Location, secrets::Secret};

/// Where a document is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpecSource {
    /// At a URL.
    Url(Url),
    /// In a file.
    File(PathBuf),
    /// In the config itself: its JSON text.
    Inline(Raw),
}

/// What is done about an answer that does not fit its schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ValidateOutput {
    /// Nothing: it is not looked at.
    Off,
    /// It is passed on with a warning in `_meta`.
    #[default]
    Warn,
    /// The call fails.
    Strict,
}

/// How we identify ourselves to a REST API.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Credentials {
    /// Not at all, beyond configured headers.
    #[default]
    None,
    /// HTTP Basic (RFC 7617).
    Basic {
        /// The user name.
        username: String,
        /// The password.
        password: Secret,
    },
    /// A bearer token (RFC 6750).
    Bearer {
        /// The token.
        token: Secret,
    },
    /// A key under a name.
    ApiKey {
        /// Where it stands: header, query or cookie.
        location: Location,
        /// Its name.
        name: String,
        /// The key.
        key: Secret,
    },
    /// OAuth 2.0 client credentials (RFC 6749 section 4.4).
    ClientCredentials {
        /// The token endpoint.
        token_url: Url,
        /// The client.
        client_id: String,
        /// Its secret.
        client_secret: Secret,
        /// What is asked for; empty: what the server gives by itself.
        scopes: Vec<String>,
        /// The audience, where the server wants one.
        audience: Option<String>,
    },
    /// A user pool of Amazon Cognito.
    Cognito(Box<Cognito>),
    /// AWS Signature Version 4, with the default credential chain.
    SigV4 {
        /// The service that requests are signed for, such as `execute-api`.
        service: String,
        /// The region; none: the chain's own.
        region: Option<String>,
    },
}

/// A user pool of Amazon Cognito.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cognito {
    /// The app client.
    pub client_id: String,
    /// Its secret, if it has one.
    pub client_secret: Option<Secret>,
    /// Who logs in; none: the client itself (client credentials).
    pub user: Option<(String, Secret)>,
    /// The user pool, such as `eu-west-1_AbCdEf`.
    pub user_pool_id: Option<String>,
    /// The pool's domain: a prefix, or a host; needed for client credentials.
    pub domain: Option<String>,
    /// What is asked for.
    pub scopes: Vec<String>,
    /// The region; none: that of the pool's id, else the chain's own.
    pub region: Option<String>,
}
