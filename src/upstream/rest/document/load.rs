//! Reads an API's documents and what they refer to.

use std::sync::Arc;

use bytes::Bytes;
use reqwest::Url;

use super::{
    Copy, DocumentError, Library, MAX_DOCUMENT, Place, digest_of, file, file_error,
    web::{self, Validators},
    web_error,
};
use crate::{
    openapi::read::{self, Documents, Limits, Parsed},
    upstream::rest::{api::Known, security, server::Trust, settings::SpecSource},
};

/// The most bytes that all documents of an API may have together.
const MAX_ALL: usize = 256 * 1024 * 1024;

/// A document that was had.
struct Had {
    bytes: Bytes,
    /// What its references are relative to.
    url: Url,
}

impl Library {
    /// Reads everything.
    pub(super) async fn load(&self) -> Result<(Arc<Known>, Vec<Copy>), DocumentError> {
        let mut copies = Vec::new();
        let mut all = 0;
        let mut documents: Option<Documents> = None;
        let mut roots = Vec::new();
        for (index, spec) in self.sources.specs.iter().enumerate() {
            let had = self.root(spec, index, &mut copies).await?;
            all += had.bytes.len();
            let parsed = parse(had.bytes).await;
            let parsed = parsed.map_err(|problem| self.error_within(Some(spec), &problem))?;
            match &mut documents {
                None => documents = Some(Documents::new(had.url.clone(), parsed)),
                Some(documents) => documents.add_root(had.url.clone(), parsed),
            }
            roots.push(had.url);
        }
        let (Some(mut documents), Some(document)) = (documents, roots.first().cloned()) else {
            return Err(self.error(None, "the config names none"));
        };
        loop {
            let missing = documents.missing_references();
            if missing.is_empty() {
                break;
            }
            for url in missing {
                let got = if all > MAX_ALL {
                    Err(too_many_bytes())
                } else {
                    self.reference(&url, &roots, &mut copies, &mut all).await
                };
                match got {
                    Ok(parsed) => documents.add(url, parsed),
                    Err(problem) => documents.add_failure(url, problem),
                }
            }
        }
        let options = self.sources.options.clone();
        let trust = self.trust();
        let supplied = self.sources.supplied.clone();
        let made = tokio::task::spawn_blocking(move || {
            let is_supplied = |target: &read::Target<'_>, location, name: &str| {
                supplied.has_parameter(location, name)
                    && security::gets_credentials(&trust, target, &document)
            };
            let api = read::read_supplied(&documents, &options, &is_supplied)
                .map_err(|error| error.to_string())?;
            security::known(api, &trust, &document, &supplied)
        });
        let known = made
            .await
            .map_err(|error| error.to_string())
            .and_then(|known| known)
            .map_err(|problem| self.error_within(self.sources.specs.first(), &problem))?;
        Ok((Arc::new(known), copies))
    }

    /// A document that the config names.
    async fn root(
        &self,
        spec: &SpecSource,
        index: usize,
        copies: &mut Vec<Copy>,
    ) -> Result<Had, DocumentError> {
        match spec {
            SpecSource::Inline(raw) => {
                let url = format!("inline:/{index}");
                let url = Url::parse(&url).map_err(|error| self.error(None, &error.to_string()))?;
                Ok(Had {
                    bytes: raw.clone().into_bytes(),
                    url,
                })
            }
            SpecSource::File(path) => {
                let error = |problem: &str| file_error(path, problem);
                let absolute = std::path::absolute(path);
                let absolute = absolute.map_err(|problem| error(&problem.to_string()))?;
                let bytes = file::read(absolute.clone(), MAX_DOCUMENT)
                    .await
                    .map_err(|problem| error(&problem))?;
                let digest = digest_of(&bytes);
                self.tried().insert(path.clone(), digest);
                let url = Url::from_file_path(&absolute);
                let url = url.map_err(|()| error("its path is none"))?;
                copies.push(Copy {
                    place: Place::File(absolute),
                    digest: Some(digest),
                    validators: Validators::default(),
                });
                Ok(Had { bytes, url })
            }
            SpecSource::Url(url) => {
                let fetched = self.fetch(url, None).await;
                let fetched = fetched.map_err(|error| web_error(url, error))?;
                let Some(fetched) = fetched else {
                    return Err(self.error(Some(spec), "it answered that nothing changed"));
                };
                copies.push(Copy {
                    place: Place::Web(url.clone()),
                    digest: Some(digest_of(&fetched.bytes)),
                    validators: fetched.validators,
                });
                Ok(Had {
                    bytes: fetched.bytes,
                    url: fetched.url,
                })
            }
        }
    }

    /// What a document refers to, or why it can't be had.
    async fn reference(
        &self,
        url: &Url,
        roots: &[Url],
        copies: &mut Vec<Copy>,
        all: &mut usize,
    ) -> Result<Parsed, String> {
        let (place, had) = match url.scheme() {
            "file" => {
                if roots
                    .iter()
                    .any(|root| matches!(root.scheme(), "http" | "https"))
                {
                    return Err("documents from elsewhere may not refer to files".to_owned());
                }
                let path = url
                    .to_file_path()
                    .map_err(|()| "it is no file of this machine".to_owned())?;
                let folders = file::folders(roots, &self.sources.allowed_folders);
                let path = file::permitted(path, folders, self.sources.wording).await?;
                let had = file::read(path.clone(), MAX_DOCUMENT).await;
                (
                    Place::File(path),
                    had.map(|bytes| (bytes, Validators::default())),
                )
            }
            "http" | "https" => {
                if roots.iter().all(|root| root.origin() != url.origin()) {
                    return Err("it is at another origin than the document".to_owned());
                }
                let fetched = self.fetch(url, None).await.map_err(|error| error.problem);
                let had = match fetched {
                    Ok(Some(fetched)) if fetched.url.origin() == url.origin() => {
                        Ok((fetched.bytes, fetched.validators))
                    }
                    Ok(Some(_)) => Err("it redirects to another origin".to_owned()),
                    Ok(None) => Err("it answered that nothing changed".to_owned()),
                    Err(problem) => Err(problem),
                };
                (Place::Web(url.clone()), had)
            }
            "inline" => {
                return Err(
                    "the document stands in the config, where nothing is beside it".to_owned(),
                );
            }
            scheme => return Err(format!("nothing is fetched by {scheme}")),
        };
        let (digest, validators) = match &had {
            Ok((bytes, validators)) => (Some(digest_of(bytes)), validators.clone()),
            Err(_) => (None, Validators::default()),
        };
        copies.push(Copy {
            place,
            digest,
            validators,
        });
        let (bytes, _) = had?;
        *all += bytes.len();
        if *all > MAX_ALL {
            return Err(too_many_bytes());
        }
        parse(bytes).await
    }

    pub(super) async fn fetch(
        &self,
        url: &Url,
        known: Option<&Validators>,
    ) -> Result<Option<web::Fetched>, web::FetchError> {
        let is_home = self
            .sources
            .home()
            .is_some_and(|home| home.origin() == url.origin());
        let fetch = web::Fetch {
            client: &self.client,
            allow_private_networks: self.sources.allow_private_networks,
            allow_insecure_http: self.sources.allow_insecure_http,
            headers: is_home.then_some(&self.headers),
            authenticator: self.authenticator.as_deref().filter(|_| is_home),
            most: MAX_DOCUMENT,
            wording: self.sources.wording,
        };
        fetch.get(url, known).await
    }

    fn trust(&self) -> Trust {
        Trust {
            configured: self.sources.url.clone(),
            written: match self.sources.specs.first() {
                Some(SpecSource::Url(url)) => Some(url.clone()),
                _ => None,
            },
            also_written: self
                .sources
                .specs
                .iter()
                .skip(1)
                .filter_map(|spec| match spec {
                    SpecSource::Url(url) => Some(url.clone()),
                    SpecSource::File(_) | SpecSource::Inline(_) => None,
                })
                .collect(),
            allow_private_networks: self.sources.allow_private_networks,
            wording: self.sources.wording,
            client: self.client.clone(),
        }
    }
}

fn too_many_bytes() -> String {
    format!("all documents of the API have more than {MAX_ALL} bytes with it")
}

/// Reading a large document takes a while, and other servers' tasks run on this thread.
async fn parse(bytes: Bytes) -> Result<Parsed, String> {
    let parsed = tokio::task::spawn_blocking(move || {
        let limits = Limits {
            most_bytes: MAX_DOCUMENT,
            ..Limits::default()
        };
        read::parse(&bytes, &limits).map_err(|error| error.to_string())
    });
    parsed.await.unwrap_or_else(|error| Err(error.to_string()))
}
