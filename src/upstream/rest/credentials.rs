//! How the gateway identifies itself to a REST API.
//!
//! An [`Authenticator`] stands beside an API. Each request passes it last, when nothing of it
//! changes any more, and gets what the config says: a header, a parameter, a cookie, a token or a
//! signature. When the API refuses a request for it, the authenticator is told, and answers
//! whether there is a newer credential to try again with.
//!
//! Tokens are had once for all who ask, and renewed before they end. Credentials go to the API's
//! own origin and nowhere else.

mod attach;
mod aws;
mod client_credentials;
mod cognito;
pub mod cookie;
mod error;
mod kept;
mod sigv4;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::SystemTime};

use reqwest::{StatusCode, Url, header::AUTHORIZATION};

use self::{
    attach::Fixed,
    aws::{Chain, Identity},
    client_credentials::ClientCredentials,
    cognito::UserPassword,
    kept::{Held, Kept, Source},
};
use super::settings::{Cognito, Credentials};
use crate::{
    gateway::ServerName,
    http_client::{HttpClient, OutgoingRequest},
    secrets::Secret,
};

pub use error::CredentialsError;
pub(super) use sigv4::is_of_signature;

/// Identifies the gateway to one REST API.
#[derive(Debug)]
pub struct Authenticator {
    /// The API's base URL.
    api: Url,
    way: Way,
}

/// How it does so.
#[derive(Debug)]
enum Way {
    Fixed(Fixed),
    ClientCredentials(Arc<Kept<ClientCredentials>>),
    UserPassword(Arc<Kept<UserPassword>>),
    SigV4 {
        service: String,
        chain: Arc<Kept<Chain>>,
    },
}

/// A token, and what gets the next one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Token {
    secret: Secret,
    renewal: Option<Renewal>,
}

/// A refresh token, and the user that it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Renewal {
    refresh_token: Secret,
    user: String,
}

/// What a request was given, to be shown again if it is refused.
#[derive(Clone, Debug, Default)]
pub struct Attached(Credential);

#[derive(Clone, Debug, Default)]
enum Credential {
    /// None, or one that never changes.
    #[default]
    Fixed,
    Token(Arc<Held<Token>>),
    Identity(Arc<Held<Identity>>),
}

impl Authenticator {
    /// Reads what the config says. Nothing is asked for yet: the first request does that.
    ///
    /// `api` is the API's base URL, whose origin alone is shown the credentials; `http` is how
    /// the API is reached. Token endpoints at other origins are reached without its client
    /// certificate. Errors are [`CredentialsError::Settings`].
    pub fn new(
        settings: &Credentials,
        server: &ServerName,
        api: &Url,
        http: &HttpClient,
    ) -> Result<Self, CredentialsError> {
        let way = match settings {
            Credentials::None => Way::Fixed(Fixed::Nothing),
            Credentials::Basic { username, password } => {
                Way::Fixed(Fixed::basic(username, password)?)
            }
            Credentials::Bearer { token } => Way::Fixed(Fixed::bearer(token)?),
            Credentials::ApiKey {
                location,
                name,
                key,
            } => Way::Fixed(Fixed::api_key(*location, name, key)?),
            Credentials::ClientCredentials {
                token_url,
                client_id,
                client_secret,
                scopes,
                audience,
            } => Way::ClientCredentials(Kept::new(
                server,
                ClientCredentials::new(
                    token_url.clone(),
                    (client_id, client_secret),
                    scopes,
                    audience.clone(),
                    (http, api),
                ),
            )),
            Credentials::Cognito(pool) => Self::cognito(pool, server, api, http)?,
            Credentials::SigV4 { service, region } => Way::SigV4 {
                service: service.clone(),
                chain: Kept::new(server, Chain::new(region.clone(), http)?),
            },
        };
        Ok(Self {
            api: api.clone(),
            way,
        })
    }

    fn cognito(
        pool: &Cognito,
        server: &ServerName,
        api: &Url,
        http: &HttpClient,
    ) -> Result<Way, CredentialsError> {
        Ok(if pool.user.is_some() {
            Way::UserPassword(Kept::new(server, UserPassword::new(pool, http, api)?))
        } else {
            let client = cognito::client_credentials(pool, http, api)?;
            Way::ClientCredentials(Kept::new(server, client))
        })
    }

    /// Adds the credential to a request that is otherwise as it will be sent. What it puts there
    /// replaces what has its name, so that a request can be given to it again: a repetition is
    /// signed anew. A request to another origin than the API's gets nothing.
    ///
    /// Waits for a token or AWS credentials where there are none yet, at most half a minute.
    /// Cancel safe: a request for a token goes on for others. Nothing was sent to the API where
    /// this fails.
    pub async fn apply(&self, request: &mut OutgoingRequest) -> Result<Attached, CredentialsError> {
        if request.url.origin() != self.api.origin() {
            return Ok(Attached::default());
        }
        Ok(Attached(match &self.way {
            Way::Fixed(fixed) => {
                fixed.attach(request)?;
                Credential::Fixed
            }
            Way::ClientCredentials(kept) => Self::bear(kept.current().await?, request)?,
            Way::UserPassword(kept) => Self::bear(kept.current().await?, request)?,
            Way::SigV4 { service, chain } => {
                let held = chain.current().await?;
                sigv4::sign(request, held.value(), service, SystemTime::now())?;
                Credential::Identity(held)
            }
        }))
    }

    fn bear(
        held: Arc<Held<Token>>,
        request: &mut OutgoingRequest,
    ) -> Result<Credential, CredentialsError> {
        let header = attach::bearer(&held.value().secret)?;
        request.headers.insert(AUTHORIZATION, header);
        Ok(Credential::Token(held))
    }

    /// Whether requests are signed: a signature holds for one URL.
    pub fn signs(&self) -> bool {
        matches!(self.way, Way::SigV4 { .. })
    }

    /// Whether an answer of this status says that the credential is worth nothing: 401, and for
    /// signatures also 403, which AWS answers when a session has ended.
    pub fn is_refusal(&self, status: StatusCode) -> bool {
        status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN && self.signs()
    }

    /// What to do about an answer that [is a refusal](Self::is_refusal) of what was attached:
    /// true if there is another credential by now, so that the request is worth being sent
    /// again, once. Cancel safe, as [`Authenticator::apply`] is.
    pub async fn refused(&self, attached: &Attached) -> bool {
        match (&self.way, &attached.0) {
            (Way::ClientCredentials(kept), Credential::Token(held)) => kept.replace(held).await,
            (Way::UserPassword(kept), Credential::Token(held)) => kept.replace(held).await,
            (Way::SigV4 { chain, .. }, Credential::Identity(held)) => chain.replace(held).await,
            _ => false,
        }
    }
}
