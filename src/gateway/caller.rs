//! Who may call.

use std::{
    fmt,
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
    /// Those it came in with, on whichever route it is.
    admitted: Arc<Grants>,
    credential: Option<Credential>,
}

/// Which credential a caller came in with: a digest, so that it can be asked later whether that one
/// still holds. It is shown nowhere.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Credential(pub [u8; 32]);

impl Caller {
    /// The caller of that name, a key's name or a user's, who may use everything.
    pub fn named(name: &str) -> Self {
        Self::new(name, Arc::clone(&EVERYTHING))
    }

    /// The caller of that name, a key's name or a user's, who may use this.
    pub fn new(name: &str, grants: Arc<Grants>) -> Self {
        Self {
            name: name.into(),
            admitted: Arc::clone(&grants),
            grants,
            credential: None,
        }
    }

    /// The same, known by this.
    #[must_use]
    pub fn known_by(self, credential: Credential) -> Self {
        Self {
            credential: Some(credential),
            ..self
        }
    }

    /// What it is known by, where something had to be shown.
    pub fn credential(&self) -> Option<Credential> {
        self.credential
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
            admitted: Arc::clone(&self.admitted),
            credential: self.credential,
        }
    }

    /// Whether it came in under the same name with the same grants, whatever a route adds to them.
    pub fn is_admitted_as(&self, other: &Self) -> bool {
        self == other && self.admitted == other.admitted
    }

    /// What it may use.
    pub fn grants(&self) -> &Arc<Grants> {
        &self.grants
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Credential")
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
