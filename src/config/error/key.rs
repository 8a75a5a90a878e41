//! Why a key of the gateway can't be used.

use std::fmt;

/// Why a key of the gateway can't be used. The key itself is never shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidKey {
    /// Which key.
    pub kind: KeyKind,
    /// Where the key came from.
    pub origin: KeyOrigin,
    /// What is wrong with it.
    pub problem: KeyProblem,
}

/// Which key of the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// What callers must send.
    Api,
    /// What replicas share.
    Session,
}

/// Where a key came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyOrigin {
    /// A flag.
    Flag,
    /// An environment variable.
    Environment,
    /// The config file.
    ConfigFile,
    /// A file of its own.
    KeyFile,
}

impl KeyKind {
    /// The ids of the setting that holds the key, and of the one that names its file.
    pub(crate) fn settings(self) -> (&'static str, &'static str) {
        match self {
            Self::Api => ("api_key", "api_key_file"),
            Self::Session => ("session_key", "session_key_file"),
        }
    }
}

impl fmt::Display for InvalidKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, flag, key) = match self.kind {
            KeyKind::Api => ("API key", "--api-key", "apiKey"),
            KeyKind::Session => ("session key", "--session-key", "sessionKey"),
        };
        write!(formatter, "the {name} ")?;
        match self.origin {
            KeyOrigin::Flag => write!(formatter, "of {flag}"),
            KeyOrigin::Environment => formatter.write_str("of the environment"),
            KeyOrigin::ConfigFile => write!(formatter, "of the config file's gateway.{key}"),
            KeyOrigin::KeyFile => write!(formatter, "in the file that {flag}-file names"),
        }?;
        write!(formatter, " {}", self.problem)
    }
}

/// What is wrong with a key.
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
    /// A key that could be guessed.
    #[error("is shorter than 32 characters; make one with `openssl rand -base64 32`")]
    TooShort,
}
