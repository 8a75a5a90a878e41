//! A record in a file of its own, readable by this user alone.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::time::Instant;
use zeroize::Zeroizing;

use super::{Record, StoreError};
use crate::{gateway::ServerName, upstream::oauth::binding::hex_digest};

/// How long another process may hold the lock: longer than the authorization server may take to
/// be found and to answer one more request.
const LOCKED_AT_MOST: Duration = Duration::from_mins(1);

/// How often a lock that is taken is tried again.
const TRY_AGAIN: Duration = Duration::from_millis(50);

#[derive(Debug)]
pub(super) struct TokenFile {
    path: PathBuf,
    /// Beside it, and never replaced: a lock belongs to a file, not to its name.
    lock: PathBuf,
}

/// Held while a record is changed; the system takes it back from a process that dies.
#[derive(Debug)]
pub(in super::super) struct Lock(#[expect(dead_code, reason = "kept for its lock")] File);

impl TokenFile {
    /// The URL is in the name, so that gateways whose servers have the same name don't take
    /// each other's tokens away.
    pub fn new(folder: &Path, server: &ServerName, resource: &str) -> Self {
        let digest: String = hex_digest(resource).chars().take(12).collect();
        let name = format!("{}-{digest}", server.path_segment());
        Self {
            path: folder.join(format!("{name}.json")),
            lock: folder.join(format!("{name}.lock")),
        }
    }

    pub async fn lock(&self) -> Result<Lock, StoreError> {
        let deadline = Instant::now() + LOCKED_AT_MOST;
        let file = self.blocking(|this| open_lock(&this.lock)).await?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Lock(file)),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                    tokio::time::sleep(TRY_AGAIN).await;
                }
                Err(TryLockError::WouldBlock) => return Err(StoreError::Locked(self.path.clone())),
                Err(TryLockError::Error(error)) => return Err(StoreError::new(&self.lock, &error)),
            }
        }
    }

    pub async fn load(&self) -> Result<Option<Record>, StoreError> {
        self.blocking(|this| match fs::read(&this.path) {
            Ok(text) => {
                let text = Zeroizing::new(text);
                let record = serde_json::from_slice(&text);
                // The parser's message would repeat a piece of the file.
                record.map(Some).map_err(|_| {
                    io::Error::other("it is not a file of tokens; delete it, and log in again")
                })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        })
        .await
    }

    pub async fn save(&self, record: &Record) -> Result<(), StoreError> {
        let text = serde_json::to_vec_pretty(record).map(Zeroizing::new);
        self.blocking(move |this| replace(&this.path, &text.map_err(io::Error::other)?))
            .await
    }

    /// Files may be on a disk that is slow: not on a thread that serves requests.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> io::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let this = Self {
            path: self.path.clone(),
            lock: self.lock.clone(),
        };
        tokio::task::spawn_blocking(move || {
            work(&this).map_err(|error| StoreError::new(&this.path, &error))
        })
        .await
        .unwrap_or_else(|error| Err(StoreError::new(&self.path, &io::Error::other(error))))
    }
}

fn open_lock(path: &Path) -> io::Result<File> {
    make_folder(path)?;
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
}

/// Whoever reads the file sees the old content or the new one, never a part; after a power
/// cut too.
fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    make_folder(path)?;
    let next = path.with_extension(format!("{}.new", std::process::id()));
    let written = write(&next, text).and_then(|()| fs::rename(&next, path));
    if written.is_err() {
        // What can't be removed is overwritten by the next try.
        let _ = fs::remove_file(&next);
    }
    written
}

fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    // An old file of this name could have another mode.
    if let Err(error) = fs::remove_file(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text)?;
    file.sync_all()
}

fn make_folder(file: &Path) -> io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}
