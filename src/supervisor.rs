//! One task per server: it starts the server, watches it, restarts it and ends it.
//!
//! Nothing else starts or ends upstreams. Each server is on its own: what happens to one never
//! reaches another.

mod backoff;
mod credentials;
mod identities;
mod isolation;
mod life;
mod login;
mod opening;
mod placement;
mod stale;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::future::join_all;
use indexmap::IndexMap;
use tokio::{
    runtime::Handle,
    sync::{Semaphore, oneshot, watch},
    task::JoinHandle,
};

pub use identities::IdentityLimits;
pub use placement::Placement;

use identities::IdentityServers;

use crate::{
    gateway::{self, ClientSession, Replica, Server, ServerName, ToolOverride},
    mcp::Era,
    upstream::Upstream,
};

/// How long a server that was taken away is kept at least: who found it just before counts as a use
/// of it only when its request has come so far.
const JUST_FOUND: Duration = Duration::from_millis(250);

/// How much longer than its last call may take a server that was taken away is waited for.
const AFTER_CALLS: Duration = Duration::from_secs(1);

/// How many of one server may wait for their last calls, after as many reloads that replaced it.
const MOST_RETIRING: usize = 32;

/// What is needed to keep one server alive.
#[derive(Clone, Debug)]
pub struct Charge {
    /// The server, whose state is kept true.
    pub server: Arc<Server>,
    /// What it is, and how it is opened.
    pub upstream: Upstream,
    /// How many of its callers' identities get connections of their own, where their headers
    /// are forwarded.
    pub identities: Option<IdentityLimits>,
    /// What holds for all of its connections.
    pub common: Common,
}

/// What holds for all connections to a server, whomever they serve.
#[derive(Clone, Debug)]
pub struct Common {
    /// The tools that nobody is to see.
    pub disabled_tools: Vec<String>,
    /// What the config changes of tools, by the names that the server gives them.
    pub tools: Arc<IndexMap<String, Arc<ToolOverride>>>,
    /// The protocol version that the config demands.
    pub pinned: Option<Era>,
    /// What the server turned out to be on one connection, for the next.
    pub learnt: Learnt,
    /// Which sessions of MCP clients get a connection of their own.
    pub isolation: gateway::Isolation,
    /// The places for connections of single calls: one stock for all connections of the server.
    pub places: Arc<Semaphore>,
    /// This process, which calls that wait for their callers are bound to.
    pub replica: Replica,
    /// Whom the connection serves.
    pub serves: Serves,
}

/// Whom a connection serves.
#[derive(Clone, Debug, Default)]
pub enum Serves {
    /// All callers, or all of one identity.
    #[default]
    Everybody,
    /// One session of an MCP client.
    Session(Arc<dyn ClientSession>),
    /// One caller without a session, who answers what these capabilities say: a JSON object.
    Caller(Arc<str>),
}

impl Common {
    /// What is known of the server before a connection is opened.
    fn first_era(&self) -> Option<Era> {
        self.pinned.clone().or_else(|| self.learnt.get())
    }
}

impl Serves {
    fn is_everybody(&self) -> bool {
        matches!(self, Self::Everybody)
    }
}

/// What a server turned out to be. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Learnt(Arc<Mutex<Option<Era>>>);

impl Learnt {
    fn get(&self) -> Option<Era> {
        self.era().clone()
    }

    fn set(&self, era: Option<Era>) {
        *self.era() = era;
    }

    fn era(&self) -> MutexGuard<'_, Option<Era>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps servers alive. Clones share them.
#[derive(Clone, Debug)]
pub struct Supervisor(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    placement: Arc<Placement>,
    /// Where servers' tasks run: not on the thread of a worker, which may end before them.
    runtime: Handle,
    /// Whether what was taken away is no longer waited for.
    is_hurried: watch::Sender<bool>,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    is_closed: bool,
    live: Vec<Running>,
    /// Those that were taken away, the oldest first.
    retiring: Vec<Retiring>,
}

/// A server that was taken away and ends with its last call.
#[derive(Debug)]
struct Retiring {
    name: ServerName,
    /// Ends it at once; nothing where that was done.
    hurry: Option<oneshot::Sender<()>>,
    farewell: JoinHandle<()>,
}

/// A server's task.
#[derive(Debug)]
struct Running {
    server: Arc<Server>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
    identities: Option<Arc<IdentityServers>>,
}

/// A server that is about to be started. From here on single callers can have it for themselves.
#[derive(Debug)]
pub struct Prepared {
    charge: Charge,
    identities: Option<Arc<IdentityServers>>,
}

impl Supervisor {
    /// A supervisor without servers. Must run on the runtime that their tasks are to run on.
    pub fn new(placement: &Arc<Placement>) -> Self {
        Self(Arc::new(Shared {
            placement: Arc::clone(placement),
            runtime: Handle::current(),
            is_hurried: watch::Sender::new(false),
            table: Mutex::default(),
        }))
    }

