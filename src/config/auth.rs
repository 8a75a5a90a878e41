//! `gateway.auth`: who may call, beyond the one key that a flag gives.

mod grants;
mod keys;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use std::sync::Arc;

use crate::config::document::Node;
use crate::config::error::{ConfigError, Place};
use crate::config::warning::Warning;
use crate::gateway::Grants;
use crate::secrets::Secret;

const AUTH: &str = "{\"keys\": [{\"name\": \"ada\", \"key\": \"${ADA_KEY}\"}]}";

/// What callers may show to be let in. At least one thing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CredentialConfig {
    /// Keys.
    pub keys: Vec<KeyConfig>,
}

/// A key, and what its owner may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyConfig {
    /// What logs call its owner. No two keys have the same.
    pub name: String,
    /// What is known of it.
    pub proof: KeyProof,
    /// From when on it is good for nothing.
    pub expires: Option<Timestamp>,
    /// What its owner may use.
    pub grants: Arc<Grants>,
}

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyProof {
    /// All of it.
    Plain(Secret),
    /// Its SHA-256 digest.
    Sha256([u8; 32]),
}

impl CredentialConfig {
    /// Keys with which everything may be used. Logs call them by their place.
    pub fn of_secrets(secrets: impl IntoIterator<Item = Secret>) -> Self {
        let grants = Arc::new(Grants::all());
        let key = |(number, secret)| KeyConfig {
            name: format!("key-{number}"),
            proof: KeyProof::Plain(secret),
            expires: None,
            grants: Arc::clone(&grants),
        };
        Self {
            keys: (1..).zip(secrets).map(key).collect(),
        }
    }

    /// Whether there is nothing that lets anybody in.
    pub fn is_empty(&self) -> bool {
        let Self { keys } = self;
        keys.is_empty()
    }

    /// With what stands in the config file beside it.
    #[must_use]
    pub(crate) fn and(mut self, other: Self) -> Self {
        let Self { keys } = other;
        self.keys.extend(keys);
        self
    }
}

/// Reads `gateway.auth`, and says where each key stands.
pub(crate) fn read(
    node: Node<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<(CredentialConfig, Vec<Place>), ConfigError> {
    let mut members = node.object(AUTH)?;
    let keys = members.take("keys");
    members.finish()?;
    let (keys, places) = match keys {
        Some(keys) => keys::read(&keys, warnings)?,
        None => Default::default(),
    };
    Ok((CredentialConfig { keys }, places))
}
