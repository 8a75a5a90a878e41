//! Prompts about a kind of thing that can be listed, looked at and changed.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::{Argument, prompt};
use crate::openapi::api::{ApiPrompt, Operation, PromptPiece};
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
        let pieces = pieces(things, api, collection, [list, get, update]);
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
            pieces,
            arguments.into_iter(),
        ));
    }
    prompts
}

fn pieces(
    things: &str,
    api: &str,
    collection: &Collection<'_>,
    [list, get, update]: [&Operation; 3],
) -> Vec<PromptPiece> {
    let text = |text: &str| PromptPiece::Text(text.to_owned());
    let tool = |operation: &Operation| PromptPiece::Tool(operation.name.clone());
    let line = |label: &str, name: &str| (label.to_owned(), name.to_owned());
    let mut pieces = vec![
        PromptPiece::Text(format!("Work with {things} of {api}.\n\n")),
        PromptPiece::Given {
            heading: "",
            lines: vec![line("The goal: ", "goal"), line("Which: ", "which")],
        },
        text("\n1. Find them with the tool `"),
        tool(list),
        text("`, unless their ids are known.\n2. Look at each with `"),
        tool(get),
        text("` before anything is changed.\n3. Change it with `"),
        tool(update),
        text("`, and only what the goal asks for.\n4. Look at it again with `"),
        tool(get),
        text("`, and tell what has changed.\n"),
    ];
    if let Some(create) = collection.create {
        pieces.extend([
            text("\nNew ones are made with `"),
            tool(create),
            text("`.\n"),
        ]);
    }
    if let Some(delete) = collection.delete {
        pieces.extend([
            text("\n`"),
            tool(delete),
            text("` deletes one: ask before it is called.\n"),
        ]);
    }
    pieces
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
