//! Tokens for a client that is trusted itself (RFC 6749 section 4.4).

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use oauth2::{
    AuthType, ClientId, ClientSecret, RequestTokenError, Scope, TokenResponse as _, TokenUrl,
    basic::BasicClient,
};
use reqwest::Url;

use super::{CredentialsError, Held, Source, Token};
use crate::{
    http_client::{HttpClient, origin},
    secrets::Secret,
    upstream::oauth::{Lifetime, Refusal, Requests},
};

/// A client, and the endpoint that gives it tokens.
#[derive(Debug)]
pub(super) struct ClientCredentials {
    requests: Requests,
    token_url: Url,
    client_id: String,
    client_secret: Secret,
    scopes: Vec<String>,
    audience: Option<String>,
    /// Whether the endpoint takes the secret in the body alone, which it showed once.
    is_in_body: AtomicBool,
}

impl ClientCredentials {
    /// A client that was never shown yet. The API and how it is reached say how its token
    /// endpoint is.
    pub fn new(
        token_url: Url,
        (client_id, client_secret): (&str, &Secret),
        scopes: &[String],
        audience: Option<String>,
        (http, api): (&HttpClient, &Url),
    ) -> Self {
        Self {
            requests: Requests::new(http, api, &[&token_url]),
            token_url,
            client_id: client_id.to_owned(),
            client_secret: client_secret.clone(),
            scopes: scopes.to_vec(),
            audience,
            is_in_body: AtomicBool::new(false),
        }
    }

    async fn ask(&self, is_in_body: bool) -> Result<Held<Token>, Failure> {
        let client = BasicClient::new(ClientId::new(self.client_id.clone()))
            .set_client_secret(ClientSecret::new(self.client_secret.reveal().to_owned()))
            .set_token_uri(TokenUrl::from_url(self.token_url.clone()))
            .set_auth_type(if is_in_body {
                AuthType::RequestBody
            } else {
                AuthType::BasicAuth
            });
        let mut request = client.exchange_client_credentials();
        for scope in &self.scopes {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        if let Some(audience) = &self.audience {
            request = request.add_extra_param("audience", audience);
        }
        let received = SystemTime::now();
        let answer = request.request_async(&self.requests).await;
        // A refusal may come with success, and may not be one that the library can read.
        if let Some(refusal) = self.requests.take_refusal() {
            return Err(Failure::Refused(refusal));
        }
        let answer = answer.map_err(|error| match error {
            RequestTokenError::Request(error) => Failure::Other(error.into()),
            RequestTokenError::ServerResponse(_)
            | RequestTokenError::Parse(..)
            | RequestTokenError::Other(_) => Failure::Other(CredentialsError::Unusable {
                origin: origin(&self.token_url),
                problem: "its answer is none of RFC 6749 section 5.1, with `access_token` and \
                          `token_type`; check the URL of the token endpoint",
            }),
        })?;
        // Those that say 0 mean that they don't know.
        let lifetime = answer.expires_in().filter(|time| *time > Duration::ZERO);
        let token = Token {
            secret: Secret::new(answer.access_token().secret().as_str()),
            renewal: None,
        };
        Ok(Held::new(token, Lifetime::new(received, lifetime)))
    }

    fn refused(&self, refusal: &Refusal) -> CredentialsError {
        CredentialsError::Refused {
            origin: origin(&self.token_url),
            said: refusal.to_string(),
            advice: match refusal.code() {
                Some("invalid_client" | "unauthorized_client") => {
                    "check the client id and secret, and whether the client may use client \
                     credentials"
                }
                Some("invalid_scope") => "check the scopes",
                _ if refusal.is_definite() || refusal.is_redirect() => {
                    "check the URL of the token endpoint, the client and its scopes"
                }
                _ => "it is asked again in a few seconds",
            },
        }
    }
}

/// Why there is no token.
enum Failure {
    Refused(Refusal),
    Other(CredentialsError),
}

impl Source for ClientCredentials {
    type Value = Token;

    /// The client shows its secret by HTTP Basic, which all servers must know; those that know
    /// only the body (RFC 6749 section 2.3.1) say that they don't know the client.
    async fn obtain(
        &self,
        _before: Option<Arc<Held<Token>>>,
    ) -> Result<Held<Token>, CredentialsError> {
        let is_in_body = self.is_in_body.load(Ordering::Relaxed);
        let mut asked = self.ask(is_in_body).await;
        if let Err(Failure::Refused(refusal)) = &asked
            && refusal.is_definite()
            && matches!(
                refusal.code(),
                None | Some("invalid_client" | "invalid_request")
            )
        {
            let other = self.ask(!is_in_body).await;
            if other.is_ok() {
                self.is_in_body.store(!is_in_body, Ordering::Relaxed);
                asked = other;
            }
        }
        asked.map_err(|failure| match failure {
            Failure::Refused(refusal) => self.refused(&refusal),
            Failure::Other(error) => error,
        })
    }
}
