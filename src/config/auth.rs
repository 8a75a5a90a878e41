//! `gateway.auth`: who may call, beyond the one key that a flag gives.

mod grants;
mod keys;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use std::sync::Arc;

use crate::config::document::Node;
use crate::config::error::{ConfigError, Place};
use crate::config::spelling;
use crate::config::warning::Warning;
use crate::gateway::Grants;
use crate::gateway::grants::{NameRule, NameRules};
use crate::glob::matches;
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

/// What grants name that is not there: a mistyped name that is left out would else be seen.
pub(crate) fn warn_of_unknown_names(
    credentials: &CredentialConfig,
    servers: &[&str],
    groups: &[&str],
    warnings: &mut Vec<Warning>,
) {
    for key in &credentials.keys {
        let mut look = |what: &str, rules: &NameRules, known: &[&str]| {
            let idle = |rule: &&NameRule| {
                let pattern = rule.pattern();
                pattern != "*" && !known.iter().any(|name| matches(pattern, name))
            };
            for rule in rules.rules().filter(idle) {
                warnings.push(Warning::new(format!(
                    "gateway.auth.keys: the grants of {:?} name a {what} that is not there: `{rule}`{}",
                    key.name,
                    spelling::nearest(rule.pattern(), known.iter().copied())
                        .map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
                )));
            }
        };
        look("server", &key.grants.servers, servers);
        look("group", &key.grants.groups, groups);
    }
}
