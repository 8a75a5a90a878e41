//! Who may come in.

#[cfg(test)]
mod tests;

use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};
use zeroize::Zeroizing;

use crate::{gateway::Caller, secrets::Secret};

/// Who may come in, decided once for all routes.
///
/// Keys are kept as SHA-256 digests, so that comparing takes the same time whatever is sent,
/// and however long it is.
#[derive(Debug)]
pub struct Guard {
    access: Access,
    public_docs: bool,
}

#[derive(Debug)]
enum Access {
    Keys(Vec<Key>),
    ThisMachine(Caller),
    Anyone(Caller),
}

struct Key {
    digest: [u8; 32],
    caller: Caller,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Key")
            .field("caller", &self.caller)
            .finish_non_exhaustive()
    }
}

/// A caller that came in, and by what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// Who it is.
    pub caller: Caller,
    /// What proved it.
    pub proof: Proof,
}

/// What proved who a caller is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Nothing was demanded.
    Nothing,
    /// A key that a program put into the request (RFC 6750).
    Bearer,
    /// A password (RFC 7617), which a browser also sends on its own, whoever made it do so.
    Basic,
}

/// Why a caller did not come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There are no credentials, or none that can be read, or a wrong password.
    Unauthenticated,
    /// The key is well formed, but none of ours.
    WrongKey,
}

impl Guard {
    /// Lets in who has one of these keys; the first of each pair is what logs call its owner.
    /// No keys at all let nobody in.
    pub fn with_keys<'a>(keys: impl IntoIterator<Item = (&'a str, &'a Secret)>) -> Self {
        let keys = keys
            .into_iter()
            .map(|(name, key)| Key {
                digest: Sha256::digest(key.reveal().as_bytes()).into(),
                caller: Caller::named(name),
            })
            .collect();
        Self::new(Access::Keys(keys))
    }

    /// Lets in this machine's own programs. The frontend sees to it that no web page can pass
    /// for one of them.
    pub fn open_to_this_machine() -> Self {
        Self::new(Access::ThisMachine(Caller::named("local")))
    }

    /// Lets in everyone who reaches the address.
    pub fn open_to_anyone() -> Self {
        Self::new(Access::Anyone(Caller::named("anonymous")))
    }

    fn new(access: Access) -> Self {
        Self {
            access,
            public_docs: false,
        }
    }

    /// Shows documents and docs pages to everyone.
    #[must_use]
    pub fn with_public_docs(mut self, public: bool) -> Self {
        self.public_docs = public;
        self
    }

    /// Whether documents and docs pages are for everyone.
    pub fn has_public_docs(&self) -> bool {
        self.public_docs
    }

    /// Whether callers must prove who they are.
    pub fn demands_credentials(&self) -> bool {
        matches!(self.access, Access::Keys(_))
    }

    /// Whether only this machine's own programs are let in, so that `Host` must be a loopback
    /// name.
    pub fn is_for_this_machine(&self) -> bool {
        matches!(self.access, Access::ThisMachine(_))
    }

    /// Who sends this `Authorization` header.
    pub fn admit(&self, authorization: Option<&str>) -> Result<Admission, Refusal> {
        let keys = match &self.access {
            Access::Keys(keys) => keys,
            Access::ThisMachine(caller) | Access::Anyone(caller) => {
                return Ok(Admission {
                    caller: caller.clone(),
                    proof: Proof::Nothing,
                });
            }
        };
        let (scheme, credentials) = authorization
            .and_then(|header| header.trim().split_once(' '))
            .ok_or(Refusal::Unauthenticated)?;
        let credentials = credentials.trim_start();
        let (proof, caller, refusal) = if scheme.eq_ignore_ascii_case("bearer") {
            if credentials.is_empty() {
                return Err(Refusal::Unauthenticated);
            }
            let caller = owner(keys, credentials.as_bytes());
            (Proof::Bearer, caller, Refusal::WrongKey)
        } else if scheme.eq_ignore_ascii_case("basic") {
            let password = password(credentials).ok_or(Refusal::Unauthenticated)?;
            let caller = owner(keys, &password);
            (Proof::Basic, caller, Refusal::Unauthenticated)
        } else {
            return Err(Refusal::Unauthenticated);
        };
        caller
            .map(|caller| Admission {
                caller: caller.clone(),
                proof,
            })
            .ok_or(refusal)
    }
}

/// Whose key this is. Looks at all keys, so that the time tells nothing.
fn owner<'a>(keys: &'a [Key], presented: &[u8]) -> Option<&'a Caller> {
    let digest: [u8; 32] = Sha256::digest(presented).into();
    let mut owner = None;
    for key in keys {
        let same: Choice = key.digest.ct_eq(&digest);
        if bool::from(same) {
            owner = Some(&key.caller);
        }
    }
    owner
}

/// The password of Basic credentials; any user name will do.
fn password(credentials: &str) -> Option<Zeroizing<Vec<u8>>> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    let decoded = Zeroizing::new(LENIENT.decode(credentials).ok()?);
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    decoded
        .get(colon + 1..)
        .map(|password| Zeroizing::new(password.to_vec()))
}
