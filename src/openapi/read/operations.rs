//! All operations of all documents.

use std::collections::HashSet;
use std::sync::Arc;

use indexmap::IndexMap;

use url::Url;

use super::filter::{Traits, admits};
use super::operation::{self, Found};
use super::resolve::{Place, Resolver};
use super::responses::ResponseReader;
use super::schemas::Schemas;
use super::{
    Documents, IsSupplied, ReadError, Target, Version, prompts, resources, security, servers,
};
use crate::json::tree::Tree;
use crate::openapi::api::{Api, Operation, ReadOptions, Responses};
use crate::openapi::names::{Wanted, assign};

/// The methods that a path item has members for (`OpenAPI` 3.2, path item object).
const METHODS: [&str; 9] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace", "query",
];

/// All tools together have no more bytes than about this.
const MOST_BYTES: usize = 256 * 1024 * 1024;

/// An API has no more operations than these.
const MOST_OPERATIONS: usize = 100_000;

/// So much is told of what was left out or changed.
const MOST_WARNINGS: usize = 10_000;

/// A path with more bytes is none that anybody uses.
const LONGEST_PATH: usize = 8 * 1024;

/// So many bytes of the API's title are repeated wherever it is spoken of.
const LONGEST_TITLE: usize = 200;

pub(super) fn read(
    documents: &Documents,
    options: &ReadOptions,
    is_supplied: &IsSupplied<'_>,
) -> Result<Api, ReadError> {
    let resolver = Resolver::new(documents);
    let mut api = Api::default();
    let mut all = Vec::new();
    for (index, url) in documents.roots.iter().enumerate() {
        let root = resolver
            .root(url)
            .ok_or_else(|| not_open_api(url, documents.why_not(url)))?;
        let version = version(root, url)?;
        if let Some(parsed) = documents.all.get(url) {
            let notes = parsed.notes.iter().cloned();
            api.warnings
                .extend(notes.map(|note| ("document".to_owned(), note)));
        }
        let server = servers::of_document(root, version);
        let own_server = if index == 0 {
            describe(root, server, &mut api);
            None
        } else {
            own_server(&resolver, root, server)
        };
        merge_schemes(&resolver, version, root, &mut api);
        collect(
            &resolver,
            root,
            version,
            own_server.as_deref(),
            &mut all,
            &mut api.warnings,
        );
    }
    let wanted: Vec<Wanted> = all
        .iter()
        .map(|found| match found.id() {
            Some(id) => Wanted::by_id(id, &found.method, found.path),
            None => Wanted::by_path(&found.method, found.path),
        })
        .collect();
    let names = assign(&wanted);
    let mut schemas = Schemas::new(&resolver, Version::V31);
    let mut responses = ResponseReader::default();
    let mut read = Vec::new();
    let mut room = MOST_BYTES;
    for (found, name) in all.iter().zip(&names) {
        let traits = Traits {
            tags: found.tags(),
            method: &found.method,
            path: found.path,
            operation_id: found.id(),
        };
        if !admits(options, &traits) {
            continue;
        }
        let server = operation::own_server(found);
        let target = Target {
            method: &found.method,
            api_server: api.server.as_deref(),
            server: server.as_deref(),
            document_server: found.server.as_deref(),
        };
        let is_supplied = |location, name: &str| is_supplied(&target, location, name);
        match operation::read(&mut schemas, &mut responses, found, name, &is_supplied) {
            Ok(one) if one.size() > room => tell(
                &mut api.warnings,
                found.label(),
                format!("the operation was left out: all tools have {MOST_BYTES} bytes already"),
            ),
            Ok(one) => {
                room -= one.size();
                for note in &one.notes {
                    tell(&mut api.warnings, name.clone(), note.clone());
                }
                read.push(one);
            }
            Err(reason) => {
                let message = format!("the operation was left out: {reason}");
                tell(&mut api.warnings, found.label(), message);
            }
        }
    }
    let title = api.title.as_deref().map(|title| {
        let end = title.floor_char_boundary(LONGEST_TITLE);
        title.get(..end).unwrap_or_default()
    });
    if options.resources {
        api.resources = resources::make(&read, title, &mut api.warnings);
    }
    if options.prompts {
        api.prompts = prompts::make(&resolver, &read, title, room, &mut api.warnings);
    }
    let definitions = Arc::new(responses.finish(schemas.response));
    let operations = read.into_iter().map(|one| Operation {
        responses: one.responses.map(|all| {
            let definitions = Arc::clone(&definitions);
            Arc::new(Responses { all, definitions })
        }),
        ..one.operation
    });
    api.operations = operations.collect();
    Ok(api)
}

