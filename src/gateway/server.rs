//! A server of the config, and what is known of what is live behind it.

use std::{
    num::NonZeroUsize,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use arc_swap::{ArcSwap, ArcSwapOption};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::{
    Askable, Caller, Catalog, ClientSession, Discovery, Drain, Forwarding, Identities, Identity,
    InFlight, Lease, NoPlace, ServerName, Session, Subscriptions,
};
use crate::config::documents::DocumentOverrides;

/// An entry of `mcpServers` and what is live behind it.
#[derive(Debug)]
pub struct Server {
    /// Its name, and its route segment.
    pub name: ServerName,
    /// What holds for it, and for its copies for single callers.
    shared: Arc<Shared>,
    /// How many calls wait for it while it is down; none where that is no reason to try it
    /// before its time.
    wanted: Option<watch::Sender<usize>>,
    /// Which of its callers' headers it gets, where it gets any.
    forwarding: Option<Forwarding>,
    /// Callers' own servers, once there is somebody to start them.
    identities: OnceLock<Arc<dyn Identities>>,
    /// Whether it serves a single session of an MCP client.
    is_of_session: bool,
    /// Who wants to hear of its resources.
    pub subscriptions: Subscriptions,
    state: watch::Sender<Arc<ServerState>>,
}

/// What a server has in common with its copies for single callers.
#[derive(Debug)]
struct Shared {
    settings: ArcSwap<ServerSettings>,
    /// How many calls it takes at a time.
    concurrency: ArcSwapOption<(NonZeroUsize, Arc<Semaphore>)>,
    /// Whoever is about to call it, or calls it.
    uses: Drain,
}

/// What can change of a server while it lives: all that says how it is used, and nothing of how
/// it is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerSettings {
    /// What its documents say instead of what the server says of itself.
    pub overrides: DocumentOverrides,
    /// How long its start may take.
    pub start_timeout: Duration,
    /// How long a call may take without progress.
    pub call_timeout: Duration,
    /// How long a call may take at the most, however much progress it shows.
    pub max_call_timeout: Duration,
    /// How many calls it takes at a time.
    pub max_concurrent: Option<NonZeroUsize>,
    /// How its tools are found by MCP callers, where the config says so.
    pub discovery: Option<Discovery>,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            overrides: DocumentOverrides::default(),
            start_timeout: Duration::from_mins(2),
            call_timeout: Duration::from_mins(1),
            max_call_timeout: Duration::from_mins(10),
            max_concurrent: None,
            discovery: None,
        }
    }
}

impl Shared {
    fn new(settings: ServerSettings) -> Self {
        Self {
            concurrency: ArcSwapOption::from_pointee(places(settings.max_concurrent)),
            settings: ArcSwap::from_pointee(settings),
            uses: Drain::default(),
        }
    }
}

fn places(most: Option<NonZeroUsize>) -> Option<(NonZeroUsize, Arc<Semaphore>)> {
    most.map(|most| (most, Arc::new(Semaphore::new(most.get()))))
}

impl Server {
    /// A server that is about to start.
    pub fn new(name: ServerName, settings: ServerSettings) -> Self {
        Self::sharing(name, Arc::new(Shared::new(settings)))
    }

    fn sharing(name: ServerName, shared: Arc<Shared>) -> Self {
        let (state, _) = watch::channel(Arc::new(ServerState {
            phase: Phase::Starting,
            session: None,
            catalog: None,
            error: None,
            details: None,
            login: None,
            since: Instant::now(),
            retry_at: None,
            is_lasting: false,
            stale: None,
            starts: 0,
            start_took: None,
        }));
        Self {
            name,
            shared,
            wanted: None,
            forwarding: None,
            identities: OnceLock::new(),
            is_of_session: false,
            subscriptions: Subscriptions::default(),
            state,
        }
    }

    /// What holds for it just now.
    pub fn settings(&self) -> Arc<ServerSettings> {
        self.shared.settings.load_full()
    }

    /// Has other settings hold from the next call on. Calls that are under way count against the
    /// number of calls that was allowed before.
    pub fn change(&self, settings: ServerSettings) {
        let most = settings.max_concurrent;
        let before = self.shared.settings.swap(Arc::new(settings));
        if before.max_concurrent != most {
            self.shared.concurrency.store(places(most).map(Arc::new));
        }
    }

    /// Makes it the heir of a server that it is to take the place of: whoever wants to hear of
    /// that one's resources hears of its.
    pub fn take_place_of(&mut self, other: &Self) {
        self.subscriptions = other.subscriptions.clone();
    }

    /// From now on it is used by nobody anew: sessions that have it for themselves look for
    /// another.
    pub fn retire(&self) {
        self.shared.uses.start();
    }

