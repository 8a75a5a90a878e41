//! Where records are kept: in memory, or in a file that several processes share.

mod file;

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

pub(super) use file::Lock;
use file::TokenFile;

use super::record::Record;
use crate::gateway::ServerName;

/// Keeps the record of one server.
#[derive(Debug)]
pub struct TokenStore {
    resource: String,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Memory(Box<Mutex<Record>>),
    File(TokenFile),
}

/// Why a record can't be kept or read. The messages hold no secret.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The system refuses.
    #[error("{}: {problem}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// Why.
        problem: String,
    },
    /// Another process has been at it for too long.
    #[error("{} has been locked by another process for too long", .0.display())]
    Locked(PathBuf),
}

impl StoreError {
    fn new(file: &Path, error: &io::Error) -> Self {
        Self::File {
            file: file.to_owned(),
            problem: error.to_string(),
        }
    }
}

impl TokenStore {
    /// Keeps what belongs to this URL in memory: a restart forgets it.
    pub fn in_memory(resource: &str) -> Self {
        Self {
            resource: resource.to_owned(),
            place: Place::Memory(Box::default()),
        }
    }

    /// Keeps what belongs to this URL in a file of this folder, named after the server.
    pub fn in_folder(folder: &Path, server: &ServerName, resource: &str) -> Self {
        Self {
            resource: resource.to_owned(),
            place: Place::File(TokenFile::new(folder, server)),
        }
    }

    /// Whether other processes see what is kept.
    pub fn is_shared(&self) -> bool {
        matches!(self.place, Place::File(_))
    }

    /// Keeps other processes from changing the record until the lock is dropped.
    pub(super) async fn lock(&self) -> Result<Option<Lock>, StoreError> {
        match &self.place {
            Place::Memory(_) => Ok(None),
            Place::File(file) => file.lock().await.map(Some),
        }
    }

    /// What is kept. A record that belongs to another URL is as good as none.
    pub(super) async fn load(&self) -> Result<Record, StoreError> {
        let record = match &self.place {
            Place::Memory(record) => record
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
            Place::File(file) => file.load().await?.unwrap_or_default(),
        };
        Ok(if record.resource == self.resource {
            record
        } else {
            Record {
                resource: self.resource.clone(),
                ..Record::default()
            }
        })
    }

    /// Replaces the record, in one step for all who read it. Whoever changes it holds the
    /// lock from before the load.
    pub(super) async fn save(&self, record: &Record) -> Result<(), StoreError> {
        match &self.place {
            Place::Memory(place) => {
                *place.lock().unwrap_or_else(PoisonError::into_inner) = record.clone();
                Ok(())
            }
            Place::File(file) => file.save(record).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{os::unix::fs::PermissionsExt as _, time::Duration};

    use tempfile::TempDir;

    use super::*;

    fn store(folder: &Path) -> TokenStore {
        TokenStore::in_folder(
            folder,
            &"a b/c".replace('/', "%").parse().unwrap(),
            "https://a",
        )
    }

    fn record() -> Record {
        Record {
            resource: "https://a".to_owned(),
            ..Record::default()
        }
    }

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    #[tokio::test]
    async fn files_and_their_folder_are_for_this_user_alone() {
        let outer = TempDir::new().unwrap();
        let folder = outer.path().join("state/tokens");
        store(&folder).save(&record()).await.unwrap();
        assert_eq!(mode(&folder), 0o700);
        let file = folder.join("a%20b%25c.json");
        assert_eq!(mode(&file), 0o600);

        // Whoever opened it up does not keep it so.
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        store(&folder).save(&record()).await.unwrap();
        assert_eq!(mode(&file), 0o600);
        let names = std::fs::read_dir(&folder).unwrap();
        assert_eq!(names.count(), 1, "nothing is left beside it");
    }

    #[tokio::test]
    async fn one_at_a_time_has_the_lock() {
        let folder = TempDir::new().unwrap();
        let (one, other) = (store(folder.path()), store(folder.path()));
        let held = one.lock().await.unwrap();
        let waiting = tokio::spawn(async move { other.lock().await.map(drop) });
        tokio::time::sleep(Duration::from_millis(120)).await;
        assert!(!waiting.is_finished());
        drop(held);
        waiting.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_file_that_is_none_of_ours_is_explained_without_its_content() {
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("a%20b%25c.json"), "s3cret").unwrap();
        let error = store(folder.path()).load().await.unwrap_err().to_string();
        assert!(
            error.contains("a%20b%25c.json: it is not a file of tokens"),
            "{error}"
        );
        assert!(!error.contains("s3cret"));
    }

    #[tokio::test]
    async fn a_record_of_another_url_counts_as_none() {
        let folder = TempDir::new().unwrap();
        let mut other = record();
        other.resource = "https://b".to_owned();
        other.credentials =
            Some(serde_json::from_str(r#"{"client_id":"x","token_response":null}"#).unwrap());
        store(folder.path()).save(&other).await.unwrap();
        let loaded = store(folder.path()).load().await.unwrap();
        assert!(loaded.credentials.is_none());
        assert_eq!(loaded.resource, "https://a");
    }
}
