//! Schemas of objects: their members, to be laid out flat.

use std::collections::{HashMap, HashSet};

use indexmap::{IndexMap, IndexSet};

use super::Version;
use super::resolve::{Place, Resolver};
use crate::json::tree::Tree;

/// Deeper references and `allOf` are not looked into.
const DEEPEST: usize = 16;

/// What a schema plainly says about an object: its own, and that of all `allOf`.
#[derive(Debug)]
pub(super) struct ObjectView<'d> {
    pub(super) properties: IndexMap<&'d str, Place<'d>>,
    pub(super) required: IndexSet<&'d str>,
    pub(super) additional: Option<Place<'d>>,
    /// Whether this is all that the schema says.
    pub(super) is_plain: bool,
    /// How many schemas have properties.
    parts: usize,
}

impl<'d> ObjectView<'d> {
    pub(super) fn new(
        resolver: &Resolver<'d>,
        version: Version,
        place: Place<'d>,
    ) -> Result<Self, String> {
        let mut view = Self {
            properties: IndexMap::new(),
            required: IndexSet::new(),
            additional: None,
            is_plain: true,
            parts: 0,
        };
        view.collect(resolver, version, place, DEEPEST, &mut HashSet::new())?;
        // Where several hold together, each counts the others' properties as its additional ones.
        let restricts = |place: &Place<'_>| place.tree != &Tree::Bool(true);
        view.is_plain &= view.parts <= 1 || !view.additional.as_ref().is_some_and(restricts);
        Ok(view)
    }

    /// Whether members that no property describes are taken.
    pub(super) fn takes_others(&self) -> bool {
        let additional = self.additional;
        additional.is_none_or(|additional| additional.tree != &Tree::Bool(false))
    }

    fn collect(
        &mut self,
        resolver: &Resolver<'d>,
        version: Version,
        place: Place<'d>,
        deepest: usize,
        seen: &mut HashSet<*const Tree>,
    ) -> Result<(), String> {
        // What is said twice, or of itself, says no more than once.
        if !seen.insert(place.identity()) {
            return Ok(());
        }
        let (Tree::Object(members), Some(deepest)) = (place.tree, deepest.checked_sub(1)) else {
            self.is_plain = false;
            return Ok(());
        };
        resolver.spend(members.len())?;
        let place = resolver.inside(place);
        if let Some(reference) = place.text("$ref") {
            let target = resolver.resolve(reference, place.base)?;
            self.collect(resolver, version, target, deepest, seen)?;
            if version < Version::V31 {
                return Ok(());
            }
        }
        for (keyword, value) in members {
            match (keyword.as_str(), value) {
                ("properties", Tree::Object(properties)) => {
                    self.parts += 1;
                    resolver.spend(properties.len())?;
                    for (name, property) in properties {
                        let property = place.at(property);
                        let known = self.properties.insert(name, property);
                        self.is_plain &=
                            known.is_none_or(|known| known.identity() == property.identity());
                    }
                }
                ("required", Tree::Array(names)) => {
                    resolver.spend(names.len())?;
                    self.required.extend(names.iter().filter_map(Tree::as_str));
                }
                ("type", value) => self.is_plain &= says_object(value),
                ("allOf", Tree::Array(parts)) => {
                    resolver.spend(parts.len())?;
                    for part in parts {
                        self.collect(resolver, version, place.at(part), deepest, seen)?;
                    }
                }
                ("additionalProperties", value) => {
                    self.is_plain &= self.additional.is_none();
                    self.additional = Some(place.at(value));
                }
                (keyword, _) => self.is_plain &= says_nothing(keyword),
            }
        }
        Ok(())
    }
}

fn says_object(value: &Tree) -> bool {
    match value {
        Tree::String(name) => name == "object",
        Tree::Array(names) => names
            .iter()
            .all(|name| matches!(name.as_str(), Some("object" | "null"))),
        _ => false,
    }
}

/// Keywords that say nothing about which members an object may have.
fn says_nothing(keyword: &str) -> bool {
    keyword.starts_with("x-")
        || matches!(
            keyword,
            "$anchor"
                | "$comment"
                | "$defs"
                | "$dynamicAnchor"
                | "$id"
                | "$ref"
                | "$schema"
                | "default"
                | "definitions"
                | "deprecated"
                | "description"
                | "discriminator"
                | "example"
                | "examples"
                | "externalDocs"
                | "nullable"
                | "properties"
                | "readOnly"
                | "required"
                | "title"
                | "writeOnly"
                | "xml"
        )
}

/// Whether a schema admits objects alone.
pub(super) fn is_object<'d>(resolver: &Resolver<'d>, place: Place<'d>) -> bool {
    admits_only_objects(resolver, place, DEEPEST, &mut HashMap::new())
}

/// `known` are the schemas that have been looked at; one that is just being looked at does not
/// tell of itself.
fn admits_only_objects<'d>(
    resolver: &Resolver<'d>,
    place: Place<'d>,
    deepest: usize,
    known: &mut HashMap<*const Tree, bool>,
) -> bool {
    let Some(deepest) = deepest.checked_sub(1) else {
        return false;
    };
    let Ok(place) = resolver.follow(place) else {
        return false;
    };
    if let Some(admits) = known.get(&place.identity()) {
        return *admits;
    }
    known.insert(place.identity(), false);
    let admits = says_only_objects(resolver, place, deepest, known);
    known.insert(place.identity(), admits);
    admits
}

fn says_only_objects<'d>(
    resolver: &Resolver<'d>,
    place: Place<'d>,
    deepest: usize,
    known: &mut HashMap<*const Tree, bool>,
) -> bool {
    let Tree::Object(members) = place.tree else {
        return false;
    };
    if super::schemas::is_nullable(members) {
        return false;
    }
    if let Some(value) = members.get("type") {
        return value.as_str() == Some("object")
            || value
                .as_array()
                .is_some_and(|names| names.iter().all(|name| name.as_str() == Some("object")));
    }
    if members.contains_key("properties") || members.contains_key("additionalProperties") {
        return true;
    }
    let place = resolver.inside(place);
    let mut all_of = place.list("allOf");
    if all_of.any(|part| admits_only_objects(resolver, part, deepest, known)) {
        return true;
    }
    ["anyOf", "oneOf"].iter().any(|keyword| {
        let mut parts = place.list(keyword).peekable();
        parts.peek().is_some()
            && parts.all(|part| admits_only_objects(resolver, part, deepest, known))
    })
}

/// Whether a schema says anything about values at all.
pub(super) fn says_anything(place: Place<'_>) -> bool {
    match place.tree {
        Tree::Object(members) => members.keys().any(|keyword| {
            !matches!(
                keyword.as_str(),
                "title" | "description" | "example" | "examples" | "$comment"
            ) && !keyword.starts_with("x-")
        }),
        Tree::Bool(value) => !value,
        _ => false,
    }
}
