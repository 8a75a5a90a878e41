//! What is kept of one server: the client that we are, the tokens, and a login on its way.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use oauth2::TokenResponse as _;
use rmcp::transport::auth::{StoredAuthorizationState, StoredCredentials};
use serde::{Deserialize, Serialize};

use super::{binding::Identity, lifetime::Lifetime};
use crate::secrets::Secret;

/// How long the URL of a login can be used. An operator may not look at once.
const LOGIN_LIFETIME: Duration = Duration::from_hours(24);

/// What is kept of one server.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Record {
    /// The server's URL. What was kept for another URL is never sent to this one.
    pub resource: String,
    /// The digest of the client that the config makes us. What another got is not used.
    #[serde(default)]
    pub config: String,
    /// The authorization server that the client of the config belongs to: the first one that
    /// was seen, unless the config names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<Identity>,
    /// The client that we registered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<Client>,
    /// The tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<StoredCredentials>,
    /// A login that somebody was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<Login>,
}

impl std::fmt::Debug for Record {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Record")
            .field("resource", &self.resource)
            .field("has_token", &self.credentials.is_some())
            .field("login", &self.login.is_some())
            .finish_non_exhaustive()
    }
}

impl Record {
    /// The access token, where there is one.
    pub fn token(&self) -> Option<Token> {
        let credentials = self.credentials.as_ref()?;
        let response = credentials.token_response.as_ref()?;
        let received = UNIX_EPOCH + Duration::from_secs(credentials.token_received_at?);
        Some(Token {
            secret: Secret::new(response.access_token().secret().as_str()),
            lifetime: Lifetime::new(received, response.expires_in()),
        })
    }

    /// Whether a new token can be had without anybody logging in.
    pub fn can_refresh(&self) -> bool {
        let response = self
            .credentials
            .as_ref()
            .and_then(|credentials| credentials.token_response.as_ref());
        response.is_some_and(|response| response.refresh_token().is_some())
    }

    /// The scopes that the tokens stand for.
    pub fn granted(&self) -> &[String] {
        self.credentials
            .as_ref()
            .map_or(&[], |credentials| &credentials.granted_scopes)
    }
}

/// An access token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub secret: Secret,
    lifetime: Lifetime,
}

impl Token {
    /// Whether it is about to end, or has. One whose end was not said is never old.
    pub fn is_old(&self) -> bool {
        self.lifetime.is_old()
    }

    /// Whether it has ended.
    pub fn is_over(&self) -> bool {
        self.lifetime.is_over()
    }
}

/// A client at an authorization server.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Client {
    /// Its name there.
    #[serde(rename = "client_id")]
    pub id: String,
    /// Its secret, where it has one.
    #[serde(
        default,
        rename = "client_secret",
        skip_serializing_if = "Option::is_none"
    )]
    pub secret: Option<String>,
    /// When the secret ends, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_expires_at: Option<u64>,
    /// How it proves who it is (RFC 7591 section 2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_method: Option<String>,
    /// Where its browsers come back to.
    pub redirect_uri: String,
    /// The authorization server.
    pub server: Identity,
    /// The scopes that it may ask for.
    #[serde(default)]
    pub scopes: Vec<String>,
}

/// A login on its way: what is needed to end it, here or in another process.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Login {
    /// Where somebody is to log in.
    pub url: String,
    /// The challenge that led to it, from which the authorization server is found again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<String>,
    /// The client that asks.
    pub client: Client,
    /// The PKCE verifier, and what names the login in the callback.
    pub state: StoredAuthorizationState,
}

impl Login {
    /// Whether somebody who opens the URL now still gets in.
    pub fn is_live(&self) -> bool {
        let began = UNIX_EPOCH + Duration::from_secs(self.state.created_at);
        // A clock that was set back makes it live longer, which does no harm.
        SystemTime::now()
            .duration_since(began)
            .is_ok_and(|age| age < LOGIN_LIFETIME)
    }

    /// Whether it asks for all of these.
    pub fn asks_for(&self, scopes: &[String]) -> bool {
        scopes
            .iter()
            .all(|scope| self.state.requested_scopes.contains(scope))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A record whose token was given `age` seconds ago, for `lifetime` seconds.
    fn record(age: u64, lifetime: u64) -> Record {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let record = json!({
            "resource": "https://a/mcp",
            "credentials": {
                "client_id": "x",
                "token_response": {
                    "access_token": "t0ken",
                    "token_type": "bearer",
                    "expires_in": lifetime,
                },
                "token_received_at": now.as_secs() - age,
            },
        });
        serde_json::from_value(record).unwrap()
    }

    #[test]
    fn a_token_is_old_before_it_is_over() {
        for (age, lifetime, is_old, is_over) in [
            (0, 3600, false, false),
            (3560, 3600, false, false),
            (3575, 3600, true, false),
            (3601, 3600, true, true),
            (4, 10, false, false),
            (6, 10, true, false),
            (11, 10, true, true),
            (0, 0, true, true),
        ] {
            let token = record(age, lifetime).token().unwrap();
            assert_eq!(token.is_old(), is_old, "{age} of {lifetime}");
            assert_eq!(token.is_over(), is_over, "{age} of {lifetime}");
        }
    }

    #[test]
    fn nothing_secret_is_shown() {
        let shown = format!("{:?}", record(0, 10));
        assert!(!shown.contains("t0ken"), "{shown}");
    }
}
