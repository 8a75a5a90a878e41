//! Reloads of the config: who asks for one, and how the last ones ended.

use std::{sync::Arc, time::Instant};

use serde::Serialize;
use tokio::sync::{mpsc, oneshot, watch};

use super::ServerName;

/// How many may ask at a time: all of them get the answer of one reload.
const MOST_ASKING: usize = 64;

/// What frontends know of reloads. Clones share it.
#[derive(Clone, Debug)]
pub struct Reloads {
    ask: mpsc::Sender<Ask>,
    status: watch::Receiver<Arc<ReloadStatus>>,
}

/// Somebody who wants a reload, and waits for its outcome.
pub type Ask = oneshot::Sender<Result<Arc<ReloadReport>, Arc<str>>>;

/// Where asks arrive, and where it is said how reloads end.
#[derive(Debug)]
pub struct ReloadDesk {
    /// Who asks.
    pub asks: mpsc::Receiver<Ask>,
    /// What is known.
    pub status: watch::Sender<Arc<ReloadStatus>>,
}

/// Why there is no report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReloadError {
    /// The config can't be used; the one before it goes on.
    #[error("{0}")]
    Config(Arc<str>),
    /// The gateway is being stopped, or has too many who ask.
    #[error("the gateway can't reload its config just now")]
    Busy,
}

/// How reloads ended.
#[derive(Clone, Debug)]
pub struct ReloadStatus {
    /// Whether changes of the config are followed.
    pub is_hot: bool,
    /// When the config that holds was read.
    pub loaded: Instant,
    /// How many reloads brought a config that holds, or held, the first one not counted.
    pub successes: u64,
    /// How many found one that can't be used.
    pub failures: u64,
    /// What the last one found, where it can't be used.
    pub failure: Option<ReloadFailure>,
    /// Settings that another config has otherwise, and that hold from the next start on.
    pub needs_restart: Vec<&'static str>,
}

/// A config that can't be used.
#[derive(Clone, Debug)]
pub struct ReloadFailure {
    /// What is wrong with it, where, and what to do.
    pub message: Arc<str>,
    /// When it was read.
    pub at: Instant,
}

impl ReloadStatus {
    /// The config of the start holds.
    pub fn new(is_hot: bool) -> Self {
        Self {
            is_hot,
            loaded: Instant::now(),
            successes: 0,
            failures: 0,
            failure: None,
            needs_restart: Vec::new(),
        }
    }
}

/// What a reload changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReloadReport {
    /// Servers that are new.
    pub added: Vec<ServerName>,
    /// Servers that are reached otherwise: each is started beside the one that there was.
    pub replaced: Vec<ServerName>,
    /// Servers that go on as they are, used otherwise.
    pub adjusted: Vec<ServerName>,
    /// Servers that are no more.
    pub removed: Vec<ServerName>,
    /// Whether there are other groups.
    pub groups: bool,
    /// Whether global settings are others.
    pub settings: bool,
    /// Settings that hold from the next start on.
    pub needs_restart: Vec<&'static str>,
}

impl ReloadReport {
    /// Whether nothing has changed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Reloads {
    /// What frontends know, and the desk of whoever reloads.
    pub fn new(status: ReloadStatus) -> (Self, ReloadDesk) {
        let (ask, asks) = mpsc::channel(MOST_ASKING);
        let (status, seen) = watch::channel(Arc::new(status));
        (Self { ask, status: seen }, ReloadDesk { asks, status })
    }

    /// Reads the config again, and has it hold.
    pub async fn reload(&self) -> Result<Arc<ReloadReport>, ReloadError> {
        let (ask, outcome) = oneshot::channel();
        self.ask.try_send(ask).map_err(|_| ReloadError::Busy)?;
        match outcome.await {
            Ok(outcome) => outcome.map_err(ReloadError::Config),
            Err(_) => Err(ReloadError::Busy),
        }
    }

    /// How reloads ended so far.
    pub fn status(&self) -> Arc<ReloadStatus> {
        Arc::clone(&self.status.borrow())
    }
}
