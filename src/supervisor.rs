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

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::future::join_all;
use indexmap::IndexMap;
use tokio::{
    sync::{Semaphore, watch},
    task::JoinHandle,
};

pub use identities::IdentityLimits;
pub use placement::Placement;

use identities::IdentityServers;

use crate::{
    gateway::{self, ClientSession, Replica, Server, ToolOverride},
    mcp::Era,
    upstream::Upstream,
};

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
    /// How long a start may take, from the spawn to the catalog.
    pub start_timeout: Duration,
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

/// All servers' tasks.
#[derive(Debug)]
pub struct Supervisor {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    identities: Vec<Arc<IdentityServers>>,
}

/// Servers that are about to be started.
#[derive(Debug)]
pub struct Prepared {
    charges: Vec<Charge>,
    identities: Vec<Arc<IdentityServers>>,
    placement: Arc<Placement>,
}

impl Prepared {
    /// Starts all servers, side by side.
    pub fn start(self) -> Supervisor {
        let (stop, stopped) = watch::channel(false);
        let start = |charge| {
            let life = life::live(charge, Arc::clone(&self.placement), stopped.clone());
            tokio::spawn(life)
        };
        Supervisor {
            tasks: self.charges.into_iter().map(start).collect(),
            stop,
            identities: self.identities,
        }
    }
}

impl Supervisor {
    /// Makes ready for the first caller: from here on single callers can have servers of their
    /// own.
    pub fn prepare(charges: Vec<Charge>, placement: &Arc<Placement>) -> Prepared {
        let single = charges.iter().filter(|charge| {
            charge.identities.is_some() || charge.common.isolation != gateway::Isolation::Shared
        });
        let identities = single.map(|charge| IdentityServers::start(charge, placement));
        Prepared {
            identities: identities.collect(),
            charges,
            placement: Arc::clone(placement),
        }
    }

    /// Ends all servers, side by side, and waits until they have ended.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        join_all(self.identities.iter().map(|identities| identities.stop())).await;
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a server's task ended badly");
            }
        }
    }
}
