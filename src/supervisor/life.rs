//! One server's life.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::{mpsc, watch};

use super::{
    Charge, Placement, Serves,
    backoff::{self, Backoff},
    credentials,
    isolation::{self, HOUSEKEEPING, Isolation, Supervised, turns::Turns},
    login,
    opening::{self, failed},
    stale,
};
use crate::{
    gateway::{Catalog, Phase, Server, Warning},
    mcp::{ClientError, Era, Notice, client::Use},
    upstream::{Audience, Connection, LiveSession, OpenError},
};

/// Several changes in a row are one refresh.
const SETTLE: Duration = Duration::from_millis(50);

/// A server that announces changes all the time is asked no more often than this.
const SETTLE_AT_MOST: Duration = Duration::from_secs(5);

/// How often the catalog of a server is read that would not say that it changed (MCP 2026-07-28
/// without subscriptions). Its `ttlMs` says nothing of use here: most servers say zero.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// How long a remote server may be away before calls no longer wait for it to come back.
const COMEBACK: Duration = Duration::from_secs(30);

/// Keeps a server alive until told to stop. That of a single identity is given up when it can't
/// be started: its next call has another begun.
pub(super) async fn live(
    charge: Charge,
    placement: Arc<Placement>,
    mut stop: watch::Receiver<bool>,
) {
    let is_of_identity = is_of_identity(&charge);
    let isolation = Isolation::new(
        charge.upstream.clone(),
        Arc::clone(&placement),
        Arc::clone(&charge.server),
        Arc::clone(&charge.common.places),
        charge.common.replica.clone(),
    );
    let has_turns = matches!(charge.common.serves, Serves::Caller(_));
    let mut life = Life {
        isolation,
        turns: has_turns.then(Arc::default),
        up_until: None,
        era: charge.common.first_era(),
        revision: 0,
        tried_again: false,
        backoff: Backoff::new(),
        charge,
        placement,
    };
    loop {
        let logins_asked = login::asked(&life.charge);
        let started = tokio::select! {
            started = life.start() => started,
            () = told(&mut stop) => break,
        };
        let failure = match started {
            Ok(connection) => {
                life.tried_again = false;
                login::not_required(&life.charge);
                match life.serve(connection, &mut stop).await {
                    Some(failure) => failure,
                    None => break,
                }
            }
            // Once; after that each try has its pause, and goes about it the other way.
            Err(error) if error.again && !life.tried_again => {
                life.tried_again = true;
                continue;
            }
            Err(_) if login::require(&life.charge, logins_asked) => {
                tokio::select! {
                    () = login::ended(&life.charge) => continue,
                    () = told(&mut stop) => break,
                }
            }
            Err(error) if credentials::require(&life.charge, &error) => {
                if is_of_identity {
                    return;
                }
                tokio::select! {
                    () = tokio::time::sleep(credentials::AGAIN) => continue,
                    () = told(&mut stop) => break,
                }
            }
            Err(error) if error.is_lasting => {
                life.give_up(error);
                if is_of_identity {
                    return;
                }
                tokio::select! {
                    () = life.charge.upstream.mended() => continue,
                    () = told(&mut stop) => break,
                }
            }
            Err(error) => Failure {
                reason: error.message.into(),
                details: error.details.map(Into::into),
            },
        };
        let pause = life.backoff.pause();
        life.fail(failure, pause);
        let server = Arc::clone(&life.charge.server);
        if is_of_identity && server.state().phase == Phase::Failed {
            // The next call of this identity begins anew.
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = wanted(&server) => {}
            () = told(&mut stop) => break,
        }
    }
    life.charge.server.update(|state| {
        state.phase = Phase::Stopped;
        state.session = None;
        state.retry_at = None;
    });
}

/// Whether it serves one identity or one caller alone.
fn is_of_identity(charge: &Charge) -> bool {
    charge.upstream.audience() == Audience::Identity || !charge.common.serves.is_everybody()
}

/// Why a server is not up.
struct Failure {
    reason: Arc<str>,
    /// What it wrote to its stderr last.
    details: Option<Arc<str>>,
}

struct Life {
    charge: Charge,
    isolation: Arc<Isolation>,
    /// Whose turn it is, on a connection of one caller's own.
    turns: Option<Arc<Turns>>,
    placement: Arc<Placement>,
    /// What the server turned out to be, or is pinned to.
    era: Option<Era>,
    /// When the server was last up.
    up_until: Option<Instant>,
    revision: u64,
    /// Whether a failed start was followed by another at once, since the server was last up.
    tried_again: bool,
    backoff: Backoff,
}

