//! What an API demands of its callers (`security` and `securitySchemes`), where the config does not
//! have it.

use std::{collections::BTreeMap, sync::Arc};

use indexmap::IndexMap;

use crate::{
    http_client::origin,
    openapi::api::{Api, Location, Operation, SecurityRequirement, SecurityScheme},
    upstream::rest::{server::Server, supplied::Supplied},
};

/// What is lacking is told of so many kinds of demands.
const MOST_DEMANDS: usize = 5;

/// So many alternatives of a demand are named.
const MOST_ALTERNATIVES: usize = 3;

/// So many characters of a name that a document chose are shown.
const LONGEST_NAME: usize = 60;

/// Warnings about operations whose demands are not met, by demand; and about those that get none of
/// what there is, since they are elsewhere than the rest of the API.
pub(super) fn unmet(
    api: &Api,
    supplied: &Supplied,
    base: &Server,
    place: &dyn Fn(&Operation) -> Result<Arc<Server>, String>,
) -> Vec<(String, String)> {
    let mut lacking: IndexMap<String, (usize, String)> = IndexMap::new();
    let mut elsewhere: BTreeMap<String, usize> = BTreeMap::new();
    for operation in &api.operations {
        let sets = &operation.security;
        // One empty set says that all of it is optional.
        if sets.is_empty() || sets.iter().any(Vec::is_empty) {
            continue;
        }
        let lacks = |one: &&SecurityRequirement| !is_met(api, supplied, operation, one);
        let lacks: Vec<Vec<_>> = sets
            .iter()
            .map(|set| set.iter().filter(lacks).collect())
            .collect();
        let both = sets.iter().zip(&lacks);
        if let Some((set, least)) = both.min_by_key(|(_, lacks)| lacks.len())
            && !least.is_empty()
        {
            let is_taken = supplied.has_auth() && least.len() < set.len();
            let (count, _) = lacking
                .entry(in_words(api, sets))
                .or_insert_with(|| (0, advice(api, least, is_taken)));
            *count += 1;
        } else if supplied.is_secret()
            && let Ok(server) = place(operation)
            && !server.is_home
            && server.url.origin() != base.url.origin()
        {
            *elsewhere.entry(origin(&server.url)).or_default() += 1;
        }
    }
    let all = api.operations.len();
    let has = match supplied.in_words() {
        words if words.is_empty() => "the config has no credentials".to_owned(),
        words => format!("the config has {words}"),
    };
    lacking.sort_by(|_, (one, _), _, (other, _)| other.cmp(one));
    let more: usize = lacking
        .values()
        .skip(MOST_DEMANDS)
        .map(|(count, _)| count)
        .sum();
    let mut warnings: Vec<String> = lacking
        .iter()
        .take(MOST_DEMANDS)
        .map(|(demand, (count, advice))| {
            format!("{demand}: demanded by {count} of {all} operations, but {has}; {advice}")
        })
        .collect();
    if more > 0 {
        warnings.push(format!(
            "still other credentials are demanded by {more} of {all} operations, and the config \
             does not have them"
        ));
    }
    warnings.extend(elsewhere.iter().map(|(origin, count)| {
        format!(
            "credentials are demanded by {count} of {all} operations that are called at {origin}, as \
             the document says, where those of the config are not sent"
        )
    }));
    let about = |message| ("auth".to_owned(), message);
    warnings.into_iter().map(about).collect()
}

/// Whether the config has what is demanded, or callers give it as an argument. Of a scheme that the
/// document does not describe, nobody knows: anything may be it.
fn is_met(
    api: &Api,
    supplied: &Supplied,
    operation: &Operation,
    demand: &SecurityRequirement,
) -> bool {
    let Some(scheme) = api.security_schemes.get(&demand.scheme) else {
        return supplied.is_secret();
    };
    let is_argument = || match scheme {
        SecurityScheme::ApiKey { location, name } => operation.parameters.iter().any(|one| {
            one.location == *location
                && match location {
                    Location::Header => one.name.eq_ignore_ascii_case(name),
                    _ => one.name == *name,
                }
        }),
        _ => false,
    };
    supplied.meets(scheme) || is_argument()
}

