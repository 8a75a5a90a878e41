//! Schemas that contain themselves, for readers that follow references without end.

use std::collections::{HashMap, HashSet};

use crate::json::tree::Tree;
use crate::schema::subschemas_mut;

/// Where components stand in a document.
pub(super) const PREFIX: &str = "#/components/schemas/";

/// The references that lead back to where they come from: without them there is no recursion.
/// `edges` tells which component points to which, starting at the one with the empty name.
pub(super) fn back_edges(edges: &HashMap<String, Vec<String>>) -> HashMap<String, HashSet<String>> {
    let mut back: HashMap<String, HashSet<String>> = HashMap::new();
    let mut done: HashSet<&str> = HashSet::new();
    let mut open: HashSet<&str> = HashSet::from([""]);
    // A path from the start, each with how many of its references have been followed.
    let mut path: Vec<(&str, usize)> = vec![("", 0)];
    while let Some((name, followed)) = path.last_mut() {
        let name = *name;
        let next = edges.get(name).and_then(|targets| targets.get(*followed));
        *followed += 1;
        match next.map(String::as_str) {
            None => {
                path.pop();
                open.remove(name);
                done.insert(name);
            }
            Some(target) if open.contains(target) => {
                let targets = back.entry(name.to_owned()).or_default();
                targets.insert(target.to_owned());
            }
            Some(target) if !done.contains(target) => {
                open.insert(target);
                path.push((target, 0));
            }
            Some(_) => {}
        }
    }
    back
}

/// Takes the references to `targets` out of a schema. What stands beside them stays.
pub(super) fn cut(schema: &mut Tree, targets: &HashSet<String>) {
    let Tree::Object(members) = schema else {
        return;
    };
    let target = members.get("$ref").and_then(Tree::as_str);
    let target = target.and_then(|pointer| pointer.strip_prefix(PREFIX));
    if target.is_some_and(|target| targets.contains(target)) {
        members.shift_remove("$ref");
    }
    for schema in subschemas_mut(members) {
        cut(schema, targets);
    }
}
