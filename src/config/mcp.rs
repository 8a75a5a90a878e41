//! What MCP callers get.

use std::num::NonZeroUsize;
use std::time::Duration;

use indexmap::IndexMap;
use url::Url;

use crate::config::value::{EndpointPath, NameSeparator, ReplicaName, words};
use crate::gateway::Discovery;
use crate::secrets::Secret;

words! {
    for Discovery {
        Full = "full",
        Search = "search",
    }
}

/// What MCP callers get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct McpConfig {
    /// What stands between the names of servers and tools where several servers are offered
    /// together.
    pub name_separator: NameSeparator,
    /// How tools are found where all servers are offered together.
    pub discovery: Discovery,
    /// How long a session lives without being used.
    pub session_idle_timeout: Duration,
    /// Most sessions of one caller.
    pub max_sessions: NonZeroUsize,
    /// How long a call goes on whose caller's stream broke.
    pub resume_wait: Duration,
    /// What sessions' ids and the states of requests are sealed with, where replicas share it: at
    /// least 32 characters. There is one where there are peers.
    pub session_key: Option<Secret>,
    /// What this replica is called by its peers. There is a name where there are peers.
    pub replica: Option<ReplicaName>,
    /// The other replicas, and where they are reached.
    pub peers: IndexMap<ReplicaName, Url>,
    /// Where streams of the older HTTP+SSE transport are had.
    pub sse_path: EndpointPath,
    /// Where messages of that transport are sent to; not `sse_path`.
    pub message_path: EndpointPath,
}

const DEFAULT_MAX_SESSIONS: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();

impl Default for McpConfig {
    fn default() -> Self {
        Self {
            name_separator: NameSeparator::default(),
            discovery: Discovery::Full,
            session_idle_timeout: Duration::from_mins(30),
            max_sessions: DEFAULT_MAX_SESSIONS,
            resume_wait: Duration::from_millis(900),
            session_key: None,
            replica: None,
            peers: IndexMap::new(),
            sse_path: EndpointPath::default_sse(),
            message_path: EndpointPath::default_message(),
        }
    }
}
