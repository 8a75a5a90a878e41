//! What a reading of the config looked at, and what it found there: that is what is watched.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf, absolute};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::config::folder;
use crate::config::remote::{FetchError, Fetched, Remote};

/// Larger files are no config, nor a secret.
pub(crate) const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Something that a reading of the config looked at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Item {
    /// The content of a file, by its absolute path.
    File(PathBuf),
    /// Which config files a folder has.
    Folder(PathBuf),
    /// Something that was fetched.
    Remote(Remote),
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Print {
    /// Nothing, or nothing that can be read.
    Absent,
    /// The hash of what it held.
    Content([u8; 32]),
    /// Something that can be read once, such as a pipe.
    Once,
}

/// All that a reading of the config looked at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) items: BTreeMap<Item, Print>,
    /// What was fetched can be asked for by these, so that it is not sent again.
    pub(crate) tags: HashMap<Remote, String>,
    /// How often to look at what tells nobody of its changes; none: no config could be read yet.
    pub(crate) poll_interval: Option<Duration>,
}

/// Reads, and notes what it read.
#[derive(Debug, Default)]
pub(crate) struct Recorder(Mutex<Seen>);

impl Print {
    pub(crate) fn of(content: &[u8]) -> Self {
        Self::Content(Sha256::digest(content).into())
    }

    /// What a file holds now.
    pub(crate) fn of_file(file: &Path) -> Self {
        match fs::metadata(file) {
            Ok(metadata) if metadata.is_file() => match read(file) {
                Ok(content) => Self::of(&content),
                Err(_) => Self::Absent,
            },
            Ok(_) => Self::Once,
            Err(_) => Self::Absent,
        }
    }

    /// Which config files a folder has now.
    pub(crate) fn of_folder(folder: &Path) -> Self {
        match folder::config_files(folder) {
            Ok(files) => Self::of_names(&files),
            Err(_) => Self::Absent,
        }
    }

    fn of_names(files: &[PathBuf]) -> Self {
        let mut hash = Sha256::new();
        for file in files {
            hash.update(file.as_os_str().as_encoded_bytes());
            hash.update([0]);
        }
        Self::Content(hash.finalize().into())
    }
}

impl Item {
    /// What is there now; none where that can't be seen from here.
    pub(crate) fn print(&self) -> Option<Print> {
        match self {
            Self::File(file) => Some(Print::of_file(file)),
            Self::Folder(folder) => Some(Print::of_folder(folder)),
            Self::Remote(_) => None,
        }
    }
}

impl Recorder {
    /// The content of a file.
    pub(crate) fn read(&self, file: &Path) -> io::Result<Vec<u8>> {
        let is_regular = fs::metadata(file).map_or(true, |metadata| metadata.is_file());
        let content = read(file);
        let print = match &content {
            _ if !is_regular => Print::Once,
            Ok(content) => Print::of(content),
            Err(_) => Print::Absent,
        };
        self.note(Item::File(whole(file)), print);
        content
    }

    /// The content of a file of text.
    pub(crate) fn read_text(&self, file: &Path) -> io::Result<String> {
        String::from_utf8(self.read(file)?)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8 text"))
    }

    /// The config files of a folder, by name.
    pub(crate) fn config_files(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        let files = folder::config_files(folder);
        let print = match &files {
            Ok(files) => Print::of_names(files),
            Err(_) => Print::Absent,
        };
        self.note(Item::Folder(whole(folder)), print);
        files
    }

    /// What was read first counts: if there was something else later, it has changed since.
    fn note(&self, item: Item, print: Print) {
        self.seen().items.entry(item).or_insert(print);
    }

    /// What was fetched.
    pub(crate) fn fetched(&self, remote: &Remote, fetched: Result<&Fetched, &FetchError>) {
        let print = fetched.map_or(Print::Absent, |fetched| Print::of(&fetched.content));
        self.note(Item::Remote(remote.clone()), print);
        if let Ok(Fetched { tag: Some(tag), .. }) = fetched {
            self.seen().tags.insert(remote.clone(), tag.clone());
        }
    }

    /// Whether nothing was looked at.
    pub(crate) fn is_empty(&self) -> bool {
        self.seen().items.is_empty()
    }

    /// All that was looked at.
    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn whole(path: &Path) -> PathBuf {
    absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn read(file: &Path) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    let most = MOST_BYTES as u64;
    File::open(file)?.take(most + 1).read_to_end(&mut content)?;
    if content.len() > MOST_BYTES {
        return Err(io::Error::other("it is larger than 16 MiB"));
    }
    Ok(content)
}
