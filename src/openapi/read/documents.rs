//! The documents of one API, and what they refer to.

use std::collections::{HashMap, HashSet};

use indexmap::{IndexMap, IndexSet};
use url::Url;

use super::parse::{Parsed, Size};
use crate::json::tree::{Members, Tree};

/// The documents of one API together have no more than this.
const MOST: Size = Size {
    values: 8_000_000,
    bytes: 256 * 1024 * 1024,
};

/// The documents of one API refer to no more others than this; each is one more to fetch, now and
/// at each look for changes.
pub(super) const MOST_REFERENCES: usize = 1000;

/// References in one document are looked through up to this many places that they lead to, of
/// which most may be in the document itself.
const MOST_PLACES: usize = 100_000;

/// What names itself with a longer URL is not known by that.
const LONGEST_URL: usize = 8 * 1024;

/// The documents of one API: those that describe it, and those that these refer to.
#[derive(Debug)]
pub struct Documents {
    /// Those that describe operations, in order.
    pub(super) roots: Vec<Url>,
    pub(super) all: IndexMap<Url, Parsed>,
    pub(super) failures: HashMap<Url, String>,
    /// What is referred to outside of the documents so far, in the order of the references.
    wanted: IndexSet<Url>,
    /// Whether more than that is referred to.
    refers_to_too_many: bool,
    /// The URLs that documents, and schemas in them, give themselves.
    identified: HashSet<Url>,
    size: Size,
    /// Whether `$id` is a keyword in documents that don't say their version.
    knows_ids: bool,
}

impl Documents {
    /// The documents of an API, of which this is the first. References in it are relative to
    /// `url`; one that came from nowhere gets a URL of the caller's invention.
    pub fn new(url: Url, root: Parsed) -> Self {
        let mut documents = Self {
            roots: Vec::new(),
            all: IndexMap::new(),
            failures: HashMap::new(),
            wanted: IndexSet::new(),
            refers_to_too_many: false,
            identified: HashSet::new(),
            size: Size::default(),
            knows_ids: knows_ids(&root.root, true),
        };
        documents.add_root(url, root);
        documents
    }

    /// Adds another document that describes operations of the API.
    pub fn add_root(&mut self, mut url: Url, root: Parsed) {
        url.set_fragment(None);
        if !self.roots.contains(&url) {
            self.roots.push(url.clone());
        }
        self.add(url, root);
    }

    /// Adds what a reference led to.
    pub fn add(&mut self, mut url: Url, parsed: Parsed) {
        url.set_fragment(None);
        let size = self.size.plus(parsed.size);
        if size.values > MOST.values || size.bytes > MOST.bytes {
            let reason = format!(
                "all documents of the API have more than {} values or {} bytes with it",
                MOST.values, MOST.bytes
            );
            return self.add_failure(url, reason);
        }
        self.size = size;
        let mut found = Found::default();
        let base = own_url(&parsed.root, &url);
        if base != url {
            found.identified.insert(base.clone());
        }
        found.knows_ids = self.knows_ids(&parsed.root);
        search(&parsed.root, &base, false, &mut found);
        self.identified.extend(found.identified);
        self.failures.remove(&url);
        self.all.insert(url, parsed);
        self.refers_to_too_many |= found.references.len() >= MOST_PLACES;
        for reference in found.references {
            let is_here = self.all.contains_key(&reference) || self.identified.contains(&reference);
            if is_here || self.wanted.contains(&reference) {
                continue;
            }
            if self.wanted.len() < MOST_REFERENCES {
                self.wanted.insert(reference);
            } else {
                self.refers_to_too_many = true;
            }
        }
    }

    /// Whether the documents refer to more others than are read.
    pub(super) fn refers_to_too_many(&self) -> bool {
        self.refers_to_too_many
    }

    /// Says why what a reference leads to can't be had, in words for the user that go on after
    /// “it refers to …, which can't be read: ”.
    pub fn add_failure(&mut self, mut url: Url, reason: impl Into<String>) {
        url.set_fragment(None);
        if !self.all.contains_key(&url) {
            self.failures.insert(url, reason.into());
        }
    }

    /// Whether `$id` is a keyword in this document.
    pub(super) fn knows_ids(&self, root: &Tree) -> bool {
        knows_ids(root, self.knows_ids)
    }

