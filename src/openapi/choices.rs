//! The arguments that stand in the alternatives of a root `oneOf`, `anyOf` or `allOf`, or behind
//! its `$ref`, repeated as `properties`: many readers look nowhere else.
//!
//! What is repeated never forbids what the schema allows. From `allOf` and `$ref` a property's
//! whole schema may be taken, since it holds anyway; from alternatives only what all of them
//! agree on, and words.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::arguments::list;
use super::schemas::Writer;
use crate::json::tree::{Members, Tree};
use crate::schema::Base;

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
    collect(writer, members, &base, None, DEEPEST, &mut found);
    let own = members.get("properties").and_then(Tree::as_object);
    let mut merged = Members::new();
    for (name, occurrences) in &found.properties {
        if own.is_some_and(|own| own.contains_key(name)) {
            continue;
        }
        let always = occurrences.iter().find(|one| one.alternative.is_none());
        let property = match always {
            Some(one) => writer.write(one.schema, &one.base),
            None => common(occurrences, in_all(occurrences, found.alternatives)),
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
    /// The alternative in which it stands; `None` if it holds in any case.
    alternative: Option<usize>,
}

#[derive(Default)]
struct Found<'a> {
    properties: IndexMap<String, Vec<Occurrence<'a>>>,
    /// How many alternatives there are, if they all stand in one choice without further ones
    /// inside; else 0.
    alternatives: usize,
    choices: usize,
    /// What has been looked through for an alternative already.
    seen: HashSet<(*const Members, Option<usize>)>,
}

fn collect<'a>(
    writer: &Writer<'_, 'a>,
    members: &'a Members,
    base: &Base,
    alternative: Option<usize>,
    deepest: usize,
    found: &mut Found<'a>,
) {
    let Some(deepest) = deepest.checked_sub(1) else {
        return;
    };
    if !found
        .seen
        .insert((std::ptr::from_ref(members), alternative))
    {
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
                alternative,
            });
        }
    }
    let reference = members.get("$ref").and_then(Tree::as_str);
    if let Some((target, outer)) = reference.and_then(|text| writer.resolve(text, base))
        && let Tree::Object(members) = target
    {
        let base = writer.base_of(target, &outer);
        collect(writer, members, &base, alternative, deepest, found);
    }
    for keyword in ["allOf", "anyOf", "oneOf"] {
        let parts = list(members, keyword);
        let is_choice = keyword != "allOf";
        if is_choice && !parts.is_empty() {
            found.choices += 1;
            found.alternatives = if found.choices == 1 { parts.len() } else { 0 };
        }
        for (number, part) in parts.iter().enumerate() {
            if found.properties.len() >= MOST_PROPERTIES {
                return;
            }
            if let Tree::Object(members) = part {
                let base = writer.base_of(part, base);
                let alternative = if is_choice { Some(number) } else { alternative };
                collect(writer, members, &base, alternative, deepest, found);
            }
        }
    }
}

/// Whether the property stands in each of that many alternatives.
fn in_all(occurrences: &[Occurrence<'_>], alternatives: usize) -> bool {
    let seen: HashSet<_> = occurrences.iter().map(|one| one.alternative).collect();
    alternatives > 0 && seen.len() == alternatives
}

/// What may be said of a property that only alternatives have: its types and options, if every
/// alternative names them, and the words of the first that has some.
fn common(occurrences: &[Occurrence<'_>], in_all: bool) -> Tree {
    let mut property = Members::new();
    for keyword in ["title", "description", "examples"] {
        let first = occurrences.iter().find_map(|one| one.schema.get(keyword));
        if let Some(words) = first {
            property.insert(keyword.to_owned(), words.clone());
        }
    }
    if !in_all {
        return Tree::Object(property);
    }
    if let Some(types) = union(occurrences, |schema| as_list(schema.get("type")?)) {
        let types = match <[Tree; 1]>::try_from(types) {
            Ok([one]) => one,
            Err(several) => Tree::Array(several),
        };
        property.insert("type".to_owned(), types);
    }
    let options = |schema: &Tree| match (schema.get("const"), schema.get("enum")) {
        (Some(option), _) => Some(vec![option.clone()]),
        (None, options) => Some(options?.as_array()?.clone()),
    };
    if let Some(options) = union(occurrences, options) {
        property.insert("enum".to_owned(), Tree::Array(options));
    }
    Tree::Object(property)
}

fn as_list(value: &Tree) -> Option<Vec<Tree>> {
    match value {
        Tree::String(_) => Some(vec![value.clone()]),
        Tree::Array(list) => Some(list.clone()),
        _ => None,
    }
}

fn union(
    occurrences: &[Occurrence<'_>],
    read: impl Fn(&Tree) -> Option<Vec<Tree>>,
) -> Option<Vec<Tree>> {
    /// Longer lists of options are not worth the comparing.
    const LONGEST: usize = 200;
    let mut union = Vec::new();
    for one in occurrences {
        for value in read(one.schema)? {
            if !union.contains(&value) {
                union.push(value);
            }
        }
        if union.len() > LONGEST {
            return None;
        }
    }
    Some(union)
}
