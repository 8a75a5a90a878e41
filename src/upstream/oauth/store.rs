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
    Memory(Mutex<Record>),
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
            place: Place::Memory(Mutex::default()),
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
