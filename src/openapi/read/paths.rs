//! The paths of a document, and their operations.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::operation::Found;
use super::operations::tell;
use super::resolve::{Place, Resolver};
use super::{Version, misspelt};

/// Where a document has paths. Microsoft's extension has those that differ by their queries alone:
/// `/queues?comp=list` (`AutoRest`, `x-ms-paths`).
pub(super) const MAPS: [&str; 2] = ["paths", "x-ms-paths"];

/// The methods that a path item has members for (`OpenAPI` 3.2, path item object).
pub(super) const METHODS: [&str; 9] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace", "query",
];

/// An API has no more operations than these.
const MOST_OPERATIONS: usize = 100_000;

/// A path with more bytes is none that anybody uses.
const LONGEST_PATH: usize = 8 * 1024;

/// Tells of a document that has no path; `which` is its position where it is one of several.
pub(super) fn warn_of_none(
    root: Place<'_>,
    which: Option<usize>,
    warnings: &mut Vec<(String, String)>,
) {
    if MAPS.iter().any(|name| root.map(name).next().is_some()) {
        return;
    }
    let document = match which {
        Some(index) => format!("document {} of `spec`", index + 1),
        None => "it".to_owned(),
    };
    let message = if root.map("webhooks").next().is_some() {
        format!(
            "{document} has only webhooks, which are calls of the API's to others and are not \
             served: there are no paths, and so no tools"
        )
    } else {
        format!("{document} has no paths, and so there are no tools")
    };
    tell(warnings, "document".to_owned(), message);
}

/// All operations of a document.
pub(super) fn collect<'d>(
    resolver: &Resolver<'d>,
    root: Place<'d>,
    version: Version,
    server: Option<&str>,
    all: &mut Vec<Found<'d>>,
    warnings: &mut Vec<(String, String)>,
) {
    let known = all.iter();
    let known = known.map(|found| (found.method.clone(), found.path));
    let mut places: HashSet<(String, &str)> = known.collect();
    let mut looked_at = HashSet::new();
    for (path, item) in MAPS.iter().flat_map(|name| root.map(name)) {
        if !path.starts_with('/') {
            if !path.starts_with("x-") {
                let message = "the path was left out: it does not begin with a slash";
                tell(warnings, path.to_owned(), message.to_owned());
            }
            continue;
        }
        if path.len() > LONGEST_PATH {
            let end = path.floor_char_boundary(100);
            let about = path.get(..end).unwrap_or_default();
            let message = format!("the path was left out: it has more than {LONGEST_PATH} bytes");
            tell(warnings, format!("{about}…"), message);
            continue;
        }
        let target = match resolver.follow(item) {
            Ok(target) => target,
            Err(reason) => {
                let message = format!("the path was left out: {reason}");
                tell(warnings, path.to_owned(), message);
                continue;
            }
        };
        let mut items = vec![target];
        if target.identity() != item.identity() {
            items.push(item);
        }
        for item in &items {
            // What several paths refer to is told of once.
            if looked_at.insert(item.identity()) {
                for message in misspelt::in_path_item(resolver, *item) {
                    tell(warnings, path.to_owned(), message);
                }
            }
        }
        for (name, _) in items
            .iter()
            .filter_map(|item| item.tree.as_object())
            .flatten()
            .filter(|(name, tree)| METHODS.contains(&&***name) && !tree.is_object())
        {
            let message = "the operation was left out: it is no object".to_owned();
            tell(
                warnings,
                format!("{} {path}", name.to_ascii_uppercase()),
                message,
            );
        }
        for (method, operation) in methods(&items) {
            if method.eq_ignore_ascii_case("CONNECT") {
                let message = "the operation was left out: CONNECT asks for a tunnel, not for an \
                               answer";
                tell(warnings, format!("{method} {path}"), message.to_owned());
                continue;
            }
            if all.len() >= MOST_OPERATIONS {
                let message =
                    format!("the operation was left out: the API has {MOST_OPERATIONS} without it");
                tell(warnings, format!("{method} {path}"), message);
                continue;
            }
            if !places.insert((method.clone(), path)) {
                let message = "the operation was left out: an earlier document has it too";
                tell(warnings, format!("{method} {path}"), message.to_owned());
                continue;
            }
            all.push(Found {
                root,
                version,
                method,
                path,
                items: items.clone(),
                operation,
                server: server.map(str::to_owned),
            });
        }
    }
}

/// The operations of a path item, in its order; what it says itself goes before what it refers to.
fn methods<'d>(items: &[Place<'d>]) -> IndexMap<String, Place<'d>> {
    let mut found: IndexMap<String, Place<'d>> = IndexMap::new();
    let mut add = |method: String, operation: Place<'d>| {
        if operation.tree.is_object() {
            found.entry(method).or_insert(operation);
        }
    };
    for item in items.iter().rev() {
        for (name, tree) in item.tree.as_object().into_iter().flatten() {
            if METHODS.contains(&&**name) {
                add(name.to_ascii_uppercase(), item.at(tree));
            } else if name == "additionalOperations" {
                for (method, operation) in item.map(name) {
                    add(method.to_owned(), operation);
                }
            }
        }
    }
    found
}
