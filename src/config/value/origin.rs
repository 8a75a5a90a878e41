//! Origins of web pages (RFC 6454).

use std::fmt;
use std::str::FromStr;

use crate::config::value::InvalidValue;

/// An origin as browsers send it: scheme, host, and the port if it is not the scheme's own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin(String);

impl Origin {
    /// The text that browsers send in the header `Origin`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One entry of the origins that may call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AllowedOrigin {
    /// All: `*`.
    Any,
    /// This one.
    One(Origin),
}

impl FromStr for AllowedOrigin {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        match text.trim() {
            "*" => Ok(Self::Any),
            text => text.parse().map(Self::One),
        }
    }
}

impl FromStr for Origin {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let url = url::Url::parse(text).map_err(|_| InvalidValue::Origin)?;
        let is_bare = matches!(url.path(), "" | "/")
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if !is_bare || text.contains('*') {
            return Err(InvalidValue::Origin);
        }
        match (url.origin(), url.host_str()) {
            (origin @ url::Origin::Tuple(..), _) => Ok(Self(origin.ascii_serialization())),
            // Browser extensions and desktop apps have schemes of their own.
            (url::Origin::Opaque(_), Some(host)) if !host.is_empty() => {
                let port = url
                    .port()
                    .map(|port| format!(":{port}"))
                    .unwrap_or_default();
                Ok(Self(format!("{}://{host}{port}", url.scheme())))
            }
            (url::Origin::Opaque(_), _) => Err(InvalidValue::Origin),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
