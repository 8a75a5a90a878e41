//! What schemas point to. Each definition is written once, however many tools hold it.

use std::collections::HashMap;
use std::rc::Rc;

use percent_encoding::percent_decode_str;

use super::resolve::Place;
use super::text::{DefinitionId, Fragment};
use crate::json::tree::Tree;
use crate::openapi::names::{fitted, unused};
use crate::schema::unescape;

/// A definition's name has at most this many characters of the author's.
const LONGEST_NAME: usize = 60;

/// All that has been pointed to so far.
#[derive(Default)]
pub(super) struct Definitions<'d> {
    by_place: HashMap<*const Tree, DefinitionId>,
    all: Vec<Definition<'d>>,
}

struct Definition<'d> {
    name: String,
    place: Place<'d>,
    /// What was written, or why it can't be.
    written: Option<Result<Rc<Fragment>, String>>,
}

impl<'d> Definitions<'d> {
    /// The definition at a place that `reference` led to.
    pub(super) fn id(&mut self, place: Place<'d>, reference: &str) -> DefinitionId {
        *self.by_place.entry(place.identity()).or_insert_with(|| {
            self.all.push(Definition {
                name: name(reference),
                place,
                written: None,
            });
            self.all.len() - 1
        })
    }

    /// Where a definition that has not been written yet stands.
    pub(super) fn unwritten(&self, id: DefinitionId) -> Option<Place<'d>> {
        let definition = self.all.get(id)?;
        definition.written.is_none().then_some(definition.place)
    }

    /// Keeps what was written.
    pub(super) fn keep(&mut self, id: DefinitionId, written: Result<Fragment, String>) {
        if let Some(definition) = self.all.get_mut(id) {
            definition.written = Some(written.map(Rc::new));
        }
    }

    /// What was written.
    pub(super) fn written(&self, id: DefinitionId) -> Result<Rc<Fragment>, String> {
        let definition = self.all.get(id);
        match definition.and_then(|definition| definition.written.clone()) {
            Some(written) => written,
            None => Err("`$ref` leads nowhere".to_owned()),
        }
    }

    /// Each by its name, with what was written of it, in the order in which they were met.
    pub(super) fn into_written(self) -> impl Iterator<Item = (String, Option<Rc<Fragment>>)> {
        self.all.into_iter().map(|definition| {
            let written = definition.written.and_then(Result::ok);
            (definition.name, written)
        })
    }

    /// What these definitions are called where they stand together. What begins with `prefix`,
    /// as our own documents have it, goes without.
    pub(super) fn names(
        &self,
        ids: &[DefinitionId],
        prefixes: &[String],
    ) -> HashMap<DefinitionId, String> {
        let mut taken = HashMap::new();
        let named = ids.iter().filter_map(|id| {
            let name = self.all.get(*id)?.name.as_str();
            let short = prefixes
                .iter()
                .find_map(|prefix| name.strip_prefix(&**prefix));
            let short = short.filter(|short| !short.is_empty()).unwrap_or(name);
            Some((*id, unused(short.to_owned(), &mut taken)))
        });
        named.collect()
    }
}

/// A readable name out of the end of a reference.
fn name(reference: &str) -> String {
    let (address, fragment) = reference.split_once('#').unwrap_or((reference, ""));
    let last = fragment.rsplit('/').next().unwrap_or_default();
    let last = if last.is_empty() {
        let file = address.rsplit('/').next().unwrap_or_default();
        file.split('.').next().unwrap_or_default()
    } else {
        last
    };
    let last = percent_decode_str(last).decode_utf8_lossy();
    let name: String = fitted(&unescape(&last))
        .chars()
        .take(LONGEST_NAME)
        .collect();
    if name.bytes().all(|byte| byte.is_ascii_digit()) {
        // An element of a list, or nothing at all.
        return format!("schema{name}");
    }
    name
}