    /// Makes ready for the server's first caller.
    pub fn prepare(&self, charge: Charge) -> Prepared {
        let is_for_single_callers =
            charge.identities.is_some() || charge.common.isolation != gateway::Isolation::Shared;
        let placement = &self.0.placement;
        Prepared {
            identities: is_for_single_callers.then(|| IdentityServers::start(&charge, placement)),
            charge,
        }
    }

    /// Starts a server.
    pub fn start(&self, prepared: Prepared) {
        let Prepared { charge, identities } = prepared;
        let server = Arc::clone(&charge.server);
        let (stop, stopped) = watch::channel(false);
        let mut table = self.table();
        if table.is_closed {
            return;
        }
        let life = life::live(charge, Arc::clone(&self.0.placement), stopped);
        table.live.push(Running {
            server,
            stop,
            task: self.0.runtime.spawn(life),
            identities,
        });
    }

    /// Takes a server away that nobody is to find any more: it ends when its last call has, or
    /// when that has had all the time that a call may have.
    pub fn retire(&self, server: &Arc<Server>) {
        let mut table = self.table();
        table
            .retiring
            .retain(|retiring| !retiring.farewell.is_finished());
        let is_it = |running: &mut Running| Arc::ptr_eq(&running.server, server);
        let retired: Vec<Running> = table.live.extract_if(.., is_it).collect();
        for running in retired {
            running.server.retire();
            let (hurry, is_crowded) = oneshot::channel();
            let farewell = running.bid_farewell(self.0.is_hurried.subscribe(), is_crowded);
            table.retiring.push(Retiring {
                name: server.name.clone(),
                hurry: Some(hurry),
                farewell: self.0.runtime.spawn(farewell),
            });
        }
        make_room(&mut table.retiring, &server.name);
    }

    /// How many servers have been taken away and have not ended yet.
    pub fn retiring(&self) -> usize {
        let table = self.table();
        let retiring = table.retiring.iter();
        retiring.filter(|it| !it.farewell.is_finished()).count()
    }

    /// Ends all servers, side by side, and waits until they have ended; no more will be started.
    pub async fn stop(&self) {
        let (live, retiring) = {
            let mut table = self.table();
            table.is_closed = true;
            (
                std::mem::take(&mut table.live),
                std::mem::take(&mut table.retiring),
            )
        };
        self.0.is_hurried.send_replace(true);
        let ended = join_all(live.into_iter().map(Running::end));
        tokio::join!(ended, join_all(retiring.into_iter().map(|it| it.farewell)));
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends the oldest of a server that were taken away, where too many wait.
fn make_room(retiring: &mut [Retiring], name: &ServerName) {
    let waiting = retiring
        .iter_mut()
        .filter(|it| it.name == *name && it.hurry.is_some());
    let mut waiting: Vec<_> = waiting.collect();
    let too_many = waiting.len().saturating_sub(MOST_RETIRING);
    for oldest in waiting.iter_mut().take(too_many) {
        if let Some(hurry) = oldest.hurry.take() {
            // One that ends just now needs no hurry.
            let _ = hurry.send(());
        }
    }
}

impl Running {
    /// Waits until nobody uses the server any more, and ends it.
    async fn bid_farewell(
        self,
        mut is_hurried: watch::Receiver<bool>,
        is_crowded: oneshot::Receiver<()>,
    ) {
        let patience = self.server.settings().max_call_timeout + AFTER_CALLS;
        let unused = async {
            tokio::time::sleep(JUST_FOUND).await;
            self.server.unused().await;
        };
        tokio::select! {
            () = unused => {}
            () = tokio::time::sleep(patience) => tracing::warn!(
                server = %self.server.name,
                "calls to the server that was taken away did not end in time, and are cut off"
            ),
            Ok(()) = is_crowded => tracing::warn!(
                server = %self.server.name,
                "more than {MOST_RETIRING} of this server were taken away and still had calls: those \
                 of the oldest are cut off"
            ),
            _ = is_hurried.wait_for(|is_hurried| *is_hurried) => {}
        }
        let name = self.server.name.clone();
        self.end().await;
        tracing::info!(server = %name, "has ended: the config has it no more, or otherwise");
    }

    async fn end(self) {
        self.stop.send_replace(true);
        if let Some(identities) = &self.identities {
            identities.stop().await;
        }
        if let Err(error) = self.task.await {
            tracing::error!(%error, "a server's task ended badly");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn of_too_many_that_wait_for_their_calls_the_oldest_is_ended() {
        let name = |name: &str| name.parse::<ServerName>().unwrap();
        let mut retiring = Vec::new();
        let mut hurried = Vec::new();
        let mut retire = |of: &str| {
            let (hurry, is_hurried) = oneshot::channel();
            retiring.push(Retiring {
                name: name(of),
                hurry: Some(hurry),
                farewell: tokio::spawn(async {}),
            });
            make_room(&mut retiring, &name(of));
            hurried.push(is_hurried);
        };
        retire("other");
        for _ in 0..MOST_RETIRING + 2 {
            retire("it");
        }
        let told: Vec<bool> = hurried.iter_mut().map(|it| it.try_recv().is_ok()).collect();
        assert_eq!(told[..4], [false, true, true, false]);
        assert!(!told[4..].contains(&true));
    }
}
