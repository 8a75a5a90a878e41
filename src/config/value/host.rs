//! The host to listen on.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use crate::config::value::InvalidValue;

/// An address or a name, without port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// An address.
    Address(IpAddr),
    /// A name, which is resolved when the gateway binds.
    Name(String),
}

impl Host {
    /// Whether only programs of this machine reach it. Of names, only `localhost` surely does so.
    pub fn is_loopback(&self) -> bool {
        match self {
            Self::Address(address) => address.to_canonical().is_loopback(),
            Self::Name(name) => {
                let name = name.trim_end_matches('.').to_ascii_lowercase();
                name == "localhost" || name.ends_with(".localhost")
            }
        }
    }
}

impl FromStr for Host {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let text = text.trim();
        let unbracketed = text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        if let Ok(address) = unbracketed.unwrap_or(text).parse() {
            return Ok(Self::Address(address));
        }
        if let Some((host, port)) = text.rsplit_once(':')
            && port.parse::<u16>().is_ok()
            && !host.is_empty()
            && (host.ends_with(']') || !host.contains([':', '/']))
        {
            return Err(InvalidValue::HostWithPort);
        }
        let name = text.trim_end_matches('.');
        let is_label = |label: &str| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        };
        // A name whose last label is a number can only be a mistyped address.
        let is_number = |label: &str| label.chars().all(|c| c.is_ascii_digit());
        if name.len() <= 253
            && name.split('.').all(is_label)
            && !name.rsplit('.').next().is_some_and(is_number)
        {
            Ok(Self::Name(text.to_owned()))
        } else {
            Err(InvalidValue::Host)
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(formatter),
            Self::Name(name) => name.fmt(formatter),
        }
    }
}
