//! Which addresses a server that nobody configured may have.
//!
//! URLs that come from metadata could lead into the network that the gateway stands in. A name is
//! judged by what it resolves to, at the moment of the connection, so that it can't mean
//! something else a moment later.

use std::{
    collections::HashSet,
    env, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};
use url::Host;

/// The variables that name proxies, whose addresses are the operator's own choice.
const PROXIES: [&str; 6] = [
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
];

/// Whether a URL names this machine, without looking the name up (RFC 6761 section 6.3).
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => is_localhost(name),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether a URL names an address that is of use in the gateway's own network alone. Of a name
/// that has to be looked up nothing is known: none.
pub fn is_internal(url: &Url) -> Option<bool> {
    match url.host()? {
        Host::Domain(name) => is_localhost(name).then_some(true),
        Host::Ipv4(address) => Some(!is_public(address.into())),
        Host::Ipv6(address) => Some(!is_public(address.into())),
    }
}

fn is_localhost(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name == "localhost" || name.ends_with(".localhost")
}

/// Whether an address means the same everywhere: not loopback, private, link-local, shared
/// (RFC 6598) or of no single machine (RFC 6890).
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match embedded(address) {
            Some(address) => is_public_v4(address),
            None => {
                !(address.is_loopback()
                    || address.is_unspecified()
                    || address.is_multicast()
                    || address.is_unicast_link_local()
                    || address.is_unique_local())
            }
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    !(address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || first == 0
        || first == 100 && (64..128).contains(&second)
        || first == 198 && matches!(second, 18 | 19))
}

/// The IPv4 address that is meant: mapped, behind NAT64 (RFC 6052), or by 6to4 (RFC 3056).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let of = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            Some(of(high, low))
        }
        [0x2002, high, low, ..] => Some(of(high, low)),
        _ => None,
    }
}

/// Finds public addresses alone, but for the proxies that the environment names.
#[derive(Debug)]
pub(super) struct PublicOnly {
    proxies: HashSet<String>,
}

impl PublicOnly {
    /// Knows the proxies that the environment names now.
    pub fn new() -> Self {
        let set = PROXIES.into_iter().filter_map(|name| env::var(name).ok());
        let hosts = set.filter_map(|text| {
            let url = Url::parse(&text).or_else(|_| Url::parse(&format!("http://{text}")));
            url.ok()?.host_str().map(str::to_owned)
        });
        Self {
            proxies: hosts.collect(),
        }
    }
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let name = name.as_str().to_owned();
        let is_proxy = self.proxies.contains(&name);
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            let found: Vec<_> = found
                .filter(|address| is_proxy || is_public(address.ip()))
                .collect();
            if found.is_empty() {
                let problem = "its addresses are in the gateway's own network, where a name that another \
                               server gave may not lead";
                return Err(io::Error::other(problem).into());
            }
            let addresses: Addrs = Box::new(found.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_gateways_own_network_are_not_public() {
        for (address, expected) in [
            ("93.184.216.34", true),
            ("2606:2800:220:1::1", true),
            ("127.0.0.1", false),
            ("10.1.2.3", false),
            ("172.16.0.1", false),
            ("192.168.1.1", false),
            ("169.254.169.254", false),
            ("100.64.0.1", false),
            ("0.0.0.0", false),
            ("::1", false),
            ("fe80::1", false),
            ("fd00::1", false),
            ("::ffff:127.0.0.1", false),
            ("64:ff9b::a00:1", false),
            ("2002:7f00:1::", false),
        ] {
            assert_eq!(is_public(address.parse().unwrap()), expected, "{address}");
        }
    }

    #[tokio::test]
    async fn a_name_that_means_this_machine_is_not_found() {
        let resolver = PublicOnly {
            proxies: HashSet::new(),
        };
        let found = resolver.resolve("localhost".parse().unwrap()).await;
        let error = found.err().unwrap().to_string();
        assert!(error.contains("own network"), "{error}");
        let resolver = PublicOnly {
            proxies: HashSet::from(["localhost".to_owned()]),
        };
        assert!(resolver.resolve("localhost".parse().unwrap()).await.is_ok());
    }
}
