//! Keys of the gateway itself, which may stand in files of their own.

use std::path::Path;

use crate::config::error::{ConfigError, InvalidKey, KeyKind, KeyOrigin, KeyProblem};
use crate::config::seen::Recorder;
use crate::config::warning::Warning;
use crate::secrets::Secret;

/// What a key must be.
pub(crate) struct KeyRules {
    /// Which key it is.
    pub(crate) kind: KeyKind,
    /// The setting that names its file, with all its spellings.
    pub(crate) file_setting: &'static str,
    /// What is wrong with a key.
    pub(crate) check: fn(&str) -> Result<(), KeyProblem>,
}

impl KeyRules {
    /// Takes a key that was given as it is.
    pub(crate) fn check(&self, key: Secret, origin: KeyOrigin) -> Result<Secret, ConfigError> {
        let kind = self.kind;
        match (self.check)(key.reveal()) {
            Ok(()) => Ok(key),
            Err(problem) => Err(InvalidKey {
                kind,
                origin,
                problem,
            }
            .into()),
        }
    }

    /// Reads a key out of a file of its own.
    pub(crate) fn read_file(
        &self,
        file: &Path,
        recorder: &Recorder,
        warnings: &mut Vec<Warning>,
    ) -> Result<Secret, ConfigError> {
        let unreadable = |source| ConfigError::NamedFile {
            place: None,
            setting: self.file_setting.to_owned(),
            file: file.to_owned(),
            source,
        };
        let text = Secret::new(recorder.read_text(file).map_err(unreadable)?);
        // Editors and `echo` end a file with a line break; it is no part of the key.
        let key = Secret::new(text.reveal().trim_end_matches(['\n', '\r']));
        let key = self.check(key, KeyOrigin::KeyFile)?;
        if let Some(mode) = too_open(file) {
            warnings.push(Warning::new(format!(
                "other users of this machine can read the key file {} (mode {mode:03o}); run `chmod 600` on it",
                file.display()
            )));
        }
        Ok(key)
    }
}

/// The file's mode, if users other than the owner and group can read it. Kubernetes mounts secrets
/// readable by the group.
#[cfg(unix)]
fn too_open(file: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(file).ok()?.permissions().mode() & 0o777;
    (mode & 0o007 != 0).then_some(mode)
}

#[cfg(not(unix))]
fn too_open(_: &Path) -> Option<u32> {
    None
}