impl Life {
    /// Starts the server and reads its catalog; when that works, the server is ready.
    ///
    /// Cancel safe: dropping the future ends the process.
    async fn start(&mut self) -> Result<Connection, OpenError> {
        let began = Instant::now();
        self.charge.server.update(|state| {
            state.starts += 1;
            state.retry_at = None;
            state.is_lasting = false;
        });
        let timeout = self.charge.server.settings().start_timeout;
        let opening = opening::open(
            &self.placement,
            self.charge.upstream.clone(),
            self.era.clone(),
            self.used_by(),
        );
        let Ok(opened) = tokio::time::timeout(timeout, opening).await else {
            self.era.clone_from(&self.charge.common.pinned);
            return Err(too_slow(timeout));
        };
        let mut connection = opened.inspect_err(|error| {
            if self.charge.common.pinned.is_none() && !error.is_refused {
                // What was known may no longer be so: without news the next try finds out anew.
                self.era.clone_from(&error.learnt);
                self.charge.common.learnt.set(error.learnt.clone());
            }
        })?;
        self.era = connection.session.era().cloned();
        self.charge.common.learnt.set(self.era.clone());
        let left = timeout.saturating_sub(began.elapsed());
        let charge = self.charge.clone();
        let Connection {
            session, notices, ..
        } = &mut connection;
        let loaded = tokio::select! {
            loaded = tokio::time::timeout(left, self.load(session)) => loaded,
            () = attend(session, &charge, None, notices) => return Err(too_slow(timeout)),
        };
        let catalog = match loaded {
            Ok(Ok(catalog)) => catalog,
            Ok(Err(error)) => {
                return Err(OpenError {
                    details: connection.link.last_words(),
                    is_refused: matches!(&error, ClientError::Peer(error) if error.is_refused()),
                    ..failed(unlisted(&error))
                });
            }
            Err(_) => return Err(too_slow(timeout)),
        };
        if let Serves::Caller(capabilities) = &charge.common.serves
            && isolation::keeps_house(capabilities)
        {
            // What the server asks of its own accord when it has been met is no call's question.
            tokio::select! {
                () = tokio::time::sleep(HOUSEKEEPING) => {}
                () = attend(&connection.session, &charge, None, &mut connection.notices) => {}
            }
        }
        let took = began.elapsed();
        let server = &self.charge.server;
        tracing::info!(
            server = %server.name,
            version = catalog.protocol_version,
            tools = catalog.tools.len(),
            "ready after {:.1} s", took.as_secs_f32()
        );
        self.publish(catalog, Some((&connection.session, took)));
        Ok(connection)
    }

    /// Whom its connection serves.
    fn used_by(&self) -> Use {
        match &self.charge.common.serves {
            Serves::Everybody => Use::Shared,
            Serves::Session(session) => {
                Use::Isolated(session.client().askable_capabilities().into())
            }
            Serves::Caller(capabilities) => Use::Isolated(Arc::clone(capabilities)),
        }
    }

    /// Watches a server that is up. Returns why it ended, or `None` when it was told to stop.
    async fn serve(
        &mut self,
        mut connection: Connection,
        stop: &mut watch::Receiver<bool>,
    ) -> Option<Failure> {
        let began = Instant::now();
        // `refresh` has the rest of us.
        let charge = self.charge.clone();
        let turns = self.turns.clone();
        let reason = {
            let Connection {
                session,
                link,
                notices,
            } = &mut connection;
            tokio::select! {
                reason = link.ended() => Some(reason),
                () = told(stop) => None,
                () = self.refresh(session) => None,
                () = attend(session, &charge, turns.as_deref(), notices) => None,
                () = session.listen(&charge.server.subscriptions) => None,
                () = stale::show(&charge, session) => None,
                () = login::show(&charge) => None,
                () = login::follow(&charge) => None,
            }
        };
        let failure = reason.map(|reason| Failure {
            reason,
            details: connection.link.last_words().map(Into::into),
        });
        if failure.is_some() {
            if began.elapsed() >= backoff::HEALTHY {
                self.backoff.reset();
            }
        } else {
            self.charge.server.update(|state| {
                state.phase = Phase::Stopped;
                state.session = None;
            });
        }
        // Also after its own end: what it left behind is ended with it.
        connection.link.stop().await;
        failure
    }

    /// Reads the catalog again whenever the server says that it changed, and now and then where
    /// it would not say so. Never returns. A failure keeps the old one. A server that says so all
    /// the time is asked less and less.
    async fn refresh(&mut self, session: &LiveSession) {
        let is_silent = self.charge.upstream.may_restart_unnoticed() && !session.announces_tools();
        let mut settle = SETTLE;
        loop {
            let quiet = Instant::now();
            if is_silent {
                if tokio::time::timeout(LOOK_AGAIN, session.changed())
                    .await
                    .is_err()
                {
                    self.reload(session).await;
                    continue;
                }
            } else {
                session.changed().await;
            }
            // One that changes now and then is looked at at once each time.
            settle = if quiet.elapsed() > settle {
                SETTLE
            } else {
                (settle * 2).min(SETTLE_AT_MOST)
            };
            tokio::time::sleep(settle).await;
            self.reload(session).await;
        }
    }

