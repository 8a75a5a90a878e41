//! What references point to, across documents.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use percent_encoding::percent_decode_str;
use url::Url;

use super::Documents;
use super::documents::{MOST_REFERENCES, id_url, is_data, is_map, own_url};
use crate::json::tree::Tree;
use crate::schema::unescape;

/// A longer chain of references has come back to where it was.
const LONGEST_CHAIN: usize = 32;

/// So many steps are taken for an API in all. A document of the most bytes that says each thing
/// once takes fewer; one whose schemas hold each other over and over would take no end of them.
const MOST_STEPS: usize = 20_000_000;

/// So many values are looked at for all messages that say where something stands.
const MOST_LOOKS: usize = 5_000_000;

/// The position in [`Resolver::bases`] of the URL that references are relative to.
pub(super) type BaseId = usize;

/// A value in a document, and what references in it are relative to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'d> {
    pub(super) tree: &'d Tree,
    pub(super) base: BaseId,
}

impl<'d> Place<'d> {
    /// A value inside of this one, of which no `$id` is on the way.
    pub(super) fn at(self, tree: &'d Tree) -> Self {
        Self { tree, ..self }
    }

    /// A member.
    pub(super) fn get(self, name: &str) -> Option<Self> {
        Some(self.at(self.tree.get(name)?))
    }

    /// The text of a member.
    pub(super) fn text(self, name: &str) -> Option<&'d str> {
        self.tree.get(name)?.as_str()
    }

    /// Whether a member is `true`.
    pub(super) fn is_true(self, name: &str) -> bool {
        self.tree.get(name) == Some(&Tree::Bool(true))
    }

    /// The elements of a member that is a list.
    pub(super) fn list(self, name: &str) -> impl Iterator<Item = Self> + use<'d> {
        let list = self.tree.get(name).and_then(Tree::as_array);
        list.into_iter().flatten().map(move |tree| self.at(tree))
    }

    /// The members of a member that is an object.
    pub(super) fn map(self, name: &str) -> impl Iterator<Item = (&'d str, Self)> + use<'d> {
        let map = self.tree.get(name).and_then(Tree::as_object);
        map.into_iter()
            .flatten()
            .map(move |(name, tree)| (name.as_str(), self.at(tree)))
    }

    /// What tells this value from all others.
    pub(super) fn identity(self) -> *const Tree {
        std::ptr::from_ref(self.tree)
    }
}

