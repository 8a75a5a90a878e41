//! One server's access tokens.

mod login;
mod renewal;

use std::{
    collections::HashSet,
    sync::{Arc, PoisonError, RwLock, atomic::AtomicU64},
    time::Instant,
};

use reqwest::{
    Url,
    header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE},
};
use rmcp::transport::auth::WWWAuthenticateParams;
use tokio::sync::{Mutex, watch};

use login::Asked;

use super::{
    Awaited, OAuthError, Refused, TokenStore, authorization_server::AuthorizationServer,
    record::Token,
};
use crate::{
    config::oauth::{CallbackConfig, GrantConfig, OAuthConfig},
    gateway::ServerName,
    http_client::HttpClient,
    secrets::Secret,
};

/// What an authorizer works with.
#[derive(Debug)]
pub struct Settings {
    /// The server's name.
    pub server: ServerName,
    /// The server's URL: what tokens are for (RFC 8707).
    pub resource: Url,
    /// How tokens are had.
    pub config: OAuthConfig,
    /// Where browsers come back to.
    pub redirect_uri: Url,
    /// Where tokens are kept.
    pub store: TokenStore,
    /// How requests go out.
    pub http: HttpClient,
}

/// One server's access tokens: gives them out, renews them before they end, and says when
/// somebody must log in.
#[derive(Debug)]
pub struct Authorizer {
    settings: Settings,
    /// Whoever changes the record has it, so that one refresh serves all. The lock of the
    /// store, taken after it, does the same among processes.
    turn: Mutex<Turn>,
    current: RwLock<Option<Current>>,
    /// None while nobody needs to log in.
    login: watch::Sender<Option<Awaited>>,
    logins_asked: AtomicU64,
}

#[derive(Debug, Default)]
struct Turn {
    server: Option<AuthorizationServer>,
    failed: Option<(Instant, OAuthError)>,
    /// The scopes that a trusted client asked for in vain: they are not asked for again.
    not_granted: HashSet<String>,
}

/// The token that requests carry.
#[derive(Debug)]
struct Current {
    token: Token,
    header: HeaderValue,
}

impl Authorizer {
    /// An authorizer that has done nothing yet.
    pub fn new(settings: Settings) -> Arc<Self> {
        Arc::new(Self {
            settings,
            turn: Mutex::default(),
            current: RwLock::default(),
            login: watch::Sender::default(),
            logins_asked: AtomicU64::new(0),
        })
    }

    /// The server's name.
    pub fn server(&self) -> &ServerName {
        &self.settings.server
    }

    /// The login that is awaited, as long as one is.
    pub fn login(&self) -> watch::Receiver<Option<Awaited>> {
        self.login.subscribe()
    }

    /// The port of this machine to listen on while a login is awaited.
    pub fn callback_port(&self) -> Option<u16> {
        match &self.settings.config.grant {
            GrantConfig::Login(login) => match login.callback {
                CallbackConfig::Loopback { port, listen } => listen.then_some(port),
                CallbackConfig::Url { listen, .. } => listen,
                CallbackConfig::Gateway => None,
            },
            GrantConfig::ClientCredentials { .. } => None,
        }
    }

    /// Whether somebody must log in, and not a client that is trusted itself.
    pub fn needs_login(&self) -> bool {
        matches!(self.settings.config.grant, GrantConfig::Login(_))
    }

    /// Whether other processes see the tokens.
    pub fn is_shared(&self) -> bool {
        self.settings.store.is_shared()
    }

    /// Where browsers come back to after a login.
    pub fn redirect_uri(&self) -> &Url {
        &self.settings.redirect_uri
    }

    /// The `Authorization` header of a request (RFC 6750 section 2.1); none before anybody
    /// logged in: the server then says by its refusal what it wants. A token that is about to
    /// end is renewed first, once for all who ask.
    ///
    /// Cancel safe: a renewal goes on without the caller, since the old refresh token may be
    /// worth nothing any more.
    pub async fn authorization(self: &Arc<Self>) -> Result<Option<HeaderValue>, OAuthError> {
        {
            let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(current) = &*current
                && !current.token.is_old()
            {
                return Ok(Some(current.header.clone()));
            }
        }
        self.detached(|this| async move { this.renew(None).await })
            .await
    }

