//! The config, read again: when it changed, at SIGHUP, and when somebody asks for it.

use std::{pin::pin, sync::Arc, time::Instant};

use tokio::sync::mpsc;

use super::{
    AppError,
    servers::Servers,
    tls::{self, Certificate},
};
use crate::{
    config::{
        Config, GatewayConfig, Layout, access::Access, error::ConfigError, live::LiveConfig,
        reader::ConfigReader, watch::ConfigWatch,
    },
    gateway::{
        ReloadReport, ServerName,
        reloads::{Ask, ReloadDesk, ReloadFailure, ReloadStatus},
    },
    telemetry::{
        Log,
        metrics::{ReloadMetrics, ReloadOutcome},
    },
};

/// Where the config comes from, and what tells us to read it again.
pub struct Sources {
    /// Who reads it; nobody where it is made by a command.
    pub reader: Option<ConfigReader>,
    /// SIGHUP, as far as it asks for that.
    pub hangups: mpsc::Receiver<()>,
}

/// Has other settings hold for frontends.
pub(super) type Adopt = Box<dyn Fn(&GatewayConfig, &Layout)>;

/// Reads the config again, and has it hold.
pub(super) struct Reloader {
    pub(super) sources: Sources,
    /// What holds.
    pub(super) gateway: GatewayConfig,
    pub(super) is_hot: bool,
    pub(super) servers: Servers,
    pub(super) desk: ReloadDesk,
    pub(super) log: Log,
    pub(super) metrics: ReloadMetrics,
    /// How servers are laid out over the paths.
    pub(super) layout: Layout,
    /// What callers over TLS are shown.
    pub(super) certificate: Option<Arc<Certificate>>,
    /// Has other settings hold for frontends.
    pub(super) adopt: Adopt,
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
                self.metrics.count(if report.is_empty() {
                    ReloadOutcome::Unchanged
                } else {
                    ReloadOutcome::Applied
                });
                status.successes += 1;
                status.failure = None;
                status.loaded = now;
                status.needs_restart.clone_from(&report.needs_restart);
                tell_log(&report);
                Ok(Arc::new(report))
            }
            Err(problem) => {
                self.metrics.count(ReloadOutcome::Refused);
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
        let Config {
            servers,
            groups,
            gateway,
            warnings,
            layout,
            disabled: _,
            wants_stdio: _,
            reload: _,
            settings: _,
        } = self.read().await?;
        let mut needs_restart = self.gateway.fixed.differences(&gateway.fixed);
        let live = self.adopted(gateway.live, &mut needs_restart)?;
        let mut fixed = self.gateway.fixed.clone();
        let renewed = match (&fixed.listen.tls, gateway.fixed.listen.tls) {
            (Some(before), Some(now)) if *before != now => {
                let certified = tls::certified_key(&now)?;
                fixed.listen.tls = Some(now);
                Some(certified)
            }
            _ => None,
        };
        let gateway = GatewayConfig { fixed, live };
        let (starting, mut report) = self.servers.apply(servers, groups, &gateway)?;
        report.settings =
            gateway.live != self.gateway.live || layout != self.layout || renewed.is_some();
        if let (Some(certificate), Some(renewed)) = (&self.certificate, renewed) {
            certificate.replace(renewed);
            tracing::info!("new connections are shown another certificate");
        }
        report.needs_restart = needs_restart;
        if report.settings {
            self.log.set_filter(&gateway.live.log_filter);
        }
        if !report.is_empty() {
            for warning in &warnings {
                tracing::warn!("{warning}");
            }
            (self.adopt)(&gateway, &layout);
        }
        self.gateway = gateway;
        self.layout = layout;
        starting.start();
        Ok(report)
    }

    /// Reads the config. What is fetched may take its time to come, in which servers whose time
    /// has come are replaced all the same.
    async fn read(&mut self) -> Result<Config, ReloadProblem> {
        let reader = self.sources.reader.as_mut();
        let mut reading = pin!(reader.ok_or(ReloadProblem::NoConfig)?.read());
        loop {
            tokio::select! {
                config = &mut reading => return Ok(config?),
                name = self.servers.next_takeover() => self.servers.take_over(&name),
            }
        }
    }

    /// Settings as far as they can hold here: keys change, and one can be demanded where none was.
    /// Who comes in without one is of the start.
    fn adopted(
        &self,
        mut live: LiveConfig,
        needs_restart: &mut Vec<&'static str>,
    ) -> Result<LiveConfig, ReloadProblem> {
        match (&self.gateway.live.auth.access, &live.auth.access) {
            // From open to closed is safe.
            (_, Access::Credentials(_)) => {}
            (Access::Credentials(_), _) => return Err(ReloadProblem::NoKey),
            (before, now) => {
                if before != now && [before, now].contains(&&Access::Everybody) {
                    needs_restart.push("allowUnauthenticated");
                }
                live.auth = live.auth.with_access(before.clone());
            }
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
