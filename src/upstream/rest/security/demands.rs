//! What an API demands of its callers (`security` and `securitySchemes`), where the config does not
//! have it.

use std::{collections::BTreeMap, sync::Arc};

use indexmap::IndexMap;

use crate::{
    http_client::origin,
    openapi::api::{Api, Location, Operation, SecurityRequirement, SecurityScheme},
    upstream::rest::{Wording, server::Server, supplied::Supplied},
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
    wording: Wording,
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
                .or_insert_with(|| (0, advice(api, least, wording, is_taken)));
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
        words if words.is_empty() => "no credentials are given".to_owned(),
        words => format!("what is given is {words}"),
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
            "still other credentials are demanded by {more} of {all} operations, and are not given"
        ));
    }
    warnings.extend(elsewhere.iter().map(|(origin, count)| {
        format!(
            "credentials are demanded by {count} of {all} operations that are called at {origin}, as \
             the document says, where those that are given are not sent"
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
fn advice(
    api: &Api,
    lacking: &[&SecurityRequirement],
    wording: Wording,
    mut is_taken: bool,
) -> String {
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
                format!("give {:?} among {}", short(name), wording.headers())
            }
            Some(SecurityScheme::MutualTls) => {
                "give `clientCert` and `clientKey` in a config file".to_owned()
            }
            Some(scheme) if is_taken => {
                format!("{} can't be given beside it", describe(scheme))
            }
            Some(scheme) => {
                is_taken = true;
                of_auth(scheme, wording)
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

/// How `auth`, or what stands in its place, says it.
fn of_auth(scheme: &SecurityScheme, wording: Wording) -> String {
    let basic = [("username", "…"), ("password", "…")];
    match scheme {
        SecurityScheme::ApiKey { location, name } => {
            let (place, name) = (place(*location), short(name));
            match wording {
                Wording::ConfigFile => format!(
                    "set `auth` to {{\"type\": \"apiKey\", \"in\": \"{place}\", \"name\": {name:?}, \
                     \"key\": …}}"
                ),
                Wording::CommandLine | Wording::AdditionalSpecs => foreign(
                    wording,
                    "api_key",
                    &[
                        ("api_key", "…"),
                        ("api_key_in", place),
                        ("api_key_name", name),
                    ],
                ),
            }
        }
        SecurityScheme::Http { scheme } if scheme == "basic" => match wording {
            Wording::ConfigFile => {
                "set `auth` to {\"type\": \"basic\", \"username\": …, \"password\": …}".to_owned()
            }
            Wording::CommandLine | Wording::AdditionalSpecs => foreign(wording, "basic", &basic),
        },
        SecurityScheme::Http { scheme } if scheme != "bearer" => format!(
            "give the whole `Authorization` with {}, if it is always the same",
            wording.headers()
        ),
        SecurityScheme::Http { .. } => match wording {
            Wording::ConfigFile => "set `auth` to {\"type\": \"bearer\", \"token\": …}".to_owned(),
            Wording::CommandLine | Wording::AdditionalSpecs => {
                foreign(wording, "bearer", &[("token", "…")])
            }
        },
        SecurityScheme::OAuth2 | SecurityScheme::OpenIdConnect | SecurityScheme::MutualTls => {
            match wording {
                Wording::ConfigFile => {
                    "set `auth` to the type oauth2 (with its `tokenUrl`), cognito, or bearer with \
                     a token that you have"
                        .to_owned()
                }
                Wording::CommandLine | Wording::AdditionalSpecs => format!(
                    "{} if you have a token; `auth` of an entry in a config file knows more ways",
                    foreign(wording, "bearer", &[("token", "…")])
                ),
            }
        }
    }
}

/// Credentials in the words of openapi-mcp-server.
fn foreign(wording: Wording, auth_type: &str, values: &[(&str, &str)]) -> String {
    let mut pairs = vec![("type", auth_type)];
    pairs.extend(values);
    let pairs = pairs.iter().map(|(name, value)| match (wording, *value) {
        (Wording::AdditionalSpecs, "…") => format!("\"auth_{name}\": …"),
        (Wording::AdditionalSpecs, value) => format!("\"auth_{name}\": {value:?}"),
        (_, "…") => format!("--auth-{} …", name.replace('_', "-")),
        (_, value) => format!("--auth-{} {}", name.replace('_', "-"), word(value)),
    });
    let pairs: Vec<String> = pairs.collect();
    match wording {
        Wording::AdditionalSpecs => format!("give {} beside it", pairs.join(", ")),
        Wording::CommandLine | Wording::ConfigFile => {
            format!(
                "give {}, or the variables AUTH_… of the same names",
                pairs.join(" ")
            )
        }
    }
}

/// A text as one word of a shell, for whoever copies it: what a document names may be meant to be
/// something else there, such as a command. What can't be seen is shown as `�`.
fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        let shown = text.replace(char::is_control, "\u{fffd}");
        format!("'{}'", shown.replace('\'', r"'\''"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_do_is_said_in_the_words_of_whoever_described_the_api() {
        let key = SecurityScheme::ApiKey {
            location: Location::Query,
            name: "k".to_owned(),
        };
        assert_eq!(
            of_auth(&key, Wording::CommandLine),
            "give --auth-type api_key --auth-api-key … --auth-api-key-in query --auth-api-key-name \
             k, or the variables AUTH_… of the same names"
        );
        assert_eq!(
            of_auth(&key, Wording::AdditionalSpecs),
            "give \"auth_type\": \"api_key\", \"auth_api_key\": …, \"auth_api_key_in\": \"query\", \
             \"auth_api_key_name\": \"k\" beside it"
        );
        assert!(of_auth(&key, Wording::ConfigFile).starts_with("set `auth` to {"));
    }

    #[test]
    fn what_a_document_names_is_no_command_where_it_is_copied_into_a_shell() {
        for (name, written) in [
            ("X-Api.Key_1", "X-Api.Key_1"),
            ("$(reboot)", "'$(reboot)'"),
            ("`a` \"b\"", "'`a` \"b\"'"),
            ("it's;", r"'it'\''s;'"),
            ("\x1b[2J", "'\u{fffd}[2J'"),
            ("", "''"),
        ] {
            assert_eq!(word(name), written);
        }
    }
}
