//! Where an API's documents come from, and what keeps them current.
//!
//! Documents are files, URLs, or stand in the config; what they refer to is fetched too, as far as
//! it may be ([`load`]): files within the document's folder and those that the config allows
//! ([`file`]), URLs of the document's own origin ([`web`]). All sessions of a server share what was read.

mod file;
mod load;
#[cfg(test)]
mod tests;
mod web;

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, MutexGuard, PoisonError},
    time::Duration,
};

use reqwest::{Url, header::HeaderMap};
use sha2::{Digest as _, Sha256};
use tokio::sync::{Mutex, watch};

use self::web::Validators;
use super::{Supplied, Wording, api::Known, credentials::Authenticator, settings::SpecSource};
use crate::{
    gateway::{ServerName, Stale},
    http_client::{HttpClient, without_secrets},
    openapi::api::ReadOptions,
};

/// The largest document, in bytes.
const MAX_DOCUMENT: usize = 64 * 1024 * 1024;

/// How often files are looked at again that could not be used, where they are looked at no more
/// often anyway.
const LOOK_AT_BROKEN: Duration = Duration::from_secs(5);

/// How long all documents may take to be fetched again.
const REFRESH_TIMEOUT: Duration = Duration::from_mins(5);

/// Where an API's documents are, and what may be made of them.
#[derive(Clone, Debug)]
pub struct Sources {
    /// The documents; those after the first add to it.
    pub specs: Vec<SpecSource>,
    /// The API's base URL, where the config has one.
    pub url: Option<Url>,
    /// What is made of them.
    pub options: ReadOptions,
    /// Folders whose files documents may refer to, beside their own.
    pub allowed_folders: Vec<PathBuf>,
    /// Whether addresses that come out of a document may be private ones.
    pub allow_private_networks: bool,
    /// Whether documents may come over plain HTTP from elsewhere than this machine.
    pub allow_insecure_http: bool,
    /// How often they are fetched again; zero: never.
    pub refresh_interval: Duration,
    /// What the config says of who we are: its operator is told where other credentials are
    /// demanded, or where these are not sent. What it gives, callers need not.
    pub supplied: Supplied,
    /// What settings are called in messages.
    pub wording: Wording,
}

impl Sources {
    /// The URL whose origin gets the credentials: the one that the config names as the API's, or
    /// else the document's own.
    pub fn home(&self) -> Option<&Url> {
        self.url.as_ref().or(match self.specs.first() {
            Some(SpecSource::Url(url)) => Some(url),
            _ => None,
        })
    }
}

/// An API's documents.
#[derive(Debug)]
pub struct Library {
    name: ServerName,
    sources: Sources,
    client: HttpClient,
    /// What requests to the API's own origin carry.
    headers: HeaderMap,
    authenticator: Option<Arc<Authenticator>>,
    known: watch::Sender<Option<Arc<Known>>>,
    /// What was read last; held by whoever reads.
    read: Mutex<Vec<Copy>>,
    /// The files that were read last, whatever came of it.
    tried: std::sync::Mutex<HashMap<PathBuf, [u8; 32]>>,
    /// What keeps what is known from being read anew.
    stale: watch::Sender<Option<Stale>>,
}

/// What was read of a file or URL.
#[derive(Debug)]
struct Copy {
    place: Place,
    /// Nothing where it could not be had.
    digest: Option<[u8; 32]>,
    validators: Validators,
}

#[derive(Clone, Debug)]
enum Place {
    Web(Url),
    File(PathBuf),
}

/// Why an API's documents can't be used. The messages name files and URLs, but of those neither user
/// nor values of queries, which may be secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{document} can't be used: {problem}")]
pub(super) struct DocumentError {
    document: String,
    problem: String,
    /// Whether the server lets in nobody who comes so (401, 403).
    pub is_refused: bool,
    /// Whether the documents stay like this as long as nobody writes them anew: they stand in the
    /// config, or in files that were read.
    pub is_lasting: bool,
}

impl Library {
    /// Nothing is read yet. `headers` and `authenticator` go to the API's own origin alone.
    pub fn new(
        name: ServerName,
        sources: Sources,
        client: HttpClient,
        headers: HeaderMap,
        authenticator: Option<Arc<Authenticator>>,
    ) -> Arc<Self> {
        Arc::new(Self {
            name,
            sources,
            client,
            headers,
            authenticator,
            known: watch::Sender::new(None),
            read: Mutex::default(),
            tried: std::sync::Mutex::default(),
            stale: watch::Sender::new(None),
        })
    }

    /// What is known of the API; read now if that was not done yet. Cancel safe.
    pub(super) async fn known(&self) -> Result<Arc<Known>, DocumentError> {
        // Nobody waits for a refresh that is under way.
        if let Some(known) = self.current() {
            return Ok(known);
        }
        let mut copies = self.read.lock().await;
        if let Some(known) = self.current() {
            return Ok(known);
        }
        let (known, read) = self.load().await?;
        *copies = read;
        self.known.send_replace(Some(Arc::clone(&known)));
        Ok(known)
    }

    /// What was read last.
    pub(super) fn current(&self) -> Option<Arc<Known>> {
        self.known.borrow().clone()
    }

    /// Hears of each change.
    pub(super) fn changes(&self) -> watch::Receiver<Option<Arc<Known>>> {
        self.known.subscribe()
    }

    /// Hears of what keeps what is known from being read anew.
    pub(super) fn stale(&self) -> watch::Receiver<Option<Stale>> {
        self.stale.subscribe()
    }

