//! Tokens of a user pool of Amazon Cognito.
//!
//! A client that is trusted itself asks at the pool's domain, as at any token endpoint. A user's
//! name and password go to the pool by `InitiateAuth` of the Amazon Cognito Identity Provider
//! API (version 2016-04-18), of which this is all we need: JSON requests that nobody signs
//! (AWS JSON 1.1 protocol), so that the whole SDK of the service can stay away.

mod answer;
mod endpoint;
#[cfg(test)]
mod tests;

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use reqwest::{
    Method, Url,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use ring::hmac;
use serde::{Deserialize, Serialize};
use serde_json::json;

use self::{
    answer::{AuthenticationResult, Exception, Initiated},
    endpoint::Endpoint,
};
use super::{
    CredentialsError, Held, Renewal, Source, Token, client_credentials::ClientCredentials,
};
use crate::{
    http_client::{HttpClient, origin},
    secrets::Secret,
    upstream::{
        oauth::{Lifetime, Requests},
        rest::settings::Cognito,
    },
};

const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const INITIATE_AUTH: HeaderValue =
    HeaderValue::from_static("AWSCognitoIdentityProviderService.InitiateAuth");
const AWS_JSON: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.1");

/// The client of a pool as one that is trusted itself, at the pool's domain.
pub(super) fn client_credentials(
    pool: &Cognito,
    http: &HttpClient,
    api: &Url,
) -> Result<ClientCredentials, CredentialsError> {
    let settings = |problem: &str| CredentialsError::Settings(problem.to_owned());
    let Some(secret) = &pool.client_secret else {
        return Err(settings(
            "a Cognito client without a secret can't get tokens for itself: give its secret and \
             the pool's domain, or a user name and password",
        ));
    };
    let Some(domain) = &pool.domain else {
        return Err(settings(
            "client credentials need the domain of the Cognito user pool: its prefix, or the \
             whole host of a domain of your own",
        ));
    };
    let url = endpoint::token_url(domain, pool)?;
    let client = (pool.client_id.as_str(), secret);
    Ok(ClientCredentials::new(
        url,
        client,
        &pool.scopes,
        None,
        (http, api),
    ))
}

/// A user of a pool, by name and password.
#[derive(Debug)]
pub(super) struct UserPassword {
    endpoint: Endpoint,
    http: HttpClient,
    api: Url,
    client_id: String,
    client_secret: Option<Secret>,
    user: String,
    password: Secret,
    wants_access_token: bool,
}

/// `AuthParameters` of both flows.
#[derive(Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
struct Parameters<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_hash: Option<String>,
}

/// The one claim of an access token that we read.
#[derive(Deserialize)]
struct Claims {
    username: String,
}

impl UserPassword {
    /// A user that has not logged in yet.
    pub fn new(pool: &Cognito, http: &HttpClient, api: &Url) -> Result<Self, CredentialsError> {
        let Some((user, password)) = &pool.user else {
            return Err(CredentialsError::Bug);
        };
        Ok(Self {
            endpoint: Endpoint::new(pool, http)?,
            http: http.clone(),
            api: api.clone(),
            client_id: pool.client_id.clone(),
            client_secret: pool.client_secret.clone(),
            user: user.clone(),
            password: password.clone(),
            wants_access_token: !pool.scopes.is_empty(),
        })
    }

    async fn log_in(&self) -> Result<Held<Token>, CredentialsError> {
        let parameters = Parameters {
            username: Some(&self.user),
            password: Some(self.password.reveal()),
            refresh_token: None,
            secret_hash: self.secret_hash(&self.user),
        };
        self.initiate("USER_PASSWORD_AUTH", &parameters, None).await
    }

    async fn refresh(&self, renewal: &Renewal) -> Result<Held<Token>, CredentialsError> {
        let parameters = Parameters {
            username: None,
            password: None,
            refresh_token: Some(renewal.refresh_token.reveal()),
            secret_hash: self.secret_hash(&renewal.user),
        };
        self.initiate("REFRESH_TOKEN_AUTH", &parameters, Some(renewal))
            .await
    }

