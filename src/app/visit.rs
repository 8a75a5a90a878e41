//! Servers that are started for one command, and end with it.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Instant,
};

use bytes::Bytes;

use super::{
    AppError, frontend_state, logins, mcp, overview::ServerRow, servers::Servers, startup,
};
use crate::{
    config::{Config, log::LogFormat},
    frontend::{self, TaskCount, route::Format},
    gateway::{
        Caller, Catalog, Drain, End, EventSender, Exchange, ExchangeError, Lease, Members,
        Operation, Phase, Registry, Reloads, Tool, View, Wishes, reloads::ReloadStatus,
    },
    json::Raw,
    supervisor::{Placement, Supervisor},
    telemetry::{Sink, metrics::Metrics},
    upstream::oauth::Logins,
};

/// What logs call somebody at the command line.
const CALLER: &str = "command line";

/// Servers that are started for one command. They must be ended by [`Visit::end`].
#[derive(Debug)]
pub struct Visit {
    supervisor: Supervisor,
    state: frontend::State,
    log_format: LogFormat,
}

/// What a server or group offers.
#[derive(Debug)]
pub struct Offer {
    /// Its tools, in their order.
    pub tools: Vec<OfferedTool>,
    /// The servers of which nothing is known.
    pub down: Vec<Down>,
}

/// A tool as callers see it.
#[derive(Debug)]
pub struct OfferedTool {
    /// The name by which it is called.
    pub name: String,
    /// Its definition under that name.
    pub definition: Raw,
    /// What it is.
    pub tool: Arc<Tool>,
    server: Lease,
}

/// A server that can't be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Down {
    /// Its name.
    pub server: String,
    /// Its phase.
    pub phase: Phase,
    /// Why, as far as is known.
    pub error: Option<String>,
    /// What it wrote to its stderr last. It may hold secrets.
    pub last_words: Option<String>,
}

impl Visit {
    /// Starts all servers of the config, side by side. Must run in a tokio runtime.
    pub fn begin(config: Config) -> Result<Self, AppError> {
        let Config {
            servers,
            groups,
            layout,
            gateway,
            reload,
            ..
        } = config;
        let (sealer, replica) = mcp::replica(&gateway)?;
        let placement = Arc::new(Placement::default());
        let supervisor = Supervisor::new(&placement);
        let registry = Registry::default();
        let logins = Logins::default();
        // Nobody comes back to us after a login: `viceversa login` is for that.
        let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut live = Servers::new(
            supervisor.clone(),
            registry.clone(),
            logins.clone(),
            nowhere,
            replica.clone(),
        );
        let (starting, _) = live.apply(servers, groups, &gateway)?;
        let mcp = mcp::service(&gateway, registry.clone(), sealer, replica)?;
        let (reloads, _) = Reloads::new(ReloadStatus::new(reload.hot_reload));
        let parts = frontend_state::Parts {
            registry: registry.clone(),
            mcp,
            generated_key: None,
            logins: Arc::new(logins::Desk {
                logins: Arc::new(logins),
                registry,
            }),
            drain: Drain::default(),
            tasks: TaskCount::new(move || placement.tasks()),
            metrics: Metrics::new(),
            reloads,
            started: Instant::now(),
        };
        let state = parts.state(&gateway, &layout);
        starting.start();
        Ok(Self {
            supervisor,
            state,
            log_format: gateway.fixed.log_format,
        })
    }

    /// Waits until each server is up or has failed, within the deadline of its start. Cancel
    /// safe.
    pub async fn started(&self, sink: &Sink) {
        startup::wait(&self.state.registry, sink, self.log_format).await;
    }

    /// Ends all servers.
    pub async fn end(&self) {
        self.supervisor.stop().await;
    }

    /// The servers as they are just now, in the order of the config.
    pub fn rows(&self) -> Vec<ServerRow> {
        let roster = self.state.registry.roster();
        roster
            .servers()
            .map(|server| ServerRow::of(server))
            .collect()
    }

    /// The same as `/status` has it: a JSON list.
    pub fn status(&self) -> String {
        frontend::servers_as_json(&self.state.registry.roster())
    }

    /// The servers that can't be used. One that waits for callers' credentials can.
    pub fn down(&self) -> Vec<Down> {
        let roster = self.state.registry.roster();
        let down = roster
            .servers()
            .filter_map(|server| match server.state().phase {
                Phase::Ready | Phase::CredentialsRequired => None,
                Phase::Starting
                | Phase::Restarting
                | Phase::Failed
                | Phase::LoginRequired
                | Phase::Stopped => Some(down(server)),
            });
        down.collect()
    }

    /// What the server or group of this name offers; `None` where there is none.
    pub fn offer(&self, name: &str) -> Option<Offer> {
        let roster = self.state.registry.roster();
        let of_one = roster.get(name).into_iter().cloned();
        let group = roster.group(name);
        if group.is_none() && roster.get(name).is_none() {
            return None;
        }
        let members = group.into_iter().flat_map(|group| &group.servers);
        let members = members.filter_map(|name| roster.get(name.as_str()).cloned());
        let leases: Vec<Lease> = of_one.chain(members).map(|it| Lease::shared(&it)).collect();
        let catalogs: Vec<Option<Arc<Catalog>>> = { leases.iter() }
            .map(|it| it.state().catalog.clone())
            .collect();
        let view = match (group, catalogs.first()) {
            (None, Some(Some(catalog))) => View::of_one(catalog),
            (None, _) => View::default(),
            (Some(group), _) => {
                let sources = leases.iter().zip(&catalogs);
                let sources = sources.map(|(it, catalog)| (&it.name, catalog.as_deref()));
                let separator = &self.state.mcp.settings().name_separator;
                View::of_many(sources, separator, Some(&group.selection))
            }
        };
        let tools = view.tools.list.into_iter().filter_map(|item| {
            Some(OfferedTool {
                server: leases.get(item.source)?.clone(),
                name: item.name,
                definition: item.definition,
                tool: item.item,
            })
        });
        let unknown = leases.iter().zip(&catalogs);
        let unknown = unknown.filter(|(_, catalog)| catalog.is_none());
        Some(Offer {
            tools: tools.collect(),
            down: unknown.map(|(server, _)| down(server)).collect(),
        })
    }

    /// Calls a tool, and tells of its progress meanwhile. Dropping the future cancels the call on
    /// the server.
    pub async fn call(
        &self,
        tool: &OfferedTool,
        arguments: Raw,
        events: EventSender,
    ) -> Result<Raw, ExchangeError> {
        let exchange = Exchange {
            server: tool.server.clone(),
            caller: Caller::named(CALLER),
            operation: Operation::CallTool {
                tool: Arc::clone(&tool.tool),
                arguments,
                continuation: None,
                rest: Members::new(),
            },
            wishes: Wishes {
                events: Some(events),
                ..Wishes::default()
            },
        };
        match self.state.policy.run(exchange).await? {
            End::Result(result) => Ok(result),
            End::InputRequired(input) => Err(ExchangeError::InputNotOffered(input)),
            End::Api(_) => Err(ExchangeError::unasked_answer()),
        }
    }

    /// The `OpenAPI` document of a server or group, or of all servers.
    pub fn document(&self, name: Option<&str>, format: Format) -> Bytes {
        frontend::document(&self.state, name, format)
    }
}

fn down(server: &crate::gateway::Server) -> Down {
    let state = server.state();
    Down {
        server: server.name.as_str().to_owned(),
        phase: state.phase,
        error: state.error.as_deref().map(str::to_owned),
        last_words: state.details.as_deref().map(str::to_owned),
    }
}
