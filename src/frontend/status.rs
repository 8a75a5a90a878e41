//! `GET /status`: what runs.

use std::{sync::Arc, time::Instant};

use actix_web::{HttpResponse, http::StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{
    State, answer,
    state::{sees_group, sees_server},
};
use crate::config::Layout;
use crate::gateway::{Caller, Phase, Roster, Server, ServerName, Warning};

/// Counts the tasks that live just now.
#[derive(Clone)]
pub struct TaskCount(Arc<dyn Fn() -> usize + Send + Sync>);

impl TaskCount {
    /// Counts them in this way.
    pub fn new(count: impl Fn() -> usize + Send + Sync + 'static) -> Self {
        Self(Arc::new(count))
    }
}

impl std::fmt::Debug for TaskCount {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "TaskCount({})", (self.0)())
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GatewayStatus<'a> {
    version: &'static str,
    started: Timestamp,
    /// In seconds.
    uptime: u64,
    draining: bool,
    /// How many tasks live on the workers: a number that grows without end is a leak.
    tasks: usize,
    /// How many sessions MCP clients have.
    mcp_sessions: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    config: Option<ConfigStatus<'a>>,
    /// Whether servers have a segment of their own in paths.
    layout: &'static str,
    /// Where the routes of servers begin.
    path_prefix: &'a str,
    servers: Vec<ServerStatus<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    groups: Vec<GroupStatus<'a>>,
}

/// The config, and how reading it again ended.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ConfigStatus<'a> {
    hot_reload: bool,
    /// When what holds was read.
    loaded: Timestamp,
    reloads: u64,
    failed_reloads: u64,
    /// What is wrong with what was read last, where it can't be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failed_at: Option<Timestamp>,
    /// Settings that were changed, and hold from the next start on.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    needs_restart: &'a [&'static str],
}

#[derive(Serialize)]
struct GroupStatus<'a> {
    name: &'a str,
    servers: Vec<&'a str>,
    warnings: Vec<Warning>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ServerStatus<'a> {
    name: &'a str,
    state: Phase,
    since: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// What it wrote to its stderr before it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_words: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    login_url: Option<String>,
    /// How many callers' identities have a connection of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    identities: Option<usize>,
    /// How many sessions and callers have a connection for themselves, where any has.
    #[serde(skip_serializing_if = "is_none")]
    isolated: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_at: Option<Timestamp>,
    /// Why what it offers may be out of date.
    #[serde(skip_serializing_if = "Option::is_none")]
    stale: Option<StaleStatus>,
    starts: u64,
    /// In seconds, to the millisecond.
    #[serde(skip_serializing_if = "Option::is_none")]
    start_took: Option<f64>,
    #[serde(flatten)]
    offers: Option<Offers>,
    /// What takes its place as soon as it is ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    successor: Option<Box<ServerStatus<'a>>>,
}

