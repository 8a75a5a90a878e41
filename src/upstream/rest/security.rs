//! What an API demands of its callers, and whether the config has it.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
};

use reqwest::Url;

use super::{
    api::Known,
    server::{Server, Trust},
};
use crate::{
    http_client::origin,
    openapi::api::{Api, Operation, SecurityScheme},
};

/// The API with where it is, and what its operator should know of its credentials. Fails where
/// nobody knows where it is.
pub(super) fn known(
    api: Api,
    trust: &Trust,
    document: &Url,
    has_credentials: bool,
) -> Result<Known, String> {
    let base = Arc::new(trust.base(api.server.as_deref(), document)?);
    // What is in the way of calls comes first: only so many warnings are kept.
    let mut warnings = Vec::new();
    let about_url = "url".to_owned();
    if !base.is_home && has_credentials {
        let where_to = trust.home().map_or_else(
            || "nowhere, since `url` is not set".to_owned(),
            |home| format!("{} alone", origin(home)),
        );
        warnings.push((
            about_url,
            format!(
                "credentials and headers of the config are sent to {where_to}: the API is at {}, \
                 as only its document says; set `url` to that if it is right",
                origin(&base.url)
            ),
        ));
    }
    if !has_credentials {
        warnings.extend(demands(&api));
    }
    let mut places: BTreeMap<String, Result<Arc<Server>, String>> = BTreeMap::new();
    // What the config says of the API holds for all of its documents.
    let is_configured = trust.configured.is_some();
    let named = |operation: &Operation| -> Option<String> {
        let of_document = operation.document_server.as_ref();
        let of_document = of_document.filter(|_| !is_configured);
        operation.server.as_ref().or(of_document).cloned()
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
    warnings.extend(api.warnings.iter().cloned());
    Ok(Known::new(api, place, warnings))
}

/// What the document demands, where the config says nothing of credentials.
fn demands(api: &Api) -> Option<(String, String)> {
    let is_demanded = |operation: &&Operation| {
        let security = &operation.security;
        !security.is_empty() && security.iter().all(|set| !set.is_empty())
    };
    let demanding: Vec<&Operation> = api.operations.iter().filter(is_demanded).collect();
    if demanding.is_empty() {
        return None;
    }
    let mut ways: Vec<String> = Vec::new();
    for requirement in demanding.iter().flat_map(|it| it.security.iter().flatten()) {
        let known = api.security_schemes.get(&requirement.scheme);
        let way = known.map_or_else(|| requirement.scheme.clone(), describe);
        if !ways.contains(&way) {
            ways.push(way);
        }
    }
    ways.truncate(5);
    Some((
        "auth".to_owned(),
        format!(
            "{} of {} operations demand credentials ({}), and the config has none",
            demanding.len(),
            api.operations.len(),
            ways.join(", ")
        ),
    ))
}

fn describe(scheme: &SecurityScheme) -> String {
    match scheme {
        SecurityScheme::ApiKey { name, .. } => format!("the API key {name:?}"),
        SecurityScheme::Http { scheme } => format!("HTTP {scheme}"),
        SecurityScheme::MutualTls => "a client certificate".to_owned(),
        SecurityScheme::OAuth2 => "OAuth 2.0".to_owned(),
        SecurityScheme::OpenIdConnect => "OpenID Connect".to_owned(),
    }
}
