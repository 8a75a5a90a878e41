//! What MCP callers get.

use std::num::NonZeroUsize;
use std::time::Duration;

use indexmap::IndexMap;
use url::Url;

use crate::config::error::{ConfigError, Conflict, KeyKind, KeyOrigin, KeyProblem};
use crate::config::key::KeyRules;
use crate::config::seen::Recorder;
use crate::config::settings::McpSettings;
use crate::config::value::{
    EndpointPath, NameSeparator, Patience, Peer, ReplicaName, Timeout, words,
};
use crate::config::warning::Warning;
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
}

/// This process among its replicas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaConfig {
    /// What sessions' ids and the states of requests are sealed with, where replicas share it: at
    /// least 32 characters. There is one where there are peers.
    pub session_key: Option<Secret>,
    /// What this replica is called by its peers. There is a name where there are peers.
    pub name: Option<ReplicaName>,
    /// The other replicas, and where they are reached.
    pub peers: IndexMap<ReplicaName, Url>,
}

/// The paths of the older HTTP+SSE transport.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointConfig {
    /// Where its streams are had.
    pub sse_path: EndpointPath,
    /// Where its messages are sent to; not `sse_path`.
    pub message_path: EndpointPath,
}

const DEFAULT_MAX_SESSIONS: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();

/// Fewer characters could be guessed.
const MIN_KEY_LENGTH: usize = 32;

/// What a session key must be.
const SESSION_KEY: KeyRules = KeyRules {
    kind: KeyKind::Session,
    file_setting: "--session-key-file (gateway.sessionKeyFile)",
    check: |key| {
        if key.trim().chars().count() < MIN_KEY_LENGTH {
            Err(KeyProblem::TooShort)
        } else {
            Ok(())
        }
    },
};

/// The session key of the first of the three sources that has one.
pub(crate) fn session_key(
    recorder: &Recorder,
    sources: [(&McpSettings, KeyOrigin); 3],
    warnings: &mut Vec<Warning>,
) -> Result<Option<Secret>, ConfigError> {
    for (settings, origin) in sources {
        match (&settings.session_key, &settings.session_key_file) {
            (Some(_), Some(_)) => return Err(Conflict::TwoSessionKeys.into()),
            (Some(key), None) => return SESSION_KEY.check(key.clone(), origin).map(Some),
            (None, Some(file)) => return SESSION_KEY.read_file(file, recorder, warnings).map(Some),
            (None, None) => {}
        }
    }
    Ok(None)
}

impl McpConfig {
    pub(crate) fn new(settings: &McpSettings) -> Self {
        Self {
            name_separator: settings.name_separator.clone().unwrap_or_default(),
            discovery: settings.discovery.unwrap_or_default(),
            session_idle_timeout: settings
                .session_idle_timeout
                .map_or(Duration::from_mins(30), Timeout::get),
            max_sessions: settings
                .max_sessions
                .and_then(|number| NonZeroUsize::new(number.count()))
                .unwrap_or(DEFAULT_MAX_SESSIONS),
            resume_wait: settings
                .resume_wait
                .map_or(Duration::from_millis(900), Patience::get),
        }
    }
}

impl ReplicaConfig {
    pub(crate) fn new(
        settings: &McpSettings,
        session_key: Option<Secret>,
    ) -> Result<Self, Conflict> {
        let mut peers = IndexMap::new();
        for Peer { name, url } in settings.peers.iter().flatten().cloned() {
            if settings.replica.as_ref() == Some(&name) {
                return Err(Conflict::PeerOfItself);
            }
            if peers.insert(name, url).is_some() {
                return Err(Conflict::PeerTwice);
            }
        }
        if !peers.is_empty() && settings.replica.is_none() {
            return Err(Conflict::PeersWithoutReplica);
        }
        if !peers.is_empty() && session_key.is_none() {
            return Err(Conflict::PeersWithoutKey);
        }
        Ok(Self {
            session_key,
            name: settings.replica.clone(),
            peers,
        })
    }
}

impl EndpointConfig {
    pub(crate) fn new(settings: &McpSettings) -> Result<Self, Conflict> {
        let sse_path = settings.sse_path.clone();
        let message_path = settings.message_path.clone();
        let endpoints = Self {
            sse_path: sse_path.unwrap_or_else(EndpointPath::default_sse),
            message_path: message_path.unwrap_or_else(EndpointPath::default_message),
        };
        if endpoints.sse_path == endpoints.message_path {
            return Err(Conflict::SamePaths);
        }
        Ok(endpoints)
    }
}