/// Takes note of what was left out or changed, unless there is too much to tell.
pub(super) fn tell(warnings: &mut Vec<(String, String)>, about: String, message: String) {
    match warnings.len() {
        ..MOST_WARNINGS => warnings.push((about, message)),
        MOST_WARNINGS => warnings.push((
            "document".to_owned(),
            format!("more than these {MOST_WARNINGS} warnings are not kept"),
        )),
        _ => {}
    }
}

/// A URL may hold credentials, before its host or in its query: no error shows these.
fn not_open_api(url: &Url, reason: impl Into<String>) -> ReadError {
    let mut url = url.clone();
    // These fail where a URL can't have any.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    ReadError::NotOpenApi {
        url,
        reason: reason.into(),
    }
}

fn version(root: Place<'_>, url: &Url) -> Result<Version, ReadError> {
    if !root.tree.is_object() {
        let reason = match root.tree {
            Tree::Null => "it is empty",
            Tree::String(text) if text.trim_start().starts_with('<') => {
                "it is a page of HTML or XML; give the address of the document itself, which often \
                 ends in openapi.json or swagger.json"
            }
            _ => "it is no object",
        };
        return Err(not_open_api(url, reason));
    }
    let said = |name: &str| match root.tree.get(name) {
        Some(Tree::String(text)) => Some(text.clone()),
        Some(Tree::Number(number)) => Some(number.get().to_owned()),
        _ => None,
    };
    if let Some(version) = said("openapi") {
        return match version.as_str() {
            one if one.starts_with("3.0") => Ok(Version::V30),
            "3" => Ok(Version::V30),
            one if one.starts_with("3.") => Ok(Version::V31),
            _ => Err(not_open_api(
                url,
                format!("`openapi` is {version:?}; versions 2.0 and 3.0 to 3.2 are read"),
            )),
        };
    }
    match (said("swagger"), said("swaggerVersion")) {
        (Some(version), _) if version == "2" || version.starts_with("2.") => Ok(Version::V2),
        (Some(version), _) | (None, Some(version)) => Err(not_open_api(
            url,
            format!("it is Swagger {version}; versions 2.0 and 3.0 to 3.2 are read"),
        )),
        (None, None) => Err(not_open_api(
            url,
            "it has neither `openapi: 3.…` nor `swagger: \"2.0\"`",
        )),
    }
}

fn describe(root: Place<'_>, server: Option<String>, api: &mut Api) {
    let info = root.get("info");
    let text = |name: &str| {
        let text = info.and_then(|info| info.text(name)).map(str::trim);
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    api.title = text("title");
    api.version = text("version").or_else(|| match info?.tree.get("version")? {
        Tree::Number(number) => Some(number.get().to_owned()),
        _ => None,
    });
    api.description = text("description").or_else(|| text("summary"));
    api.server = server;
}

/// The server of a document that is not the first, independent of where the first came from.
fn own_server(resolver: &Resolver<'_>, root: Place<'_>, server: Option<String>) -> Option<String> {
    let url = resolver.url(root.base)?;
    match server {
        Some(server) => url.join(&server).ok().map(String::from).or(Some(server)),
        None => url.join("/").ok().map(String::from),
    }
}

fn merge_schemes<'d>(resolver: &Resolver<'d>, version: Version, root: Place<'d>, api: &mut Api) {
    for (name, scheme) in security::schemes(resolver, version, root) {
        match api.security_schemes.get(&name) {
            Some(known) if *known != scheme => tell(
                &mut api.warnings,
                name,
                "two documents have a security scheme of this name; the first counts".to_owned(),
            ),
            Some(_) => {}
            None => {
                api.security_schemes.insert(name, scheme);
            }
        }
    }
}

fn collect<'d>(
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
    for (path, item) in root.map("paths") {
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
