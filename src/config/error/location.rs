//! Why something is not where a config can stand.

/// Why something is not where a config can stand.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocationProblem {
    /// Nothing.
    #[error("it is empty; name a file or a folder")]
    Empty,
}
