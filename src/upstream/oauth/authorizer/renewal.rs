//! Renewal: one for all who ask, in this process and in others.

use std::{
    sync::PoisonError,
    time::{Duration, Instant},
};

use reqwest::{Url, header::HeaderValue};
use rmcp::transport::auth::StoredCredentials;

use super::{Authorizer, Current, OAuthError, Settings, Turn};
use crate::{
    config::oauth::{ClientConfig, GrantConfig},
    secrets::Secret,
    telemetry::untrusted::readable,
    upstream::oauth::{
        StoreError,
        authorization_server::AuthorizationServer,
        binding::{self, Identity},
        record::{Client, Record, Token},
        requests::Requests,
    },
};

/// How long an authorization server that failed is left alone.
const PAUSE: Duration = Duration::from_secs(5);

/// How long it may take to find an authorization server, which may be many requests.
const DISCOVERY: Duration = Duration::from_secs(30);

impl Authorizer {
    /// A token that is neither old nor `refused`: the one that another has put there, or a new
    /// one. None when somebody must log in first.
    pub(super) async fn renew(
        &self,
        refused: Option<Secret>,
    ) -> Result<Option<HeaderValue>, OAuthError> {
        let mut turn = self.turn.lock().await;
        let _lock = self.settings.store.lock().await?;
        let mut record = self.load().await?;
        let token = record
            .token()
            .filter(|token| refused.as_ref() != Some(&token.secret));
        if let Some(token) = &token
            && !token.is_old()
        {
            return Ok(Some(self.keep(token.clone())));
        }
        let renewed = self.renewed(&mut turn, &mut record).await;
        match renewed {
            Ok(Some(credentials)) => self.replace(record, credentials).await.map(Some),
            Err(
                ref error @ (OAuthError::Rejected(_)
                | OAuthError::Moved(_)
                | OAuthError::UnknownClient(_)),
            ) => {
                tracing::warn!(server = %self.settings.server, "its login has ended: {error}");
                record.credentials = None;
                if matches!(error, OAuthError::UnknownClient(_)) {
                    record.client = None;
                }
                self.settings.store.save(&record).await?;
                self.forget();
                Ok(None)
            }
            // What has not ended yet may still do.
            Ok(None) | Err(_) if token.as_ref().is_some_and(|token| !token.is_over()) => {
                Ok(token.map(|token| self.keep(token)))
            }
            Ok(None) => {
                self.forget();
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// New tokens, where they can be had without anybody.
    async fn renewed(
        &self,
        turn: &mut Turn,
        record: &mut Record,
    ) -> Result<Option<StoredCredentials>, OAuthError> {
        if let Some((since, error)) = &turn.failed
            && since.elapsed() < PAUSE
        {
            return Err(error.clone());
        }
        let renewed = match &self.settings.config.grant {
            GrantConfig::ClientCredentials { .. } => {
                let mut scopes = self.settings.config.scopes.clone();
                // What a step-up added stays.
                for scope in record.granted() {
                    if !scopes.contains(scope) {
                        scopes.push(scope.clone());
                    }
                }
                self.trusted_client(turn, record, &scopes).await.map(Some)
            }
            GrantConfig::Login(_) => match (&record.credentials, &record.client) {
                (Some(credentials), Some(client)) if record.can_refresh() => {
                    let server = self.server_of(turn).await?;
                    match server.expects(client) {
                        Ok(()) => {
                            self.become_client(server, client)?;
                            server.refresh(credentials.clone()).await.map(Some)
                        }
                        Err(error) => Err(error),
                    }
                }
                _ => Ok(None),
            },
        };
        if renewed.is_err() {
            // What is wrong may be where we look for it.
            turn.server = None;
        }
        turn.failed = match &renewed {
            Ok(_)
            | Err(OAuthError::Rejected(_) | OAuthError::Moved(_) | OAuthError::UnknownClient(_)) => {
                None
            }
            Err(error) => Some((Instant::now(), error.clone())),
        };
        renewed
    }

    pub(super) async fn trusted_client(
        &self,
        turn: &mut Turn,
        record: &mut Record,
        scopes: &[String],
    ) -> Result<StoredCredentials, OAuthError> {
        let GrantConfig::ClientCredentials {
            client_id,
            client_secret,
        } = &self.settings.config.grant
        else {
            return Err(OAuthError::Bug);
        };
        let server = self.server_of(turn).await?;
        self.pin(server, record)?;
        server
            .client_credentials(client_id, client_secret, scopes)
            .await
    }

    /// The authorization server, found once.
    async fn server_of<'t>(
        &self,
        turn: &'t mut Turn,
    ) -> Result<&'t mut AuthorizationServer, OAuthError> {
        let server = match turn.server.take() {
            Some(server) => server,
            None => self.discover(None).await?,
        };
        Ok(turn.server.insert(server))
    }

    pub(super) async fn discover(
        &self,
        challenge: Option<&str>,
    ) -> Result<AuthorizationServer, OAuthError> {
        let discovered = AuthorizationServer::discover(
            &self.settings.resource,
            self.settings.config.server_url.as_ref(),
            self.requests(),
            challenge,
        );
        let server = tokio::time::timeout(DISCOVERY, discovered)
            .await
            .unwrap_or_else(|_| {
                let after = DISCOVERY.as_secs();
                let message = format!("it was not found within {after} s");
                Err(OAuthError::Discovery(message))
            })?;
        if let Some(issuer) = &self.settings.config.issuer {
            let expected = Identity::issuer(issuer.as_str());
            let found = server.identity();
            if found != expected {
                return Err(OAuthError::Discovery(readable(&format!(
                    "the server names {found}, and the config {expected} as its `issuer`"
                ))));
            }
        }
        Ok(server)
    }

    /// Makes sure that the client of the config is shown to the one authorization server that
    /// it belongs to: the `issuer` of the config, which [`Authorizer::discover`] has compared,
    /// or else the first one that was seen.
    pub(super) fn pin(
        &self,
        server: &AuthorizationServer,
        record: &mut Record,
    ) -> Result<(), OAuthError> {
        let found = server.identity();
        if self.settings.config.issuer.is_none()
            && let Some(known) = &record.server
            && *known != found
        {
            return Err(OAuthError::Discovery(readable(&format!(
                "the server now names {found}, and the client of the config belongs to {known}; \
                 if that is meant, give the new one as `issuer`"
            ))));
        }
        record.server = Some(found);
        Ok(())
    }

    /// How requests go out to the authorization server.
    pub(super) fn requests(&self) -> Requests {
        let Settings {
            http,
            resource,
            config,
            ..
        } = &self.settings;
        let configured = [&config.server_url, &config.issuer];
        let configured: Vec<&Url> = configured.into_iter().flatten().collect();
        Requests::new(http, resource, &configured)
    }

    /// What is kept, as far as the config of today has to do with it.
    pub(super) async fn load(&self) -> Result<Record, StoreError> {
        let record = self.settings.store.load().await?;
        let config = binding::digest_of_client(&self.settings.config.grant);
        Ok(if record.config == config {
            record
        } else {
            Record {
                resource: record.resource,
                config,
                ..Record::default()
            }
        })
    }

    /// Makes us this client, with the secret that the config gives it today.
    pub(super) fn become_client(
        &self,
        server: &mut AuthorizationServer,
        client: &Client,
    ) -> Result<(), OAuthError> {
        let mut client = client.clone();
        if let GrantConfig::Login(login) = &self.settings.config.grant
            && let ClientConfig::Registered { client_secret, .. } = &login.client
        {
            client.secret = client_secret
                .as_ref()
                .map(|secret| secret.reveal().to_owned());
        }
        server.become_client(&client)
    }

    /// Keeps new tokens: the old ones may be worth nothing any more, so that these count even
    /// where they can't be written.
    pub(super) async fn replace(
        &self,
        mut record: Record,
        credentials: StoredCredentials,
    ) -> Result<HeaderValue, OAuthError> {
        record.credentials = Some(credentials);
        let token = record.token().ok_or(OAuthError::Bug)?;
        let header = self.keep(token);
        self.settings.store.save_or_remember(&record).await;
        tracing::debug!(server = %self.settings.server, "its access token was renewed");
        Ok(header)
    }

    pub(super) fn keep(&self, token: Token) -> HeaderValue {
        // What is no header value can't be a token (RFC 6750 section 2.1): it will be refused.
        let mut header = HeaderValue::try_from(format!("Bearer {}", token.secret.reveal()))
            .unwrap_or(HeaderValue::from_static("Bearer"));
        header.set_sensitive(true);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(Current {
            token,
            header: header.clone(),
        });
        header
    }

    pub(super) fn forget(&self) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
