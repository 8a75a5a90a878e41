//! What `$ref` points to. Nothing is ever fetched.

use std::borrow::Cow;
use std::collections::HashMap;

use percent_encoding::percent_decode_str;
use url::Url;

use super::Dialect;
use super::keywords::subschemas;
use crate::json::tree::Tree;

/// The schemas inside one document that can be pointed at by URI or anchor; those that can be
/// pointed at by JSON Pointer are walked to.
#[derive(Debug)]
pub(crate) struct References<'a> {
    dialect: Dialect,
    resources: HashMap<String, (&'a Tree, Base)>,
    anchors: HashMap<String, (&'a Tree, Base)>,
    origin: Base,
}

/// The URI against which a schema's references are resolved. It changes where a `$id` stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Base(std::sync::Arc<Url>);

/// Why a reference means no schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeadEnd {
    /// There is nothing, or something else than a schema.
    Nowhere,
    /// It only leads back to itself.
    Circle,
}

/// A longer chain of references has come back to where it was, or should not be there.
const LONGEST_CHAIN: usize = 32;

impl<'a> References<'a> {
    /// Looks through `schema` once.
    pub(crate) fn new(schema: &'a Tree, dialect: Dialect) -> Option<Self> {
        let origin = Base(std::sync::Arc::new(Url::parse("schema://document/").ok()?));
        let mut references = Self {
            dialect,
            resources: HashMap::new(),
            anchors: HashMap::new(),
            origin: origin.clone(),
        };
        let root = (schema, origin.clone());
        references.resources.insert(key(&origin), root);
        references.index(schema, &origin);
        Some(references)
    }

    /// The base that holds around the document.
    pub(crate) fn origin(&self) -> Base {
        self.origin.clone()
    }

    /// The base that holds inside `schema`, which stands where `outer` holds.
    pub(crate) fn base_of(&self, schema: &Tree, outer: &Base) -> Base {
        let id = schema.get(self.dialect.id_keyword()).and_then(Tree::as_str);
        let joined = id
            .filter(|id| !id.starts_with('#'))
            .filter(|_| self.dialect.ref_has_siblings() || schema.get("$ref").is_none())
            .and_then(|id| outer.0.join(id).ok());
        joined.map_or_else(|| outer.clone(), |url| Base(std::sync::Arc::new(url)))
    }

    /// The schema that `reference` means where `base` holds, and the base that holds around it.
    pub(crate) fn resolve(&self, reference: &str, base: &Base) -> Option<(&'a Tree, Base)> {
        let mut target = base.0.join(reference).ok()?;
        let fragment = target.fragment().unwrap_or_default().to_owned();
        let fragment = percent_decode_str(&fragment).decode_utf8().ok()?;
        if !fragment.is_empty() && !fragment.starts_with('/') {
            target.set_fragment(Some(&fragment));
            return self.anchors.get(target.as_str()).cloned();
        }
        target.set_fragment(None);
        let (mut schema, mut outer) = self.resources.get(target.as_str())?.clone();
        for step in fragment.split('/').skip(1) {
            outer = self.base_of(schema, &outer);
            schema = match schema {
                Tree::Object(members) => members.get(&*unescape(step))?,
                Tree::Array(elements) => elements.get(step.parse::<usize>().ok()?)?,
                _ => return None,
            };
        }
        Some((schema, outer))
    }

    /// Resolves a reference under `keyword`, and sees that those behind it have an end.
    pub(crate) fn follow(
        &self,
        reference: &str,
        keyword: &str,
        base: &Base,
    ) -> Result<(&'a Tree, Base), DeadEnd> {
        let first = self.resolve(reference, base).ok_or(DeadEnd::Nowhere)?;
        let (mut target, mut outer) = first.clone();
        for _ in 0..LONGEST_CHAIN {
            if !(target.is_object() || target.is_boolean()) {
                return Err(DeadEnd::Nowhere);
            }
            let Some(Tree::String(next)) = target.get(keyword) else {
                return Ok(first);
            };
            let base = self.base_of(target, &outer);
            (target, outer) = self.resolve(next, &base).ok_or(DeadEnd::Nowhere)?;
        }
        Err(DeadEnd::Circle)
    }

    fn index(&mut self, schema: &'a Tree, outer: &Base) {
        let Tree::Object(members) = schema else {
            return;
        };
        let base = self.base_of(schema, outer);
        if base != *outer {
            self.resources.insert(key(&base), (schema, outer.clone()));
        }
        let old_anchor = members.get(self.dialect.id_keyword());
        let old_anchor = old_anchor
            .and_then(Tree::as_str)
            .and_then(|id| id.strip_prefix('#'));
        let anchors = ["$anchor", "$dynamicAnchor"].map(|keyword| members.get(keyword)?.as_str());
        for anchor in anchors.into_iter().chain([old_anchor]).flatten() {
            let mut url = Url::clone(&base.0);
            url.set_fragment(Some(anchor));
            self.anchors.insert(url.into(), (schema, outer.clone()));
        }
        for schema in subschemas(members) {
            self.index(schema, &base);
        }
    }
}

fn key(base: &Base) -> String {
    let mut url = Url::clone(&base.0);
    url.set_fragment(None);
    url.into()
}

/// Undoes the escapes of a JSON Pointer (RFC 6901, section 4).
pub(crate) fn unescape(step: &str) -> Cow<'_, str> {
    if step.contains('~') {
        Cow::Owned(step.replace("~1", "/").replace("~0", "~"))
    } else {
        Cow::Borrowed(step)
    }
}
