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
        "oauth2" => Some(SecurityScheme::OAuth2),
        "openIdConnect" => Some(SecurityScheme::OpenIdConnect),
        _ => None,
    }
}

/// What an operation demands: its own, or that of the document.
pub(super) fn requirements(root: Place<'_>, operation: Place<'_>) -> Vec<Vec<SecurityRequirement>> {
    let own = operation.tree.get("security").is_some();
    let holder = if own { operation } else { root };
    let sets = holder.list("security").map(|set| {
        let members = set.tree.as_object().into_iter().flatten();
        let set = members.map(|(scheme, _)| SecurityRequirement {
            scheme: scheme.clone(),
        });
        set.collect()
    });
    sets.collect()
}
