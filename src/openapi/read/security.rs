//! How callers identify themselves.

use indexmap::IndexMap;

use super::Version;
use super::resolve::{Place, Resolver};
use crate::openapi::api::{Location, SecurityRequirement, SecurityScheme};

/// The schemes of a document, those that nobody knows left out.
pub(super) fn schemes<'d>(
    resolver: &Resolver<'d>,
    version: Version,
    root: Place<'d>,
) -> IndexMap<String, SecurityScheme> {
    let (holder, name) = match version {
        Version::V2 => (Some(root), "securityDefinitions"),
        _ => (root.get("components"), "securitySchemes"),
    };
    let all = holder.into_iter().flat_map(|holder| holder.map(name));
    let read = all.filter_map(|(name, place)| {
        let place = resolver.follow(place).ok()?;
        Some((name.to_owned(), scheme(place)?))
    });
    read.collect()
}

fn scheme(place: Place<'_>) -> Option<SecurityScheme> {
    let token_url = |holder: Place<'_>| holder.text("tokenUrl").map(str::to_owned);
    match place.text("type")? {
        "basic" => Some(SecurityScheme::Http {
            scheme: "basic".to_owned(),
        }),
        "http" => Some(SecurityScheme::Http {
            scheme: place.text("scheme")?.to_ascii_lowercase(),
        }),
        "apiKey" => Some(SecurityScheme::ApiKey {
            location: match place.text("in")? {
                "query" => Location::Query,
                "cookie" => Location::Cookie,
                _ => Location::Header,
            },
            name: place.text("name")?.to_owned(),
        }),
        "mutualTLS" => Some(SecurityScheme::MutualTls),
        "oauth2" => Some(SecurityScheme::OAuth2 {
            token_url: match place.get("flows") {
                Some(flows) => flows.get("clientCredentials").and_then(token_url),
                None if place.text("flow") == Some("application") => token_url(place),
                None => None,
            },
        }),
        "openIdConnect" => Some(SecurityScheme::OpenIdConnect {
            url: place.text("openIdConnectUrl")?.to_owned(),
        }),
        _ => None,
    }
}

/// What an operation demands: its own, or that of the document.
pub(super) fn requirements(root: Place<'_>, operation: Place<'_>) -> Vec<Vec<SecurityRequirement>> {
    let own = operation.tree.get("security").is_some();
    let holder = if own { operation } else { root };
    let sets = holder.list("security").map(|set| {
        let members = set.tree.as_object().into_iter().flatten();
        let set = members.map(|(scheme, scopes)| {
            let scopes = scopes.as_array().into_iter().flatten();
            let scopes = scopes.filter_map(|scope| scope.as_str().map(str::to_owned));
            SecurityRequirement {
                scheme: scheme.clone(),
                scopes: scopes.collect(),
            }
        });
        set.collect()
    });
    sets.collect()
}
