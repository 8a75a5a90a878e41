//! What is said to an authorization server, in rmcp's words.
//!
//! rmcp keeps credentials and login states behind stores of its own choice; here these are in
//! memory and hold no more than the one thing that a step needs, which goes in before it and is
//! taken out after it. What lasts is the [`super::record::Record`].

use std::sync::Arc;

use reqwest::Url;
use rmcp::transport::auth::{
    AuthError, AuthorizationManager, AuthorizationMetadata, ClientCredentialsConfig,
    CredentialStore as _, InMemoryCredentialStore, InMemoryStateStore, OAuthClientConfig,
    StateStore as _, StoredAuthorizationState, StoredCredentials,
};
use serde_json::json;

use super::{
    OAuthError,
    binding::Identity,
    record::Client,
    requests::{Requests, check_scheme},
};
use crate::{secrets::Secret, telemetry::untrusted::readable};

/// The scope by which OpenID Connect servers give refresh tokens.
const OFFLINE_ACCESS: &str = "offline_access";

/// An authorization server that was found, and what we are to it.
pub(super) struct AuthorizationServer {
    manager: AuthorizationManager,
    metadata: AuthorizationMetadata,
    /// Whether the metadata were published, and not guessed.
    is_discovered: bool,
    resource: Url,
    requests: Arc<Requests>,
    credentials: InMemoryCredentialStore,
    states: InMemoryStateStore,
}

impl std::fmt::Debug for AuthorizationServer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("AuthorizationServer")
            .field("issuer", &self.metadata.issuer)
            .finish_non_exhaustive()
    }
}

impl AuthorizationServer {
    /// Finds the authorization server of a resource: by the challenge that came with a refusal,
    /// by protected-resource metadata (RFC 9728), by authorization-server metadata (RFC 8414,
    /// OpenID Connect Discovery) at the resource's origin, and at last at `elsewhere`.
    pub async fn discover(
        resource: &Url,
        elsewhere: Option<&Url>,
        requests: Requests,
        challenge: Option<&str>,
    ) -> Result<Self, OAuthError> {
        let failed = |error: AuthError| OAuthError::Discovery(told(&error));
        let requests = Arc::new(requests);
        let manager = async |url: &Url| {
            AuthorizationManager::new_with_oauth_http_client(url.clone(), requests.clone()).await
        };
        let mut found = manager(resource).await.map_err(failed)?;
        let mut resolution = found
            .resolve_metadata_from_challenge(challenge)
            .await
            .map_err(failed)?;
        if let Some(elsewhere) = elsewhere
            && !resolution.source.is_discovered()
        {
            let other = manager(elsewhere).await.map_err(failed)?;
            resolution = other.resolve_metadata().await.map_err(failed)?;
        }
        check_endpoints(resource, &resolution.metadata)?;
        let (credentials, states) = (InMemoryCredentialStore::new(), InMemoryStateStore::new());
        found.set_metadata(resolution.metadata.clone());
        found.set_credential_store(credentials.clone());
        found.set_state_store(states.clone());
        Ok(Self {
            manager: found,
            metadata: resolution.metadata,
            is_discovered: resolution.source.is_discovered(),
            resource: resource.clone(),
            requests,
            credentials,
            states,
        })
    }

    pub fn metadata(&self) -> &AuthorizationMetadata {
        &self.metadata
    }

    /// Whether a login is safe there (PKCE S256): metadata that don't say so mean that it is
    /// not (MCP, section Authorization Code Protection). Where none were found, nothing is known.
    pub fn check_pkce(&self) -> Result<(), OAuthError> {
        let methods = self.metadata.code_challenge_methods_supported.as_ref();
        if !self.is_discovered
            || methods.is_some_and(|methods| methods.iter().any(|method| method == "S256"))
        {
            return Ok(());
        }
        Err(OAuthError::Discovery(
            "its metadata don't name S256 among `code_challenge_methods_supported`, so that a \
             login there could be stolen"
                .to_owned(),
        ))
    }

    /// What others know it by.
    pub fn identity(&self) -> Identity {
        Identity::of(&self.metadata)
    }

    /// Whether it is the one that this client, and what it was given, belong to.
    pub fn expects(&self, client: &Client) -> Result<(), OAuthError> {
        if self.identity() == client.server {
            Ok(())
        } else {
            Err(OAuthError::Moved(readable(&client.server.to_string())))
        }
    }

