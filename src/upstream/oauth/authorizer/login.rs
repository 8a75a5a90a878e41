//! Logins: asking for one, waiting for it, ending it.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use super::{Authorizer, OAuthError, Refused, Turn};
use crate::{
    config::oauth::{ClientConfig, GrantConfig},
    gateway::login::LoginError,
    secrets::Secret,
    upstream::oauth::{
        Awaited, Callback,
        authorization_server::AuthorizationServer,
        record::{Client, Login, Record},
        registration,
    },
};

/// How often a file is looked at for a login that another process has ended.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// Why a login is asked for.
#[derive(Debug)]
pub(super) enum Asked {
    /// The server refused this token, or wanted one where there was none.
    ForRefused(Option<Secret>),
    /// Somebody wants to log in.
    ByUser,
}

impl Authorizer {
    /// Asks somebody to log in, for these scopes beside those that are wanted anyway. The same
    /// URL stays until it is used.
    ///
    /// `refused` is the token that led here. Where another has come in the meantime, that one is
    /// worth a try first.
    pub(super) async fn ask_for_login(
        &self,
        refused: Asked,
        challenge: Option<String>,
        scopes: &[String],
    ) -> Result<Refused, OAuthError> {
        let mut turn = self.turn.lock().await;
        let _lock = self.settings.store.lock().await?;
        let record = self.load().await?;
        let token = record.token();
        if let Asked::ForRefused(used) = &refused
            && let Some(token) = &token
            && !token.is_over()
            && used.as_ref() != Some(&token.secret)
        {
            self.keep(token.clone());
            return Ok(Refused::Retry);
        }
        let url = match &record.login {
            Some(login) if self.is_still_good(login, scopes) => login.url.as_str().into(),
            _ => self.new_login(&mut turn, record, challenge, scopes).await?,
        };
        let is_for_all = token.is_none_or(|token| token.is_over()) || scopes.is_empty();
        self.show(&url, is_for_all);
        if is_for_all {
            self.logins_asked.fetch_add(1, Ordering::Relaxed);
        }
        Ok(Refused::LoginRequired(url))
    }

    /// Asks as a refusal of this token does that comes late.
    #[cfg(test)]
    pub(in super::super) async fn ask_for_login_after(
        &self,
        used: Option<Secret>,
    ) -> Result<Refused, OAuthError> {
        self.ask_for_login(Asked::ForRefused(used), None, &[]).await
    }

    fn is_still_good(&self, login: &Login, scopes: &[String]) -> bool {
        login.is_live()
            && login.client.redirect_uri == self.settings.redirect_uri.as_str()
            && login.asks_for(scopes)
            && login.asks_for(&self.settings.config.scopes)
    }

    async fn new_login(
        &self,
        turn: &mut Turn,
        mut record: Record,
        challenge: Option<String>,
        more: &[String],
    ) -> Result<Arc<str>, OAuthError> {
        let mut server = self.discover(challenge.as_deref()).await?;
        server.check_pkce()?;
        let mut scopes = if self.settings.config.scopes.is_empty() {
            server.wanted_scopes().await
        } else {
            self.settings.config.scopes.clone()
        };
        for scope in more {
            if !scopes.contains(scope) {
                scopes.push(scope.clone());
            }
        }
        let client = self.client(&server, &mut record, &scopes).await?;
        self.become_client(&mut server, &client)?;
        let (url, state) = server.login_url(&scopes).await?;
        record.login = Some(Login {
            url: url.clone(),
            challenge,
            client,
            state,
        });
        self.settings.store.save(&record).await?;
        turn.server = Some(server);
        Ok(url.into())
    }

    /// Who we are: as the user says, by a document, as we registered before, or now.
    async fn client(
        &self,
        server: &AuthorizationServer,
        record: &mut Record,
        scopes: &[String],
    ) -> Result<Client, OAuthError> {
        let GrantConfig::Login(config) = &self.settings.config.grant else {
            return Err(OAuthError::Bug);
        };
        let redirect_uri = &self.settings.redirect_uri;
        let identity = server.identity();
        let known = |client_id: &str| Client {
            id: client_id.to_owned(),
            secret: None,
            secret_expires_at: None,
            auth_method: None,
            redirect_uri: redirect_uri.to_string(),
            server: identity.clone(),
            scopes: scopes.to_vec(),
        };
        match &config.client {
            ClientConfig::Registered { client_id, .. } => {
                self.pin(server, record)?;
                Ok(known(client_id))
            }
            ClientConfig::Dynamic {
                metadata_url: Some(url),
                ..
            } if server.reads_client_documents() => Ok(known(url.as_str())),
            ClientConfig::Dynamic { metadata, .. } => {
                let before = [
                    record.client.as_ref(),
                    record.login.as_ref().map(|login| &login.client),
                ];
                let before = before.into_iter().flatten();
                for client in before {
                    if client.serves(&identity, redirect_uri, scopes) {
                        return Ok(client.clone());
                    }
                }
                let requests = self.requests();
                let known = server.metadata();
                registration::register(&requests, known, metadata, redirect_uri, scopes).await
            }
        }
    }

