//! What is fetched from elsewhere: configs, and what references stand for.

mod fetch;
#[cfg(test)]
mod tests;

use std::fmt;

pub(crate) use fetch::{Answer, Fetched, Fetcher, fetch_all};
use url::Url;

/// Something that is fetched from elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Remote {
    /// A resource of the web.
    Web(Url),
    /// An object of Amazon S3.
    Object {
        /// The bucket's name.
        bucket: String,
        /// The object's key.
        key: String,
    },
    /// A parameter of AWS Systems Manager: its name or ARN.
    Parameter(String),
    /// A secret of AWS Secrets Manager: its name or ARN.
    Secret(String),
}

/// What it is called in messages: of a URL the query and the user's name may be secrets.
impl fmt::Display for Remote {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Web(url) => {
                let origin = url.origin().ascii_serialization();
                write!(formatter, "{origin}{}", url.path())
            }
            Self::Object { bucket, key } => write!(formatter, "s3://{bucket}/{key}"),
            Self::Parameter(name) => write!(formatter, "ssm:{name}"),
            Self::Secret(name) => write!(formatter, "the secret {name} of AWS Secrets Manager"),
        }
    }
}

/// Why something can't be fetched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// It does not exist.
    #[error("{0}")]
    Missing(String),
    /// Somebody or something refuses, or can't be reached.
    #[error("{0}")]
    Failed(String),
    /// It takes too long.
    #[error("there is no answer within {0} s")]
    Slow(u64),
}
