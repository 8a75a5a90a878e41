//! The host to listen on.

use std::fmt;
use std::net::{IpAddr, ToSocketAddrs as _};
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
    /// Whether only programs of this machine reach it: a loopback address, `localhost`, or a name
    /// all of whose addresses are loopback ones. Another name is looked up, which blocks.
    pub fn is_loopback(&self) -> bool {
        match self {
            Self::Address(address) => is_loopback(*address),
            Self::Name(name) => {
                let plain = name.trim_end_matches('.').to_ascii_lowercase();
                plain == "localhost"
                    || plain.ends_with(".localhost")
                    || resolves_to_loopback_alone(name)
            }
        }
    }
}

/// Whether only programs of this machine reach an address, in whatever form it is written.
pub(crate) fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

fn resolves_to_loopback_alone(name: &str) -> bool {
    // A name that can't be looked up can't be listened on either, which is said then.
    let addresses = (name, 0).to_socket_addrs().into_iter().flatten();
    are_loopback_alone(addresses.map(|address| address.ip()))
}

/// Whether there are addresses, and all are loopback ones.
pub(super) fn are_loopback_alone(addresses: impl Iterator<Item = IpAddr>) -> bool {
    let mut addresses = addresses.peekable();
    addresses.peek().is_some() && addresses.all(is_loopback)
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
