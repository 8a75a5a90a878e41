//! Waits for a server that starts or comes back.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::gateway::{Catalog, ExchangeError, Phase, Server, ServerState, Session};

/// When to come back to a server that does not say when it is tried again.
const DEFAULT_RETRY_AFTER: Duration = Duration::from_secs(5);

/// The server's session, waiting for one that is on its way for at most `patience`.
pub(super) async fn session(
    server: &Server,
    patience: Duration,
) -> Result<Arc<dyn Session>, ExchangeError> {
    let state = server.state();
    match &state.session {
        Some(session) => Ok(Arc::clone(session)),
        None => wait(server, patience, |_| true).await,
    }
}

/// The session that follows one that has ended.
pub(super) async fn successor(
    server: &Server,
    ended: &Arc<dyn Session>,
    patience: Duration,
) -> Result<Arc<dyn Session>, ExchangeError> {
    wait(server, patience, |session| !Arc::ptr_eq(session, ended)).await
}

/// What the server offers, waiting for one whose first start is on its way. A server that is
/// down still has what it offered last.
pub(super) async fn catalog(
    server: &Server,
    patience: Duration,
) -> Result<Arc<Catalog>, ExchangeError> {
    if let Some(catalog) = &server.state().catalog {
        return Ok(Arc::clone(catalog));
    }
    let mut states = server.watch();
    let decided = states.wait_for(|state| state.catalog.is_some() || is_decided(state.phase));
    let state = match tokio::time::timeout(patience, decided).await {
        Ok(Ok(state)) => Arc::clone(&state),
        Ok(Err(_)) | Err(_) => server.state(),
    };
    match &state.catalog {
        Some(catalog) => Ok(Arc::clone(catalog)),
        None => Err(not_ready(server, &state)),
    }
}

async fn wait(
    server: &Server,
    patience: Duration,
    wanted: impl Fn(&Arc<dyn Session>) -> bool,
) -> Result<Arc<dyn Session>, ExchangeError> {
    let mut states = server.watch();
    // What failed before this call came decides nothing where the call is a reason to try again.
    let tried = server.state().starts_ended();
    let wanting = server.want();
    let decided = states.wait_for(|state| match state.phase {
        Phase::Ready => state.session.as_ref().is_some_and(&wanted),
        Phase::Failed => state.is_lasting || wanting.is_none() || state.starts_ended() > tried,
        phase => is_decided(phase),
    });
    let state = match tokio::time::timeout(patience, decided).await {
        Ok(Ok(state)) => Arc::clone(&state),
        // The time is up, or the server was taken away; its state says what it is like.
        Ok(Err(_)) | Err(_) => server.state(),
    };
    match &state.session {
        Some(session) if wanted(session) => Ok(Arc::clone(session)),
        _ => Err(not_ready(server, &state)),
    }
}

/// Whether waiting for a server that has no session is in vain.
fn is_decided(phase: Phase) -> bool {
    match phase {
        Phase::Failed | Phase::LoginRequired | Phase::CredentialsRequired | Phase::Stopped => true,
        Phase::Starting | Phase::Ready | Phase::Restarting => false,
    }
}

fn not_ready(server: &Server, state: &ServerState) -> ExchangeError {
    let name = &server.name;
    let reason = state
        .error
        .as_ref()
        .map(|error| format!(": {error}"))
        .unwrap_or_default();
    let message = match state.phase {
        Phase::Starting => format!("the server {name} is still starting{reason}"),
        // It came back with the session that had ended, or went again since.
        Phase::Ready | Phase::Restarting => format!("the server {name} is being restarted{reason}"),
        Phase::Failed if state.is_lasting => {
            format!("the server {name} is down until somebody mends it{reason}")
        }
        Phase::Failed => format!("the server {name} is down and will be tried again{reason}"),
        // Where to log in is for operators: it stands in the log and in the status.
        Phase::LoginRequired => format!(
            "the server {name} needs somebody to log in first: its operator finds the URL in \
             /status and in the log"
        ),
        Phase::CredentialsRequired => {
            format!(
                "the server {name} wants credentials of the caller's own, and good ones{reason}"
            )
        }
        Phase::Stopped => format!("the server {name} was stopped{reason}"),
    };
    ExchangeError::NotReady {
        message,
        phase: state.phase,
        retry_after: state.retry_at.map_or(DEFAULT_RETRY_AFTER, |at| {
            at.saturating_duration_since(Instant::now())
        }),
    }
}
