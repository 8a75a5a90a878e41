//! The replicas of a gateway.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use url::Url;

use crate::config::value::InvalidValue;

/// The name of a replica of the gateway: 1 to 64 letters, digits, dots, underscores and hyphens.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReplicaName(String);

/// Another replica of the gateway, and where it is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its name.
    pub name: ReplicaName,
    /// Its base URL: http or https, without credentials, query and fragment.
    pub url: Url,
}

impl ReplicaName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ReplicaName {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let text = text.trim();
        let is_plain = text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
        if is_plain && (1..=64).contains(&text.len()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidValue::ReplicaName)
        }
    }
}

impl FromStr for Peer {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let (name, url) = text.split_once('=').ok_or(InvalidValue::Peer)?;
        let url = Url::parse(url.trim()).map_err(|_| InvalidValue::Peer)?;
        let is_bare = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        if matches!(url.scheme(), "http" | "https") && url.has_host() && is_bare {
            Ok(Self {
                name: name.parse()?,
                url,
            })
        } else {
            Err(InvalidValue::Peer)
        }
    }
}

impl fmt::Display for ReplicaName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for ReplicaName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, formatter)
    }
}

impl Borrow<str> for ReplicaName {
    fn borrow(&self) -> &str {
        &self.0
    }
}