    async fn initiate(
        &self,
        flow: &str,
        parameters: &Parameters<'_>,
        renewal: Option<&Renewal>,
    ) -> Result<Held<Token>, CredentialsError> {
        let url = self.endpoint.url().await?;
        let body = json!({
            "AuthFlow": flow,
            "ClientId": self.client_id,
            "AuthParameters": parameters,
        });
        let headers = HeaderMap::from_iter([(TARGET, INITIATE_AUTH), (CONTENT_TYPE, AWS_JSON)]);
        let requests = Requests::new(&self.http, &self.api, &[&url]);
        let received = SystemTime::now();
        let body = body.to_string().into();
        let (status, headers, answer) = requests
            .send(Method::POST, url.clone(), headers, body)
            .await?;
        let unusable = |problem| CredentialsError::Unusable {
            origin: origin(&url),
            problem,
        };
        if !status.is_success() {
            let exception = Exception::read(status, &headers, &answer);
            return Err(CredentialsError::Refused {
                origin: origin(&url),
                said: exception.to_string(),
                advice: exception.advice(),
            });
        }
        // The answer holds tokens: it is not repeated.
        let answer: Initiated = serde_json::from_slice(&answer)
            .map_err(|_| unusable("its answer is none of InitiateAuth; check the endpoint"))?;
        match (answer.authentication_result, answer.challenge_name) {
            (Some(result), _) => self
                .token(result, received, renewal)
                .ok_or_else(|| unusable("it gave neither an ID token nor an access token")),
            (None, Some(challenge)) => Err(CredentialsError::Refused {
                origin: origin(&url),
                said: answer::challenged(&challenge),
                advice: answer::advice_on_challenge(&challenge),
            }),
            (None, None) => Err(unusable("it gave neither tokens nor a challenge")),
        }
    }

    /// What requests carry: the ID token, which an authorizer of API Gateway takes where no
    /// scopes are set, or else the access token, which has scopes.
    fn token(
        &self,
        result: AuthenticationResult,
        received: SystemTime,
        renewal: Option<&Renewal>,
    ) -> Option<Held<Token>> {
        let AuthenticationResult {
            id_token,
            access_token,
            refresh_token,
            expires_in,
        } = result;
        // Only where the pool rotates them is there another after a refresh.
        let renewal = match (refresh_token, renewal) {
            (Some(refresh_token), _) => Some(Renewal {
                refresh_token: Secret::new(refresh_token),
                user: access_token
                    .as_deref()
                    .and_then(user_of)
                    .unwrap_or_else(|| self.user.clone()),
            }),
            (None, renewal) => renewal.cloned(),
        };
        let secret = if self.wants_access_token {
            access_token.or(id_token)
        } else {
            id_token.or(access_token)
        }?;
        let token = Token {
            secret: Secret::new(secret),
            renewal,
        };
        let lifetime = expires_in
            .filter(|seconds| *seconds > 0)
            .map(Duration::from_secs);
        Some(Held::new(token, Lifetime::new(received, lifetime)))
    }

    /// What shows that we know the client's secret, where it has one: HMAC-SHA256 over the
    /// user's name and the client's id (Amazon Cognito developer guide, Computing secret hash
    /// values).
    fn secret_hash(&self, user: &str) -> Option<String> {
        let secret = self.client_secret.as_ref()?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.reveal().as_bytes());
        let mut context = hmac::Context::with_key(&key);
        context.update(user.as_bytes());
        context.update(self.client_id.as_bytes());
        Some(BASE64_STANDARD.encode(context.sign()))
    }
}

impl Source for UserPassword {
    type Value = Token;

    /// By the refresh token, where there is one that still counts; else by the password.
    async fn obtain(
        &self,
        before: Option<Arc<Held<Token>>>,
    ) -> Result<Held<Token>, CredentialsError> {
        if let Some(before) = before
            && let Some(renewal) = &before.value().renewal
        {
            match self.refresh(renewal).await {
                Err(CredentialsError::Refused { said, .. }) => {
                    tracing::debug!("a refresh token is worth nothing any more: {said}");
                }
                refreshed => return refreshed,
            }
        }
        self.log_in().await
    }
}

/// The user that an access token is for, as its pool knows it. Who logs in by an address or
/// telephone number has another name there, and the secret hash of a refresh is made with that
/// one. Nothing is decided by it: the token came from the pool a moment ago.
fn user_of(access_token: &str) -> Option<String> {
    let claims = access_token.split('.').nth(1)?;
    let claims = BASE64_URL_SAFE_NO_PAD.decode(claims).ok()?;
    let claims: Claims = serde_json::from_slice(&claims).ok()?;
    Some(claims.username)
}
