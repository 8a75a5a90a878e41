//! Keys, and whose they are.

use std::{
    collections::HashMap,
    hash::{Hash, Hasher},
};

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::Standing;
use crate::{
    gateway::{Caller, caller::Credential},
    secrets::Secret,
};

/// Keys, and whose they are. Any number of them is looked through in the same time.
///
/// Only their SHA-256 digests are kept. They are found by a hash under a key that is random in each
/// process, and compared in constant time, so that the time tells nothing about them.
#[derive(Default)]
pub struct KeyRing(HashMap<KeyDigest, Key>);

/// The SHA-256 digest of a key.
#[derive(Clone, Copy)]
pub struct KeyDigest([u8; 32]);

struct Key {
    caller: Caller,
    expires: Option<Timestamp>,
}

/// The key was one of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expired;

impl KeyDigest {
    /// The digest of a key.
    pub fn of(key: &[u8]) -> Self {
        Self(Sha256::digest(key).into())
    }

    /// A digest that is known, of a key that is not.
    pub fn new(digest: [u8; 32]) -> Self {
        Self(digest)
    }
}

impl PartialEq for KeyDigest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for KeyDigest {}

impl Hash for KeyDigest {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write(&self.0);
    }
}

impl KeyRing {
    /// Takes a key up, whose owner has it until it expires. Of two alike the first stays.
    pub fn add_secret(&mut self, key: &Secret, caller: Caller, expires: Option<Timestamp>) {
        self.add(KeyDigest::of(key.reveal().as_bytes()), caller, expires);
    }

    /// The same with a key of which only the digest is known.
    pub fn add(&mut self, digest: KeyDigest, caller: Caller, expires: Option<Timestamp>) {
        let caller = caller.known_by(Credential(digest.0));
        let key = Key { caller, expires };
        self.0.entry(digest).or_insert(key);
    }

    /// Whose key this is. Nothing: nobody's.
    pub fn owner(&self, presented: &[u8]) -> Option<Result<&Caller, Expired>> {
        let key = self.0.get(&KeyDigest::of(presented))?;
        Some(if key.has_expired() {
            Err(Expired)
        } else {
            Ok(&key.caller)
        })
    }

    /// How a caller stands that came in with a key of this ring or of an earlier one: its key must
    /// be here still, with the same owner and grants.
    pub fn standing(&self, caller: &Caller) -> Standing {
        let digest = caller.credential().map(|Credential(digest)| digest);
        let key = digest.and_then(|digest| self.0.get(&KeyDigest(digest)));
        match key {
            Some(key) if !key.has_expired() && key.admits_alike(caller) => match key.expires {
                Some(expires) => Standing::Until(expires),
                None => Standing::Lasting,
            },
            _ => Standing::Over,
        }
    }

    /// Whether the caller comes in with the same grants, be it with another key.
    pub fn admits_alike(&self, caller: &Caller) -> bool {
        self.standing(caller) != Standing::Over
            || self
                .0
                .values()
                .any(|key| !key.has_expired() && key.admits_alike(caller))
    }
}

impl Key {
    fn has_expired(&self) -> bool {
        self.expires
            .is_some_and(|expires| Timestamp::now() >= expires)
    }

    fn admits_alike(&self, caller: &Caller) -> bool {
        self.caller.is_admitted_as(caller)
    }
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let callers = self.0.values().map(|key| key.caller.name());
        formatter.debug_set().entries(callers).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::gateway::{Grants, grants::NameRules};

    #[test]
    fn a_key_lets_its_owner_in_until_it_expires() {
        let mut ring = KeyRing::default();
        let hour = jiff::SignedDuration::from_hours(1);
        let (past, future) = (Timestamp::now() - hour, Timestamp::now() + hour);
        ring.add_secret(&Secret::new("ada's"), Caller::named("ada"), Some(future));
        ring.add_secret(&Secret::new("bob's"), Caller::named("bob"), Some(past));
        ring.add(KeyDigest::of(b"eve's"), Caller::named("eve"), None);
        ring.add(KeyDigest::of(b"eve's"), Caller::named("mallory"), None);
        let name = |key: &str| ring.owner(key.as_bytes()).map(|it| it.map(Caller::name));
        assert_eq!(name("ada's"), Some(Ok("ada")));
        assert_eq!(name("bob's"), Some(Err(Expired)));
        assert_eq!(name("eve's"), Some(Ok("eve")));
        assert_eq!(name("nobody's"), None);
        assert!(!format!("{ring:?}").contains("'s"));
    }

    #[test]
    fn a_caller_stands_as_long_as_its_key_is_there_with_its_grants() {
        let hour = jiff::SignedDuration::from_hours(1);
        let (past, future) = (Timestamp::now() - hour, Timestamp::now() + hour);
        let ring = |key: &str, grants: Grants, expires| {
            let mut ring = KeyRing::default();
            let caller = Caller::new("ada", Arc::new(grants));
            ring.add_secret(&Secret::new(key), caller, expires);
            ring
        };
        // The route of a group adds to these.
        let some = || Grants {
            servers: NameRules::none(),
            ..Grants::all()
        };
        let before = ring("old", some(), None);
        let ada = before.owner(b"old").unwrap().unwrap().clone();
        let fewer = || Grants {
            admin: false,
            ..some()
        };
        for (now, standing, is_admitted_alike) in [
            (ring("old", some(), None), Standing::Lasting, true),
            (
                ring("old", some(), Some(future)),
                Standing::Until(future),
                true,
            ),
            (ring("old", some(), Some(past)), Standing::Over, false),
            (ring("old", fewer(), None), Standing::Over, false),
            (ring("new", some(), None), Standing::Over, true),
            (KeyRing::default(), Standing::Over, false),
        ] {
            assert_eq!(now.standing(&ada), standing, "{now:?}");
            assert_eq!(now.standing(&ada.in_group()), standing, "{now:?}");
            assert_eq!(now.admits_alike(&ada), is_admitted_alike, "{now:?}");
        }
    }
}