    /// What to do about an answer of 401 or 403 to a request that carried `used`, by the
    /// server's Bearer challenge (`WWW-Authenticate`, RFC 6750 section 3).
    ///
    /// Cancel safe, as [`Authorizer::authorization`] is.
    pub async fn refused(
        self: &Arc<Self>,
        used: Option<&HeaderValue>,
        status: u16,
        challenge: Option<&str>,
    ) -> Result<Refused, OAuthError> {
        let used = used.and_then(token_of);
        let challenge = challenge.map(str::to_owned);
        self.detached(move |this| async move {
            if status == 401 {
                this.unauthorized(used, challenge).await
            } else {
                this.forbidden(used, challenge).await
            }
        })
        .await
    }

    /// RFC 6750 section 3.1: the token is missing, or worth nothing.
    async fn unauthorized(
        &self,
        used: Option<Secret>,
        challenge: Option<String>,
    ) -> Result<Refused, OAuthError> {
        match self.renew(used.clone()).await? {
            Some(_) => Ok(Refused::Retry),
            None => {
                self.ask_for_login(Asked::ForRefused(used), challenge, &[])
                    .await
            }
        }
    }

    /// RFC 6750 section 3.1: the token is good, but not for this.
    async fn forbidden(
        &self,
        used: Option<Secret>,
        challenge: Option<String>,
    ) -> Result<Refused, OAuthError> {
        let params = challenge
            .as_deref()
            .map(|text| WWWAuthenticateParams::parse(text, &self.settings.resource))
            .unwrap_or_default();
        if !params.is_insufficient_scope() {
            return Ok(Refused::Denied(
                "the server says that this is forbidden".to_owned(),
            ));
        }
        let record = self.load().await?;
        if let Some(token) = record.token()
            && used.as_ref().is_some_and(|used| *used != token.secret)
        {
            self.keep(token);
            return Ok(Refused::Retry);
        }
        let mut scopes: Vec<String> = record.granted().to_vec();
        let demanded = params.scope.unwrap_or_default();
        for scope in demanded.split_whitespace() {
            if !scopes.iter().any(|granted| granted == scope) {
                scopes.push(scope.to_owned());
            }
        }
        if scopes.len() == record.granted().len() {
            return Ok(Refused::Denied(format!(
                "the server demands a scope, {demanded:?}, that its token has already"
            )));
        }
        match &self.settings.config.grant {
            GrantConfig::Login(_) => {
                self.ask_for_login(Asked::ForRefused(used), challenge, &scopes)
                    .await
            }
            GrantConfig::ClientCredentials { .. } => {
                let mut turn = self.turn.lock().await;
                let _lock = self.settings.store.lock().await?;
                let mut record = self.load().await?;
                if let Some(token) = record.token()
                    && used.as_ref().is_none_or(|used| *used != token.secret)
                {
                    self.keep(token);
                    return Ok(Refused::Retry);
                }
                let is_asked_already = |scope| turn.not_granted.contains(scope);
                if demanded.split_whitespace().any(is_asked_already) {
                    return Ok(Refused::Denied(format!(
                        "the authorization server does not grant the scope, {demanded:?}"
                    )));
                }
                let credentials = self.trusted_client(&mut turn, &mut record, &scopes).await?;
                let granted = &credentials.granted_scopes;
                let missing = demanded.split_whitespace();
                let missing = missing.filter(|scope| !granted.iter().any(|known| known == scope));
                turn.not_granted = missing.map(str::to_owned).collect();
                self.replace(record, credentials).await?;
                Ok(Refused::Retry)
            }
        }
    }

    /// Does something to its end, whether or not somebody still waits for it. Every step has a
    /// deadline of its own.
    async fn detached<T: Send + 'static, F>(
        self: &Arc<Self>,
        work: impl FnOnce(Arc<Self>) -> F,
    ) -> Result<T, OAuthError>
    where
        F: Future<Output = Result<T, OAuthError>> + Send + 'static,
    {
        let task = tokio::spawn(work(Arc::clone(self)));
        task.await.unwrap_or(Err(OAuthError::Bug))
    }
}

/// The token of an `Authorization` header.
fn token_of(header: &HeaderValue) -> Option<Secret> {
    let text = header.to_str().ok()?;
    text.strip_prefix("Bearer ").map(Secret::new)
}

/// The Bearer challenge among the `WWW-Authenticate` headers of an answer.
pub fn bearer_challenge(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(WWW_AUTHENTICATE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .find(|text| {
            text.get(..6)
                .is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer"))
        })
}
