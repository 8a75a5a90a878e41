//! Documents in files.

use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use reqwest::Url;

use crate::upstream::rest::Wording;

/// The content of a file.
pub(super) async fn read(path: PathBuf, most: usize) -> Result<Bytes, String> {
    aside(move || {
        let cannot = |error: std::io::Error| format!("it can't be read: {error}");
        // A pipe would be waited for without end.
        if !path.metadata().map_err(cannot)?.is_file() {
            return Err("it is no file".to_owned());
        }
        let file = File::open(&path).map_err(cannot)?;
        let mut content = Vec::new();
        let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
        file.take(limit).read_to_end(&mut content).map_err(cannot)?;
        if content.len() > most {
            return Err(format!("it is larger than {most} bytes"));
        }
        Ok(Bytes::from(content))
    })
    .await
}

/// The folders whose files may be referred to: those of the documents, and those of the config.
/// The root folder, where containers have documents, is none of a document's own: it holds all.
pub(super) fn folders(roots: &[Url], allowed: &[PathBuf]) -> Vec<PathBuf> {
    let own = roots.iter().filter_map(|root| {
        let path = root.to_file_path().ok()?;
        let folder = path.parent()?;
        folder.parent().map(|_| folder.to_owned())
    });
    own.chain(allowed.iter().cloned()).collect()
}

/// The file itself, whatever links lead to it, if it is within one of these folders.
pub(super) async fn permitted(
    path: PathBuf,
    folders: Vec<PathBuf>,
    wording: Wording,
) -> Result<PathBuf, String> {
    aside(move || {
        let real = path
            .canonicalize()
            .map_err(|error| format!("it can't be read: {error}"))?;
        let is_within = |folder: &Path| {
            let folder = folder.canonicalize();
            folder.is_ok_and(|folder| real.starts_with(folder))
        };
        if folders.iter().any(|folder| is_within(folder)) {
            Ok(real)
        } else {
            let allowed = wording.allowed_folders();
            Err(format!(
                "it is outside of the document's folder and of {allowed}"
            ))
        }
    })
    .await
}

/// Does what may wait for a disk where nobody else waits.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(error.to_string()))
}
