//! The servers of the config as they live, and what a new config changes of them.

use std::{net::SocketAddr, sync::Arc};

use futures_util::future::{BoxFuture, select_all};
use indexmap::IndexMap;

use super::{AppError, charge};
use crate::{
    config::{
        GatewayConfig,
        server::{ServerConfig, UpstreamConfig},
    },
    gateway::{Group, Phase, Registry, ReloadReport, Replica, Roster, Server, ServerName},
    supervisor::{Charge, Prepared, Supervisor},
    upstream::oauth::Logins,
};

/// The servers and groups of the config.
pub(super) struct Servers {
    supervisor: Supervisor,
    registry: Registry,
    logins: Logins,
    /// Where the gateway listens.
    address: SocketAddr,
    replica: Replica,
    live: IndexMap<ServerName, Live>,
    groups: IndexMap<ServerName, Group>,
}

/// One server of the config.
struct Live {
    current: Incarnation,
    /// What takes its place as soon as it is ready.
    successor: Option<Incarnation>,
}

/// A server as one config has it.
#[derive(Clone)]
struct Incarnation {
    config: ServerConfig,
    charge: Charge,
}

/// Servers that a new config starts.
#[must_use]
pub(super) struct Starting {
    supervisor: Supervisor,
    prepared: Vec<Prepared>,
}

impl Starting {
    /// Starts them, side by side.
    pub(super) fn start(self) {
        for prepared in self.prepared {
            self.supervisor.start(prepared);
        }
    }
}

impl Incarnation {
    fn server(&self) -> &Arc<Server> {
        &self.charge.server
    }
}

impl Servers {
    /// No servers yet. `address` is where the gateway listens.
    pub(super) fn new(
        supervisor: Supervisor,
        registry: Registry,
        logins: Logins,
        address: SocketAddr,
        replica: Replica,
    ) -> Self {
        Self {
            supervisor,
            registry,
            logins,
            address,
            replica,
            live: IndexMap::new(),
            groups: IndexMap::new(),
        }
    }

    /// Makes of what lives what a config has, in one step for all who look: servers that are as
    /// they were are left alone; one that is used otherwise goes on; one that is reached
    /// otherwise gets a successor beside it, which takes its place when it is ready, or at once
    /// where it serves nobody. What the config has no more ends when its last call has.
    ///
    /// # Errors
    ///
    /// A server can't be had as the config wants it. Then nothing is changed.
    pub(super) fn apply(
        &mut self,
        servers: IndexMap<ServerName, ServerConfig>,
        groups: IndexMap<ServerName, Group>,
        gateway: &GatewayConfig,
    ) -> Result<(Starting, ReloadReport), AppError> {
        let mut plans = Vec::with_capacity(servers.len());
        for (name, config) in servers {
            let plan = self.plan(&name, config, gateway)?;
            plans.push((name, plan));
        }
        // From here on nothing fails.
        let mut report = ReloadReport {
            groups: groups != self.groups,
            ..ReloadReport::default()
        };
        let mut old = std::mem::take(&mut self.live);
        let mut prepared = Vec::new();
        for (name, plan) in plans {
            let live = match (plan, old.shift_remove(&name)) {
                (Plan::Begin(begun), None) => {
                    prepared.push(self.supervisor.prepare(begun.charge.clone()));
                    report.added.push(name.clone());
                    Live {
                        current: begun,
                        successor: None,
                    }
                }
                (Plan::Begin(begun), Some(before)) => {
                    prepared.push(self.supervisor.prepare(begun.charge.clone()));
                    report.replaced.push(name.clone());
                    self.retire(before.successor.as_ref());
                    if serves(before.current.server()) {
                        Live {
                            current: before.current,
                            successor: Some(begun),
                        }
                    } else {
                        self.retire(Some(&before.current));
                        Live {
                            current: begun,
                            successor: None,
                        }
                    }
                }
                (Plan::Keep(keep), Some(mut before)) => {
                    if before.adjust(&keep, gateway) {
                        report.adjusted.push(name.clone());
                    }
                    if matches!(keep, Keep::Current(_)) {
                        // What was to take its place is no longer wanted.
                        self.retire(before.successor.take().as_ref());
                    }
                    before
                }
                // Only what is there is kept.
                (Plan::Keep(_), None) => continue,
            };
            self.live.insert(name, live);
        }
        for (name, removed) in old {
            self.retire(Some(&removed.current));
            self.retire(removed.successor.as_ref());
            report.removed.push(name);
        }
        self.groups = groups;
        self.publish();
        let starting = Starting {
            supervisor: self.supervisor.clone(),
            prepared,
        };
        Ok((starting, report))
    }

