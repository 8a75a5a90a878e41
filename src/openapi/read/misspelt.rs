//! What a document says that nobody reads, since it is probably misspelt.

use super::paths::METHODS;
use super::resolve::{Place, Resolver};
use crate::config::spelling::{hint, nearest};

/// What a path item has beside its methods (`OpenAPI` 3.2, path item object).
const OF_PATHS: [&str; 6] = [
    "$ref",
    "additionalOperations",
    "description",
    "parameters",
    "servers",
    "summary",
];

/// What `style` can be (`OpenAPI` 3.2, style values).
const STYLES: [&str; 8] = [
    "matrix",
    "label",
    "simple",
    "form",
    "spaceDelimited",
    "pipeDelimited",
    "deepObject",
    "cookie",
];

/// What `collectionFormat` can be (`OpenAPI` 2.0, parameter object).
const COLLECTION_FORMATS: [&str; 5] = ["csv", "ssv", "tsv", "pipes", "multi"];

/// What `in` can be.
const LOCATIONS: [&str; 5] = ["path", "query", "header", "cookie", "querystring"];

/// So many characters of what a document says are shown.
const LONGEST: usize = 100;

/// Says of each member of a path item that it is none.
pub(super) fn in_path_item(resolver: &Resolver<'_>, item: Place<'_>) -> Vec<String> {
    let members = item.tree.as_object().into_iter().flatten();
    let unknown = members.filter(|(name, _)| {
        let name = name.as_str();
        !METHODS.contains(&name) && !OF_PATHS.contains(&name) && !name.starts_with("x-")
    });
    let known = || METHODS.into_iter().chain(OF_PATHS);
    unknown
        .map(|(name, value)| {
            format!(
                "{:?} is ignored: a path has no such member{}{}",
                shown(name),
                at(resolver, item.at(value)),
                meant(name, known())
            )
        })
        .collect()
}

/// Says of a parameter, or of how a member of a form is written, that its `style` or
/// `collectionFormat` is none.
pub(super) fn in_style(resolver: &Resolver<'_>, holder: Place<'_>) -> Option<String> {
    let said = |name: &'static str, known: &[&'static str]| {
        let place = holder.get(name)?;
        let text = place.tree.as_str();
        if text.is_some_and(|text| known.contains(&text)) {
            return None;
        }
        let text = text.map_or_else(|| place.tree.to_string(), str::to_owned);
        Some(format!(
            "`{name}` can't be {:?} and is ignored{}{}",
            shown(&text),
            at(resolver, place),
            meant(&text, known.iter().copied())
        ))
    };
    said("style", &STYLES).or_else(|| said("collectionFormat", &COLLECTION_FORMATS))
}

/// Says of a parameter that it stands in no place that there is.
pub(super) fn in_location(resolver: &Resolver<'_>, parameter: Place<'_>, name: &str) -> String {
    let name = shown(name);
    let Some(location) = parameter.get("in") else {
        let at = at(resolver, parameter);
        return format!("the parameter {name:?} does not say where it stands (`in`){at}");
    };
    let text = location.tree.as_str();
    let text = text.map_or_else(|| location.tree.to_string(), str::to_owned);
    format!(
        "the parameter {name:?} stands `in` no place: {:?}{}{}",
        shown(&text),
        at(resolver, location),
        meant(&text, LOCATIONS.into_iter())
    )
}

fn at(resolver: &Resolver<'_>, place: Place<'_>) -> String {
    let at = resolver.pointer(place);
    at.map(|at| format!(", at {at}")).unwrap_or_default()
}

fn meant<'k>(text: &str, known: impl Iterator<Item = &'k str>) -> String {
    // What is longer resembles nothing, and would take long to compare.
    let text = Some(text).filter(|text| text.len() <= LONGEST);
    hint(text.and_then(|text| nearest(text, known)))
}

fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(LONGEST).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}