/// What one of these sets together is.
fn in_words(api: &Api, sets: &[Vec<SecurityRequirement>]) -> String {
    let describe = |one: &SecurityRequirement| match api.security_schemes.get(&one.scheme) {
        Some(scheme) => describe(scheme),
        None => format!(
            "{:?}, which the document does not describe",
            short(&one.scheme)
        ),
    };
    let set = |set: &Vec<SecurityRequirement>| {
        let schemes: Vec<String> = set.iter().map(describe).collect();
        schemes.join(" together with ")
    };
    let mut ways: Vec<String> = Vec::new();
    for way in sets.iter().map(set) {
        if !ways.contains(&way) {
            ways.push(way);
        }
    }
    let more = ways.len().saturating_sub(MOST_ALTERNATIVES);
    ways.truncate(MOST_ALTERNATIVES);
    if more > 0 {
        ways.push(format!("one of {more} others"));
    }
    ways.join(", or ")
}

fn describe(scheme: &SecurityScheme) -> String {
    match scheme {
        SecurityScheme::ApiKey { location, name } => {
            let place = place(*location);
            format!("the API key {:?} in the {place}", short(name))
        }
        SecurityScheme::Http { scheme } => format!("HTTP {}", short(scheme).escape_debug()),
        SecurityScheme::MutualTls => "a client certificate".to_owned(),
        SecurityScheme::OAuth2 => "OAuth 2.0".to_owned(),
        SecurityScheme::OpenIdConnect => "OpenID Connect".to_owned(),
    }
}

/// What to do about schemes of a set that are lacking. `auth` holds one credential, which another of
/// the set may have taken already; further ones can be headers.
fn advice(api: &Api, lacking: &[&SecurityRequirement], mut is_taken: bool) -> String {
    let scheme = |demand: &SecurityRequirement| api.security_schemes.get(&demand.scheme);
    let mut lacking: Vec<_> = lacking.iter().map(|demand| scheme(demand)).collect();
    // What can stand nowhere else comes first.
    lacking.sort_by_key(|scheme| scheme.is_some_and(is_header));
    let mut words: Vec<String> = Vec::new();
    for scheme in lacking {
        words.push(match scheme {
            Some(SecurityScheme::ApiKey { name, .. })
                if is_taken && scheme.is_some_and(is_header) =>
            {
                format!("give {:?} among `headers` (--header)", short(name))
            }
            Some(SecurityScheme::MutualTls) => {
                "give `clientCert` and `clientKey` in a config file".to_owned()
            }
            Some(scheme) if is_taken => {
                format!("{} can't be given beside it", describe(scheme))
            }
            Some(scheme) => {
                is_taken = true;
                of_auth(scheme)
            }
            None => "ask its author what that is".to_owned(),
        });
    }
    words.join(", and ")
}

fn is_header(scheme: &SecurityScheme) -> bool {
    matches!(
        scheme,
        SecurityScheme::ApiKey {
            location: Location::Header,
            ..
        }
    )
}

/// How `auth`, or the flags in its place, say it.
fn of_auth(scheme: &SecurityScheme) -> String {
    match scheme {
        SecurityScheme::ApiKey { location, name } => {
            let (place, name) = (place(*location), short(name));
            format!(
                "set `auth` to {{\"type\": \"apiKey\", \"in\": \"{place}\", \"name\": {name:?}, \
                 \"key\": …}}, or give --auth-type api_key --auth-api-key … --auth-api-key-in \
                 {place} --auth-api-key-name {name:?}"
            )
        }
        SecurityScheme::Http { scheme } if scheme == "basic" => {
            "set `auth` to {\"type\": \"basic\", \"username\": …, \"password\": …}, or give \
             --auth-type basic --auth-username … --auth-password …"
                .to_owned()
        }
        SecurityScheme::Http { scheme } if scheme != "bearer" => {
            "give the whole `Authorization` among `headers` (--header), if it is always the same"
                .to_owned()
        }
        SecurityScheme::Http { .. } => {
            "set `auth` to {\"type\": \"bearer\", \"token\": …}, or give --auth-type bearer \
             --auth-token …"
                .to_owned()
        }
        SecurityScheme::OAuth2 | SecurityScheme::OpenIdConnect | SecurityScheme::MutualTls => {
            "set `auth` to the type oauth2 (with its `tokenUrl`), cognito, or bearer with a token \
             that you have, or give --auth-type bearer --auth-token …"
                .to_owned()
        }
    }
}

fn place(location: Location) -> &'static str {
    match location {
        Location::Query | Location::QueryString => "query",
        Location::Cookie => "cookie",
        Location::Header | Location::Path => "header",
    }
}

fn short(name: &str) -> &str {
    let end = name.char_indices().nth(LONGEST_NAME);
    end.and_then(|(end, _)| name.get(..end)).unwrap_or(name)
}
