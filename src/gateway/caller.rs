//! Who is behind a request.

use std::sync::Arc;

/// The authenticated identity behind a request.
///
/// Made by `auth` alone; a frontend passes it on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Caller {
    name: Arc<str>,
}

impl Caller {
    /// The caller of that name: a key's name, or a user's.
    pub fn named(name: &str) -> Self {
        Self { name: name.into() }
    }

    /// What logs call the caller. Never a secret.
    pub fn name(&self) -> &str {
        &self.name
    }
}
