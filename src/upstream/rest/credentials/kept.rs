//! What is kept until it ends: had once for all who ask, and renewed before its end.

#[cfg(test)]
mod tests;

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use tokio::{
    sync::{Mutex, OwnedMutexGuard},
    time::{Instant, timeout},
};

use super::CredentialsError;
use crate::{gateway::ServerName, upstream::oauth::Lifetime};

/// How long a source that failed, or that gave another credential after a refusal, is left
/// alone.
const PAUSE: Duration = Duration::from_secs(5);

/// How long a source may take.
const DEADLINE: Duration = Duration::from_secs(30);

/// Where a credential comes from.
pub(super) trait Source: Send + Sync + 'static {
    /// The credential.
    type Value: PartialEq + Send + Sync + 'static;

    /// Asks for a credential, with the one before it where there is one. Called by one task at
    /// a time.
    fn obtain(
        &self,
        before: Option<Arc<Held<Self::Value>>>,
    ) -> impl Future<Output = Result<Held<Self::Value>, CredentialsError>> + Send;
}

/// A credential, for as long as it lasts.
#[derive(Debug)]
pub(super) struct Held<T> {
    value: T,
    lifetime: Lifetime,
}

impl<T> Held<T> {
    /// A credential that lasts so long.
    pub fn new(value: T, lifetime: Lifetime) -> Self {
        Self { value, lifetime }
    }

    /// The credential.
    pub fn value(&self) -> &T {
        &self.value
    }
}

/// A source, and the credential that it gave last.
#[derive(Debug)]
pub(super) struct Kept<S: Source> {
    server: ServerName,
    source: S,
    /// Whoever asks the source has it.
    turn: Arc<Mutex<Turn>>,
    current: RwLock<Option<Arc<Held<S::Value>>>>,
}

#[derive(Debug, Default)]
struct Turn {
    failed: Option<(Instant, CredentialsError)>,
    /// When a refusal was answered with another credential last.
    replaced: Option<Instant>,
}

impl<S: Source> Kept<S> {
    /// Nothing is asked for yet.
    pub fn new(server: &ServerName, source: S) -> Arc<Self> {
        Arc::new(Self {
            server: server.clone(),
            source,
            turn: Arc::default(),
            current: RwLock::default(),
        })
    }

    /// The credential of now. One that is about to end serves on while the next is had; one that
    /// has ended, or never was, is waited for. Cancel safe: the source is asked to the end.
    pub async fn current(self: &Arc<Self>) -> Result<Arc<Held<S::Value>>, CredentialsError> {
        let before = self.held();
        if let Some(held) = &before
            && !held.lifetime.is_over()
        {
            if held.lifetime.is_old()
                && let Ok(turn) = Arc::clone(&self.turn).try_lock_owned()
                && turn.failure().is_none()
            {
                let this = Arc::clone(self);
                tokio::spawn(async move {
                    if let Err(error) = this.obtain(turn).await {
                        this.warn("its credential, which is about to end,", &error);
                    }
                });
            }
            return Ok(Arc::clone(held));
        }
        let turn = Arc::clone(&self.turn).lock_owned().await;
        let now = self.held();
        match now {
            // Somebody had it meanwhile. It may have ended again: it is as new as can be.
            Some(held) if before.is_none_or(|before| !Arc::ptr_eq(&before, &held)) => Ok(held),
            _ => self.renew(turn).await,
        }
    }

    /// Whether there is another credential than one that was refused, after having asked for it
    /// where nobody did so yet. Cancel safe.
    pub async fn replace(self: &Arc<Self>, refused: &Arc<Held<S::Value>>) -> bool {
        let mut turn = Arc::clone(&self.turn).lock_owned().await;
        if let Some(held) = self.held()
            && !Arc::ptr_eq(&held, refused)
        {
            return held.value != refused.value;
        }
        // An API that refuses all credentials must not make each call ask for another.
        if turn.replaced.is_some_and(|at| at.elapsed() < PAUSE) {
            return false;
        }
        turn.replaced = Some(Instant::now());
        match self.renew(turn).await {
            Ok(held) => held.value != refused.value,
            Err(error) => {
                self.warn("its credential, which the API refused,", &error);
                false
            }
        }
    }

    fn held(&self) -> Option<Arc<Held<S::Value>>> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.clone()
    }

    fn warn(&self, what: &str, error: &CredentialsError) {
        tracing::warn!(server = %self.server, "{what} can't be renewed: {error}");
    }

    async fn renew(
        self: &Arc<Self>,
        turn: OwnedMutexGuard<Turn>,
    ) -> Result<Arc<Held<S::Value>>, CredentialsError> {
        if let Some(error) = turn.failure() {
            return Err(error);
        }
        let this = Arc::clone(self);
        let task = tokio::spawn(async move { this.obtain(turn).await });
        task.await.unwrap_or(Err(CredentialsError::Bug))
    }

    async fn obtain(
        &self,
        mut turn: OwnedMutexGuard<Turn>,
    ) -> Result<Arc<Held<S::Value>>, CredentialsError> {
        let obtained = timeout(DEADLINE, self.source.obtain(self.held())).await;
        match obtained.unwrap_or(Err(CredentialsError::Late(DEADLINE.as_secs()))) {
            Ok(held) => {
                let held = Arc::new(held);
                let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
                *current = Some(Arc::clone(&held));
                turn.failed = None;
                tracing::debug!(server = %self.server, "its credential was obtained");
                Ok(held)
            }
            Err(error) => {
                turn.failed = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }
}

impl Turn {
    /// How the source failed a moment ago, if it did.
    fn failure(&self) -> Option<CredentialsError> {
        let (at, error) = self.failed.as_ref()?;
        (at.elapsed() < PAUSE).then(|| error.clone())
    }
}
