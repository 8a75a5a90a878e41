//! Servers of single identities: where callers' headers are forwarded, each distinct set of them
//! gets a connection of its own, with its own catalog and its own life.
//!
//! There are no more than the config allows: the one that was not used for the longest makes
//! room. One that nobody uses any more ends by itself.

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

use super::{Charge, Placement, life};
use crate::{
    gateway::{Identities, Identity, Lease, NoPlace, Server, lease::Usage},
    upstream::Upstream,
};

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

/// The identities of one server.
#[derive(Debug)]
pub(super) struct IdentityServers {
    /// What each is started from, but for its own server and headers.
    charge: Template,
    limits: IdentityLimits,
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
    live: HashMap<Identity, Entry>,
    /// Those that were told to end, and may not have yet.
    ending: Vec<JoinHandle<()>>,
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
    pub(super) fn start(
        charge: &Charge,
        limits: IdentityLimits,
        placement: &Arc<Placement>,
    ) -> Arc<Self> {
        let this = Arc::new(Self {
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
        tokio::spawn(expire(Arc::downgrade(&this), limits.idle_timeout));
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

    fn open(&self, table: &mut Table, shared: &Server, identity: &Identity) -> Entry {
        table.count += 1;
        let server = Arc::new(shared.for_identity());
        let charge = Charge {
            server: Arc::clone(&server),
            upstream: self.charge.upstream.for_identity(identity),
            identities: None,
            common: self.charge.parts.clone(),
        };
        let (stop, stopped) = watch::channel(false);
        let span = tracing::info_span!("identity", number = table.count);
        let life = life::live(charge, Arc::clone(&self.placement), stopped);
        Entry {
            server,
            usage: Arc::default(),
            stop,
            task: self.runtime.spawn(life.instrument(span)),
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Identities for IdentityServers {
    fn lease(&self, shared: &Arc<Server>, identity: &Identity) -> Result<Lease, NoPlace> {
        let mut table = self.table();
        if table.is_closed {
            return Err(NoPlace::Stopped);
        }
        if let Some(entry) = table.live.get(identity)
            && !entry.task.is_finished()
        {
            return Ok(Lease::of_identity(&entry.server, &entry.usage));
        }
        table.live.remove(identity);
        table.make_room(self.limits.most.get())?;
        let entry = self.open(&mut table, shared, identity);
        let lease = Lease::of_identity(&entry.server, &entry.usage);
        table.live.insert(identity.clone(), entry);
        Ok(lease)
    }

    fn count(&self) -> usize {
        let table = self.table();
        let live = table.live.values();
        live.filter(|entry| !entry.task.is_finished()).count()
    }
}

impl Table {
    /// Makes room for one more. Those that are ending count too, since they still have their
    /// connections; but not against the others, or a newcomer would wait for each farewell.
    fn make_room(&mut self, most: usize) -> Result<(), NoPlace> {
        self.forget_ended();
        if self.live.len() >= most {
            let longest_idle = self
                .live
                .iter()
                .filter_map(|(identity, entry)| Some((entry.usage.idle_since()?, identity)))
                .min_by_key(|(since, _)| *since);
            let Some((_, identity)) = longest_idle else {
                return Err(NoPlace::Full(most));
            };
            let identity = identity.clone();
            self.end_where(|other| *other == identity);
        }
        if self.ending.len() > most {
            return Err(NoPlace::Full(most));
        }
        Ok(())
    }

    /// Tells identities to end.
    fn end_where(&mut self, is_to_end: impl Fn(&Identity) -> bool) {
        for (_, entry) in self.live.extract_if(|identity, _| is_to_end(identity)) {
            entry.stop.send_replace(true);
            self.ending.push(entry.task);
        }
    }

    fn end_idle(&mut self, idle_timeout: Duration) {
        let idle: Vec<Identity> = self
            .live
            .iter()
            .filter(|(_, entry)| {
                let since = entry.usage.idle_since();
                since.is_some_and(|since| since.elapsed() >= idle_timeout)
            })
            .map(|(identity, _)| identity.clone())
            .collect();
        self.end_where(|identity| idle.contains(identity));
    }

    fn forget_ended(&mut self) {
        self.ending.retain(|task| !task.is_finished());
        // One whose start failed is over; the next call of its identity begins anew.
        self.live.retain(|_, entry| !entry.task.is_finished());
    }
}

/// Ends identities that nobody uses any more, as long as there are any to come.
async fn expire(identities: Weak<IdentityServers>, idle_timeout: Duration) {
    let step = (idle_timeout / 8).max(Duration::from_millis(10));
    loop {
        tokio::time::sleep(step).await;
        let Some(identities) = identities.upgrade() else {
            return;
        };
        let mut table = identities.table();
        if table.is_closed {
            return;
        }
        table.forget_ended();
        table.end_idle(idle_timeout);
    }
}
