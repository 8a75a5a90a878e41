//! The sessions of clients of the legacy era, by their ids.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use arc_swap::ArcSwap;
use serde::{Deserialize, Serialize};

use super::{
    conversation::Scope,
    service::McpSettings,
    session::{Beginning, Outbox, Session},
    stream::Streams,
};
use crate::{
    gateway::{Caller, McpClient, Members},
    json::Raw,
    mcp::{Era, LEGACY_VERSIONS},
    secrets::seal::{NoRandomness, Sealer},
};

/// What ids of sessions are sealed for.
const PURPOSE: &str = "mcp-session";

/// For how long other replicas take an id that was made by one of us.
const LONGEST_LIFE: Duration = Duration::from_hours(24);

/// How many ids of ended sessions are remembered, so that they stay ended here.
const MAX_ENDED: usize = 10_000;

/// Longer capabilities, which the id carries, are cut to what servers can ask for; where even that
/// is longer, other replicas take the client for one that can't be asked.
const LONGEST_CAPABILITIES: usize = 1024;

/// The sessions by their ids.
#[derive(Debug)]
pub struct Sessions {
    sealer: Arc<Sealer>,
    shares: bool,
    settings: Arc<ArcSwap<McpSettings>>,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    live: HashMap<String, Arc<Session>>,
    /// How many each caller has.
    counts: HashMap<Caller, usize>,
    /// Those that ended, oldest first.
    ended: std::collections::VecDeque<String>,
}

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub enum NoSession {
    /// The caller has as many as it may have.
    #[error(
        "this caller has {0} sessions, as many as it may have (--max-sessions); end one, or wait \
         until one expires"
    )]
    Full(usize),
    /// No id can be made.
    #[error("no id can be made for it: {0}")]
    NoId(#[from] NoRandomness),
}

/// What the id of a session tells other replicas.
#[derive(Serialize, Deserialize)]
struct Sealed {
    caller: String,
    scope: SealedScope,
    version: String,
    capabilities: String,
    /// When it was made, in seconds since 1970.
    at: u64,
}

#[derive(Serialize, Deserialize)]
enum SealedScope {
    All,
    Server(String),
    Group(String),
}

impl Sessions {
    /// No session yet.
    pub fn new(sealer: Arc<Sealer>, shares: bool, settings: Arc<ArcSwap<McpSettings>>) -> Self {
        Self {
            sealer,
            shares,
            settings,
            table: Mutex::default(),
        }
    }

    /// Begins a session. One over streamable HTTP is found again by its id; the others have a way
    /// of their own and are only counted.
    pub fn begin(
        &self,
        caller: &Caller,
        scope: &Scope,
        version: &'static str,
        capabilities: Raw,
        outbox: Outbox,
    ) -> Result<Arc<Session>, NoSession> {
        let client = McpClient {
            capabilities,
            meta: Members::new(),
            log_level: None,
        };
        let id = self.new_id(caller, scope, version, &client)?;
        let session = Session::begin(Beginning {
            id: id.clone(),
            caller: caller.clone(),
            scope: scope.clone(),
            version,
            client,
            may_own: true,
            outbox,
            ask_timeout: self.settings.load().ask_timeout,
        });
        self.insert(session)
    }

    fn insert(&self, session: Arc<Session>) -> Result<Arc<Session>, NoSession> {
        let mut table = self.table();
        // Of two requests that bring the session here, one is the first.
        if let Some(there) = table.live.get(&session.id) {
            return Ok(Arc::clone(there));
        }
        let count = table.counts.entry(session.caller.clone()).or_default();
        if *count >= self.settings.load().max_sessions.get() {
            return Err(NoSession::Full(*count));
        }
        *count += 1;
        table.live.insert(session.id.clone(), Arc::clone(&session));
        Ok(session)
    }

    /// The session of that id, if it is this caller's and was opened on this route. One that was
    /// opened on another replica goes on here.
    pub fn get(&self, id: &str, caller: &Caller, scope: &Scope) -> Option<Arc<Session>> {
        let is_theirs = |session: &Session| session.caller == *caller && session.scope == *scope;
        {
            let table = self.table();
            if let Some(session) = table.live.get(id) {
                return is_theirs(session).then(|| {
                    session.touch();
                    Arc::clone(session)
                });
            }
            if !self.shares || table.ended.iter().any(|ended| ended == id) {
                return None;
            }
        }
        let session = self.visiting(id, caller)?;
        if !is_theirs(&session) {
            return None;
        }
        self.insert(session).ok()
    }