    /// Why a document is not there.
    pub(super) fn why_not(&self, url: &Url) -> String {
        let reason = self.failures.get(url);
        reason.map_or("it was not read", String::as_str).to_owned()
    }

    /// What is referred to and has neither been added nor failed: URLs without fragments, each
    /// once, in the order of the references. Empty when the documents are complete.
    pub fn missing_references(&self) -> Vec<Url> {
        let wanted = self.wanted.iter().filter(|url| {
            !self.all.contains_key(*url)
                && !self.failures.contains_key(*url)
                && !self.identified.contains(*url)
        });
        wanted.cloned().collect()
    }
}

/// What references in a document are relative to: its `$self` (`OpenAPI` 3.2), or where it came
/// from.
pub(super) fn own_url(root: &Tree, url: &Url) -> Url {
    let own = root.get("$self").and_then(Tree::as_str);
    let own = own.filter(|own| own.len() <= LONGEST_URL);
    let joined = own.and_then(|own| url.join(own).ok());
    let mut joined = joined.unwrap_or_else(|| url.clone());
    joined.set_fragment(None);
    joined
}

/// The URL that a schema gives itself.
pub(super) fn id_url(members: &Members, base: &Url) -> Option<Url> {
    let id = members.get("$id")?.as_str()?;
    // A fragment alone is what `$anchor` was before.
    if id.starts_with('#') || id.len() > LONGEST_URL {
        return None;
    }
    let mut url = base.join(id).ok()?;
    url.set_fragment(None);
    Some(url)
}

/// Whether `$id` is a keyword: schemas of `OpenAPI` have it from 3.1 on. `otherwise` is for files
/// that don't say their version.
fn knows_ids(root: &Tree, otherwise: bool) -> bool {
    match (root.get("openapi"), root.get("swagger")) {
        (Some(Tree::String(version)), _) => version != "3" && !version.starts_with("3.0"),
        (Some(Tree::Number(version)), _) => !matches!(version.get(), "3" | "3.0"),
        (_, Some(_)) => false,
        _ => otherwise,
    }
}

/// Whether the members under this name have names of the author's choice, and so mean nothing.
pub(super) fn is_map(name: &str) -> bool {
    matches!(
        name,
        "$defs"
            | "callbacks"
            | "definitions"
            | "dependentSchemas"
            | "headers"
            | "parameters"
            | "pathItems"
            | "paths"
            | "patternProperties"
            | "properties"
            | "requestBodies"
            | "responses"
            | "schemas"
            | "securitySchemes"
            | "x-ms-paths"
    )
}

/// Whether what stands under this name is data, in which a reference is none.
pub(super) fn is_data(name: &str) -> bool {
    matches!(name, "const" | "default" | "enum" | "example" | "examples")
        || (name.starts_with("x-") && name != "x-ms-paths")
}

#[derive(Default)]
struct Found {
    knows_ids: bool,
    references: IndexSet<Url>,
    identified: HashSet<Url>,
}

/// Looks for references anywhere; `is_names` says that the members have names of the author's.
fn search(tree: &Tree, base: &Url, is_names: bool, found: &mut Found) {
    match tree {
        Tree::Array(elements) => {
            for element in elements {
                search(element, base, false, found);
            }
        }
        Tree::Object(members) if is_names => {
            for value in members.values() {
                search(value, base, false, found);
            }
        }
        Tree::Object(members) => {
            let own = id_url(members, base).filter(|_| found.knows_ids);
            found.identified.extend(own.clone());
            let base = own.as_ref().unwrap_or(base);
            for (name, value) in members {
                match value {
                    Tree::String(reference)
                        if matches!(&**name, "$ref" | "$dynamicRef")
                            && !reference.starts_with('#') =>
                    {
                        if let Ok(mut url) = base.join(reference) {
                            url.set_fragment(None);
                            if found.references.len() < MOST_PLACES {
                                found.references.insert(url);
                            }
                        }
                    }
                    Tree::Array(_) | Tree::Object(_) if !is_data(name) => {
                        search(value, base, is_map(name), found);
                    }
                    _ => {}
                }
            }
        }
        _ => {}
    }
}
