//! The servers and groups by name.

use std::sync::Arc;

use arc_swap::ArcSwap;
use indexmap::IndexMap;
use tokio::sync::watch;

use super::{Group, Server, ServerName};

/// The servers and groups of the config that holds just now. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Registry(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    roster: ArcSwap<Roster>,
    /// Grows with each roster.
    revision: watch::Sender<u64>,
}

/// All servers and groups, in the order of the config: an immutable snapshot, replaced as a whole.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    servers: IndexMap<ServerName, Arc<Server>>,
    /// Servers that take the place of those of their names as soon as they are ready.
    successors: IndexMap<ServerName, Arc<Server>>,
    groups: IndexMap<ServerName, Arc<Group>>,
}

impl Registry {
    /// A registry of these servers and groups.
    pub fn new(roster: Roster) -> Self {
        Self(Arc::new(Shared {
            roster: ArcSwap::from_pointee(roster),
            revision: watch::Sender::new(0),
        }))
    }

    /// What there is just now. Whoever looks for more than one thing looks here, so that all of
    /// them are of one config.
    pub fn roster(&self) -> Arc<Roster> {
        self.0.roster.load_full()
    }

    /// The server of that name.
    pub fn get(&self, name: &str) -> Option<Arc<Server>> {
        self.0.roster.load().get(name).cloned()
    }

    /// The group of that name.
    pub fn group(&self, name: &str) -> Option<Arc<Group>> {
        self.0.roster.load().group(name).cloned()
    }

    /// Puts another roster in place of the one that there is, in one step for all who look.
    pub fn replace(&self, roster: Roster) {
        self.0.roster.store(Arc::new(roster));
        self.0.revision.send_modify(|revision| *revision += 1);
    }

    /// Follows whether there is another roster.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.0.revision.subscribe()
    }
}

impl Roster {
    /// A roster of these servers.
    pub fn new(servers: impl IntoIterator<Item = Arc<Server>>) -> Self {
        let named = |server: Arc<Server>| (server.name.clone(), server);
        Self {
            servers: servers.into_iter().map(named).collect(),
            ..Self::default()
        }
    }

    /// The same with groups of its servers.
    #[must_use]
    pub fn with_groups(mut self, groups: impl IntoIterator<Item = Group>) -> Self {
        let named = |group: Group| (group.name.clone(), Arc::new(group));
        self.groups = groups.into_iter().map(named).collect();
        self
    }

    /// The same with servers that are to take the place of those of their names.
    #[must_use]
    pub fn with_successors(mut self, successors: impl IntoIterator<Item = Arc<Server>>) -> Self {
        let named = |server: Arc<Server>| (server.name.clone(), server);
        self.successors = successors.into_iter().map(named).collect();
        self
    }

    /// The server of that name.
    pub fn get(&self, name: &str) -> Option<&Arc<Server>> {
        self.servers.get(name)
    }

    /// The group of that name.
    pub fn group(&self, name: &str) -> Option<&Arc<Group>> {
        self.groups.get(name)
    }

    /// All servers, in the order of the config.
    pub fn servers(&self) -> impl Iterator<Item = &Arc<Server>> {
        self.servers.values()
    }

    /// The server that is to take the place of the one of that name.
    pub fn successor(&self, name: &str) -> Option<&Arc<Server>> {
        self.successors.get(name)
    }

    /// All groups, in the order of the config.
    pub fn groups(&self) -> impl Iterator<Item = &Arc<Group>> {
        self.groups.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::server::ServerSettings;

    fn server(name: &str) -> Arc<Server> {
        let name: ServerName = name.parse().unwrap();
        Arc::new(Server::new(name, ServerSettings::default()))
    }

    #[test]
    fn another_roster_takes_the_place_of_the_first_as_a_whole() {
        let registry = Registry::new(Roster::new([server("a"), server("b")]));
        let mut revisions = registry.watch();
        let before = registry.roster();
        registry.replace(Roster::new([server("c")]));
        assert!(revisions.has_changed().unwrap());
        revisions.mark_unchanged();
        assert!(registry.get("a").is_none() && registry.get("c").is_some());
        // Who looked before still sees what was there.
        assert!(before.get("a").is_some());
    }
}