    /// Ends a session.
    pub fn end(&self, session: &Session) {
        session.end();
        let mut table = self.table();
        if table.live.remove(&session.id).is_none() {
            return;
        }
        if let Some(count) = table.counts.get_mut(&session.caller) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                table.counts.remove(&session.caller);
            }
        }
        if self.shares {
            if table.ended.len() >= MAX_ENDED {
                table.ended.pop_front();
            }
            table.ended.push_back(session.id.clone());
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.table().live.len()
    }

    /// Ends sessions that nobody has used for long, now and then. Never returns.
    pub async fn expire(&self) {
        loop {
            let idle_timeout = self.settings.load().session_idle_timeout;
            let step = (idle_timeout / 8).clamp(Duration::from_millis(50), Duration::from_secs(30));
            tokio::time::sleep(step).await;
            let idle: Vec<Arc<Session>> = {
                let table = self.table();
                let sessions = table.live.values();
                sessions
                    .filter(|session| session.idle().is_some_and(|idle| idle >= idle_timeout))
                    .cloned()
                    .collect()
            };
            for session in idle {
                tracing::debug!(caller = session.caller.name(), "a session expired");
                self.end(&session);
            }
        }
    }

    /// Ends all of them.
    pub fn end_all(&self) {
        self.end_unless(|_| false);
    }

    /// Ends those of which this is not true.
    pub fn end_unless(&self, may_stay: impl Fn(&Session) -> bool) {
        let all: Vec<Arc<Session>> = self.table().live.values().cloned().collect();
        for session in all {
            if !may_stay(&session) {
                self.end(&session);
            }
        }
    }

    /// An id that nobody can guess, and that other replicas can read where they share our key.
    fn new_id(
        &self,
        caller: &Caller,
        scope: &Scope,
        version: &str,
        client: &McpClient,
    ) -> Result<String, NoRandomness> {
        let declared = client.capabilities.get();
        let capabilities = [declared.to_owned(), client.askable_capabilities()]
            .into_iter()
            .find(|capabilities| capabilities.len() <= LONGEST_CAPABILITIES)
            .unwrap_or_else(|| "{}".to_owned());
        let sealed = Sealed {
            caller: caller.name().to_owned(),
            scope: match scope {
                Scope::All => SealedScope::All,
                Scope::Server(name) => SealedScope::Server(name.clone()),
                Scope::Group(name) => SealedScope::Group(name.clone()),
            },
            version: version.to_owned(),
            capabilities,
            at: now(),
        };
        let text = serde_json::to_vec(&sealed).unwrap_or_default();
        self.sealer.seal(PURPOSE, &text)
    }

    /// The session of an id that another replica made, if it is this caller's.
    fn visiting(&self, id: &str, caller: &Caller) -> Option<Arc<Session>> {
        let sealed = self.sealer.open(PURPOSE, id)?;
        let sealed: Sealed = serde_json::from_slice(&sealed).ok()?;
        if sealed.caller != caller.name() {
            return None;
        }
        if now().saturating_sub(sealed.at) > LONGEST_LIFE.as_secs() {
            return None;
        }
        let Some(Era::Legacy(version)) = Era::of_version(&sealed.version) else {
            return None;
        };
        debug_assert!(LEGACY_VERSIONS.contains(&version));
        let session = Session::begin(Beginning {
            id: id.to_owned(),
            caller: caller.clone(),
            scope: match sealed.scope {
                SealedScope::All => Scope::All,
                SealedScope::Server(name) => Scope::Server(name),
                SealedScope::Group(name) => Scope::Group(name),
            },
            version,
            client: McpClient {
                capabilities: Raw::parse(sealed.capabilities.into()).ok()?,
                meta: Members::new(),
                log_level: None,
            },
            // What a server keeps of a session stays with the replica that opened it.
            may_own: false,
            outbox: Outbox::Streams(Streams::default()),
            ask_timeout: self.settings.load().ask_timeout,
        });
        session.set_initialized();
        Some(session)
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| now.as_secs())
}
