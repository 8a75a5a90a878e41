//! Files that may hold secrets, such as private keys.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zeroize::Zeroizing;

/// A file that may hold a secret, as it was when the config was read. It shows its path alone, and
/// is wiped from memory when the last clone is dropped. Two are the same that hold the same at the
/// same path.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretFile {
    path: PathBuf,
    content: Arc<Zeroizing<Vec<u8>>>,
}

impl SecretFile {
    /// Takes what a file holds.
    pub fn new(path: PathBuf, content: Vec<u8>) -> Self {
        Self {
            path,
            content: Arc::new(Zeroizing::new(content)),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it holds; each use of this is a place to look at in a review.
    pub fn reveal(&self) -> &[u8] {
        &self.content
    }
}

impl fmt::Debug for SecretFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SecretFile({})", self.path.display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_shows_its_path_alone_and_is_another_when_it_holds_something_else() {
        let file = |content: &str| SecretFile::new("/etc/key.pem".into(), content.into());
        let shown = format!("{:?}", file("hush"));
        assert_eq!(shown, "SecretFile(/etc/key.pem)");
        assert_eq!(file("hush"), file("hush").clone());
        assert_ne!(file("hush"), file("other"));
    }
}