    /// Waits until a successor is to take the place of its server, and says which. Never ready
    /// where there is none. Cancel safe.
    pub(super) async fn next_takeover(&self) -> ServerName {
        let waiting = self.live.iter().filter_map(|(name, live)| {
            let successor = live.successor.as_ref()?.server();
            let due = due(Arc::clone(successor), Arc::clone(live.current.server()));
            let name = name.clone();
            let due: BoxFuture<'static, ServerName> = Box::pin(async move {
                due.await;
                name
            });
            Some(due)
        });
        let waiting: Vec<_> = waiting.collect();
        if waiting.is_empty() {
            return std::future::pending().await;
        }
        select_all(waiting).await.0
    }

    /// Puts a successor in the place of its server.
    pub(super) fn take_over(&mut self, name: &ServerName) {
        let Some(live) = self.live.get_mut(name) else {
            return;
        };
        let Some(successor) = live.successor.take() else {
            return;
        };
        let before = std::mem::replace(&mut live.current, successor);
        // First of all, so that whoever follows what there is finds it so.
        self.retire(Some(&before));
        self.publish();
        tracing::info!(server = %name, "was replaced by what the config has now");
    }

    fn retire(&self, incarnation: Option<&Incarnation>) {
        if let Some(incarnation) = incarnation {
            self.supervisor.retire(incarnation.server());
        }
    }

    /// Has everybody see what there is.
    fn publish(&self) {
        let servers = self.live.values();
        let current = servers
            .clone()
            .map(|live| Arc::clone(live.current.server()));
        let successors = servers.clone().filter_map(|live| live.successor.as_ref());
        let successors = successors.map(|successor| Arc::clone(successor.server()));
        let roster = Roster::new(current)
            .with_successors(successors)
            .with_groups(self.groups.values().cloned());
        let incarnations = servers.flat_map(|live| [Some(&live.current), live.successor.as_ref()]);
        let authorizers = incarnations
            .flatten()
            .filter_map(|incarnation| incarnation.charge.upstream.authorizer().cloned());
        self.logins.replace(authorizers);
        self.registry.replace(roster);
    }

    fn plan(
        &self,
        name: &ServerName,
        config: ServerConfig,
        gateway: &GatewayConfig,
    ) -> Result<Plan, AppError> {
        let live = self.live.get(name);
        if let Some(live) = live {
            let successor = live.successor.as_ref();
            if successor.is_some_and(|it| is_reached_alike(&it.config, &config)) {
                return Ok(Plan::Keep(Keep::Successor(config)));
            }
            if is_reached_alike(&live.current.config, &config) {
                return Ok(Plan::Keep(Keep::Current(config)));
            }
        }
        let mut charge =
            charge::charge(name, config.clone(), gateway, self.address, &self.replica)?;
        if let Some(live) = live
            && let Some(server) = Arc::get_mut(&mut charge.server)
        {
            server.take_place_of(live.current.server());
        }
        Ok(Plan::Begin(Incarnation { config, charge }))
    }
}

impl Live {
    /// Has settings hold that can change while a server lives; whether any did.
    fn adjust(&mut self, keep: &Keep, gateway: &GatewayConfig) -> bool {
        let (incarnation, config) = match (keep, &mut self.successor) {
            (Keep::Successor(config), Some(successor)) => (successor, config),
            (Keep::Current(config) | Keep::Successor(config), _) => (&mut self.current, config),
        };
        let settings = charge::settings(config, gateway);
        incarnation.config.clone_from(config);
        let server = incarnation.server();
        let is_other = *server.settings() != settings;
        if is_other {
            server.change(settings);
        }
        is_other
    }
}

/// What becomes of a server.
enum Plan {
    /// It goes on.
    Keep(Keep),
    /// It is started.
    Begin(Incarnation),
}

/// What goes on, and what is wanted of it now.
enum Keep {
    /// What serves.
    Current(ServerConfig),
    /// What is about to.
    Successor(ServerConfig),
}

/// Whether a server can go on as it is although its config is another: what differs says how it is
/// used.
fn is_reached_alike(before: &ServerConfig, now: &ServerConfig) -> bool {
    let ServerConfig {
        upstream,
        disabled_tools,
        documents: _,
        start_timeout: _,
        call_timeout: _,
        max_call_timeout,
        protocol_version,
        isolation,
        discovery: _,
        tools,
    } = before;
    *upstream == now.upstream
        && *disabled_tools == now.disabled_tools
        && *protocol_version == now.protocol_version
        && *isolation == now.isolation
        && *tools == now.tools
        // Connections of the others have deadlines that depend on it.
        && (matches!(upstream, UpstreamConfig::Stdio(_)) || *max_call_timeout == now.max_call_timeout)
}

/// Whether a server has something to give that its successor has not yet.
fn serves(server: &Server) -> bool {
    match server.state().phase {
        Phase::Ready | Phase::Restarting => true,
        Phase::Starting
        | Phase::Failed
        | Phase::LoginRequired
        | Phase::CredentialsRequired
        | Phase::Stopped => false,
    }
}

/// Waits until a successor is ready, or the server before it serves nobody any more.
async fn due(successor: Arc<Server>, before: Arc<Server>) {
    let mut states = successor.watch();
    // One that wants its callers' credentials is as ready as it can be.
    let ready =
        states.wait_for(|state| matches!(state.phase, Phase::Ready | Phase::CredentialsRequired));
    let mut before_states = before.watch();
    let gone = async {
        loop {
            if !serves(&before) || before_states.changed().await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        _ = ready => {}
        () = gone => {}
    }
}

#[cfg(test)]
mod tests;
