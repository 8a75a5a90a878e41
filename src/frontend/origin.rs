//! Whose page makes a browser send a request: the checks of `Host` and `Origin`.

#[cfg(test)]
mod tests;

use std::net::{Ipv4Addr, Ipv6Addr};

use actix_web::{
    HttpRequest,
    http::header::{self, HeaderValue},
};

/// The host that a request is for: HTTP/2's `:authority`, or `Host`.
pub fn host(request: &HttpRequest) -> Option<&str> {
    match request.uri().authority() {
        Some(authority) => Some(authority.as_str()),
        None => request.headers().get(header::HOST)?.to_str().ok(),
    }
}

/// Whether a host, with a port or without, can only be this machine. A name that merely
/// resolves to a loopback address is none: any page's owner can make one (DNS rebinding).
pub fn is_loopback(host: &str) -> bool {
    let (name, _) = split(host);
    if let Some(address) = name.strip_prefix('[') {
        return address
            .strip_suffix(']')
            .and_then(|address| address.parse::<Ipv6Addr>().ok())
            .is_some_and(|address| address.is_loopback());
    }
    name.eq_ignore_ascii_case("localhost")
        || name
            .parse::<Ipv4Addr>()
            .is_ok_and(|address| address.is_loopback())
}

/// Whether a page of this origin was served by this host.
pub fn is_own(origin: &[u8], host: Option<&str>) -> bool {
    let Some((scheme, authority)) = std::str::from_utf8(origin)
        .ok()
        .and_then(|origin| origin.split_once("://"))
    else {
        return false;
    };
    let default_port = match scheme {
        "http" => "80",
        "https" => "443",
        _ => return false,
    };
    let Some(host) = host else { return false };
    let (own_name, own_port) = split(host);
    let (name, port) = split(authority);
    name.eq_ignore_ascii_case(own_name)
        && port.unwrap_or(default_port) == own_port.unwrap_or(default_port)
}

/// What a browser says of where a request comes from (Fetch Metadata). Pages can't set it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Site {
    /// A page of ours, or the user.
    Own,
    /// Another page.
    Foreign,
    /// It says nothing: no browser, or an old one.
    Unsaid,
}

/// Reads `Sec-Fetch-Site`.
pub fn site(request: &HttpRequest) -> Site {
    let mut said = request.headers().get_all("sec-fetch-site");
    match (said.next().map(HeaderValue::as_bytes), said.next()) {
        (None, _) => Site::Unsaid,
        (Some(b"same-origin" | b"none"), None) => Site::Own,
        (Some(_), _) => Site::Foreign,
    }
}

/// A host's name and port.
fn split(host: &str) -> (&str, Option<&str>) {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, Some(port)),
        _ => (host, None),
    }
}
