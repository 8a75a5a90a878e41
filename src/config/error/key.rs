//! Why an API key can't be used.

use std::fmt;

/// Why an API key can't be used. The key itself is never shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the API key {origin} {problem}")]
pub struct InvalidKey {
    /// Where the key came from.
    pub origin: KeyOrigin,
    /// What is wrong with it.
    pub problem: KeyProblem,
}

/// Where an API key came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyOrigin {
    /// `--api-key`.
    Flag,
    /// An environment variable.
    Environment,
    /// The config file.
    ConfigFile,
    /// A file of its own.
    KeyFile,
}

impl fmt::Display for KeyOrigin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Flag => "of --api-key",
            Self::Environment => "of the environment",
            Self::ConfigFile => "of the config file's gateway.apiKey",
            Self::KeyFile => "in the file that --api-key-file names",
        })
    }
}

/// What is wrong with an API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyProblem {
    /// Nothing, or white space alone.
    #[error("is empty; give a key, or leave the setting out")]
    Empty,
    /// White space or control characters.
    #[error(
        "contains white space or a control character, which can't be sent in a header; take them out"
    )]
    Space,
    /// Not ASCII.
    #[error("contains a character that is not ASCII, which can't be sent in a header; use others")]
    NotAscii,
}
