//! What identifies us to a remote server.
//!
//! All requests to a server pass here twice: for the headers that they go out with, and with
//! the server's answer, when that is 401 or 403.

use std::sync::Arc;

use reqwest::{
    StatusCode,
    header::{AUTHORIZATION, HeaderMap},
};

use super::Remote;
use crate::upstream::{
    Audience,
    oauth::{Authorizer, OAuthError, Refused, bearer_challenge},
};

/// What identifies us to one server.
#[derive(Debug)]
pub(super) struct Credentials {
    configured: HeaderMap,
    audience: Audience,
    authorizer: Option<Arc<Authorizer>>,
}

/// What to do about a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Send the request again: there is a newer token.
    Again,
    /// Somebody must log in, before the server takes anything from us.
    LoginRequired,
    /// Somebody must log in, before the server does this; it does other things.
    MoreRightsRequired,
    /// The server won't have us; with what there is to say about it.
    Denied(String),
}

impl Credentials {
    /// The headers of the config, and the tokens that it says how to get.
    pub(super) fn of(remote: &Remote) -> Self {
        Self {
            configured: remote.headers.clone(),
            audience: remote.audience,
            authorizer: remote.authorizer.clone(),
        }
    }

    /// The headers of the next request, to which the protocol's own are added.
    pub(super) async fn headers(&self) -> Result<HeaderMap, OAuthError> {
        let mut headers = self.configured.clone();
        if let Some(authorizer) = &self.authorizer
            && let Some(token) = authorizer.authorization().await?
        {
            headers.insert(AUTHORIZATION, token);
        }
        Ok(headers)
    }

    /// What to do when the server answered a request that carried these headers with 401 or
    /// 403.
    pub(super) async fn refused(
        &self,
        used: &HeaderMap,
        status: StatusCode,
        answer: &HeaderMap,
    ) -> Refusal {
        let challenge = bearer_challenge(answer);
        let Some(authorizer) = &self.authorizer else {
            return Refusal::Denied(match challenge {
                _ if self.audience == Audience::Identity => {
                    "check the credentials of the caller".into()
                }
                _ if self.audience == Audience::Anonymous => {
                    "callers that bring credentials of their own are served all the same".into()
                }
                Some(text) if text.contains("resource_metadata") => {
                    "it wants a login: give its entry the key `oauth`, as in \"oauth\": {}".into()
                }
                _ => "check the credentials in `headers`".into(),
            });
        };
        let used = used.get(AUTHORIZATION);
        match authorizer.refused(used, status.as_u16(), challenge).await {
            Ok(Refused::Retry) => Refusal::Again,
            Ok(Refused::LoginRequired(_)) if status == StatusCode::UNAUTHORIZED => {
                Refusal::LoginRequired
            }
            Ok(Refused::LoginRequired(_)) => Refusal::MoreRightsRequired,
            Ok(Refused::Denied(message)) => Refusal::Denied(message),
            Err(error) => Refusal::Denied(error.to_string()),
        }
    }
}
