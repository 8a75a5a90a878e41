//! The arguments that stand in the alternatives of a root `oneOf`, `anyOf` or `allOf`, or behind
//! its `$ref`, repeated as `properties`: many readers look nowhere else.
//!
//! They are for reading. A property that has a schema in one alternative shows that schema,
//! though the other alternatives may take anything under its name; what a call may be is for the
//! alternatives themselves to say, and for the gateway, which validates by the tool's own schema.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::schemas::Writer;
use crate::json::tree::{Members, Tree};
use crate::schema::{Base, list};

/// How deep alternatives within alternatives are looked into.
const DEEPEST: usize = 8;

/// More arguments than these are not repeated.
const MOST_PROPERTIES: usize = 1000;

/// Adds to the written root schema the properties that stand elsewhere.
pub(super) fn merge_properties<'a>(
    writer: &mut Writer<'_, 'a>,
    schema: &'a Tree,
    outer: &Base,
    written: &mut Tree,
) {
    let (Tree::Object(members), Tree::Object(written)) = (schema, written) else {
        return;
    };
    // These count the properties beside them: with more, they would allow more.
    let counts = |keyword| {
        members
            .get(keyword)
            .is_some_and(|value| value != &Tree::Bool(true))
    };
    if counts("additionalProperties") || counts("unevaluatedProperties") {
        return;
    }
    let mut found = Found::default();
    let base = writer.base_of(schema, outer);
    collect(writer, members, &base, true, DEEPEST, &mut found);
    let own = members.get("properties").and_then(Tree::as_object);
    let mut merged = Members::new();
    for (name, occurrences) in &found.properties {
        if own.is_some_and(|own| own.contains_key(name)) {
            continue;
        }
        let property = match occurrences.iter().find(|one| one.always) {
            Some(one) => writer.write(one.schema, &one.base),
            None => either(writer, occurrences),
        };
        merged.insert(name.clone(), property);
    }
    if merged.is_empty() {
        return;
    }
    if let Tree::Object(properties) = written
        .entry("properties".to_owned())
        .or_insert_with(|| Tree::Object(Members::new()))
    {
        properties.extend(merged);
    }
}

/// A property in one place.
struct Occurrence<'a> {
    schema: &'a Tree,
    base: Base,
    /// Whether it holds in any case, not only in one alternative.
    always: bool,
}

#[derive(Default)]
struct Found<'a> {
    properties: IndexMap<String, Vec<Occurrence<'a>>>,
    /// What has been looked through already, for alternatives and for all cases. Nothing is
    /// looked through twice, however many alternatives refer to it.
    seen: HashSet<(*const Members, bool)>,
}

fn collect<'a>(
    writer: &Writer<'_, 'a>,
    members: &'a Members,
    base: &Base,
    always: bool,
    deepest: usize,
    found: &mut Found<'a>,
) {
    let Some(deepest) = deepest.checked_sub(1) else {
        return;
    };
    if !found.seen.insert((std::ptr::from_ref(members), always)) {
        return;
    }
    if let Some(Tree::Object(properties)) = members.get("properties") {
        for (name, schema) in properties {
            if found.properties.len() >= MOST_PROPERTIES && !found.properties.contains_key(name) {
                continue;
            }
            let base = base.clone();
            let occurrences = found.properties.entry(name.clone()).or_default();
            occurrences.push(Occurrence {
                schema,
                base,
                always,
            });
        }
    }
    let reference = members.get("$ref").and_then(Tree::as_str);
    if let Some((target, outer)) = reference.and_then(|text| writer.resolve(text, base))
        && let Tree::Object(members) = target
    {
        let base = writer.base_of(target, &outer);
        collect(writer, members, &base, always, deepest, found);
    }
    for keyword in ["allOf", "anyOf", "oneOf"] {
        for part in list(members, keyword) {
            if let Tree::Object(members) = part {
                let base = writer.base_of(part, base);
                let always = always && keyword == "allOf";
                collect(writer, members, &base, always, deepest, found);
            }
        }
    }
}

/// What a property is in one alternative or another, under the words of the first that has some.
fn either(writer: &mut Writer<'_, '_>, occurrences: &[Occurrence<'_>]) -> Tree {
    let mut texts = HashSet::new();
    let mut variants = Vec::new();
    for one in occurrences {
        let variant = writer.write(one.schema, &one.base);
        if texts.insert(variant.to_string()) {
            variants.push(variant);
        }
    }
    let mut property = Members::new();
    for keyword in ["title", "description"] {
        let first = variants.iter().find_map(|variant| variant.get(keyword));
        if let Some(words) = first {
            property.insert(keyword.to_owned(), words.clone());
        }
    }
    match <[Tree; 1]>::try_from(variants) {
        Ok([only]) => only,
        Err(variants) => {
            property.insert("anyOf".to_owned(), Tree::Array(variants));
            Tree::Object(property)
        }
    }
}
