//! A server as one caller has it: shared with all, or as the caller's identity sees it.

use std::{
    fmt,
    ops::Deref,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::time::Instant;

use super::{Askable, Caller, ClientSession, Identity, InFlight, Server};

/// Gives single callers a server of their own: connection, catalog and state are for them alone.
pub trait Identities: fmt::Debug + Send + Sync {
    /// The server as this identity sees it, opened where it is not there yet. `shared` is the
    /// one that stands in the registry.
    fn lease(&self, shared: &Arc<Server>, identity: &Identity) -> Result<Lease, NoPlace>;

    /// The server for one session of an MCP client alone, with this identity. Nothing where the
    /// config lets sessions share the server, or where there is no place for one more and it
    /// does not insist.
    fn lease_session(
        &self,
        shared: &Arc<Server>,
        identity: &Identity,
        session: &Arc<dyn ClientSession>,
    ) -> Result<Option<Lease>, NoPlace>;

    /// The server for a program of one caller without a session, which answers requests of the
    /// server. Nothing where the config lets callers share the server, or where there is
    /// no place for one more and it does not insist.
    fn lease_caller(
        &self,
        shared: &Arc<Server>,
        identity: &Identity,
        caller: &Caller,
        askable: &Askable,
    ) -> Result<Option<Lease>, NoPlace>;

    /// How many identities have a server of their own just now.
    fn count(&self) -> usize;

    /// How many sessions of MCP clients, and callers without one, have one for themselves.
    fn session_count(&self) -> usize;
}

/// Why an identity gets no server of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPlace {
    /// All places are taken by identities that are being served.
    #[error(
        "the server is in use by {0} identities just now, as many as are allowed (maxIdentities)"
    )]
    Full(usize),
    /// All places are taken by sessions that need one each.
    #[error(
        "the server is in use by {0} sessions just now, as many as may have it for themselves \
         (`isolation`)"
    )]
    FullOfSessions(usize),
    /// The server is being ended.
    #[error("the server is being stopped")]
    Stopped,
}

/// A server that does not end while this is kept. Clones count as well.
#[derive(Clone, Debug)]
pub struct Lease {
    server: Arc<Server>,
    in_use: InUse,
}

impl Lease {
    /// The server that all callers share.
    pub fn shared(server: &Arc<Server>) -> Self {
        Self {
            server: Arc::clone(server),
            in_use: InUse::Shared(server.enter()),
        }
    }

    /// A server of one identity.
    pub fn of_identity(server: &Arc<Server>, usage: &Arc<Usage>) -> Self {
        Self {
            server: Arc::clone(server),
            in_use: InUse::Own(OwnUse::begin(usage)),
        }
    }

    /// What counts as a use of the server as long as it is kept, beyond this lease.
    pub fn in_use(&self) -> InUse {
        self.in_use.clone()
    }
}

impl Deref for Lease {
    type Target = Arc<Server>;

    fn deref(&self) -> &Arc<Server> {
        &self.server
    }
}

/// Whether something is in use, or since when it is not.
#[derive(Debug)]
pub struct Usage(Mutex<Count>);

#[derive(Debug)]
struct Count {
    uses: usize,
    last: Instant,
}

impl Default for Usage {
    fn default() -> Self {
        Self(Mutex::new(Count {
            uses: 0,
            last: Instant::now(),
        }))
    }
}

impl Usage {
    /// Since when it is not in use; nothing while it is.
    pub fn idle_since(&self) -> Option<Instant> {
        let count = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (count.uses == 0).then_some(count.last)
    }

    fn change(&self, change: impl FnOnce(usize) -> usize) {
        let mut count = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        count.uses = change(count.uses);
        count.last = Instant::now();
    }
}

/// One use of a server.
#[derive(Clone, Debug)]
pub enum InUse {
    /// Of one that all callers share.
    Shared(InFlight),
    /// Of one that a single caller has.
    Own(OwnUse),
}

/// One use of a server that a single caller has.
#[derive(Debug)]
pub struct OwnUse(Arc<Usage>);

impl OwnUse {
    fn begin(usage: &Arc<Usage>) -> Self {
        usage.change(|uses| uses.saturating_add(1));
        Self(Arc::clone(usage))
    }
}

impl Clone for OwnUse {
    fn clone(&self) -> Self {
        Self::begin(&self.0)
    }
}

impl Drop for OwnUse {
    fn drop(&mut self) {
        self.0.change(|uses| uses.saturating_sub(1));
    }
}
