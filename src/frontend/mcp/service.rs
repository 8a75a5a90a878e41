//! What all conversations share.

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use tokio::sync::watch;

use super::{
    peers::Peers, sessions::Sessions, sse::Connections, tasks::Tasks, tenure::Tenure, views::Views,
};
use crate::{
    auth::Guard,
    gateway::{Caller, Discovery, Registry},
    policy::Policy,
    secrets::seal::Sealer,
};

/// What MCP callers get, as it is configured.
#[derive(Clone, Debug)]
pub struct McpSettings {
    /// What stands between the names of servers and tools where several are offered together.
    pub name_separator: String,
    /// How tools are found where all servers are offered together.
    pub discovery: Discovery,
    /// How long a session lives without being used.
    pub session_idle_timeout: Duration,
    /// Most sessions of one caller.
    pub max_sessions: NonZeroUsize,
    /// How long a call goes on whose caller's stream broke.
    pub resume_wait: Duration,
    /// How long a client may take to answer what a server asks.
    pub ask_timeout: Duration,
}

/// What all conversations share, made once at start.
#[derive(Debug)]
pub struct Service {
    /// The servers and groups.
    pub registry: Registry,
    policy: ArcSwap<Policy>,
    settings: Arc<ArcSwap<McpSettings>>,
    /// The sessions of clients of the legacy era.
    pub sessions: Sessions,
    /// The other replicas.
    pub peers: Peers,
    /// What routes offer, as long as it is true.
    pub(super) views: Views,
    /// Whose tasks are whose.
    pub(super) tasks: Tasks,
    /// The streams of the transport of 2024.
    pub(super) connections: Connections,
    draining: watch::Sender<bool>,
    /// Who may come in, where there is a way in for several.
    guard: watch::Sender<Option<Arc<Guard>>>,
}

impl Service {
    /// The service of these servers. Ids of sessions are sealed with `sealer`; `shares_sessions`
    /// says whether other replicas take them, since they have the same key.
    pub fn new(
        registry: Registry,
        policy: Policy,
        settings: McpSettings,
        (sealer, shares_sessions): (Arc<Sealer>, bool),
        peers: Peers,
    ) -> Arc<Self> {
        let settings = Arc::new(ArcSwap::from_pointee(settings));
        Arc::new(Self {
            registry,
            policy: ArcSwap::from_pointee(policy),
            sessions: Sessions::new(sealer, shares_sessions, Arc::clone(&settings)),
            settings,
            peers,
            views: Views::default(),
            tasks: Tasks::default(),
            connections: Connections::default(),
            draining: watch::Sender::new(false),
            guard: watch::Sender::new(None),
        })
    }

    /// What exchanges pass.
    pub fn policy(&self) -> Arc<Policy> {
        self.policy.load_full()
    }

    /// What is configured.
    pub fn settings(&self) -> Arc<McpSettings> {
        self.settings.load_full()
    }

    /// Has other rules and settings hold from now on.
    pub fn change(&self, policy: Policy, settings: McpSettings) {
        self.policy.store(Arc::new(policy));
        self.settings.store(Arc::new(settings));
    }

    /// Has this guard hold from now on. It is told before anybody is let in by it. Sessions end
    /// whose callers would not come in with the same grants, and so do streams whose own key is
    /// gone.
    pub fn admit_by(&self, guard: Arc<Guard>) {
        self.sessions
            .end_unless(|session| guard.admits_alike(&session.caller));
        self.guard.send_replace(Some(guard));
    }

    /// How long a stream may go on that this caller opens.
    pub(super) fn tenure(&self, caller: &Caller) -> Tenure {
        Tenure::of(caller.clone(), self.guard.subscribe())
    }

    /// From now on streams that only wait for something to happen end.
    pub fn drain(&self) {
        self.draining.send_replace(true);
    }

    /// Follows whether they do.
    pub(super) fn draining(&self) -> watch::Receiver<bool> {
        self.draining.subscribe()
    }
}
