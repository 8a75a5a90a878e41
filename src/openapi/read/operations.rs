//! All operations of all documents.

use std::sync::Arc;

use url::Url;

use super::documents::MOST_REFERENCES;
use super::filter::{self, admits};
use super::operation::{self, Found};
use super::resolve::{Place, Resolver};
use super::responses::ResponseReader;
use super::schemas::Schemas;
use super::{
    Documents, IsSupplied, Parsed, ReadError, Target, Version, paths, prompts, resources, security,
    servers, twins,
};
use crate::json::tree::Tree;
use crate::openapi::api::{Api, Operation, ReadOptions, Responses};
use crate::openapi::names::{Wanted, assign};

/// All tools together have no more bytes than about this.
const MOST_BYTES: usize = 256 * 1024 * 1024;

/// So much is told of what was left out or changed.
const MOST_WARNINGS: usize = 10_000;

/// So many bytes of the API's title are repeated wherever it is spoken of.
const LONGEST_TITLE: usize = 200;

pub(super) fn read(
    documents: &Documents,
    options: &ReadOptions,
    is_supplied: &IsSupplied<'_>,
) -> Result<Api, ReadError> {
    let resolver = Resolver::new(documents);
    let mut api = Api::default();
    let all = gather(&resolver, documents, &mut api)?;
    let wanted: Vec<Wanted> = all
        .iter()
        .map(|found| match found.id() {
            Some(id) => Wanted::by_id(id, &found.method, found.path),
            None => Wanted::by_path(&found.method, found.path),
        })
        .collect();
    let names = assign(&wanted);
    let is_wanted: Vec<bool> = all
        .iter()
        .map(|found| admits(options, &found.traits()))
        .collect();
    filter::warn(options, &all, &is_wanted, &mut api.warnings);
    twins::warn(&all, &names, &is_wanted, &mut api.warnings);
    let mut schemas = Schemas::new(&resolver, Version::V31);
    let mut responses = ResponseReader::default();
    let mut read = Vec::new();
    let mut room = MOST_BYTES;
    let candidates = all.iter().zip(&names).zip(&is_wanted);
    for ((found, name), _) in candidates.filter(|(_, is_wanted)| **is_wanted) {
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

/// The operations of all documents, none of them read yet.
fn gather<'d>(
    resolver: &Resolver<'d>,
    documents: &'d Documents,
    api: &mut Api,
) -> Result<Vec<Found<'d>>, ReadError> {
    let mut all = Vec::new();
    for (index, url) in documents.roots.iter().enumerate() {
        let root = resolver
            .root(url)
            .ok_or_else(|| not_open_api(url, documents.why_not(url)))?;
        let version = version(root).map_err(|reason| not_open_api(url, reason))?;
        if let Some(message) = newer(root) {
            tell(&mut api.warnings, "document".to_owned(), message);
        }
        if let Some(parsed) = documents.all.get(url) {
            let notes = parsed.notes.iter().cloned();
            api.warnings
                .extend(notes.map(|note| ("document".to_owned(), note)));
        }
        let server = servers::of_document(root, version);
        let own_server = if index == 0 {
            describe(root, server, api);
            None
        } else {
            own_server(resolver, root, server)
        };
        merge_schemes(resolver, version, root, api);
        let which = (documents.roots.len() > 1).then_some(index);
        paths::warn_of_none(root, which, &mut api.warnings);
        paths::collect(
            resolver,
            root,
            version,
            own_server.as_deref(),
            &mut all,
            &mut api.warnings,
        );
    }
    if documents.refers_to_too_many() {
        let message = format!(
            "the API's documents refer to more than {MOST_REFERENCES} others: those behind were not \
             read, and what needs them is left out"
        );
        tell(&mut api.warnings, "document".to_owned(), message);
    }
    Ok(all)
}

/// The server of a document that stands alone.
pub(super) fn server_of(parsed: &Parsed) -> Result<Option<String>, ReadError> {
    let root = Place {
        tree: &parsed.root,
        base: 0,
    };
    let version = version(root).map_err(ReadError::NoDocument)?;
    Ok(servers::of_document(root, version))
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

/// The version of a document, or why it is none that is read.
fn version(root: Place<'_>) -> Result<Version, String> {
    if !root.tree.is_object() {
        let reason = match root.tree {
            Tree::Null => "it is empty",
            Tree::String(text) if text.trim_start().starts_with('<') => {
                "it is a page of HTML or XML; give the address of the document itself, which often \
                 ends in openapi.json or swagger.json"
            }
            _ => "it is no object",
        };
        return Err(reason.to_owned());
    }
    let said = |name: &str| said(root, name);
    if let Some(version) = said("openapi") {
        return match version {
            one if one.starts_with("3.0") => Ok(Version::V30),
            "3" => Ok(Version::V30),
            one if one.starts_with("3.") => Ok(Version::V31),
            _ => Err(format!(
                "`openapi` is {version:?}; versions 2.0 and 3.0 to 3.2 are read"
            )),
        };
    }
    match (said("swagger"), said("swaggerVersion")) {
        (Some(version), _) if version == "2" || version.starts_with("2.") => Ok(Version::V2),
        (Some(version), _) | (None, Some(version)) => Err(format!(
            "it is Swagger {version}; versions 2.0 and 3.0 to 3.2 are read"
        )),
        (None, None) => Err("it has neither `openapi: 3.…` nor `swagger: \"2.0\"`".to_owned()),
    }
}

/// The version that a document says under this name: some write it as a number.
fn said<'d>(root: Place<'d>, name: &str) -> Option<&'d str> {
    match root.tree.get(name)? {
        Tree::String(text) => Some(text),
        Tree::Number(number) => Some(number.get()),
        _ => None,
    }
}

/// What is to be said of a document of a version that is newer than those that are known.
fn newer(root: Place<'_>) -> Option<String> {
    let version = said(root, "openapi")?;
    let minor = version.strip_prefix("3.")?.split('.').next()?;
    let is_known = matches!(minor, "1" | "2") || minor.starts_with('0');
    (!is_known).then(|| {
        let shown: String = version.chars().take(20).collect();
        format!("`openapi` is {shown:?}, which is not known: this is read as 3.2")
    })
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
