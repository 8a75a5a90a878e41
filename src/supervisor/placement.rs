//! Where a server's I/O runs.
//!
//! A wake from one thread to another costs more than all else on a call's way. So a child's
//! pipes are read and written on one of the HTTP workers' own threads, where most of its
//! callers are.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    thread::{self, ThreadId},
};

use tokio::{runtime::Handle, sync::Notify};

/// The workers' runtimes. Servers are spread over them in turn.
#[derive(Debug, Default)]
pub struct Placement {
    workers: Mutex<Workers>,
    registered: Notify,
}

#[derive(Debug, Default)]
struct Workers {
    handles: Vec<(ThreadId, Handle)>,
    next: usize,
}

impl Placement {
    /// Adds the worker whose thread this is; called again on the same thread it does nothing.
    pub fn register_this_thread(&self) {
        let mut workers = self.workers();
        let thread = thread::current().id();
        if workers.handles.iter().all(|(known, _)| *known != thread) {
            workers.handles.push((thread, Handle::current()));
            self.registered.notify_one();
        }
    }

    /// Waits until there is a worker. Cancel safe.
    pub async fn wait_for_a_worker(&self) {
        while self.workers().handles.is_empty() {
            self.registered.notified().await;
        }
    }

    /// The runtime for the next server; the caller's own while there are no workers.
    pub fn place(&self) -> Handle {
        let mut workers = self.workers();
        let count = workers.handles.len();
        let turn = workers.next;
        workers.next = turn.wrapping_add(1);
        match turn
            .checked_rem(count)
            .and_then(|at| workers.handles.get(at))
        {
            Some((_, handle)) => handle.clone(),
            None => Handle::current(),
        }
    }

    /// How many tasks live on the workers: what never ends shows here.
    pub fn tasks(&self) -> usize {
        let workers = self.workers();
        let handles = workers.handles.iter();
        handles
            .map(|(_, handle)| handle.metrics().num_alive_tasks())
            .sum()
    }

    fn workers(&self) -> MutexGuard<'_, Workers> {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
