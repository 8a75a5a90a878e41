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
use futures_util::future::join_all;
use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;

use super::writing::{Described, write};
use crate::{
    config::documents::DocumentConfig,
    frontend::{
        State, answer,
        conditional::{self, Representation},
        identity,
        rest::Failure,
        route::{Format, Scope},
        state::{seen_by, sees_server},
    },
    gateway::{Caller, Catalog, Server},
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
    /// Where the catalogs are in memory, which tells those of one identity from another's as
    /// long as they are kept.
    catalogs: Vec<usize>,
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
    fn place(&self, mut key: Key, catalogs: Vec<Arc<Catalog>>) -> Arc<OnceCell<Prepared>> {
        let addresses = catalogs.iter().map(|catalog| Arc::as_ptr(catalog).addr());
        key.catalogs = addresses.collect();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = kept.get(&key) {
            return Arc::clone(&kept.document);
        }
        // Those whose catalogs were replaced, or ended with their identity, nobody asks for any
        // more.
        kept.retain(|_, kept| {
            let is_true = |catalog| Arc::strong_count(catalog) > 1;
            kept.catalogs.iter().all(is_true)
        });
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
    caller: Option<&Caller>,
    scope: &Scope<'_>,
    format: Format,
) -> HttpResponse {
    let described: Vec<Described> = match scope {
        Scope::Gateway => {
            let roster = state.registry.roster();
            let seen = |server: &&Arc<Server>| sees_server(caller, &server.name);
            let servers = roster.servers().filter(seen);
            let described = servers.map(|server| offered(state, request, caller, server));
            join_all(described).await.into_iter().flatten().collect()
        }
        Scope::Server(name) if state.group(name, caller).is_some() => {
            // A group brings its servers along.
            let within = caller.map(Caller::in_group);
            of_group(state, request, within.as_ref(), name).await
        }
        Scope::Server(name) => {
            let described = match identity::lease(state, request, caller, name) {
                None => return answer::not_found(),
                Some(Ok(server)) => {
                    let catalog = state.policy.catalog(&server).await;
                    catalog.map(|catalog| {
                        let seen = seen_by(caller, &catalog, &server.name);
                        vec![(server, seen)]
                    })
                }
                Some(Err(error)) => Err(error),
            };
            match described {
                Ok(described) => described,
                Err(error) => return Failure::from_exchange(error, name).response(),
            }
        }
    };
    let is_private = described
        .iter()
        .any(|(server, _)| server.forwarding().is_some());
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
        catalogs: Vec::new(),
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
                cache_control: HeaderValue::from_static(if is_private {
                    "private, no-cache"
                } else {
                    "no-cache"
                }),
            },
        ),
        Err(error) => answer::internal(&error),
    }
}

/// What the document of a group is written from: the servers of which anything is known.
async fn of_group(
    state: &State,
    request: &HttpRequest,
    caller: Option<&Caller>,
    name: &str,
) -> Vec<Described> {
    let roster = state.registry.roster();
    let group = roster.group(name);
    let servers = group.into_iter().flat_map(|group| &group.servers);
    let servers = servers.filter_map(|name| roster.get(name.as_str()));
    let described = servers.map(|server| offered(state, request, caller, server));
    join_all(described).await.into_iter().flatten().collect()
}

/// What the document of all servers says of one: of one that was never up, nothing. The catalog
/// of a caller's own identity is waited for, since its connection begins with the first request.
async fn offered(
    state: &State,
    request: &HttpRequest,
    caller: Option<&Caller>,
    server: &Arc<Server>,
) -> Option<Described> {
    let own = identity::of_server(request, caller, server).ok()?;
    let catalog = if Arc::ptr_eq(&own, server) {
        Arc::clone(own.state().catalog.as_ref()?)
    } else {
        state.policy.catalog(&own).await.ok()?
    };
    let seen = seen_by(caller, &catalog, &own.name);
    Some((own, seen))
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
