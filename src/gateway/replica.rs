//! One of several processes of the gateway that share their callers.

use std::sync::Arc;

use crate::secrets::seal::{NoRandomness, Sealer};

/// What the states of suspended calls are sealed for.
const PURPOSE: &str = "mcp-request-state";

/// This process among the replicas of the gateway. Clones are the same.
#[derive(Clone, Debug)]
pub struct Replica {
    name: Arc<str>,
    sealer: Arc<Sealer>,
}

impl Replica {
    /// A replica of this name, which seals with the key that all of them share.
    pub fn new(name: &str, sealer: Arc<Sealer>) -> Self {
        Self {
            name: name.into(),
            sealer,
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A `requestState` for a call that is suspended here: it tells replicas, and nobody else,
    /// where the call waits, and nobody can guess it.
    pub fn state(&self) -> Result<String, NoRandomness> {
        self.sealer.seal(PURPOSE, self.name.as_bytes())
    }

    /// On which replica the call of a `requestState` is suspended; nothing of one that is not
    /// ours.
    pub fn owner(&self, state: &str) -> Option<String> {
        let name = self.sealer.open(PURPOSE, state)?;
        String::from_utf8(name).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::Secret;

    #[test]
    fn a_state_names_its_replica_to_replicas_alone() {
        let key = Secret::new("0123456789abcdef0123456789abcdef");
        let sealer = || Arc::new(Sealer::with_key(&key).unwrap());
        let (one, two) = (Replica::new("one", sealer()), Replica::new("two", sealer()));
        let state = one.state().unwrap();
        assert_ne!(one.state().unwrap(), state);
        assert_eq!(two.owner(&state).as_deref(), Some("one"));
        let stranger = Replica::new("one", Arc::new(Sealer::random().unwrap()));
        assert_eq!(stranger.owner(&state), None);
    }
}
