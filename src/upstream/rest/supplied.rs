//! What the config itself puts into requests to say who we are, to be held against what documents
//! demand.

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use reqwest::{
    Url,
    header::{AUTHORIZATION, COOKIE, HeaderMap, HeaderName},
};

use super::{credentials::is_of_signature, settings::Credentials};
use crate::{
    gateway::Forwarding,
    openapi::api::{Location, SecurityScheme},
};

/// What requests to the API's own origin carry of who we are, whatever callers give. It knows
/// kinds, places and names, but no secrets.
#[derive(Clone, Debug, Default)]
pub struct Supplied {
    authorization: Option<Authorization>,
    /// All headers, `Authorization` and `Cookie` aside.
    headers: HashSet<HeaderName>,
    query: Option<String>,
    cookies: HashSet<String>,
    /// Whether there is a whole `Cookie` header: a parameter of that name is given then, though
    /// further cookies may be.
    has_cookie_header: bool,
    has_certificate: bool,
    /// Which headers callers may give themselves.
    forwarding: Option<Forwarding>,
    /// Whether `auth` says anything.
    has_auth: bool,
}

/// What an `Authorization` header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Authorization {
    Basic,
    Bearer,
    Signature,
    /// What the user wrote there, of a scheme that nothing is known of.
    Other,
}

impl Supplied {
    /// What the config has: its credentials, its headers, which of its callers' headers it passes
    /// on, and whether it has a client certificate.
    pub fn new(
        credentials: &Credentials,
        headers: &HeaderMap,
        forwarding: Option<&Forwarding>,
        has_certificate: bool,
    ) -> Self {
        let mut supplied = Self {
            has_certificate,
            forwarding: forwarding.cloned(),
            has_auth: *credentials != Credentials::None,
            ..Self::default()
        };
        for (name, value) in headers {
            supplied.add_header(name, value.as_bytes());
        }
        match credentials {
            Credentials::None => {}
            Credentials::Basic { .. } => supplied.authorization = Some(Authorization::Basic),
            Credentials::Bearer { .. }
            | Credentials::ClientCredentials { .. }
            | Credentials::Cognito(_) => supplied.authorization = Some(Authorization::Bearer),
            Credentials::SigV4 { .. } => supplied.authorization = Some(Authorization::Signature),
            Credentials::ApiKey {
                location: Location::Query,
                name,
                ..
            } => supplied.query = Some(name.clone()),
            Credentials::ApiKey {
                location: Location::Cookie,
                name,
                ..
            } => {
                supplied.cookies.insert(name.clone());
            }
            Credentials::ApiKey { name, key, .. } => {
                if let Ok(name) = HeaderName::try_from(name) {
                    supplied.add_header(&name, key.reveal().as_bytes());
                }
            }
        }
        supplied
    }

    /// The same where requests go to this URL: what stands before its host is sent as HTTP Basic,
    /// unless there is something else to send as `Authorization`.
    pub(super) fn at(&self, url: &Url) -> Self {
        let mut supplied = self.clone();
        if !url.username().is_empty() || url.password().is_some() {
            supplied.authorization.get_or_insert(Authorization::Basic);
        }
        supplied
    }

    fn add_header(&mut self, name: &HeaderName, value: &[u8]) {
        if *name == AUTHORIZATION {
            let scheme = value.split(u8::is_ascii_whitespace).next();
            let scheme = scheme.unwrap_or_default();
            self.authorization = Some(if scheme.eq_ignore_ascii_case(b"basic") {
                Authorization::Basic
            } else if scheme.eq_ignore_ascii_case(b"bearer") {
                Authorization::Bearer
            } else {
                Authorization::Other
            });
        } else if *name == COOKIE {
            self.has_cookie_header = true;
            let names = value.split(|byte| *byte == b';');
            let names = names.filter_map(|pair| pair.split(|byte| *byte == b'=').next());
            let names = names.map(|name| String::from_utf8_lossy(name.trim_ascii()).into_owned());
            self.cookies.extend(names.filter(|name| !name.is_empty()));
        } else {
            self.headers.insert(name.clone());
        }
    }