    /// Whether another has taken its place, or nothing.
    pub fn is_retired(&self) -> bool {
        self.shared.uses.is_draining()
    }

    /// Counts a use of it, or of a copy of it.
    pub fn enter(&self) -> InFlight {
        self.shared.uses.enter()
    }

    /// Waits until nobody uses it any more. For the supervisor alone. Cancel safe.
    pub async fn unused(&self) {
        self.shared.uses.idle().await;
    }

    /// A server that is tried before its time while calls wait for it.
    #[must_use]
    pub fn tried_when_wanted(mut self) -> Self {
        self.wanted = Some(watch::Sender::new(0));
        self
    }

    /// A server that gets headers of its callers.
    #[must_use]
    pub fn with_forwarding(mut self, forwarding: Forwarding) -> Self {
        self.forwarding = Some(forwarding);
        self
    }

    /// Which of its callers' headers it gets, where it gets any.
    pub fn forwarding(&self) -> Option<&Forwarding> {
        self.forwarding.as_ref()
    }

    /// Says who gives identities servers of their own. For the supervisor alone, once.
    pub fn gives_identities(&self, identities: Arc<dyn Identities>) {
        // A second one would have nothing to do.
        let _ = self.identities.set(identities);
    }

    /// How many identities have a server of their own just now; nothing where none get one.
    pub fn identities(&self) -> Option<usize> {
        self.forwarding.as_ref()?;
        Some(self.identities.get().map_or(0, |them| them.count()))
    }

    /// How many sessions of MCP clients have a server of their own just now.
    pub fn sessions(&self) -> usize {
        self.identities.get().map_or(0, |them| them.session_count())
    }

    /// This server for one more identity: the same name, deadlines and bound on calls, which
    /// they share, and a state of its own, that of a server about to start.
    #[must_use]
    pub fn for_identity(&self) -> Self {
        let mut server = Self::sharing(self.name.clone(), Arc::clone(&self.shared));
        server.forwarding.clone_from(&self.forwarding);
        server
    }

    /// The same for one session of an MCP client.
    #[must_use]
    pub fn for_session(&self) -> Self {
        let mut server = self.for_identity();
        server.is_of_session = true;
        server
    }

    /// Whether it serves a single session of an MCP client, to which all that it says is meant.
    pub fn is_of_session(&self) -> bool {
        self.is_of_session
    }

    /// The server for one session alone, where sessions don't share it.
    pub fn lease_session(
        self: &Arc<Self>,
        identity: &Identity,
        session: &Arc<dyn ClientSession>,
    ) -> Result<Option<Lease>, NoPlace> {
        match self.identities.get() {
            Some(identities) => identities.lease_session(self, identity, session),
            None => Ok(None),
        }
    }

    /// The server for one caller without a session, where callers don't share it.
    pub fn lease_caller(
        self: &Arc<Self>,
        identity: &Identity,
        caller: &Caller,
        askable: &Askable,
    ) -> Result<Option<Lease>, NoPlace> {
        match self.identities.get() {
            Some(identities) => identities.lease_caller(self, identity, caller, askable),
            None => Ok(None),
        }
    }

    /// The server as this identity sees it. One that says nothing shares what all share.
    pub fn lease(self: &Arc<Self>, identity: &Identity) -> Result<Lease, NoPlace> {
        match self.identities.get() {
            _ if identity.is_anonymous() => Ok(Lease::shared(self)),
            Some(identities) => identities.lease(self, identity),
            None => Err(NoPlace::Stopped),
        }
    }

    /// Says that a call waits for the server, as long as what is returned is kept; none where
    /// it is therefore not tried before its time.
    pub fn want(&self) -> Option<Wanting<'_>> {
        let wanted = self.wanted.as_ref()?;
        wanted.send_modify(|calls| *calls += 1);
        Some(Wanting(wanted))
    }

    /// Waits until calls wait for the server, where that is a reason to try it. Cancel safe.
    pub async fn wanted(&self) {
        if let Some(wanted) = &self.wanted
            && wanted
                .subscribe()
                .wait_for(|calls| *calls > 0)
                .await
                .is_ok()
        {
            return;
        }
        std::future::pending::<()>().await;
    }

    /// A place for one more call, kept until it is dropped; the error is the number of places,
    /// when all are taken.
    pub fn admit(&self) -> Result<Option<OwnedSemaphorePermit>, usize> {
        match self.shared.concurrency.load().as_deref() {
            None => Ok(None),
            Some((most, places)) => {
                let place = Arc::clone(places).try_acquire_owned();
                place.map(Some).map_err(|_| most.get())
            }
        }
    }

    /// Its state just now.
    pub fn state(&self) -> Arc<ServerState> {
        Arc::clone(&self.state.borrow())
    }

    /// Follows its state.
    pub fn watch(&self) -> watch::Receiver<Arc<ServerState>> {
        self.state.subscribe()
    }

    /// Replaces its state, in one step for all who look. For the supervisor alone.
    pub fn update(&self, change: impl FnOnce(&mut ServerState)) {
        self.state.send_modify(|state| {
            let mut next = ServerState::clone(state);
            let phase = next.phase;
            change(&mut next);
            if next.phase != phase {
                next.since = Instant::now();
            }
            *state = Arc::new(next);
        });
    }
}

