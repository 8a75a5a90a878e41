//! OpenAPI documents: written once for each catalog, then only sent.

#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header::HeaderValue},
    rt,
    web::{self, Data},
};
use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;

use super::writing::{Described, write};
use crate::{
    config::documents::DocumentConfig,
    frontend::{
        State, answer,
        conditional::{self, Representation},
        rest::Failure,
        route::{Format, Scope},
    },
    gateway::Catalog,
    openapi::Recursion,
};

/// The documents that were asked for so far, as long as they are true.
#[derive(Debug)]
pub struct Documents {
    pub(super) settings: DocumentConfig,
    kept: Mutex<HashMap<Key, Kept>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    /// Nothing: all servers.
    server: Option<String>,
    format: Format,
    cut: bool,
}

/// A document, and what it was or is being written from.
#[derive(Debug)]
struct Kept {
    catalogs: Vec<Arc<Catalog>>,
    document: Arc<OnceCell<Prepared>>,
}

/// A document that is ready to be sent.
#[derive(Clone, Debug)]
struct Prepared {
    etag: HeaderValue,
    bytes: Bytes,
}

/// The thread that wrote a document did not come to its end.
#[derive(Debug, thiserror::Error)]
#[error("a document was not written: {0}")]
struct NotWritten(String);

impl Documents {
    /// Documents that are written so.
    pub fn new(settings: DocumentConfig) -> Self {
        Self {
            settings,
            kept: Mutex::default(),
        }
    }

    /// The title of the document of all servers.
    pub(super) fn title(&self) -> &str {
        self.settings
            .overrides
            .title
            .as_deref()
            .unwrap_or("viceversa")
    }

    /// The document of these catalogs. The first to ask for it has it written, on a thread where
    /// that holds up nobody's calls; all who ask meanwhile wait for the same.
    async fn prepared(
        &self,
        key: Key,
        catalogs: Vec<Arc<Catalog>>,
        write: impl FnOnce() -> Bytes + Send + 'static,
    ) -> Result<Prepared, NotWritten> {
        let document = self.place(key, catalogs);
        if let Some(prepared) = document.get() {
            return Ok(prepared.clone());
        }
        // A task of its own, so that a caller who goes away leaves the others their place: else
        // each such caller would leave a thread at work, and the next begin another.
        let writing = rt::spawn(async move {
            let prepared = document.get_or_try_init(|| async {
                web::block(move || Prepared::new(write()))
                    .await
                    .map_err(|error| NotWritten(error.to_string()))
            });
            prepared.await.cloned()
        });
        writing
            .await
            .map_err(|error| NotWritten(error.to_string()))?
    }

    /// Where the document of these catalogs is, or will be.
    fn place(&self, key: Key, catalogs: Vec<Arc<Catalog>>) -> Arc<OnceCell<Prepared>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.get(&key).filter(|kept| {
            let pairs = kept.catalogs.iter().zip(&catalogs);
            kept.catalogs.len() == catalogs.len() && { pairs }
                .all(|(one, other)| Arc::ptr_eq(one, other))
        });
        if let Some(kept) = known {
            return Arc::clone(&kept.document);
        }
        let document = Arc::default();
        let place = Kept {
            catalogs,
            document: Arc::clone(&document),
        };
        kept.insert(key, place);
        document
    }
}

impl Prepared {
    fn new(bytes: Bytes) -> Self {
        Self {
            etag: etag(&bytes),
            bytes,
        }
    }
}

/// `GET openapi.json` and `openapi.yaml`.
///
/// The document of a server that is starting is waited for; that of a server that is down is
/// the last one known. The document of all servers holds those that were ever up.
pub async fn serve(
    state: &Data<State>,
    request: &HttpRequest,
    scope: &Scope<'_>,
    format: Format,
) -> HttpResponse {
    let described: Vec<Described> = match scope {
        Scope::Gateway => state
            .registry
            .iter()
            .filter_map(|server| {
                let catalog = Arc::clone(server.state().catalog.as_ref()?);
                Some((Arc::clone(server), catalog))
            })
            .collect(),
        Scope::Server(name) => {
            let Some(server) = state.server(name) else {
                return answer::not_found();
            };
            match state.policy.catalog(server).await {
                Ok(catalog) => vec![(Arc::clone(server), catalog)],
                Err(error) => {
                    return Failure::from_exchange(error, server.name.as_str()).response();
                }
            }
        }
    };
    let recursion = match asked_recursion(request, state.documents.settings.recursion) {
        Ok(recursion) => recursion,
        Err(asked) => {
            let detail = serde_json::json!({"detail": [{
                "type": "enum",
                "loc": ["query", "recursion"],
                "msg": "Input should be 'keep' or 'cut'",
                "input": asked,
                "ctx": {"expected": "'keep' or 'cut'"},
            }]});
            return answer::value(StatusCode::UNPROCESSABLE_ENTITY, &detail);
        }
    };
    let scope: Scope<'static> = match scope {
        Scope::Gateway => Scope::Gateway,
        Scope::Server(name) => Scope::Server(name.to_string().into()),
    };
    let key = Key {
        server: match &scope {
            Scope::Gateway => None,
            Scope::Server(name) => Some(name.to_string()),
        },
        format,
        cut: recursion == Recursion::Cut,
    };
    let catalogs = described.iter().map(|(_, catalog)| Arc::clone(catalog));
    let catalogs = catalogs.collect();
    let writing = {
        let state = Data::clone(state);
        move || write(&state, &scope, &described, recursion, format)
    };
    match state.documents.prepared(key, catalogs, writing).await {
        Ok(Prepared { etag, bytes }) => conditional::answer(
            request,
            Representation {
                media_type: match format {
                    Format::Json => answer::JSON,
                    Format::Yaml => HeaderValue::from_static("application/yaml"),
                },
                bytes,
                etag,
                cache_control: HeaderValue::from_static("no-cache"),
            },
        ),
        Err(error) => answer::internal(&error),
    }
}

/// Weak, since the same document may be sent with different encodings.
fn etag(bytes: &Bytes) -> HeaderValue {
    use std::fmt::Write as _;
    let mut text = String::from("W/\"");
    for byte in Sha256::digest(bytes).iter().take(12) {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text.push('"');
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("W/\"\""))
}

/// What `?recursion=` says; the word itself where that is none that it can say.
fn asked_recursion(request: &HttpRequest, default: Recursion) -> Result<Recursion, String> {
    let mut query = url::form_urlencoded::parse(request.query_string().as_bytes());
    match query.find(|(name, _)| name == "recursion") {
        None => Ok(default),
        Some((_, value)) => match &*value {
            "cut" => Ok(Recursion::Cut),
            "keep" => Ok(Recursion::Keep),
            _ => Err(value.into_owned()),
        },
    }
}
