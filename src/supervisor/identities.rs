//! Servers of single callers: where callers' headers are forwarded, each distinct set of them gets
//! a connection of its own, with its own catalog and its own life; and so does each session of an
//! MCP client that is not to share it.
//!
//! There are no more than the config allows: of identities, the one that was not used for the
//! longest makes room. One that nobody uses any more ends by itself.

#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use tokio::{runtime::Handle, sync::watch, task::JoinHandle};
use tracing::Instrument as _;

use super::{Charge, Placement, Serves, life};
use crate::{
    gateway::{
        Askable, Caller, ClientSession, Identities, Identity, Isolation, Lease, NoPlace, Server,
        lease::Usage,
    },
    upstream::Upstream,
};

/// How long a server stays whose session of an MCP client has ended: somebody may just be about
/// to take its lease.
const SESSION_IDLE: Duration = Duration::from_secs(2);

/// How many sessions may have a server for themselves where the config wants it so.
const MOST_SESSIONS: usize = 1000;

/// How many identities of one server may have connections, and for how long without use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdentityLimits {
    /// The most at a time.
    pub most: NonZeroUsize,
    /// How long one may be idle before it ends.
    pub idle_timeout: Duration,
}

impl Default for IdentityLimits {
    fn default() -> Self {
        Self {
            most: const { NonZeroUsize::new(256).unwrap() },
            idle_timeout: Duration::from_mins(10),
        }
    }
}

/// The servers of single callers of one server.
#[derive(Debug)]
pub(super) struct IdentityServers {
    /// What each is started from, but for its own server and headers.
    charge: Template,
    limits: IdentityLimits,
    isolation: Isolation,
    most_sessions: usize,
    placement: Arc<Placement>,
    /// Where their tasks run: not on the thread of a worker, which may end before them.
    runtime: Handle,
    table: Mutex<Table>,
}

#[derive(Debug)]
struct Template {
    upstream: Upstream,
    parts: super::Common,
}

#[derive(Debug, Default)]
struct Table {
    is_closed: bool,
    /// How many there were so far: their names in the log.
    count: u64,
    live: HashMap<Key, Entry>,
    /// Those that were told to end, and may not have yet.
    ending: Vec<JoinHandle<()>>,
}

/// Whom a server serves.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    identity: Identity,
    /// Who has it for itself, if anybody has.
    owner: Option<Owner>,
}

/// Who has a server for itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Owner {
    /// A session of an MCP client, by its key.
    Session(u64),
    /// A program of a caller without a session.
    Caller(Caller, Askable),
}

