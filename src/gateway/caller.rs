//! Who may call.

use std::{
    hash::{Hash, Hasher},
    sync::{Arc, LazyLock},
};

use super::Grants;

/// What callers may use of whom nothing else is said.
static EVERYTHING: LazyLock<Arc<Grants>> = LazyLock::new(|| Arc::new(Grants::all()));

/// The authenticated identity behind a request, and what it may use.
///
/// Made by `auth` alone; a frontend passes it on. Two are the same if their names are: what a
/// caller may use can change while its sessions and tasks stay its own.
#[derive(Clone, Debug)]
pub struct Caller {
    name: Arc<str>,
    grants: Arc<Grants>,
}

impl Caller {
    /// The caller of that name, a key's name or a user's, who may use everything.
    pub fn named(name: &str) -> Self {
        Self::new(name, Arc::clone(&EVERYTHING))
    }

    /// The caller of that name, a key's name or a user's, who may use this.
    pub fn new(name: &str, grants: Arc<Grants>) -> Self {
        Self {
            name: name.into(),
            grants,
        }
    }

    /// What logs call the caller. Never a secret.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same on the route of a group that it sees.
    #[must_use]
    pub fn in_group(&self) -> Self {
        Self {
            name: Arc::clone(&self.name),
            grants: self.grants.in_group(),
        }
    }

    /// What it may use.
    pub fn grants(&self) -> &Arc<Grants> {
        &self.grants
    }
}

impl PartialEq for Caller {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Caller {}

impl Hash for Caller {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.name.hash(hasher);
    }
}
