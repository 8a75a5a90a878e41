//! What stands between the names of servers and tools.

use std::fmt;
use std::str::FromStr;

use crate::config::value::InvalidValue;

/// What stands between the name of a server and that of its tool, where tools of several servers
/// are offered together: 1 to 8 of the characters that every MCP client takes in a tool's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameSeparator(String);

impl NameSeparator {
    /// The separator.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for NameSeparator {
    fn default() -> Self {
        Self("__".to_owned())
    }
}

impl FromStr for NameSeparator {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let is_plain = text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        if is_plain && (1..=8).contains(&text.len()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidValue::NameSeparator)
        }
    }
}

impl fmt::Display for NameSeparator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
