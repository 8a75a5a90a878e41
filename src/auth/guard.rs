//! Who may come in.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use jiff::Timestamp;

use super::{Credentials, KeyRing, credentials::Presented};
use crate::{
    gateway::{Caller, Grants},
    secrets::Secret,
};

/// Who may come in, decided once for all routes.
#[derive(Debug)]
pub struct Guard {
    access: Access,
    public_docs: bool,
}

#[derive(Debug)]
enum Access {
    Credentials(Verifiers),
    ThisMachine(Caller),
    Anyone(Caller),
}

/// All that knows whom credentials belong to. Each is asked in the order of the fields; what none
/// of them knows is refused.
#[derive(Debug, Default)]
pub struct Verifiers {
    /// The keys of the config.
    pub keys: KeyRing,
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
    /// A key or token that a program put into the request (RFC 6750), or a key in the header for
    /// keys.
    Bearer,
    /// A password (RFC 7617), which a browser also sends on its own, whoever made it do so.
    Basic,
}

/// How a caller stands that came in earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It would come in as it did.
    Lasting,
    /// So it would until then.
    Until(Timestamp),
    /// It would not, or with other grants.
    Over,
}

/// Why a caller did not come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There are no credentials, or none that can be read, or a wrong password.
    Unauthenticated,
    /// The key is well formed, but none of ours.
    WrongKey,
    /// It was one of ours.
    Expired,
}

impl Guard {
    /// Lets in whom these know.
    pub fn with_verifiers(verifiers: Verifiers) -> Self {
        Self::new(Access::Credentials(verifiers))
    }

    /// Lets in who has one of these keys, with which everything may be used; the first of each pair
    /// is what logs call its owner. No keys at all let nobody in.
    pub fn with_keys<'a>(keys: impl IntoIterator<Item = (&'a str, &'a Secret)>) -> Self {
        let grants = Arc::new(Grants::all());
        let mut ring = KeyRing::default();
        for (name, key) in keys {
            ring.add_secret(key, Caller::new(name, Arc::clone(&grants)), None);
        }
        Self::with_verifiers(Verifiers { keys: ring })
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
        matches!(self.access, Access::Credentials(_))
    }

    /// Whether only this machine's own programs are let in, so that `Host` must be a loopback
    /// name.
    pub fn is_for_this_machine(&self) -> bool {
        matches!(self.access, Access::ThisMachine(_))
    }

    /// How a caller stands that this guard or an earlier one let in, by what it showed then.
    pub fn standing(&self, caller: &Caller) -> Standing {
        match &self.access {
            Access::Credentials(verifiers) => verifiers.keys.standing(caller),
            Access::ThisMachine(_) | Access::Anyone(_) if self.admits_alike(caller) => {
                Standing::Lasting
            }
            Access::ThisMachine(_) | Access::Anyone(_) => Standing::Over,
        }
    }

    /// Whether a caller of this name comes in with the same grants, whatever it shows.
    pub fn admits_alike(&self, caller: &Caller) -> bool {
        match &self.access {
            Access::Credentials(verifiers) => verifiers.keys.admits_alike(caller),
            Access::ThisMachine(own) | Access::Anyone(own) => own.is_admitted_as(caller),
        }
    }

    /// Whose credentials these are. It waits only where a source of keys has to be asked first,
    /// which all who come with unknown ones share. Cancel safe.
    #[expect(
        clippy::unused_async,
        reason = "callers are ready for sources that have to be asked first"
    )]
    pub async fn admit(&self, credentials: &Credentials<'_>) -> Result<Admission, Refusal> {
        let verifiers = match &self.access {
            Access::Credentials(verifiers) => verifiers,
            Access::ThisMachine(caller) | Access::Anyone(caller) => {
                return Ok(Admission {
                    caller: caller.clone(),
                    proof: Proof::Nothing,
                });
            }
        };
        let presented = credentials.presented().ok_or(Refusal::Unauthenticated)?;
        let proof = match presented {
            Presented::Bearer(_) | Presented::ApiKey(_) => Proof::Bearer,
            Presented::Password(_) => Proof::Basic,
        };
        match verifiers.keys.owner(presented.bytes()) {
            Some(Ok(caller)) => Ok(Admission {
                caller: caller.clone(),
                proof,
            }),
            // Only 401 makes a browser ask for another password.
            _ if proof == Proof::Basic => Err(Refusal::Unauthenticated),
            Some(Err(expired)) => Err(expired.into()),
            None => Err(Refusal::WrongKey),
        }
    }
}

impl From<super::Expired> for Refusal {
    fn from(_: super::Expired) -> Self {
        Self::Expired
    }
}