    /// Whether the config has anything that is sent to the API's own origin alone.
    pub(super) fn is_secret(&self) -> bool {
        self.has_auth
            || self.authorization.is_some()
            || !self.headers.is_empty()
            || !self.cookies.is_empty()
    }

    /// Whether `auth` says anything: it holds one credential.
    pub(super) fn has_auth(&self) -> bool {
        self.has_auth
    }

    /// Whether each request to the API's own origin has this parameter anyway.
    pub(super) fn has_parameter(&self, location: Location, name: &str) -> bool {
        match location {
            Location::Header => self.has_header(name),
            Location::Query => self.query.as_deref() == Some(name),
            Location::Cookie => self.cookies.contains(name),
            Location::Path | Location::QueryString => false,
        }
    }

    fn has_header(&self, name: &str) -> bool {
        let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else {
            return false;
        };
        match name {
            AUTHORIZATION => self.authorization.is_some(),
            COOKIE => self.has_cookie_header,
            // What a caller gave of an earlier signature would be replaced.
            name if self.authorization == Some(Authorization::Signature) => {
                is_of_signature(&name) || self.headers.contains(&name)
            }
            name => self.headers.contains(&name),
        }
    }

    /// Whether a caller's own header of this name is passed on.
    fn may_be_forwarded(&self, header: &str) -> bool {
        let forwarding = self.forwarding.as_ref();
        forwarding.is_some_and(|forwarding| forwarding.may_pass(header))
    }

    /// Whether requests have what a scheme demands, or callers can give it.
    pub(super) fn meets(&self, scheme: &SecurityScheme) -> bool {
        let forwarded = || self.may_be_forwarded(AUTHORIZATION.as_str());
        match scheme {
            SecurityScheme::ApiKey { location, name } => {
                self.has_parameter(*location, name)
                    || *location == Location::Header && self.may_be_forwarded(name)
            }
            SecurityScheme::Http { scheme } => {
                let is_of_scheme = match self.authorization {
                    None => false,
                    Some(Authorization::Basic) => scheme == "basic",
                    Some(Authorization::Bearer) => scheme == "bearer",
                    Some(Authorization::Signature) => scheme == "aws4-hmac-sha256",
                    Some(Authorization::Other) => true,
                };
                is_of_scheme || forwarded()
            }
            SecurityScheme::OAuth2 | SecurityScheme::OpenIdConnect => {
                let bearing = [Authorization::Bearer, Authorization::Other];
                self.authorization.is_some_and(|it| bearing.contains(&it)) || forwarded()
            }
            SecurityScheme::MutualTls => self.has_certificate,
        }
    }

    /// What there is, in words; empty for nothing.
    pub(super) fn in_words(&self) -> String {
        let mut words = Vec::new();
        words.extend(self.authorization.map(|authorization| match authorization {
            Authorization::Basic => "HTTP Basic".to_owned(),
            Authorization::Bearer => "a bearer token".to_owned(),
            Authorization::Signature => "AWS signatures".to_owned(),
            Authorization::Other => "a header `Authorization`".to_owned(),
        }));
        let mut headers: Vec<&HeaderName> = self.headers.iter().collect();
        headers.sort_by_key(|name| name.as_str());
        words.extend(headers.iter().map(|name| format!("the header `{name}`")));
        words.extend(
            self.query
                .iter()
                .map(|name| format!("the query parameter {name:?}")),
        );
        let mut cookies: Vec<&String> = self.cookies.iter().collect();
        cookies.sort();
        words.extend(cookies.iter().map(|name| format!("the cookie {name:?}")));
        if self.has_certificate {
            words.push("a client certificate".to_owned());
        }
        words.join(", ")
    }
}
