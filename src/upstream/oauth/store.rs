//! Where records are kept: in memory, or in a file that several processes share.

mod file;

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
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
    /// What could not be written yet. It is worth more than the file: the refresh token there
    /// has been used.
    unwritten: Mutex<Option<Record>>,
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
            unwritten: Mutex::default(),
        }
    }

    /// Keeps what belongs to this URL in a file of this folder, named after the server
    /// and a digest of the URL.
    pub fn in_folder(folder: &Path, server: &ServerName, resource: &str) -> Self {
        Self {
            resource: resource.to_owned(),
            place: Place::File(TokenFile::new(folder, server, resource)),
            unwritten: Mutex::default(),
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
            Place::File(file) => {
                let lock = file.lock().await?;
                let unwritten = self.unwritten().clone();
                if let Some(record) = unwritten {
                    self.save_or_remember(&record).await;
                }
                Ok(Some(lock))
            }
        }
    }

    /// What is kept. A record that belongs to another URL is as good as none.
    pub(super) async fn load(&self) -> Result<Record, StoreError> {
        if let Some(record) = &*self.unwritten() {
            return Ok(record.clone());
        }
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
            Place::File(file) => {
                file.save(record).await?;
                *self.unwritten() = None;
                Ok(())
            }
        }
    }

    /// Replaces the record as [`TokenStore::save`] does. One that can't be written counts all
    /// the same in this process, and is written when the lock is taken next.
    pub(super) async fn save_or_remember(&self, record: &Record) {
        if let Err(error) = self.save(record).await {
            tracing::warn!("a new token is kept in memory until its file can be written: {error}");
            *self.unwritten() = Some(record.clone());
        }
    }

    fn unwritten(&self) -> MutexGuard<'_, Option<Record>> {
        self.unwritten
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::{os::unix::fs::PermissionsExt as _, time::Duration};

    use tempfile::TempDir;

    use super::*;

    const FILE: &str = "a%20b%25c-44f833239a38.json";

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
        let file = folder.join(FILE);
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
        std::fs::write(folder.path().join(FILE), "s3cret").unwrap();
        let error = store(folder.path()).load().await.unwrap_err().to_string();
        assert!(
            error.contains(&format!("{FILE}: it is not a file of tokens")),
            "{error}"
        );
        assert!(!error.contains("s3cret"));
    }

    #[tokio::test]
    async fn servers_of_one_name_keep_their_tokens_apart() {
        let folder = TempDir::new().unwrap();
        let other = TokenStore::in_folder(
            folder.path(),
            &"a b%c".parse().unwrap(),
            "https://elsewhere",
        );
        store(folder.path()).save(&record()).await.unwrap();
        let mut theirs = record();
        theirs.resource = "https://elsewhere".to_owned();
        theirs.config = "theirs".to_owned();
        other.save(&theirs).await.unwrap();
        assert_eq!(store(folder.path()).load().await.unwrap().config, "");
        assert_eq!(other.load().await.unwrap().config, "theirs");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[tokio::test]
    async fn a_write_that_failed_is_made_up_for_later() {
        let outer = TempDir::new().unwrap();
        let folder = outer.path().join("tokens");
        std::fs::write(&folder, "no folder").unwrap();
        let mut renewed = record();
        renewed.config = "new".to_owned();
        let one = store(&folder);
        one.save_or_remember(&renewed).await;
        assert_eq!(one.load().await.unwrap().config, "new", "in memory");
        std::fs::remove_file(&folder).unwrap();
        drop(one.lock().await.unwrap());
        assert_eq!(store(&folder).load().await.unwrap().config, "new");
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
