//! Resources of one server or several, by their URIs.

use std::collections::HashMap;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::Deserialize;

use crate::{
    gateway::{Catalog, ServerName},
    json::{self, Raw, edit},
};

/// The scheme of URIs of resources that two servers offer under the same one.
const SCHEME: &str = "viceversa://";

/// The resources and resource templates of a view.
#[derive(Debug, Default)]
pub struct Resources {
    /// The definitions of resources, as they are listed.
    pub list: Vec<Raw>,
    /// The definitions of templates, as they are listed.
    pub templates: Vec<Raw>,
    /// Where listed resources are, by their URIs on this route.
    by_uri: HashMap<String, Resource>,
    /// The pieces of each template around its variables, and which server has it.
    patterns: Vec<(Vec<String>, usize)>,
    /// The servers by name, for qualified URIs.
    servers: Vec<String>,
    /// Those that offer resources.
    sources: Vec<usize>,
}

/// Where a resource is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Which of the route's servers has it.
    pub source: usize,
    /// Its URI there.
    pub uri: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Definition {
    #[serde(default, deserialize_with = "json::lenient")]
    uri: Option<String>,
    #[serde(default, deserialize_with = "json::lenient")]
    uri_template: Option<String>,
}

impl Resources {
    /// Those of a single server, under their own URIs.
    pub(super) fn of_one(catalog: &Catalog) -> Self {
        Self {
            list: catalog.resources.clone(),
            templates: catalog.resource_templates.clone(),
            sources: vec![0],
            ..Self::default()
        }
    }

    /// Those of several servers. A URI that more than one of them offers is qualified by the
    /// server's name.
    pub(super) fn of_many(sources: &[(&ServerName, Option<&Catalog>)]) -> Self {
        let mut all = Self {
            servers: sources.iter().map(|(name, _)| name.to_string()).collect(),
            ..Self::default()
        };
        for (source, (_, catalog)) in sources.iter().enumerate() {
            let Some(catalog) = catalog else {
                continue;
            };
            if catalog.capabilities.resources.is_some() {
                all.sources.push(source);
            }
            for definition in &catalog.resource_templates {
                all.templates.push(definition.clone());
                if let Some(template) = read(definition).uri_template {
                    all.patterns.push((pieces(&template), source));
                }
            }
        }
        let lists: Vec<_> = sources
            .iter()
            .map(|(name, catalog)| {
                let resources = catalog.map_or(&[][..], |catalog| &catalog.resources);
                (*name, resources)
            })
            .collect();
        for listed in listed(&lists) {
            if let Some((shown, resource)) = listed.place {
                all.by_uri.entry(shown).or_insert(resource);
            }
            all.list.push(listed.definition);
        }
        all
    }

    /// Where a resource may be, the likeliest place first: where it is listed; where a template
    /// fits; else anywhere.
    pub fn locate(&self, uri: &str) -> Vec<Resource> {
        if let Some(listed) = self.by_uri.get(uri) {
            return vec![listed.clone()];
        }
        if let Some((server, uri)) = unqualified(uri) {
            let source = self.servers.iter().position(|name| *name == server);
            return source
                .map(|source| vec![Resource { source, uri }])
                .unwrap_or_default();
        }
        let at = |source: usize| Resource {
            source,
            uri: uri.to_owned(),
        };
        let fitting = self.patterns.iter().filter(|(pieces, _)| fits(uri, pieces));
        let mut places: Vec<Resource> = Vec::new();
        for (_, source) in fitting {
            if places.iter().all(|place| place.source != *source) {
                places.push(at(*source));
            }
        }
        if places.is_empty() {
            places.extend(self.sources.iter().map(|source| at(*source)));
        }
        places
    }

    /// Which servers may have a template.
    pub fn locate_template(&self, template: &str) -> Vec<usize> {
        let wanted = pieces(template);
        let listed = self.patterns.iter().filter(|(pieces, _)| *pieces == wanted);
        let listed: Vec<usize> = listed.map(|(_, source)| *source).collect();
        if listed.is_empty() {
            self.sources.clone()
        } else {
            listed
        }
    }
}

/// A resource of several servers.
#[derive(Debug)]
pub struct Listed {
    /// The definition, with the URI that the resource has on the route.
    pub definition: Raw,
    /// This URI, and what it stands for.
    place: Option<(String, Resource)>,
}

