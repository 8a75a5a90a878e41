//! Why a request can't be given its credential.

use crate::upstream::oauth::RequestError;

/// Why a request can't be given its credential. The messages hold no secret; what servers said
/// in them is cut, and can't steer a terminal.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CredentialsError {
    /// The config can't be meant.
    #[error("{0}")]
    Settings(String),
    /// Whoever gives tokens can't be asked.
    #[error("no token could be had: {0}")]
    Unreachable(String),
    /// Whoever gives tokens gives us none.
    #[error("{origin} gives no token: {said}; {advice}")]
    Refused {
        /// Scheme, host and port of the token endpoint.
        origin: String,
        /// What it said.
        said: String,
        /// What to do.
        advice: &'static str,
    },
    /// Whoever gives tokens answered with something else.
    #[error("{origin} gives no token: {problem}")]
    Unusable {
        /// Scheme, host and port of the token endpoint.
        origin: String,
        /// What is wrong with the answer.
        problem: &'static str,
    },
    /// The default chain of AWS has no credentials or no region.
    #[error("{0}")]
    Aws(String),
    /// The request is none that can be signed.
    #[error("the request can't be signed for AWS: {0}")]
    Signing(String),
    /// It took too long.
    #[error("no credential could be had within {0} s")]
    Late(u64),
    /// A task of ours ended badly.
    #[error("no credential could be had, by a bug of the gateway")]
    Bug,
}

impl From<RequestError> for CredentialsError {
    fn from(error: RequestError) -> Self {
        Self::Unreachable(error.to_string())
    }
}