    /// Whether a client may be named by the URL of its metadata document.
    pub fn reads_client_documents(&self) -> bool {
        let supported = self
            .metadata
            .additional_fields
            .get("client_id_metadata_document_supported");
        supported.and_then(serde_json::Value::as_bool) == Some(true)
    }

    /// The scopes that the resource asks for, and the one that gives refresh tokens.
    pub async fn wanted_scopes(&self) -> Vec<String> {
        self.manager.select_initial_scopes(&[]).await
    }

    /// Makes us this client.
    pub fn become_client(&mut self, client: &Client) -> Result<(), OAuthError> {
        if let Some(method) = &client.auth_method {
            // rmcp chooses by what the server knows; what the client is registered for counts.
            let mut metadata = self.metadata.clone();
            metadata.additional_fields.insert(
                "token_endpoint_auth_methods_supported".to_owned(),
                json!([method]),
            );
            self.manager.set_metadata(metadata);
        }
        let mut config = OAuthClientConfig::new(client.id.as_str(), client.redirect_uri.as_str());
        if let Some(secret) = &client.secret {
            config = config.with_client_secret(secret.as_str());
        }
        self.manager
            .configure_client(config)
            .map_err(|error| OAuthError::Discovery(told(&error)))
    }

    /// Where somebody is to log in (PKCE S256, RFC 8707), and what to keep until then.
    pub async fn login_url(
        &self,
        scopes: &[String],
    ) -> Result<(String, StoredAuthorizationState), OAuthError> {
        let failed = |error: AuthError| OAuthError::Discovery(told(&error));
        let names: Vec<&str> = scopes.iter().map(String::as_str).collect();
        let url = self
            .manager
            .get_authorization_url(&names)
            .await
            .map_err(failed)?;
        let mut url = Url::parse(&url).map_err(|error| OAuthError::Discovery(error.to_string()))?;
        let csrf_token = parameter(&url, "state").unwrap_or_default();
        let state = self.states.load(&csrf_token).await.map_err(failed)?;
        self.states.delete(&csrf_token).await.map_err(failed)?;
        if scopes.iter().any(|scope| scope == OFFLINE_ACCESS) {
            // OpenID Connect Core section 11: else the scope counts for nothing.
            url.query_pairs_mut().append_pair("prompt", "consent");
        }
        match state {
            Some(state) => Ok((url.into(), state)),
            None => Err(OAuthError::Bug),
        }
    }

    /// Exchanges the code of a callback for tokens.
    pub async fn exchange(
        &self,
        state: StoredAuthorizationState,
        code: &Secret,
        issuer: Option<&str>,
    ) -> Result<StoredCredentials, OAuthError> {
        let failed = |error: AuthError| OAuthError::Exchange(self.why(&error));
        let name = state.csrf_token.clone();
        self.states.save(&name, state).await.map_err(failed)?;
        let exchanged = self
            .manager
            .exchange_code_for_token_with_issuer(code.reveal(), &name, issuer)
            .await;
        self.states.delete(&name).await.map_err(failed)?;
        exchanged.map_err(failed)?;
        self.take_credentials().await
    }

    /// Exchanges the refresh token for new tokens. The old one may be worth nothing from here
    /// on, so that the new ones must be kept whatever happens.
    pub async fn refresh(
        &mut self,
        old: StoredCredentials,
    ) -> Result<StoredCredentials, OAuthError> {
        let failed = |error: AuthError| OAuthError::Exchange(told(&error));
        let mut metadata = self.metadata.clone();
        if !old
            .granted_scopes
            .iter()
            .any(|scope| scope == OFFLINE_ACCESS)
        {
            // rmcp would ask for it, and RFC 6749 section 6 forbids to ask for more.
            if let Some(scopes) = &mut metadata.scopes_supported {
                scopes.retain(|scope| scope != OFFLINE_ACCESS);
            }
            self.manager.set_metadata(metadata);
        }
        self.credentials.save(old).await.map_err(failed)?;
        match self.manager.refresh_token().await {
            Ok(_) => self.take_credentials().await,
            Err(error) => {
                Err(match self.requests.take_refusal() {
                    Some(refusal) if refusal.is_of_client() => {
                        OAuthError::UnknownClient(refusal.to_string())
                    }
                    Some(refusal) if refusal.is_definite() => {
                        OAuthError::Rejected(refusal.to_string())
                    }
                    Some(refusal) => OAuthError::Exchange(refusal.to_string()),
                    // The token belongs to another client, or is none.
                    None if matches!(error, AuthError::AuthorizationRequired) => {
                        OAuthError::Rejected(told(&error))
                    }
                    None => OAuthError::Exchange(told(&error)),
                })
            }
        }
    }

