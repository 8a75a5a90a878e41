//! Paths under which the API is served.

use std::fmt;
use std::str::FromStr;

use crate::config::value::InvalidValue;
use crate::gateway::server_name::RESERVED;

/// The path before all routes of servers. It starts and ends with a slash, whatever the user wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPrefix(String);

impl PathPrefix {
    /// The prefix, such as `/` or `/tools/`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for PathPrefix {
    fn default() -> Self {
        Self("/".to_owned())
    }
}

impl FromStr for PathPrefix {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        Ok(match normalize(text)?.as_str() {
            "" => Self::default(),
            path => Self(format!("{path}/")),
        })
    }
}

/// The path that a reverse proxy strips before it passes a request on. Empty, or it starts with a
/// slash and ends with none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RootPath(String);

impl RootPath {
    /// The path, such as `/api/mcpo`, or nothing.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RootPath {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        normalize(text).map(Self)
    }
}

/// The path of an endpoint of its own: it starts with a slash, ends with none, and has at least one
/// segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointPath(String);

impl EndpointPath {
    /// Where streams of server-sent events are had (MCP 2024-11-05), unless the user says
    /// otherwise.
    pub fn default_sse() -> Self {
        Self("/sse".to_owned())
    }

    /// Where messages are sent to (MCP 2024-11-05), unless the user says otherwise.
    pub fn default_message() -> Self {
        Self("/messages".to_owned())
    }

    /// Its first segment.
    pub fn first_segment(&self) -> &str {
        self.0.split('/').nth(1).unwrap_or_default()
    }

    /// The path, such as `/sse`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EndpointPath {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let path = Self(normalize(text)?);
        match path.first_segment() {
            "" => Err(InvalidValue::NoPath),
            "sse" | "messages" => Ok(path),
            first if RESERVED.contains(&first) => Err(InvalidValue::ReservedPath(first.to_owned())),
            _ => Ok(path),
        }
    }
}

impl fmt::Display for EndpointPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Display for PathPrefix {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Display for RootPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// `/` before each segment, and none after the last.
fn normalize(text: &str) -> Result<String, InvalidValue> {
    let mut path = String::new();
    for segment in text.trim().split('/').filter(|segment| !segment.is_empty()) {
        // The characters of a path segment as RFC 3986 has them, less `%`: what a proxy makes of
        // percent-encoded segments differs too much.
        let is_plain = segment
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@".contains(c));
        if !is_plain || segment == "." || segment == ".." {
            return Err(InvalidValue::Path);
        }
        path.push('/');
        path.push_str(segment);
    }
    Ok(path)
}