    /// Looks at the documents again and again. Never returns. What fails keeps what is known.
    pub(super) async fn refresh(&self) {
        let interval = self.sources.refresh_interval;
        let is_fixed = self
            .sources
            .specs
            .iter()
            .all(|spec| matches!(spec, SpecSource::Inline(_)));
        if interval.is_zero() || is_fixed {
            return std::future::pending().await;
        }
        loop {
            tokio::time::sleep(interval).await;
            let looked = tokio::time::timeout(REFRESH_TIMEOUT, self.look_again()).await;
            let looked = looked.unwrap_or_else(|_| {
                let problem = "it did not come in time";
                Err(self.error(self.sources.specs.first(), problem))
            });
            let before = self.stale.borrow().clone();
            match &looked {
                Ok(true) => tracing::info!(server = %self.name, "its documents changed"),
                Ok(false) if before.is_some() => {
                    tracing::info!(server = %self.name, "its documents can be read again");
                }
                Ok(false) => {}
                Err(error) if Stale::is_known(before.as_ref(), &error.to_string()) => {
                    tracing::debug!(server = %self.name, "{error}, as before");
                }
                Err(error) => {
                    tracing::warn!(server = %self.name, "{error}; what was read before is kept");
                }
            }
            self.stale.send_if_modified(|stale| {
                let now = looked
                    .err()
                    .map(|error| Stale::after(stale.as_ref(), error.to_string()));
                let is_news = *stale != now;
                *stale = now;
                is_news
            });
        }
    }

    /// Whether the documents changed; then what is known is replaced.
    async fn look_again(&self) -> Result<bool, DocumentError> {
        let mut copies = self.read.lock().await;
        let mut has_changed = false;
        for copy in &mut *copies {
            has_changed |= self.has_changed(copy).await?;
            if has_changed {
                break;
            }
        }
        if !has_changed {
            return Ok(false);
        }
        let (known, read) = self.load().await?;
        *copies = read;
        self.known.send_replace(Some(known));
        Ok(true)
    }

    async fn has_changed(&self, copy: &mut Copy) -> Result<bool, DocumentError> {
        let had = match &copy.place {
            Place::Web(url) => match self.fetch(url, Some(&copy.validators)).await {
                Ok(None) => return Ok(false),
                Ok(Some(fetched)) => Ok((fetched.bytes, fetched.validators)),
                Err(error) => Err(web_error(url, error)),
            },
            Place::File(path) => file::read(path.clone(), MAX_DOCUMENT)
                .await
                .map(|bytes| (bytes, Validators::default()))
                .map_err(|problem| file_error(path, &problem)),
        };
        match (had, copy.digest) {
            (Ok((bytes, validators)), Some(digest)) => {
                let is_same = digest_of(&bytes) == digest;
                if is_same {
                    // Those of another version count only when that was read.
                    copy.validators = validators;
                }
                Ok(!is_same)
            }
            (Ok(_), None) => Ok(true),
            // What could not be had before still can't.
            (Err(_), None) => Ok(false),
            (Err(error), Some(_)) => Err(error),
        }
    }

    /// Waits until one of the documents is another than it is now, where files are looked at again
    /// at all. Cancel safe.
    pub(in crate::upstream) async fn mended(&self) {
        let interval = self.sources.refresh_interval.min(LOOK_AT_BROKEN);
        let files = self.sources.specs.iter().filter_map(|spec| match spec {
            SpecSource::File(path) => Some(path),
            SpecSource::Url(_) | SpecSource::Inline(_) => None,
        });
        let files: Vec<&PathBuf> = files.collect();
        if interval.is_zero() || files.is_empty() {
            return std::future::pending().await;
        }
        loop {
            tokio::time::sleep(interval).await;
            for path in &files {
                let read = file::read((*path).clone(), MAX_DOCUMENT).await;
                let digest = read.ok().map(|bytes| digest_of(&bytes));
                // One that was not reached, behind another that can't be used, mends nothing.
                let tried = self.tried().get(*path).copied();
                if tried.is_some() && digest != tried {
                    return;
                }
            }
        }
    }

    fn tried(&self) -> MutexGuard<'_, HashMap<PathBuf, [u8; 32]>> {
        self.tried.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether no document comes from where others may write it anew.
    fn is_local(&self) -> bool {
        let mut specs = self.sources.specs.iter();
        specs.all(|spec| !matches!(spec, SpecSource::Url(_)))
    }

    fn error(&self, spec: Option<&SpecSource>, problem: &str) -> DocumentError {
        DocumentError {
            document: match spec {
                Some(SpecSource::Url(url)) => format!("the document at {}", without_secrets(url)),
                Some(SpecSource::File(path)) => path.display().to_string(),
                Some(SpecSource::Inline(_)) => "the document in the config".to_owned(),
                None => format!("the document of {}", self.name.as_str()),
            },
            problem: problem.to_owned(),
            is_refused: false,
            is_lasting: false,
        }
    }

    /// An error of what the documents say, rather than of getting them.
    fn error_within(&self, spec: Option<&SpecSource>, problem: &str) -> DocumentError {
        DocumentError {
            is_lasting: self.is_local(),
            ..self.error(spec, problem)
        }
    }
}

fn web_error(url: &Url, error: web::FetchError) -> DocumentError {
    DocumentError {
        document: format!("the document at {}", without_secrets(url)),
        problem: error.problem,
        is_refused: error.is_refused,
        is_lasting: false,
    }
}

fn file_error(path: &std::path::Path, problem: &str) -> DocumentError {
    DocumentError {
        document: path.display().to_string(),
        problem: problem.to_owned(),
        is_refused: false,
        is_lasting: false,
    }
}

fn digest_of(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
