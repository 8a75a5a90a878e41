//! What is wrong with a reference in a string of the config.

use crate::config::error::FetchError;

/// What is wrong with a reference in a string of the config. The messages name what it refers to,
/// and never what stands there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceProblem {
    /// `${` without `}`.
    #[error(
        "`${{` has no `}}` behind it; add that, or write `$${{` where the text is meant as it is"
    )]
    NotClosed,
    /// Something of another program, or of a shell.
    #[error(
        "`{0}` refers to nothing that is known here; write for example `${{TOKEN}}`, `${{TOKEN:-default}}`, `${{file:/run/secrets/token}}`, `${{aws-secret:name#key}}`, `${{ssm:/name}}`, or `$${{` where the text is meant as it is"
    )]
    Unknown(String),
    /// A variable that is not there.
    #[error(
        "the environment variable {0} is not set, or set to nothing; set it, or write a default: `${{{0}:-…}}`"
    )]
    NoVariable(String),
    /// A variable that is no text.
    #[error("the environment variable {0} is not UTF-8 text")]
    VariableNotText(String),
    /// Something that can't be had.
    #[error(
        "`{reference}` can't be replaced: {place} can't be read: {cause}{}",
        advice(cause)
    )]
    Unavailable {
        /// The reference, without its default.
        reference: String,
        /// What it refers to.
        place: String,
        /// Why.
        cause: FetchError,
    },
}

impl ReferenceProblem {
    /// Whether what is referred to does not exist.
    pub(crate) fn is_missing(&self) -> bool {
        match self {
            Self::NoVariable(_) => true,
            Self::Unavailable { cause, .. } => matches!(cause, FetchError::Missing(_)),
            Self::NotClosed | Self::Unknown(_) | Self::VariableNotText(_) => false,
        }
    }
}

/// Only what does not exist gives way to a default.
fn advice(cause: &FetchError) -> &'static str {
    match cause {
        FetchError::Missing(_) => "; correct it, or write a default behind `:-`",
        FetchError::Failed(_) | FetchError::Slow(_) => "",
    }
}