/// The resources that several servers list, in this order. A URI that more than one of them lists
/// is qualified by the server's name.
pub fn listed(lists: &[(&ServerName, &[Raw])]) -> Vec<Listed> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    let uris: Vec<Vec<Option<String>>> = lists
        .iter()
        .map(|(_, definitions)| definitions.iter().map(|it| read(it).uri).collect())
        .collect();
    for uri in uris.iter().flatten().flatten() {
        *counts.entry(uri.clone()).or_default() += 1;
    }
    let mut all = Vec::new();
    for (source, ((server, definitions), uris)) in lists.iter().zip(uris).enumerate() {
        for (definition, uri) in definitions.iter().zip(uris) {
            let Some(uri) = uri else {
                all.push(Listed {
                    definition: definition.clone(),
                    place: None,
                });
                continue;
            };
            let (shown, definition) = if counts.get(&uri) == Some(&1) {
                (uri.clone(), definition.clone())
            } else {
                let shown = qualified(server.as_str(), &uri);
                let named = edit::with_member(definition, "uri", &Raw::from_value(&shown));
                (shown, named)
            };
            all.push(Listed {
                definition,
                place: Some((shown, Resource { source, uri })),
            });
        }
    }
    all
}

fn read(definition: &Raw) -> Definition {
    json::object(definition.get()).unwrap_or(Definition {
        uri: None,
        uri_template: None,
    })
}

/// A URI that says which server is meant.
fn qualified(server: &str, uri: &str) -> String {
    format!(
        "{SCHEME}{}/{uri}",
        utf8_percent_encode(server, NON_ALPHANUMERIC)
    )
}

/// The server and the URI of a qualified one.
fn unqualified(uri: &str) -> Option<(String, String)> {
    let (server, uri) = uri.strip_prefix(SCHEME)?.split_once('/')?;
    let server = percent_decode_str(server).decode_utf8().ok()?;
    Some((server.into_owned(), uri.to_owned()))
}

/// What stands around the variables of a template (RFC 6570): enough to tell whose a URI may be.
fn pieces(template: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once('{') {
        pieces.push(before.to_owned());
        rest = behind.split_once('}').map_or("", |(_, rest)| rest);
    }
    pieces.push(rest.to_owned());
    pieces
}

/// Whether the pieces stand in a text in their order, from its beginning to its end.
fn fits(uri: &str, pieces: &[String]) -> bool {
    let Some((first, others)) = pieces.split_first() else {
        return false;
    };
    let Some(mut rest) = uri.strip_prefix(first.as_str()) else {
        return false;
    };
    let Some((last, between)) = others.split_last() else {
        return rest.is_empty();
    };
    for piece in between {
        match rest.split_once(piece.as_str()) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    rest.ends_with(last.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mcp::client::{Capabilities, ListCapability};

    fn catalog(resources: &[&'static str], templates: &[&'static str]) -> Catalog {
        let raw =
            |texts: &[&'static str]| texts.iter().map(|text| Raw::from_static(text)).collect();
        let mut catalog = Catalog::with_tools([], Vec::new());
        catalog.resources = raw(resources);
        catalog.resource_templates = raw(templates);
        catalog.capabilities = Capabilities {
            resources: Some(ListCapability::default()),
            ..Capabilities::default()
        };
        catalog
    }

    fn at(source: usize, uri: &str) -> Vec<Resource> {
        vec![Resource {
            source,
            uri: uri.to_owned(),
        }]
    }

    #[test]
    fn only_uris_that_two_servers_offer_say_whose_they_are() {
        let one = catalog(
            &[r#"{"uri":"a:1","n":1.0}"#, r#"{"n":1.10,"uri":"a:both"}"#],
            &[r#"{"uriTemplate":"a:{x}/end"}"#],
        );
        let two = catalog(
            &[r#"{"uri":"a:both"}"#, "7"],
            &[r#"{"uriTemplate":"b:{x}"}"#],
        );
        let (first, second) = ("one".parse().unwrap(), "zw ei".parse().unwrap());
        let all = Resources::of_many(&[(&first, Some(&one)), (&second, Some(&two))]);
        let list: Vec<&str> = all.list.iter().map(Raw::get).collect();
        assert_eq!(
            list,
            [
                r#"{"uri":"a:1","n":1.0}"#,
                r#"{"n":1.10,"uri":"viceversa://one/a:both"}"#,
                r#"{"uri":"viceversa://zw%20ei/a:both"}"#,
                "7",
            ]
        );
        assert_eq!(all.locate("a:1"), at(0, "a:1"));
        assert_eq!(all.locate("viceversa://zw%20ei/a:both"), at(1, "a:both"));
        assert_eq!(all.locate("viceversa://three/a"), []);
        assert_eq!(all.locate("a:5/end"), at(0, "a:5/end"));
        assert_eq!(all.locate("b:5"), at(1, "b:5"));
        assert_eq!(all.locate("c:5").len(), 2);
        assert_eq!(all.locate_template("b:{y}"), [1]);
    }

    #[test]
    fn a_template_fits_what_has_its_pieces_in_their_order() {
        for (template, uri, is_fit) in [
            ("a:{x}", "a:1", true),
            ("a:{x}/b/{y}", "a:1/b/2", true),
            ("a:{x}/b/{y}", "a:1/2", false),
            ("a:b", "a:b", true),
            ("a:b", "a:bc", false),
            ("a:{unclosed", "a:1", true),
        ] {
            assert_eq!(fits(uri, &pieces(template)), is_fit, "{template} {uri}");
        }
    }
}
