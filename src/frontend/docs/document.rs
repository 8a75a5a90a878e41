//! OpenAPI documents: written once for each catalog, then only sent.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
};
use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use super::writing::{Described, write};
use crate::{
    config::documents::DocumentOverrides,
    frontend::{
        State, answer,
        rest::Failure,
        route::{Format, Scope},
    },
    gateway::Catalog,
    openapi::{OperationIds, Recursion},
};

/// How documents are written.
#[derive(Clone, Debug, Default)]
pub struct DocumentSettings {
    /// What the document of all servers says of itself.
    pub overrides: DocumentOverrides,
    /// What the operations are called.
    pub operation_ids: OperationIds,
    /// What becomes of recursive schemas, unless a request says it.
    pub recursion: Recursion,
}

/// The documents that were asked for so far, as long as they are true.
#[derive(Debug)]
pub struct Documents {
    pub(super) settings: DocumentSettings,
    kept: Mutex<HashMap<Key, Arc<Prepared>>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    /// Nothing: all servers.
    server: Option<String>,
    format: Format,
    cut: bool,
}

/// A document that is ready to be sent.
#[derive(Debug)]
struct Prepared {
    /// What it was written from.
    catalogs: Vec<Arc<Catalog>>,
    etag: HeaderValue,
    bytes: Bytes,
}

impl Documents {
    /// Documents that are written so.
    pub fn new(settings: DocumentSettings) -> Self {
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

    fn kept(&self, key: &Key, catalogs: &[Arc<Catalog>]) -> Option<Arc<Prepared>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let prepared = kept.get(key)?;
        let is_true = prepared.catalogs.len() == catalogs.len()
            && prepared
                .catalogs
                .iter()
                .zip(catalogs)
                .all(|(one, other)| Arc::ptr_eq(one, other));
        is_true.then(|| Arc::clone(prepared))
    }

    fn keep(&self, key: Key, prepared: &Arc<Prepared>) {
        self.kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key, Arc::clone(prepared));
    }
}

/// `GET openapi.json` and `openapi.yaml`.
///
/// The document of a server that is starting is waited for; that of a server that is down is
/// the last one known. The document of all servers holds those that were ever up.
pub async fn serve(
    state: &State,
    request: &HttpRequest,
    scope: &Scope<'_>,
    format: Format,
) -> HttpResponse {
    let described: Vec<Described<'_>> = match scope {
        Scope::Gateway => state
            .registry
            .iter()
            .filter_map(|server| Some((server, Arc::clone(server.state().catalog.as_ref()?))))
            .collect(),
        Scope::Server(name) => {
            let Some(server) = state.server(name) else {
                return answer::not_found();
            };
            match state.policy.catalog(server).await {
                Ok(catalog) => vec![(server, catalog)],
                Err(error) => {
                    return Failure::from_exchange(error, server.name.as_str()).response();
                }
            }
        }
    };
    let Some(recursion) = asked_recursion(request, state.documents.settings.recursion) else {
        return answer::raw_detail(
            StatusCode::UNPROCESSABLE_ENTITY,
            r#"[{"type":"enum","loc":["query","recursion"],"msg":"Input should be 'keep' or 'cut'","input":null}]"#,
        );
    };
    let key = Key {
        server: match scope {
            Scope::Gateway => None,
            Scope::Server(name) => Some(name.to_string()),
        },
        format,
        cut: recursion == Recursion::Cut,
    };
    let catalogs: Vec<Arc<Catalog>> = described
        .iter()
        .map(|(_, catalog)| Arc::clone(catalog))
        .collect();
    let prepared = state.documents.kept(&key, &catalogs).unwrap_or_else(|| {
        let bytes = write(state, scope, &described, recursion, format);
        let prepared = Arc::new(Prepared {
            etag: etag(&bytes),
            bytes,
            catalogs,
        });
        state.documents.keep(key, &prepared);
        prepared
    });
    send(request, &prepared, format)
}

fn send(request: &HttpRequest, prepared: &Prepared, format: Format) -> HttpResponse {
    let mut response = if is_known(request, &prepared.etag) {
        HttpResponse::new(StatusCode::NOT_MODIFIED)
    } else {
        let media_type = match format {
            Format::Json => answer::JSON,
            Format::Yaml => HeaderValue::from_static("application/yaml"),
        };
        answer::typed(StatusCode::OK, media_type, prepared.bytes.clone())
    };
    let headers = response.headers_mut();
    headers.insert(header::ETAG, prepared.etag.clone());
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// Whether the caller has the document already (RFC 9110, section 13.1.2).
fn is_known(request: &HttpRequest, etag: &HeaderValue) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let Ok(ours) = etag.to_str().map(opaque) else {
        return false;
    };
    request
        .headers()
        .get_all(header::IF_NONE_MATCH)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|tag| tag.trim() == "*" || opaque(tag) == ours)
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

/// What `?recursion=` says; nothing for a word that it can't say.
fn asked_recursion(request: &HttpRequest, default: Recursion) -> Option<Recursion> {
    let mut query = url::form_urlencoded::parse(request.query_string().as_bytes());
    match query.find(|(name, _)| name == "recursion") {
        None => Some(default),
        Some((_, value)) => match &*value {
            "cut" => Some(Recursion::Cut),
            "keep" => Some(Recursion::Keep),
            _ => None,
        },
    }
}
