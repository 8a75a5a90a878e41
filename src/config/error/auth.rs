//! What is wrong with `gateway.auth`.

use super::KeyProblem;

/// What is wrong with `gateway.auth`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthProblem {
    /// A key without a name.
    #[error(
        "this key has no `name`, by which logs call its owner; write for example \"name\": \"ada\""
    )]
    NoName,
    /// A name that is none.
    #[error(
        "{0:?} can't be the name of a key's owner; use letters, digits and `._@+-`, at most 128 of them"
    )]
    Name(String),
    /// A name that the gateway gives itself.
    #[error("the gateway itself calls callers {0:?}; choose another name")]
    OwnName(String),
    /// Two keys of one name.
    #[error("another key has the name {0:?} too; rename one of the two")]
    NameTaken(String),
    /// Two names for one key.
    #[error("this is the same key as that of {0:?}; give each owner one of their own")]
    SameKey(String),
    /// A name without a key.
    #[error(
        "this has neither `key` nor `hash`; write for example \"key\": \"${{ADA_KEY}}\", or its \"hash\""
    )]
    NoKey,
    /// Both.
    #[error("the `key` is there too, and a `hash` adds nothing to it; remove one of the two")]
    KeyAndHash,
    /// A key that can't be sent.
    #[error("the key {0}")]
    Key(KeyProblem),
    /// Not a hash.
    #[error(
        "this is no hash of a key: it must be \"sha256:\" and the 64 hexadecimal digits of its SHA-256 digest"
    )]
    Hash,
    /// Not a point in time.
    #[error(
        "{0:?} is no point in time; write it as RFC 3339 has it, for example \"2030-12-31T00:00:00Z\""
    )]
    Time(String),
    /// No pattern of tools.
    #[error(
        "there is no pattern in this list; leave `tools` out to admit all tools, or write [\"!*\"] to admit none"
    )]
    NoTools,
    /// Not a protocol.
    #[error("there is no protocol {0:?}; write \"mcp\" or \"rest\"")]
    Protocol(String),
    /// None of the protocols.
    #[error(
        "there is no protocol in this list; write \"mcp\" or \"rest\", or leave it out for both"
    )]
    NoProtocol,
}
