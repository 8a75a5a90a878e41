//! One task per server: it starts the server, watches it, restarts it and ends it.
//!
//! Nothing else starts or ends upstreams. Each server is on its own: what happens to one never
//! reaches another.

mod backoff;
mod isolation;
mod life;
mod login;
mod opening;
mod placement;

use std::{sync::Arc, time::Duration};

use tokio::{sync::watch, task::JoinHandle};

pub use placement::Placement;

use crate::{gateway::Server, mcp::Era, upstream::Upstream};

/// What is needed to keep one server alive.
#[derive(Clone, Debug)]
pub struct Charge {
    /// The server, whose state is kept true.
    pub server: Arc<Server>,
    /// What it is, and how it is opened.
    pub upstream: Upstream,
    /// The tools that nobody is to see.
    pub disabled_tools: Vec<String>,
    /// The protocol version that the config demands.
    pub pinned: Option<Era>,
    /// How long a start may take, from the spawn to the catalog.
    pub start_timeout: Duration,
}

/// All servers' tasks.
#[derive(Debug)]
pub struct Supervisor {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Supervisor {
    /// Starts all servers, side by side.
    pub fn start(charges: impl IntoIterator<Item = Charge>, placement: &Arc<Placement>) -> Self {
        let (stop, stopped) = watch::channel(false);
        let tasks = charges
            .into_iter()
            .map(|charge| tokio::spawn(life::live(charge, Arc::clone(placement), stopped.clone())))
            .collect();
        Self { stop, tasks }
    }

    /// Ends all servers, side by side, and waits until they have ended.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a server's task ended badly");
            }
        }
    }
}