/// What a server offers can't be read anew; what was read before is kept.
#[derive(Serialize)]
struct StaleStatus {
    since: Timestamp,
    error: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Offers {
    protocol_version: String,
    server_info: ServerInfo,
    tools: usize,
    prompts: usize,
    resources: usize,
    resource_templates: usize,
    warnings: Vec<Warning>,
}

#[derive(Serialize)]
struct ServerInfo {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
}

/// What `/status` says of servers, as a JSON list.
pub fn servers_as_json(roster: &Roster) -> String {
    let clock = Clock::now();
    let servers: Vec<_> = roster
        .servers()
        .map(|server| server_status(server, None, &clock))
        .collect();
    // Nothing in it can fail to be JSON.
    serde_json::to_string(&servers).unwrap_or_default()
}

/// Answers with what runs, as far as the caller sees it: the state of the config is for
/// administrators.
pub fn status(state: &State, caller: Option<&Caller>) -> HttpResponse {
    let clock = Clock::now();
    let roster = state.registry.roster();
    let reloads = state.reloads.status();
    let failure = reloads.failure.as_ref();
    let is_admin = caller.is_none_or(|caller| caller.grants().admin);
    answer::value(
        StatusCode::OK,
        &GatewayStatus {
            version: env!("CARGO_PKG_VERSION"),
            started: clock.timestamp(state.started),
            uptime: state.started.elapsed().as_secs(),
            draining: state.drain.is_draining(),
            tasks: (state.tasks.0)(),
            mcp_sessions: state.mcp.sessions.count(),
            config: is_admin.then(|| ConfigStatus {
                hot_reload: reloads.is_hot,
                loaded: clock.timestamp(reloads.loaded),
                reloads: reloads.successes,
                failed_reloads: reloads.failures,
                error: failure.map(|failure| &*failure.message),
                failed_at: failure.map(|failure| clock.timestamp(failure.at)),
                needs_restart: &reloads.needs_restart,
            }),
            layout: match state.layout {
                Layout::Single(_) => "single",
                Layout::Many => "many",
            },
            path_prefix: state.paths.prefix(),
            servers: roster
                .servers()
                .filter(|server| sees_server(caller, &server.name))
                .map(|server| {
                    let successor = roster.successor(server.name.as_str());
                    let successor = successor.map(|it| server_status(it, None, &clock));
                    let whole = server_status(server, successor, &clock);
                    if is_admin { whole } else { whole.for_callers() }
                })
                .collect(),
            groups: roster
                .groups()
                .filter(|group| sees_group(caller, &group.name))
                .map(|group| GroupStatus {
                    name: group.name.as_str(),
                    servers: group.servers.iter().map(ServerName::as_str).collect(),
                    warnings: group.warnings(|name| {
                        let server = roster.get(name.as_str())?;
                        server.state().catalog.clone()
                    }),
                })
                .collect(),
        },
    )
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes values so")]
fn is_none(count: &usize) -> bool {
    *count == 0
}

impl ServerStatus<'_> {
    /// Without what only administrators have to do with: what a server wrote may hold secrets, and
    /// what else it offers is not for all.
    fn for_callers(self) -> Self {
        Self {
            error: None,
            last_words: None,
            login_url: None,
            identities: None,
            isolated: 0,
            offers: None,
            successor: None,
            stale: None,
            ..self
        }
    }
}

fn server_status<'a>(
    server: &'a Server,
    successor: Option<ServerStatus<'a>>,
    clock: &Clock,
) -> ServerStatus<'a> {
    let state = server.state();
    ServerStatus {
        name: server.name.as_str(),
        state: state.phase,
        since: clock.timestamp(state.since),
        error: state.error.as_deref().map(str::to_owned),
        last_words: state.details.as_deref().map(str::to_owned),
        login_url: state.login.as_deref().map(str::to_owned),
        identities: server.identities(),
        isolated: server.sessions(),
        retry_at: state.retry_at.map(|at| clock.timestamp(at)),
        stale: state.stale.as_ref().map(|stale| StaleStatus {
            since: clock.timestamp(stale.since),
            error: stale.reason.to_string(),
        }),
        starts: state.starts,
        start_took: state
            .start_took
            .map(|took| (took.as_secs_f64() * 1000.0).round() / 1000.0),
        offers: state.catalog.as_ref().map(|catalog| Offers {
            protocol_version: catalog.protocol_version.clone(),
            server_info: ServerInfo {
                name: catalog.server_name.clone(),
                title: catalog.server_title.clone(),
                version: catalog.server_version.clone(),
            },
            tools: catalog.tools.len(),
            prompts: catalog.prompts.len(),
            resources: catalog.resources.len(),
            resource_templates: catalog.resource_templates.len(),
            warnings: catalog.warnings.clone(),
        }),
        successor: successor.map(Box::new),
    }
}

/// One moment on both clocks, to tell the time of others.
struct Clock {
    instant: Instant,
    timestamp: Timestamp,
}

impl Clock {
    fn now() -> Self {
        Self {
            instant: Instant::now(),
            timestamp: Timestamp::now(),
        }
    }

    /// To the millisecond, since the clocks agree no better.
    fn timestamp(&self, at: Instant) -> Timestamp {
        let distance = if at >= self.instant {
            SignedDuration::try_from(at - self.instant)
        } else {
            SignedDuration::try_from(self.instant - at).map(|past| -past)
        };
        distance
            .ok()
            .and_then(|distance| self.timestamp.checked_add(distance).ok())
            .and_then(|at| Timestamp::from_millisecond(at.as_millisecond()).ok())
            .unwrap_or(self.timestamp)
    }
}