    /// Asks for a token as a client that is trusted itself (OAuth 2.1 section 4.2).
    pub async fn client_credentials(
        &mut self,
        client_id: &str,
        client_secret: &Secret,
        scopes: &[String],
    ) -> Result<StoredCredentials, OAuthError> {
        let failed = |error: AuthError| OAuthError::Exchange(told(&error));
        let mut config = ClientCredentialsConfig::ClientSecret {
            client_id: client_id.to_owned(),
            client_secret: client_secret.reveal().to_owned(),
            scopes: scopes.to_vec(),
            resource: Some(self.resource.to_string()),
        };
        self.manager
            .validate_client_credentials_metadata(&config)
            .and_then(|()| self.manager.configure_client_credentials(&config))
            .map_err(failed)?;
        if let Some(found) = self.resource_found().await
            && let ClientCredentialsConfig::ClientSecret { resource, .. } = &mut config
        {
            *resource = Some(found);
        }
        self.manager
            .exchange_client_credentials(&config)
            .await
            .map_err(|error| OAuthError::Exchange(self.why(&error)))?;
        let mut credentials = self.take_credentials().await?;
        if credentials.granted_scopes.is_empty() {
            // RFC 6749 section 5.1: what is not said is as it was asked for.
            credentials.granted_scopes = scopes.to_vec();
        }
        Ok(credentials)
    }

    /// What the resource calls itself in its metadata, which may be less than its URL. rmcp
    /// shows it in the URLs that it makes alone.
    async fn resource_found(&self) -> Option<String> {
        let url = self.manager.get_authorization_url(&[]).await.ok()?;
        parameter(&Url::parse(&url).ok()?, "resource")
    }

    /// Why an exchange failed: in the server's words, where it said something.
    fn why(&self, error: &AuthError) -> String {
        let refusal = self.requests.take_refusal();
        refusal.map_or_else(|| told(error), |refusal| refusal.to_string())
    }

    async fn take_credentials(&self) -> Result<StoredCredentials, OAuthError> {
        let kept = self.credentials.load().await.ok().flatten();
        // In memory nothing can go wrong.
        let _ = self.credentials.clear().await;
        kept.ok_or(OAuthError::Bug)
    }
}

/// Whether the endpoints that metadata name may be used, the one that browsers open included:
/// it must be no script.
fn check_endpoints(resource: &Url, metadata: &AuthorizationMetadata) -> Result<(), OAuthError> {
    let endpoints = [
        Some(("authorization", &metadata.authorization_endpoint)),
        Some(("token", &metadata.token_endpoint)),
        metadata
            .registration_endpoint
            .as_ref()
            .map(|endpoint| ("registration", endpoint)),
    ];
    for (name, endpoint) in endpoints.into_iter().flatten() {
        let checked = Url::parse(endpoint)
            .map_err(|_| "it is no URL")
            .and_then(|url| check_scheme(resource, &url));
        checked.map_err(|why| {
            OAuthError::Discovery(format!("its {name} endpoint can't be used: {why}"))
        })?;
    }
    Ok(())
}

/// What an error says, with no more of URLs than their origins: a path may be a secret.
fn told(error: &AuthError) -> String {
    let text = error.to_string();
    let mut told = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = ["http://", "https://"]
        .into_iter()
        .filter_map(|scheme| rest.find(scheme))
        .min()
    {
        let (before, from) = rest.split_at(at);
        told.push_str(before);
        let is_end = |character: char| {
            character.is_whitespace() || matches!(character, '`' | '"' | '\'' | ',' | ')' | '>')
        };
        let (url, after) = from.split_at(from.find(is_end).unwrap_or(from.len()));
        match Url::parse(url) {
            Ok(url) => told.push_str(&url.origin().ascii_serialization()),
            Err(_) => told.push_str("(a URL)"),
        }
        rest = after;
    }
    told.push_str(rest);
    readable(&told)
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}
