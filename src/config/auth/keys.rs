//! `gateway.auth.keys`.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::{KeyConfig, KeyProof, grants};
use crate::config::access;
use crate::config::document::Node;
use crate::config::error::{AuthProblem, ConfigError, Place};
use crate::config::warning::Warning;
use crate::secrets::Secret;

const KEYS: &str = "[{\"name\": \"ada\", \"key\": \"${ADA_KEY}\"}]";
const KEY: &str = "{\"name\": \"ada\", \"key\": \"${ADA_KEY}\"}";
const HASH: &str = "\"sha256:\" and the 64 hexadecimal digits of the digest";
const EXPIRES: &str = "\"2030-12-31T00:00:00Z\"";
const SHA256: &str = "sha256:";

/// Names that the gateway itself gives to callers.
const OWN_NAMES: [&str; 3] = ["local", "anonymous", "stdio"];

pub(super) fn read(
    node: &Node<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<(Vec<KeyConfig>, Vec<Place>), ConfigError> {
    let mut keys: Vec<KeyConfig> = Vec::new();
    let mut places = Vec::new();
    let mut names = HashSet::new();
    let mut owners = HashMap::new();
    for item in &node.list("a list of keys", KEYS)? {
        let key = read_key(item, warnings)?;
        if !names.insert(key.name.clone()) {
            return Err(item.error(AuthProblem::NameTaken(key.name).into()));
        }
        let digest: [u8; 32] = match &key.proof {
            KeyProof::Plain(secret) => Sha256::digest(secret.reveal().as_bytes()).into(),
            KeyProof::Sha256(digest) => *digest,
        };
        if let Some(other) = owners.insert(digest, key.name.clone()) {
            return Err(item.error(AuthProblem::SameKey(other).into()));
        }
        keys.push(key);
        places.push(item.place());
    }
    Ok((keys, places))
}

fn read_key(node: &Node<'_>, warnings: &mut Vec<Warning>) -> Result<KeyConfig, ConfigError> {
    let mut members = node.clone().object(KEY)?;
    let name = members.take("name");
    let key = members.take("key");
    let hash = members.take("hash");
    let expires = members.take("expires");
    let grants = members.take("grants");
    members.finish()?;
    let name = name.ok_or_else(|| node.error(AuthProblem::NoName.into()))?;
    let proof = match (key, hash) {
        (Some(key), None) => KeyProof::Plain(read_secret(&key)?),
        (None, Some(hash)) => read_hash(&hash)?,
        (Some(_), Some(hash)) => return Err(hash.error(AuthProblem::KeyAndHash.into())),
        (None, None) => return Err(node.error(AuthProblem::NoKey.into())),
    };
    let expires = expires.map(|expires| read_expiry(&expires, warnings));
    Ok(KeyConfig {
        name: read_name(&name)?,
        proof,
        expires: expires.transpose()?,
        grants: Arc::new(grants::read(grants)?),
    })
}

fn read_name(node: &Node<'_>) -> Result<String, ConfigError> {
    let name = node.string("\"ada\"")?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._@+-".contains(c);
    let is_own = OWN_NAMES.contains(&name.as_str()) || name.starts_with("key-");
    if name.is_empty() || name.len() > 128 || !name.chars().all(is_plain) {
        Err(node.error(AuthProblem::Name(name).into()))
    } else if is_own {
        Err(node.error(AuthProblem::OwnName(name).into()))
    } else {
        Ok(name)
    }
}

fn read_secret(node: &Node<'_>) -> Result<Secret, ConfigError> {
    let secret = Secret::new(node.string("\"${ADA_KEY}\"")?);
    match access::check(secret.reveal()) {
        Ok(()) => Ok(secret),
        Err(problem) => Err(node.error(AuthProblem::Key(problem).into())),
    }
}

fn read_hash(node: &Node<'_>) -> Result<KeyProof, ConfigError> {
    let text = node.string(HASH)?;
    let digest = text.strip_prefix(SHA256).and_then(hexadecimal);
    match digest {
        Some(digest) => Ok(KeyProof::Sha256(digest)),
        None => Err(node.error(AuthProblem::Hash.into())),
    }
}

/// The bytes that 64 hexadecimal digits stand for.
fn hexadecimal(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 2 * bytes.len() || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        let digits = text.get(2 * at..2 * at + 2)?;
        *byte = u8::from_str_radix(digits, 16).ok()?;
    }
    Some(bytes)
}

fn read_expiry(node: &Node<'_>, warnings: &mut Vec<Warning>) -> Result<Timestamp, ConfigError> {
    let text = node.string(EXPIRES)?;
    let Ok(expires) = text.parse::<Timestamp>() else {
        return Err(node.error(AuthProblem::Time(text).into()));
    };
    if expires <= Timestamp::now() {
        warnings.push(Warning::at(
            &node.place(),
            "this key has expired, and lets nobody in; remove it, or give its owner a new one",
        ));
    }
    Ok(expires)
}