/// A call that waits for a server.
#[derive(Debug)]
pub struct Wanting<'a>(&'a watch::Sender<usize>);

impl Drop for Wanting<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|calls| *calls = calls.saturating_sub(1));
    }
}

/// A server's state: an immutable snapshot.
#[derive(Clone)]
pub struct ServerState {
    /// Where it is in its life.
    pub phase: Phase,
    /// The live upstream, when `phase` is [`Phase::Ready`].
    pub session: Option<Arc<dyn Session>>,
    /// What it offers; the last one known while it is down.
    pub catalog: Option<Arc<Catalog>>,
    /// What went wrong last, until it is up again: a sentence that may stand in public
    /// documents.
    pub error: Option<Arc<str>>,
    /// What it wrote to its stderr before that. It may hold secrets: for callers with a key.
    pub details: Option<Arc<str>>,
    /// The URL at which somebody must log in: for all that it does, or, while it is ready, for
    /// a part of it. For operators alone, since whoever opens it decides on the account.
    pub login: Option<Arc<str>>,
    /// Since when it is in this phase.
    pub since: Instant,
    /// When it is started again.
    pub retry_at: Option<Instant>,
    /// Whether it is down for as long as nobody mends what is wrong: no try is to come.
    pub is_lasting: bool,
    /// Since when what it offers can't be read anew, and why; what was read before is kept.
    pub stale: Option<Stale>,
    /// How often it was started.
    pub starts: u64,
    /// How long its last start took, from the spawn to the catalog.
    pub start_took: Option<Duration>,
}

impl ServerState {
    /// How many of its starts have come to an end: all but one that is on its way.
    pub fn starts_ended(&self) -> u64 {
        match (self.phase, self.retry_at) {
            (
                Phase::Ready | Phase::LoginRequired | Phase::CredentialsRequired | Phase::Stopped,
                _,
            )
            | (_, Some(_)) => self.starts,
            (Phase::Failed, None) if self.is_lasting => self.starts,
            (Phase::Starting | Phase::Restarting | Phase::Failed, None) => {
                self.starts.saturating_sub(1)
            }
        }
    }
}

impl std::fmt::Debug for ServerState {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ServerState")
            .field("phase", &self.phase)
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

/// Why what a server offers may be out of date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stale {
    /// Since when it could not be read anew.
    pub since: Instant,
    /// What was wrong last: a sentence.
    pub reason: Arc<str>,
}

impl Stale {
    /// What is so after one more failure: since the first of them.
    pub fn after(before: Option<&Self>, reason: impl Into<Arc<str>>) -> Self {
        Self {
            since: before.map_or_else(Instant::now, |before| before.since),
            reason: reason.into(),
        }
    }

    /// Whether a failure is no news: the one before had the same reason. It is not logged again.
    pub fn is_known(before: Option<&Self>, reason: &str) -> bool {
        before.is_some_and(|before| &*before.reason == reason)
    }
}

/// Where a server is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// It is started for the first time.
    Starting,
    /// It answers.
    Ready,
    /// It was up, ended, and is being started again.
    Restarting,
    /// Its last start failed; it is tried again later, or when what is wrong was mended.
    Failed,
    /// It takes nobody without an access token, and none can be had before somebody logs in.
    #[serde(rename = "login required")]
    LoginRequired,
    /// It takes nobody without credentials, which callers must bring; or not those that came.
    #[serde(rename = "credentials required")]
    CredentialsRequired,
    /// It was ended and does not come back.
    Stopped,
}

impl Phase {
    /// Whether a server of a single caller does not come back from here: another takes its place.
    pub fn is_over_for_one(self) -> bool {
        matches!(
            self,
            Self::Failed | Self::CredentialsRequired | Self::Stopped
        )
    }

    /// The word that `/status` and error bodies use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::Restarting => "restarting",
            Self::Failed => "failed",
            Self::LoginRequired => "login required",
            Self::CredentialsRequired => "credentials required",
            Self::Stopped => "stopped",
        }
    }
}