    /// Shows where to log in, where that is news.
    fn show(&self, url: &Arc<str>, is_for_all: bool) {
        let awaited = Awaited {
            url: Arc::clone(url),
            is_for_all,
        };
        let is_news = self.login.borrow().as_ref().map(|shown| &shown.url) != Some(url);
        self.login.send_if_modified(|shown| {
            let is_news = shown.as_ref() != Some(&awaited);
            *shown = Some(awaited);
            is_news
        });
        if is_news {
            tracing::warn!(
                server = %self.settings.server,
                "login required: open {} in a browser, or run `viceversa login`",
                readable_url(url)
            );
        }
    }

    /// How many times something was refused until somebody logs in, so that who tries something
    /// sees whether it was refused for that.
    pub fn logins_asked(&self) -> u64 {
        self.logins_asked.load(Ordering::Relaxed)
    }

    /// The server does something before the login that is awaited, if one is.
    pub fn serves_without_login(&self) {
        self.login.send_if_modified(|shown| {
            shown
                .as_mut()
                .is_some_and(|awaited| std::mem::take(&mut awaited.is_for_all))
        });
    }

    /// Waits until the login that is awaited has ended, here or in another process that shares
    /// the file; at once where none is awaited. Cancel safe.
    pub async fn login_ended(&self) {
        let mut shown = self.login.subscribe();
        loop {
            let Some(awaited) = shown.borrow_and_update().clone() else {
                return;
            };
            tokio::select! {
                // It lives as long as this does.
                _ = shown.changed() => {}
                () = tokio::time::sleep(LOOK_AGAIN) => self.look_for_its_end(&awaited).await,
            }
        }
    }

    async fn look_for_its_end(&self, awaited: &Awaited) {
        if !self.settings.store.is_shared() {
            return;
        }
        // A file that can't be read now is looked at again.
        let Ok(record) = self.load().await else {
            return;
        };
        match record.login {
            None => {
                self.login.send_replace(None);
            }
            Some(login) if login.url != *awaited.url => {
                self.show(&login.url.into(), awaited.is_for_all);
            }
            Some(_) => {}
        }
    }

    /// Whether a callback with this `state` is awaited.
    pub(in super::super) async fn awaits(&self, state: &str) -> bool {
        let record = self.load().await.unwrap_or_default();
        record
            .login
            .is_some_and(|login| login.state.csrf_token == state && login.is_live())
    }

    /// Ends the login that this callback belongs to.
    ///
    /// Cancel safe: what was begun goes on without the caller, since a code counts once.
    pub async fn finish(self: &Arc<Self>, callback: Callback) -> Result<(), LoginError> {
        self.detached(|this| async move { Ok(this.end_login(callback).await) })
            .await
            .unwrap_or_else(|error| Err(LoginError::Failed(error.to_string())))
    }

    async fn end_login(&self, callback: Callback) -> Result<(), LoginError> {
        let failed = |error: OAuthError| LoginError::Failed(error.to_string());
        let mut turn = self.turn.lock().await;
        let store = &self.settings.store;
        let _lock = store.lock().await.map_err(|error| failed(error.into()))?;
        let mut record = self.load().await.map_err(|error| failed(error.into()))?;
        let login = record
            .login
            .clone()
            .filter(|login| login.state.csrf_token == callback.state && login.is_live())
            .ok_or(LoginError::Unknown)?;
        // Who says no may change their mind: the URL stays.
        let code = callback.outcome.map_err(LoginError::Denied)?;

        let mut server = self
            .discover(login.challenge.as_deref())
            .await
            .map_err(failed)?;
        let exchanged = match server.expects(&login.client) {
            Ok(()) => {
                self.become_client(&mut server, &login.client)
                    .map_err(failed)?;
                server
                    .exchange(login.state, &code, callback.issuer.as_deref())
                    .await
            }
            Err(error) => Err(error),
        };
        if exchanged.is_err() {
            turn.server = None;
        }
        record.login = None;
        if let Ok(credentials) = &exchanged {
            record.credentials = Some(credentials.clone());
            record.client = Some(login.client);
        }
        store
            .save(&record)
            .await
            .map_err(|error| failed(error.into()))?;
        if let (Ok(_), Some(token)) = (&exchanged, record.token()) {
            tracing::info!(server = %self.settings.server, "somebody has logged in");
            turn.server = Some(server);
            turn.failed = None;
            self.keep(token);
        }
        self.login.send_replace(None);
        exchanged.map(drop).map_err(failed)
    }

    /// Asks for a login whether or not the server has refused us, for who wants to log in
    /// beforehand. `anew` forgets what is kept, the client that was registered included.
    pub async fn prepare_login(self: &Arc<Self>, anew: bool) -> Result<Arc<str>, OAuthError> {
        self.detached(move |this| async move {
            if anew {
                let _turn = this.turn.lock().await;
                let _lock = this.settings.store.lock().await?;
                let mut record = this.load().await?;
                (record.client, record.credentials, record.login) = (None, None, None);
                record.server = None;
                this.settings.store.save(&record).await?;
                this.forget();
            }
            match this.ask_for_login(Asked::ByUser, None, &[]).await? {
                Refused::LoginRequired(url) => Ok(url),
                Refused::Retry | Refused::Denied(_) => Err(OAuthError::Bug),
            }
        })
        .await
    }
}

/// A URL in full, without what could steer a terminal: it must not be cut.
fn readable_url(url: &str) -> String {
    url.chars()
        .filter(|character| !character.is_control())
        .collect()
}
