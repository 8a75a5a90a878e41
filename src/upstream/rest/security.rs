//! Where the operations of an API are, and what its operator should know of the credentials that
//! they get and [demand](demands).

mod demands;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
};

use reqwest::{Method, Url};

use super::{
    api::Known,
    server::{Server, Trust},
    supplied::Supplied,
};
use crate::{
    http_client::origin,
    openapi::{
        api::{Api, Operation},
        read::Target,
    },
};

/// The API with where it is, and what its operator should know of its credentials. Fails where
/// nobody knows where it is.
pub(super) fn known(
    api: Api,
    trust: &Trust,
    document: &Url,
    supplied: &Supplied,
) -> Result<Known, String> {
    let base = Arc::new(trust.base(api.server.as_deref(), document)?);
    // What is in the way of calls comes first: only so many warnings are kept.
    let mut warnings = Vec::new();
    let about_url = "url".to_owned();
    if !base.is_home && supplied.is_secret() {
        let where_to = trust.home().map_or_else(
            || format!("nowhere, since {} is not given", trust.wording.url()),
            |home| format!("{} alone", origin(home)),
        );
        warnings.push((
            about_url,
            format!(
                "the credentials and headers that are given are sent to {where_to}: the API is at \
                 {}, as only its document says; give that as {} if it is right",
                origin(&base.url),
                trust.wording.url()
            ),
        ));
    }
    let mut places: BTreeMap<String, Result<Arc<Server>, String>> = BTreeMap::new();
    let named = |operation: &Operation| {
        named(
            trust,
            operation.server.as_deref(),
            operation.document_server.as_deref(),
        )
        .map(str::to_owned)
    };
    for named in api.operations.iter().filter_map(named) {
        if let Entry::Vacant(vacant) = places.entry(named) {
            let place = trust.of_operation(vacant.key(), &base, document);
            vacant.insert(place.map(Arc::new));
        }
    }
    for operation in &api.operations {
        let place = named(operation).and_then(|named| places.get(&named));
        if let Some(Err(problem)) = place {
            warnings.push((
                operation.name.clone(),
                format!("calls of it will fail: {problem}"),
            ));
        }
    }
    let place = |operation: &Operation| {
        let place = named(operation).and_then(|named| places.get(&named));
        place.cloned().unwrap_or_else(|| Ok(Arc::clone(&base)))
    };
    let supplied = supplied.at(&base.url);
    warnings.extend(demands::unmet(
        &api,
        &supplied,
        trust.wording,
        &base,
        &place,
    ));
    warnings.extend(api.warnings.iter().cloned());
    Ok(Known::new(api, place, warnings))
}

/// Whether requests of an operation get what the config says of who we are: it is at the origin
/// that this is for, and its answer does not repeat the request (RFC 9110 section 9.3.8).
pub(super) fn gets_credentials(trust: &Trust, target: &Target<'_>, document: &Url) -> bool {
    let Ok(base) = trust.base(target.api_server, document) else {
        return false;
    };
    let is_home = match named(trust, target.server, target.document_server) {
        Some(named) => {
            let place = trust.of_operation(named, &base, document);
            place.is_ok_and(|place| place.is_home)
        }
        None => base.is_home,
    };
    is_home && target.method != Method::TRACE.as_str()
}

/// The server that an operation names; that of its document only where the config says nothing of
/// the API, which would hold for all of its documents.
fn named<'a>(
    trust: &Trust,
    server: Option<&'a str>,
    document_server: Option<&'a str>,
) -> Option<&'a str> {
    server.or(document_server.filter(|_| trust.configured.is_none()))
}
