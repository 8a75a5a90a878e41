//! Prompts about a kind of thing that can be listed, looked at and changed.

use std::collections::HashSet;
use std::fmt::Write as _;

use indexmap::IndexMap;

use super::{Argument, prompt};
use crate::openapi::api::{ApiPrompt, Operation};
use crate::openapi::names::fitted;
use crate::openapi::read::operation::Read;

/// The operations of one collection, such as `/pets`.
#[derive(Default)]
struct Collection<'a> {
    list: Option<&'a Operation>,
    create: Option<&'a Operation>,
    get: Option<&'a Operation>,
    update: Option<&'a Operation>,
    delete: Option<&'a Operation>,
}

/// One prompt, `manage_pets`, for each collection with a list, and items that can be got and
/// updated.
pub(super) fn make(read: &[Read<'_>], api: &str) -> Vec<ApiPrompt> {
    let mut collections: IndexMap<&str, Collection<'_>> = IndexMap::new();
    for one in read {
        let operation = &one.operation;
        let path = operation.path.trim_end_matches('/');
        let Some((before, last)) = path.rsplit_once('/') else {
            continue;
        };
        let is_item = last.starts_with('{') && last.ends_with('}');
        let collection = if is_item { before } else { path };
        let name = collection.rsplit('/').next().unwrap_or_default();
        if name.is_empty() || name.starts_with('{') {
            continue;
        }
        let entry = collections.entry(collection).or_default();
        let place = match (operation.method.as_str(), is_item) {
            ("GET", false) => &mut entry.list,
            ("POST", false) => &mut entry.create,
            ("GET", true) => &mut entry.get,
            ("PATCH" | "PUT", true) => &mut entry.update,
            ("DELETE", true) => &mut entry.delete,
            _ => continue,
        };
        place.get_or_insert(operation);
    }
    let mut taken: HashSet<String> = read.iter().map(|one| one.operation.name.clone()).collect();
    let mut prompts = Vec::new();
    for (path, collection) in &collections {
        let (Some(list), Some(get), Some(update)) =
            (collection.list, collection.get, collection.update)
        else {
            continue;
        };
        let things = path.rsplit('/').next().unwrap_or_default();
        let Some(name) = unused(things, path, &mut taken) else {
            continue;
        };
        let text = text(things, api, collection, [list, get, update]);
        let arguments = [
            Argument {
                name: "goal",
                description: Some(format!("What is to be done with {things}.")),
                is_required: true,
            },
            Argument {
                name: "which",
                description: Some(format!(
                    "Which of {things}: ids, names, or what they are like."
                )),
                is_required: false,
            },
        ];
        let description = format!("Find, look at and change {things} of {api}.");
        prompts.push(prompt(
            &name,
            None,
            &description,
            text,
            arguments.into_iter(),
        ));
    }
    prompts
}

fn text(
    things: &str,
    api: &str,
    collection: &Collection<'_>,
    [list, get, update]: [&Operation; 3],
) -> (String, Vec<(usize, String)>) {
    let mut text = format!("Work with {things} of {api}.\n\nThe goal: ");
    let mut places = vec![(text.len(), "goal".to_owned())];
    text.push_str("\nWhich: ");
    places.push((text.len(), "which".to_owned()));
    // Writing to a string does not fail.
    let _ = write!(
        text,
        "\n\n1. Find them with the tool `{}`, unless their ids are known.\n\
         2. Look at each with `{}` before anything is changed.\n\
         3. Change it with `{}`, and only what the goal asks for.\n\
         4. Look at it again with `{}`, and tell what has changed.\n",
        list.name, get.name, update.name, get.name
    );
    if let Some(create) = collection.create {
        let _ = writeln!(text, "\nNew ones are made with `{}`.", create.name);
    }
    if let Some(delete) = collection.delete {
        let _ = writeln!(
            text,
            "\n`{}` deletes one: ask before it is called.",
            delete.name
        );
    }
    (text, places)
}

/// The prompt's name: by the things alone, or by the whole path where that is taken.
fn unused(things: &str, path: &str, taken: &mut HashSet<String>) -> Option<String> {
    let short = format!("manage_{}", fitted(things));
    let parts = path.split(['/', '{', '}']).filter(|part| !part.is_empty());
    let long = format!("manage_{}", fitted(&parts.collect::<Vec<_>>().join("_")));
    [short, long]
        .into_iter()
        .find(|name| taken.insert(name.clone()))
}