#[derive(Debug)]
struct Entry {
    server: Arc<Server>,
    usage: Arc<Usage>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl IdentityServers {
    /// Gives the charge's server identities, as long as it lives. Must run on the runtime that
    /// their tasks are to run on.
    pub(super) fn start(charge: &Charge, placement: &Arc<Placement>) -> Arc<Self> {
        let limits = charge.identities.unwrap_or_default();
        let isolation = charge.common.isolation;
        let this = Arc::new(Self {
            isolation,
            most_sessions: match isolation {
                Isolation::Auto => charge.upstream.most_isolated(),
                Isolation::Session => MOST_SESSIONS,
                Isolation::Shared => 0,
            },
            charge: Template {
                upstream: charge.upstream.clone(),
                parts: charge.common.clone(),
            },
            limits,
            placement: Arc::clone(placement),
            runtime: Handle::current(),
            table: Mutex::default(),
        });
        charge
            .server
            .gives_identities(Arc::clone(&this) as Arc<dyn Identities>);
        tokio::spawn(expire(Arc::downgrade(&this)));
        this
    }

    /// Ends all of them, side by side, and waits until they have ended; no more will come.
    pub(super) async fn stop(&self) {
        let tasks = {
            let mut table = self.table();
            table.is_closed = true;
            table.end_where(|_| true);
            std::mem::take(&mut table.ending)
        };
        for task in tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "the task of a server's identity ended badly");
            }
        }
    }

    fn open(&self, table: &mut Table, shared: &Server, identity: &Identity, whom: Serves) -> Entry {
        table.count += 1;
        let (own, span) = match &whom {
            Serves::Everybody => (
                shared.for_identity(),
                tracing::info_span!("identity", number = table.count),
            ),
            Serves::Session(_) => (
                shared.for_session(),
                tracing::info_span!("session", number = table.count),
            ),
            Serves::Caller(_) => (
                shared.for_identity(),
                tracing::info_span!("caller", number = table.count),
            ),
        };
        let server = Arc::new(own);
        let mut common = self.charge.parts.clone();
        common.serves = whom;
        let charge = Charge {
            server: Arc::clone(&server),
            upstream: if identity.is_anonymous() {
                self.charge.upstream.clone()
            } else {
                self.charge.upstream.for_identity(identity)
            },
            identities: None,
            common,
        };
        let (stop, stopped) = watch::channel(false);
        let life = life::live(charge, Arc::clone(&self.placement), stopped);
        Entry {
            server,
            usage: Arc::default(),
            stop,
            task: self.runtime.spawn(life.instrument(span)),
        }
    }

    /// A server that somebody has for itself; nothing where there is no place for one more and
    /// the config does not insist.
    fn lease_owned(
        &self,
        shared: &Arc<Server>,
        identity: &Identity,
        owner: Owner,
        serves: Serves,
    ) -> Result<Option<Lease>, NoPlace> {
        let key = Key {
            identity: identity.clone(),
            owner: Some(owner),
        };
        let mut table = self.table();
        if let Some(lease) = table.lease(&key)? {
            return Ok(Some(lease));
        }
        if !table.make_room_for_owned(self.most_sessions) {
            return match self.isolation {
                Isolation::Session => Err(NoPlace::FullOfSessions(self.most_sessions)),
                Isolation::Auto | Isolation::Shared => Ok(None),
            };
        }
        let entry = self.open(&mut table, shared, identity, serves);
        Ok(Some(table.insert(key, entry)))
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Identities for IdentityServers {
    fn lease(&self, shared: &Arc<Server>, identity: &Identity) -> Result<Lease, NoPlace> {
        let key = Key {
            identity: identity.clone(),
            owner: None,
        };
        let mut table = self.table();
        if let Some(lease) = table.lease(&key)? {
            return Ok(lease);
        }
        table.make_room(self.limits.most.get())?;
        let entry = self.open(&mut table, shared, identity, Serves::Everybody);
        Ok(table.insert(key, entry))
    }

    fn lease_session(
        &self,
        shared: &Arc<Server>,
        identity: &Identity,
        session: &Arc<dyn ClientSession>,
    ) -> Result<Option<Lease>, NoPlace> {
        let is_wanted = match self.isolation {
            Isolation::Auto => session.client().can_be_asked(),
            Isolation::Session => true,
            Isolation::Shared => false,
        };
        if !is_wanted {
            return Ok(None);
        }
        let owner = Owner::Session(session.key());
        let serves = Serves::Session(Arc::clone(session));
        self.lease_owned(shared, identity, owner, serves)
    }

    fn lease_caller(
        &self,
        shared: &Arc<Server>,
        identity: &Identity,
        caller: &Caller,
        askable: &Askable,
    ) -> Result<Option<Lease>, NoPlace> {
        if self.isolation == Isolation::Shared {
            return Ok(None);
        }
        let owner = Owner::Caller(caller.clone(), askable.clone());
        let serves = Serves::Caller(Arc::clone(&askable.capabilities));
        self.lease_owned(shared, identity, owner, serves)
    }

    fn count(&self) -> usize {
        let table = self.table();
        let live = table.live.iter();
        live.filter(|(key, entry)| key.owner.is_none() && !entry.task.is_finished())
            .count()
    }

    fn session_count(&self) -> usize {
        let table = self.table();
        let live = table.live.iter();
        live.filter(|(key, entry)| key.owner.is_some() && !entry.task.is_finished())
            .count()
    }
}

impl Table {
    /// One that is there already.
    fn lease(&mut self, key: &Key) -> Result<Option<Lease>, NoPlace> {
        if self.is_closed {
            return Err(NoPlace::Stopped);
        }
        match self.live.get(key) {
            Some(entry) if !entry.task.is_finished() => {
                Ok(Some(Lease::of_identity(&entry.server, &entry.usage)))
            }
            Some(_) => {
                self.live.remove(key);
                Ok(None)
            }
            None => Ok(None),
        }
    }

    fn insert(&mut self, key: Key, entry: Entry) -> Lease {
        let lease = Lease::of_identity(&entry.server, &entry.usage);
        self.live.insert(key, entry);
        lease
    }

    /// How many servers somebody has for itself.
    fn owned(&self) -> usize {
        self.live.keys().filter(|key| key.owner.is_some()).count()
    }

    /// Makes room for one more of those, by one that a caller has not used for the longest.
    fn make_room_for_owned(&mut self, most: usize) -> bool {
        self.forget_ended();
        if self.owned() < most {
            return true;
        }
        // They still have their connections until they have ended.
        if self.ending.len() >= most {
            return false;
        }
        let longest_idle = self
            .live
            .iter()
            .filter(|(key, _)| matches!(key.owner, Some(Owner::Caller(..))))
            .filter_map(|(key, entry)| Some((entry.usage.idle_since()?, key)))
            .min_by_key(|(since, _)| *since);
        let Some((_, key)) = longest_idle else {
            return false;
        };
        let key = key.clone();
        self.end_where(|other| *other == key);
        true
    }

    /// Makes room for one more. Those that are ending count too, since they still have their
    /// connections; but not against the others, or a newcomer would wait for each farewell.
    fn make_room(&mut self, most: usize) -> Result<(), NoPlace> {
        self.forget_ended();
        if self.live.len() - self.owned() >= most {
            let longest_idle = self
                .live
                .iter()
                .filter(|(key, _)| key.owner.is_none())
                .filter_map(|(key, entry)| Some((entry.usage.idle_since()?, key)))
                .min_by_key(|(since, _)| *since);
            let Some((_, key)) = longest_idle else {
                return Err(NoPlace::Full(most));
            };
            let key = key.clone();
            self.end_where(|other| *other == key);
        }
        if self.ending.len() > most {
            return Err(NoPlace::Full(most));
        }
        Ok(())
    }

    /// Tells servers to end.
    fn end_where(&mut self, is_to_end: impl Fn(&Key) -> bool) {
        for (_, entry) in self.live.extract_if(|key, _| is_to_end(key)) {
            entry.stop.send_replace(true);
            self.ending.push(entry.task);
        }
    }

    fn end_idle(&mut self, idle_timeout: Duration) {
        let idle: Vec<Key> = self
            .live
            .iter()
            .filter(|(key, entry)| {
                let patience = match key.owner {
                    Some(Owner::Session(_)) => SESSION_IDLE,
                    Some(Owner::Caller(..)) | None => idle_timeout,
                };
                let since = entry.usage.idle_since();
                since.is_some_and(|since| since.elapsed() >= patience)
            })
            .map(|(key, _)| key.clone())
            .collect();
        self.end_where(|key| idle.contains(key));
    }

    fn forget_ended(&mut self) {
        self.ending.retain(|task| !task.is_finished());
        // One whose start failed is over; the next call of its identity begins anew.
        self.live.retain(|_, entry| !entry.task.is_finished());
    }
}

/// Ends servers that nobody uses any more, as long as there are any to come.
async fn expire(identities: Weak<IdentityServers>) {
    let mut step = Duration::ZERO;
    loop {
        tokio::time::sleep(step).await;
        let Some(identities) = identities.upgrade() else {
            return;
        };
        let idle_timeout = identities.limits.idle_timeout;
        let shortest = match identities.isolation {
            Isolation::Shared => idle_timeout,
            Isolation::Auto | Isolation::Session => idle_timeout.min(SESSION_IDLE),
        };
        step = (shortest / 8).max(Duration::from_millis(10));
        let mut table = identities.table();
        if table.is_closed {
            return;
        }
        table.forget_ended();
        table.end_idle(idle_timeout);
    }
}