    async fn reload(&mut self, session: &LiveSession) {
        let timeout = self.charge.server.settings().call_timeout;
        let name = self.charge.server.name.clone();
        match tokio::time::timeout(timeout, self.load(session)).await {
            Ok(Ok(catalog)) => {
                stale::ended(&self.charge);
                let old = self.charge.server.state().catalog.clone();
                if old.is_none_or(|old| !old.offers_the_same_as(&catalog)) {
                    tracing::info!(server = %name, tools = catalog.tools.len(), "its catalog changed");
                    self.publish(catalog, None);
                }
            }
            Ok(Err(error)) => {
                let error = unlisted(&error);
                stale::failed(&self.charge, &error);
                tracing::warn!(server = %name, error, "its changed catalog can't be read; the old one is kept");
            }
            Err(_) => {
                stale::failed(&self.charge, "its changed catalog did not come in time");
                tracing::warn!(server = %name, "its changed catalog did not come in time; the old one is kept");
            }
        }
    }

    async fn load(&mut self, session: &LiveSession) -> Result<Catalog, ClientError> {
        self.revision += 1;
        let mut catalog = session
            .load_catalog(self.revision, &self.charge.common.tools)
            .await?;
        catalog.hide_tools(&self.charge.common.disabled_tools);
        Ok(catalog)
    }

    /// One snapshot for all who look; with a session the server becomes ready too.
    fn publish(&self, catalog: Catalog, session: Option<(&LiveSession, Duration)>) {
        // Each identity's own part of the server would say the same, and each change and each
        // reconnect most of it. A process that was started again begins anew in the log too.
        let old = self.charge.server.state().catalog.clone();
        let is_anew = session.is_some() && self.charge.upstream.is_process();
        let is_news = |warning: &&Warning| {
            is_anew
                || old
                    .as_ref()
                    .is_none_or(|old| !old.warnings.contains(*warning))
        };
        let is_shared = !is_of_identity(&self.charge);
        for warning in catalog.warnings.iter().filter(is_news) {
            if !is_shared {
                break;
            }
            tracing::warn!(server = %self.charge.server.name, about = warning.about, "{}", warning.message);
        }
        let catalog = Arc::new(catalog);
        self.charge.server.update(|state| {
            state.catalog = Some(catalog);
            if let Some((session, took)) = session {
                state.session = Some(Arc::new(Supervised {
                    shared: session.clone(),
                    isolation: Arc::clone(&self.isolation),
                    turns: self.turns.clone(),
                }));
                state.phase = Phase::Ready;
                state.error = None;
                state.details = None;
                state.stale = None;
                state.start_took = Some(took);
            }
        });
    }

    /// Nothing is tried again before what is wrong was mended.
    fn give_up(&self, error: OpenError) {
        let server = &self.charge.server;
        tracing::error!(
            server = %server.name,
            "{}; it is down until that is mended", error.message
        );
        server.update(|state| {
            state.phase = Phase::Failed;
            state.session = None;
            state.error = Some(error.message.into());
            state.details = error.details.map(Into::into);
            state.is_lasting = true;
        });
    }

    fn fail(&mut self, failure: Failure, pause: Duration) {
        let server = &self.charge.server;
        let Failure { reason, details } = failure;
        let login = login::url(&self.charge);
        if server.state().phase == Phase::Ready {
            self.up_until = Some(Instant::now());
        }
        // A child that fails to start again mostly goes on to; a server elsewhere is being
        // started by somebody else, which takes its time.
        let comes_back = self.charge.upstream.is_cheap_to_try()
            && self.up_until.is_some_and(|at| at.elapsed() < COMEBACK);
        tracing::warn!(
            server = %server.name,
            last_words = details.as_deref(),
            "{reason}; next try in {:.1} s", pause.as_secs_f32()
        );
        server.update(|state| {
            state.phase = match state.phase {
                // It was up: calls wait for it to come back.
                Phase::Ready => Phase::Restarting,
                Phase::Restarting if comes_back => Phase::Restarting,
                _ => Phase::Failed,
            };
            state.session = None;
            state.error = Some(reason);
            state.details = details;
            state.login = login;
            state.retry_at = Some(Instant::now() + pause);
        });
    }
}

/// Waits until a call wants the server, where that is a reason to try it before its time; but
/// not so that many calls could make many tries. Cancel safe.
async fn wanted(server: &Server) {
    tokio::time::sleep(backoff::MIN).await;
    server.wanted().await;
}

/// Waits until the server is to stop. Cancel safe.
async fn told(stop: &mut watch::Receiver<bool>) {
    // Without a supervisor nobody could stop it later.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Attends to what the server says of itself, where it says anything. Never returns: the notices
/// end with the connection, whose end others see.
async fn attend(
    session: &LiveSession,
    charge: &Charge,
    turns: Option<&Turns>,
    notices: &mut mpsc::Receiver<Notice>,
) {
    let client = match &charge.common.serves {
        Serves::Session(client) => Some(client),
        Serves::Everybody | Serves::Caller(_) => None,
    };
    let divert = |notice| match turns {
        Some(turns) => turns.divert(notice),
        None => Some(notice),
    };
    if let Some(session) = session.mcp() {
        session
            .attend(&charge.server, client, divert, notices)
            .await;
    }
    std::future::pending::<()>().await;
}

fn unlisted(error: &ClientError) -> String {
    format!("its tools can't be listed: {error}")
}

fn too_slow(timeout: Duration) -> OpenError {
    failed(format!(
        "it was not ready within {} s (--start-timeout)",
        timeout.as_secs_f32()
    ))
}
