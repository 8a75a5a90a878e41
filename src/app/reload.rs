//! The config, read again: when it changed, at SIGHUP, and when somebody asks for it.

use std::{sync::Arc, time::Instant};

use tokio::signal::unix::Signal;

use super::{AppError, servers::Servers};
use crate::{
    config::{
        Config, GatewayConfig, access::Access, error::ConfigError, live::LiveConfig,
        reader::ConfigReader, watch::ConfigWatch,
    },
    gateway::{
        ReloadReport, ServerName,
        reloads::{Ask, ReloadDesk, ReloadFailure, ReloadStatus},
    },
    telemetry::Log,
};

/// Where the config comes from, and what tells us to read it again.
pub struct Sources {
    /// Who reads it; nobody where it is made by a command.
    pub reader: Option<ConfigReader>,
    /// SIGHUP.
    pub hangups: Signal,
}

/// Reads the config again, and has it hold.
pub(super) struct Reloader {
    pub(super) sources: Sources,
    /// What holds.
    pub(super) gateway: GatewayConfig,
    pub(super) is_hot: bool,
    pub(super) servers: Servers,
    pub(super) desk: ReloadDesk,
    pub(super) log: Log,
    /// Has other settings hold for frontends.
    pub(super) adopt: Box<dyn Fn(&GatewayConfig)>,
}

/// Why a config does not hold.
#[derive(Debug, thiserror::Error)]
enum ReloadProblem {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    App(#[from] AppError),
    #[error("this gateway has no config that could be read again")]
    NoConfig,
    #[error(
        "the config names no key any more; who may call at all changes with a restart only, so \
         that nobody opens the gateway by mistake"
    )]
    NoKey,
}

impl Reloader {
    /// Reloads whenever there is a reason. Never returns. Not cancel safe: it is to be dropped
    /// with the gateway alone.
    pub(super) async fn run(mut self) {
        let mut watch = match &self.sources.reader {
            Some(reader) if self.is_hot => Some(reader.watch()),
            _ => None,
        };
        loop {
            tokio::select! {
                name = self.servers.next_takeover() => self.servers.take_over(&name),
                () = changed(&mut watch) => {
                    tracing::debug!("the config may have changed");
                    // Its outcome stands in the log and in the status.
                    let _ = self.reload().await;
                }
                Some(()) = self.sources.hangups.recv() => {
                    tracing::info!("SIGHUP: the config is read again");
                    let _ = self.reload().await;
                }
                Some(ask) = self.desk.asks.recv() => {
                    let mut asking = vec![ask];
                    while let Ok(another) = self.desk.asks.try_recv() {
                        asking.push(another);
                    }
                    let outcome = self.reload().await;
                    tell(asking, &outcome);
                }
            }
        }
    }

    async fn reload(&mut self) -> Result<Arc<ReloadReport>, Arc<str>> {
        let outcome = self.read_and_apply().await;
        let now = Instant::now();
        let mut status = ReloadStatus::clone(&self.desk.status.borrow());
        let outcome = match outcome {
            Ok(report) => {
                status.successes += 1;
                status.failure = None;
                status.loaded = now;
                status.needs_restart.clone_from(&report.needs_restart);
                tell_log(&report);
                Ok(Arc::new(report))
            }
            Err(problem) => {
                let message: Arc<str> = problem.to_string().into();
                let is_news = status
                    .failure
                    .as_ref()
                    .is_none_or(|before| before.message != message);
                if is_news {
                    tracing::error!(
                        "the config is not used, and the one before it goes on: {message}"
                    );
                }
                status.failures += 1;
                status.failure = Some(ReloadFailure {
                    message: Arc::clone(&message),
                    at: now,
                });
                Err(message)
            }
        };
        self.desk.status.send_replace(Arc::new(status));
        outcome
    }

    async fn read_and_apply(&mut self) -> Result<ReloadReport, ReloadProblem> {
        let reader = self.sources.reader.as_mut();
        let config = reader.ok_or(ReloadProblem::NoConfig)?.read().await?;
        let Config {
            servers,
            groups,
            gateway,
            warnings,
            disabled: _,
            layout: _,
            wants_stdio: _,
            reload: _,
        } = config;
        let live = self.adopted(gateway.live)?;
        let needs_restart = self.gateway.fixed.differences(&gateway.fixed);
        let gateway = GatewayConfig {
            fixed: self.gateway.fixed.clone(),
            live,
        };
        let (starting, mut report) = self.servers.apply(servers, groups, &gateway)?;
        report.settings = gateway.live != self.gateway.live;
        report.needs_restart = needs_restart;
        if report.settings {
            self.log.set_filter(&gateway.live.log_filter);
        }
        if !report.is_empty() {
            for warning in &warnings {
                tracing::warn!("{warning}");
            }
            (self.adopt)(&gateway);
        }
        self.gateway = gateway;
        starting.start();
        Ok(report)
    }

    /// Settings as far as they can hold here: keys change, but not whether one is demanded.
    fn adopted(&self, mut live: LiveConfig) -> Result<LiveConfig, ReloadProblem> {
        match (&self.gateway.live.auth.access, &live.auth.access) {
            (Access::Credentials(_), Access::Credentials(_)) => {}
            (Access::Credentials(_), _) => return Err(ReloadProblem::NoKey),
            // From open to closed is safe.
            (_, Access::Credentials(_)) => {}
            (before, _) => live.auth.access = before.clone(),
        }
        Ok(live)
    }
}

fn tell(asking: Vec<Ask>, outcome: &Result<Arc<ReloadReport>, Arc<str>>) {
    for ask in asking {
        // Who has gone needs no answer.
        let _ = ask.send(outcome.clone());
    }
}

fn tell_log(report: &ReloadReport) {
    if report.is_empty() {
        tracing::info!("the config was read again, and says what it said");
        return;
    }
    let names = |names: &[ServerName]| {
        let names: Vec<&str> = names.iter().map(ServerName::as_str).collect();
        names.join(" ")
    };
    tracing::info!(
        added = names(&report.added),
        replaced = names(&report.replaced),
        adjusted = names(&report.adjusted),
        removed = names(&report.removed),
        groups = report.groups,
        settings = report.settings,
        "the config was reloaded"
    );
    if !report.needs_restart.is_empty() {
        tracing::warn!(
            "changes of these settings hold from the next start on: {}",
            report.needs_restart.join(", ")
        );
    }
}

/// Waits until the config may have changed, where that is followed. Cancel safe.
async fn changed(watch: &mut Option<ConfigWatch>) {
    match watch {
        Some(watch) => watch.changed().await,
        None => std::future::pending().await,
    }
}