/// Follows references in complete documents.
pub(super) struct Resolver<'d> {
    documents: &'d Documents,
    /// What references are relative to, and what `#` means there.
    bases: Vec<(Url, &'d Tree)>,
    by_url: HashMap<Url, BaseId>,
    /// The schemas with a `$id`.
    identified: HashMap<*const Tree, BaseId>,
    anchors: HashMap<(BaseId, &'d str), Place<'d>>,
    /// What has been resolved before.
    known: RefCell<HashMap<(BaseId, String), Place<'d>>>,
    /// How many steps may still be taken.
    steps: Cell<usize>,
    /// How many values may still be looked at to say where others stand.
    looks: Cell<usize>,
    /// Whether `$id` is a keyword in the document that is being looked through.
    knows_ids: bool,
}

impl<'d> Resolver<'d> {
    /// Where a value stands, as a JSON pointer (RFC 6901) behind the name of its document, which the
    /// first has none of. Nothing where finding it would take too long.
    pub(super) fn pointer(&self, place: Place<'_>) -> Option<String> {
        let mut path = Vec::new();
        let documents = self.documents.all.iter().enumerate();
        for (index, (url, parsed)) in documents {
            if self.leads_to(&parsed.root, place.identity(), &mut path) {
                let name = url.path_segments().into_iter().flatten().next_back();
                let name = name.filter(|_| index > 0).unwrap_or_default();
                path.reverse();
                return Some(format!("{name}#/{}", path.join("/")));
            }
        }
        None
    }

    /// Whether a value is inside of a tree; if so, `path` is told the way from it.
    fn leads_to(&self, tree: &Tree, wanted: *const Tree, path: &mut Vec<String>) -> bool {
        if std::ptr::eq(tree, wanted) {
            return true;
        }
        let Some(left) = self.looks.get().checked_sub(1) else {
            return false;
        };
        self.looks.set(left);
        let step = match tree {
            Tree::Object(members) => members
                .iter()
                .find(|(_, value)| self.leads_to(value, wanted, path))
                .map(|(name, _)| name.replace('~', "~0").replace('/', "~1")),
            Tree::Array(values) => values
                .iter()
                .position(|value| self.leads_to(value, wanted, path))
                .map(|index| index.to_string()),
            Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::String(_) => None,
        };
        let is_found = step.is_some();
        path.extend(step);
        is_found
    }

    /// Looks through the documents once.
    pub(super) fn new(documents: &'d Documents) -> Self {
        let mut resolver = Self {
            documents,
            bases: Vec::new(),
            by_url: HashMap::new(),
            identified: HashMap::new(),
            anchors: HashMap::new(),
            known: RefCell::default(),
            steps: Cell::new(MOST_STEPS),
            looks: Cell::new(MOST_LOOKS),
            knows_ids: false,
        };
        for (base, url) in documents.all.keys().enumerate() {
            resolver.by_url.insert(url.clone(), base);
        }
        // Where a document came from counts more than what another says to be.
        for (base, (url, parsed)) in documents.all.iter().enumerate() {
            let own = own_url(&parsed.root, url);
            resolver.by_url.entry(own.clone()).or_insert(base);
            resolver.bases.push((own, &parsed.root));
        }
        for (base, parsed) in documents.all.values().enumerate() {
            resolver.knows_ids = documents.knows_ids(&parsed.root);
            let root = Place {
                tree: &parsed.root,
                base,
            };
            resolver.index(root, false);
        }
        resolver
    }

    /// Counts steps that are about to be taken: an error once there were too many, and from then
    /// on.
    pub(super) fn spend(&self, steps: usize) -> Result<(), String> {
        let left = self.steps.get().checked_sub(steps);
        self.steps.set(left.unwrap_or_default());
        match left {
            Some(_) => Ok(()),
            None => Err(format!(
                "it takes more than {MOST_STEPS} steps to read the API: its schemas hold each \
                 other too many times"
            )),
        }
    }

    /// The root of a document.
    pub(super) fn root(&self, url: &Url) -> Option<Place<'d>> {
        let base = *self.by_url.get(url)?;
        let (_, tree) = self.bases.get(base)?;
        Some(Place { tree, base })
    }

    /// The URL that references are relative to.
    pub(super) fn url(&self, base: BaseId) -> Option<&Url> {
        self.bases.get(base).map(|(url, _)| url)
    }

    /// The same place with the base that holds inside of it.
    pub(super) fn inside(&self, place: Place<'d>) -> Place<'d> {
        if self.identified.is_empty() {
            return place;
        }
        let base = self.identified.get(&place.identity());
        Place {
            base: base.copied().unwrap_or(place.base),
            ..place
        }
    }

    /// What a reference points to, or why that can't be told.
    pub(super) fn resolve(&self, reference: &str, base: BaseId) -> Result<Place<'d>, String> {
        self.spend(1 + reference.len() / 64)?;
        let key = (base, reference.to_owned());
        if let Some(place) = self.known.borrow().get(&key) {
            return Ok(*place);
        }
        let place = self.find(reference, base)?;
        self.known.borrow_mut().insert(key, place);
        Ok(place)
    }

    /// Follows the `$ref` of a value, and that of what it leads to, to a value that has none.
    pub(super) fn follow(&self, place: Place<'d>) -> Result<Place<'d>, String> {
        let mut place = place;
        for _ in 0..LONGEST_CHAIN {
            let inside = self.inside(place);
            let Some(reference) = inside.text("$ref") else {
                return Ok(place);
            };
            place = self.resolve(reference, inside.base)?;
        }
        Err(format!(
            "`$ref` leads in a circle: {:?}",
            place.text("$ref").unwrap_or_default()
        ))
    }

    fn find(&self, reference: &str, base: BaseId) -> Result<Place<'d>, String> {
        let (address, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let nowhere = || format!("`$ref` leads nowhere: {reference:?}");
        let base = if address.is_empty() {
            base
        } else {
            let outer = self.url(base).ok_or_else(nowhere)?;
            let url = outer.join(address).map_err(|_| nowhere())?;
            *self
                .by_url
                .get(&url)
                .ok_or_else(|| match self.documents.failures.get(&url) {
                    Some(reason) => {
                        format!("it refers to {reference:?}, which can't be read: {reason}")
                    }
                    None if self.documents.refers_to_too_many() => format!(
                        "it refers to {reference:?}, which was not read: the API's documents \
                         refer to more than {MOST_REFERENCES} others"
                    ),
                    None => nowhere(),
                })?
        };
        let fragment = percent_decode_str(fragment);
        let fragment = fragment.decode_utf8().map_err(|_| nowhere())?;
        if !fragment.is_empty() && !fragment.starts_with('/') {
            let anchor = self.anchors.get(&(base, &*fragment));
            return anchor.copied().ok_or_else(nowhere);
        }
        let (_, tree) = self.bases.get(base).ok_or_else(nowhere)?;
        let mut place = Place { tree, base };
        for step in fragment.split('/').skip(1) {
            self.spend(1)?;
            place = self.step(place, &unescape(step)).ok_or_else(nowhere)?;
        }
        Ok(place)
    }

    /// One step of a JSON Pointer. Many authors point through references.
    fn step(&self, place: Place<'d>, step: &str) -> Option<Place<'d>> {
        let mut place = self.inside(place);
        for _ in 0..LONGEST_CHAIN {
            let found = match place.tree {
                Tree::Object(members) => members.get(step),
                Tree::Array(elements) => elements.get(step.parse::<usize>().ok()?),
                _ => return None,
            };
            if let Some(tree) = found {
                return Some(place.at(tree));
            }
            let reference = place.text("$ref")?;
            self.spend(8).ok()?;
            // Not by `resolve`, which would not end in a circle.
            let (address, pointer) = reference.split_once('#')?;
            if !address.is_empty() {
                return None;
            }
            let (_, tree) = self.bases.get(place.base)?;
            let target = tree.pointer(pointer)?;
            place = self.inside(place.at(target));
        }
        None
    }

    /// Takes note of `$id`, `$anchor` and `$dynamicAnchor`.
    fn index(&mut self, place: Place<'d>, is_names: bool) {
        match place.tree {
            Tree::Array(elements) => {
                for element in elements {
                    self.index(place.at(element), false);
                }
            }
            Tree::Object(members) => {
                let mut place = place;
                if !is_names {
                    let url = self.url(place.base).filter(|_| self.knows_ids);
                    if let Some(url) = url.and_then(|url| id_url(members, url)) {
                        let base = self.bases.len();
                        self.bases.push((url.clone(), place.tree));
                        self.by_url.entry(url).or_insert(base);
                        self.identified.insert(place.identity(), base);
                        place.base = base;
                    }
                    for keyword in ["$anchor", "$dynamicAnchor", "$id"] {
                        let anchor = members.get(keyword).and_then(Tree::as_str);
                        let anchor = match keyword {
                            "$id" => anchor.and_then(|id| id.strip_prefix('#')),
                            _ => anchor,
                        };
                        if let Some(anchor) = anchor {
                            self.anchors.entry((place.base, anchor)).or_insert(place);
                        }
                    }
                }
                for (name, value) in members {
                    let is_inner = matches!(value, Tree::Array(_) | Tree::Object(_));
                    if is_inner && (is_names || !is_data(name)) {
                        self.index(place.at(value), !is_names && is_map(name));
                    }
                }
            }
            _ => {}
        }
    }
}
