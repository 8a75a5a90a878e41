//! The name of a server, which is also its segment in routes.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The longest name, in bytes.
const MAX_BYTES: usize = 128;

/// All but the unreserved characters of RFC 3986.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Segments that routes of the gateway itself use, or will use.
pub const RESERVED: [&str; 20] = [
    "health",
    "ready",
    "status",
    "metrics",
    "docs",
    "openapi.json",
    "openapi.yaml",
    "mcp",
    "sse",
    "messages",
    "functions",
    "tools",
    "execute",
    "call",
    "api",
    "resources",
    "prompts",
    "oauth",
    ".well-known",
    "-",
];

/// The name of a server: one segment of a URL path that is not reserved. Spaces and letters of any
/// script are fine, since the segment is percent-encoded in URLs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerName(Arc<str>);

impl ServerName {
    /// The name as text, not percent-encoded.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as a segment of a URL's path, percent-encoded.
    pub fn path_segment(&self) -> String {
        utf8_percent_encode(&self.0, ENCODED).to_string()
    }
}

/// Why a text can't be the name of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidServerName {
    /// Nothing at all.
    #[error("it is empty; give a name, which becomes a part of URLs")]
    Empty,
    /// More than [`MAX_BYTES`].
    #[error("it is longer than {MAX_BYTES} bytes; choose a shorter one")]
    TooLong,
    /// A slash or backslash would make two segments of it.
    #[error(
        "it contains a slash, but must be one segment of a URL; write `-` or `_` instead of it"
    )]
    Slash,
    /// `.` and `..` are resolved by clients before they send a request.
    #[error("`.` and `..` have a meaning of their own in URLs; choose another one")]
    Dots,
    /// A line break, a tab, or another character that can't be seen.
    #[error("it contains a control character; remove it")]
    Control,
    /// Spaces at the start or the end are lost on the way.
    #[error("it starts or ends with white space; remove that")]
    OuterSpace,
    /// One of [`RESERVED`], or `-`.
    #[error("routes of the gateway itself use that name; choose another one")]
    Reserved,
}

impl FromStr for ServerName {
    type Err = InvalidServerName;

    fn from_str(text: &str) -> Result<Self, InvalidServerName> {
        if text.is_empty() {
            Err(InvalidServerName::Empty)
        } else if text.len() > MAX_BYTES {
            Err(InvalidServerName::TooLong)
        } else if text.contains(['/', '\\']) {
            Err(InvalidServerName::Slash)
        } else if text == "." || text == ".." {
            Err(InvalidServerName::Dots)
        } else if text.chars().any(char::is_control) {
            Err(InvalidServerName::Control)
        } else if text.trim() != text {
            Err(InvalidServerName::OuterSpace)
        } else if text == "-" || RESERVED.contains(&text) {
            Err(InvalidServerName::Reserved)
        } else {
            Ok(Self(text.into()))
        }
    }
}

impl fmt::Display for ServerName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for ServerName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, formatter)
    }
}

impl Borrow<str> for ServerName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for ServerName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl serde::Serialize for ServerName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_one_segment_are_accepted() {
        for name in [
            "time",
            "mcp-server-time",
            "my server",
            "Zeit für Tee",
            "a__b",
            "天気",
            "docs2",
            "100%",
            "...",
        ] {
            assert_eq!(
                name.parse::<ServerName>().map(|n| n.to_string()),
                Ok(name.into())
            );
        }
    }

    #[test]
    fn a_path_segment_is_percent_encoded() {
        let segment = |name: &str| name.parse::<ServerName>().unwrap().path_segment();
        assert_eq!(segment("mcp-server_time.2~"), "mcp-server_time.2~");
        assert_eq!(segment("my server?#%"), "my%20server%3F%23%25");
        assert_eq!(segment("ü"), "%C3%BC");
    }

    #[test]
    fn names_that_could_not_be_reached_are_refused() {
        for (name, reason) in [
            ("", InvalidServerName::Empty),
            ("a/b", InvalidServerName::Slash),
            ("a\\b", InvalidServerName::Slash),
            (".", InvalidServerName::Dots),
            ("..", InvalidServerName::Dots),
            ("a\nb", InvalidServerName::Control),
            ("a\u{7f}", InvalidServerName::Control),
            (" a", InvalidServerName::OuterSpace),
            ("health", InvalidServerName::Reserved),
            (".well-known", InvalidServerName::Reserved),
            ("-", InvalidServerName::Reserved),
        ] {
            assert_eq!(name.parse::<ServerName>(), Err(reason), "{name:?}");
        }
        assert_eq!(
            "x".repeat(129).parse::<ServerName>(),
            Err(InvalidServerName::TooLong)
        );
        assert!("x".repeat(128).parse::<ServerName>().is_ok());
    }
}
