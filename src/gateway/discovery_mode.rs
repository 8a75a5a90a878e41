//! How callers find tools where many are offered together.

/// How callers find tools where many are offered together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Discovery {
    /// All tools are listed.
    #[default]
    Full,
    /// Three tools are listed, which search the others, describe them and call them.
    Search,
}
