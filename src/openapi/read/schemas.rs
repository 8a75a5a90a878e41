//! Schemas of all versions, written in JSON Schema 2020-12.

mod keyword;
mod sound;

use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;

use super::Version;
use super::definitions::Definitions;
use super::resolve::{Place, Resolver};
use super::text::{DefinitionId, Fragment, ObjectText};
use crate::json::tree::{Members, Tree};

/// Properties that are not to be seen are not looked for behind more levels of `allOf`.
const DEEPEST_ALL_OF: usize = 4;

/// A schema of a tool's has no more bytes than about this, unless it has them without what it
/// refers to.
const MOST_BYTES: usize = 1024 * 1024;

/// So many notes are made about one operation; more would say nothing new.
pub(super) const MOST_NOTES: usize = 100;

/// Whether a schema is for what is sent or for what is received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// Without what is `readOnly`.
    Request,
    /// Without what is `writeOnly`.
    Response,
}

/// What is said of a value outside of its schema, where it counts more.
#[derive(Clone, Debug, Default)]
pub(super) struct Words<'d> {
    /// In the place of the schema's own.
    pub(super) description: Option<String>,
    /// Whether it is deprecated.
    pub(super) is_deprecated: bool,
    /// In the place of the schema's own.
    pub(super) example: Option<&'d Tree>,
    /// Whether the schema is a parameter of version 2.0, which has other members too.
    pub(super) is_parameter: bool,
}

/// Writes the schemas of one API.
pub(super) struct Schemas<'r, 'd> {
    pub(super) resolver: &'r Resolver<'d>,
    pub(super) version: Version,
    request: Definitions<'d>,
    pub(super) response: Definitions<'d>,
    /// Which regular expressions can be used.
    patterns: HashMap<String, bool>,
    /// What was left out since the last look.
    pub(super) notes: Vec<String>,
}

impl<'r, 'd> Schemas<'r, 'd> {
    pub(super) fn new(resolver: &'r Resolver<'d>, version: Version) -> Self {
        Self {
            resolver,
            version,
            request: Definitions::default(),
            response: Definitions::default(),
            patterns: HashMap::new(),
            notes: Vec::new(),
        }
    }

    /// Writes a schema and all inside it. Every keyword that is not plainly wrong is kept.
    pub(super) fn write(
        &mut self,
        place: Place<'d>,
        direction: Direction,
        out: &mut Fragment,
    ) -> Result<(), String> {
        self.write_with(place, &Words::default(), direction, out)
    }

    /// Writes a schema under other words.
    pub(super) fn write_with(
        &mut self,
        place: Place<'d>,
        words: &Words<'d>,
        direction: Direction,
        out: &mut Fragment,
    ) -> Result<(), String> {
        let place = self.resolver.inside(place);
        match place.tree {
            Tree::Bool(false) => {
                out.push("false");
                return Ok(());
            }
            Tree::Bool(true) if words.is_empty() => {
                out.push("true");
                return Ok(());
            }
            _ => {}
        }
        let mut object = ObjectText::begin(out);
        let Tree::Object(members) = place.tree else {
            words.write(&mut object);
            object.end();
            return Ok(());
        };
        if adds_null(members) {
            words.write(&mut object);
            object.member("anyOf").push("[");
            let nothing = Words::default();
            let mut inner = ObjectText::begin(object.value());
            self.members(place, members, &nothing, direction, &mut inner)?;
            inner.end();
            object.value().push(r#",{"type":"null"}]"#);
        } else {
            words.write(&mut object);
            self.members(place, members, words, direction, &mut object)?;
        }
        object.end();
        Ok(())
    }

    /// Writes the members of a schema into an object that others share.
    pub(super) fn members(
        &mut self,
        place: Place<'d>,
        members: &'d Members,
        words: &Words<'d>,
        direction: Direction,
        object: &mut ObjectText<'_>,
    ) -> Result<(), String> {
        let bare = self.version < Version::V31 && members.contains_key("$ref");
        self.resolver.spend(1 + members.len())?;
        let hidden = self.hidden_names(place, members, direction)?;
        for (keyword, value) in members {
            if bare && keyword != "$ref" && !is_annotation(keyword) {
                continue;
            }
            if words.replace(keyword) {
                continue;
            }
            self.keyword(
                &keyword::Keyword {
                    name: keyword,
                    value: place.at(value),
                    members,
                    hidden: &hidden,
                },
                direction,
                object,
            )?;
        }
        Ok(())
    }

    /// Writes a string that points to what `reference` means.
    fn point(
        &mut self,
        reference: &str,
        place: Place<'d>,
        direction: Direction,
    ) -> Result<DefinitionId, String> {
        let target = self.resolver.resolve(reference, place.base)?;
        // Sees that the chain of references has an end.
        let end = self.resolver.follow(target)?;
        if !(end.tree.is_object() || end.tree.is_boolean()) {
            return Err(format!("`$ref` leads to no schema: {reference:?}"));
        }
        Ok(self.definitions(direction).id(target, reference))
    }

    /// What a definition says.
    pub(super) fn definition(
        &mut self,
        id: DefinitionId,
        direction: Direction,
    ) -> Result<Rc<Fragment>, String> {
        if let Some(place) = self.definitions(direction).unwritten(id) {
            let mut fragment = Fragment::default();
            let result = self.write(place, direction, &mut fragment);
            self.definitions(direction)
                .keep(id, result.map(|()| fragment));
        }
        self.definitions(direction).written(id)
    }

    /// Tells what was left out.
    fn note(&mut self, note: String) {
        if self.notes.len() < MOST_NOTES {
            self.notes.push(note);
        }
    }

    /// Completes a schema, an object's text, with all that it points to. Names lose the first of
    /// `prefixes` that they begin with.
    pub(super) fn finish(
        &mut self,
        root: &Fragment,
        direction: Direction,
        prefixes: &[String],
    ) -> Result<String, String> {
        let mut order: Vec<DefinitionId> = Vec::new();
        let mut seen: HashSet<DefinitionId> = HashSet::new();
        let mut waiting: VecDeque<DefinitionId> = root.holes.iter().map(|(_, id)| *id).collect();
        let mut written = Vec::new();
        let mut size = root.size();
        if size > MOST_BYTES {
            return Err(format!("its schema has more than {MOST_BYTES} bytes"));
        }
        while let Some(id) = waiting.pop_front() {
            if !seen.insert(id) {
                continue;
            }
            let mut fragment = Rc::new(Fragment::any());
            if size <= MOST_BYTES {
                let whole = self.definition(id, direction)?;
                size += whole.size();
                if size <= MOST_BYTES {
                    fragment = whole;
                }
            }
            self.resolver.spend(1 + fragment.size() / 64)?;
            waiting.extend(fragment.holes.iter().map(|(_, id)| *id));
            order.push(id);
            written.push(fragment);
        }
        if size > MOST_BYTES {
            self.note(format!(
                "its schema would have more than {MOST_BYTES} bytes: what lies deeper in it may be \
                 anything"
            ));
        }
        let names = self.definitions(direction).names(&order, prefixes);
        let name = |id: DefinitionId| names.get(&id).map_or("", String::as_str);
        let length = written.iter().map(|one| one.text.len() + 64).sum::<usize>();
        let mut text = String::with_capacity(root.text.len() + length + 64);
        root.fill(&mut text, name);
        if !order.is_empty() {
            text.pop();
            text.push_str(",\"$defs\":{");
            for (index, (id, fragment)) in order.iter().zip(&written).enumerate() {
                text.push_str(if index == 0 { "\"" } else { ",\"" });
                text.push_str(name(*id));
                text.push_str("\":");
                fragment.fill(&mut text, name);
            }
            text.push_str("}}");
        }
        Ok(text)
    }

    /// Whether a property is not to be seen in this direction.
    pub(super) fn is_hidden(&self, property: Place<'d>, direction: Direction) -> bool {
        let keyword = match direction {
            Direction::Request => "readOnly",
            Direction::Response => "writeOnly",
        };
        property.is_true(keyword)
            || (property.tree.get("$ref").is_some()
                && self
                    .resolver
                    .follow(property)
                    .is_ok_and(|target| target.is_true(keyword)))
    }

    /// The properties that a schema, and those that hold with it, have but do not show.
    fn hidden_names(
        &self,
        place: Place<'d>,
        members: &'d Members,
        direction: Direction,
    ) -> Result<HashSet<&'d str>, String> {
        let mut hidden = HashSet::new();
        let needs = ["required", "properties"];
        if needs.iter().any(|name| members.contains_key(*name)) {
            self.collect_hidden(place, direction, &mut hidden)?;
        }
        Ok(hidden)
    }

    fn collect_hidden(
        &self,
        place: Place<'d>,
        direction: Direction,
        hidden: &mut HashSet<&'d str>,
    ) -> Result<(), String> {
        let mut seen = HashSet::from([place.identity()]);
        let mut level = vec![place];
        for _ in 0..=DEEPEST_ALL_OF {
            let mut next = Vec::new();
            for place in level {
                for (name, property) in place.map("properties") {
                    self.resolver.spend(1)?;
                    if self.is_hidden(property, direction) {
                        hidden.insert(name);
                    }
                }
                for part in place.list("allOf") {
                    self.resolver.spend(1)?;
                    if let Ok(part) = self.resolver.follow(part)
                        && seen.insert(part.identity())
                    {
                        next.push(self.resolver.inside(part));
                    }
                }
            }
            level = next;
        }
        Ok(())
    }

    fn definitions(&mut self, direction: Direction) -> &mut Definitions<'d> {
        match direction {
            Direction::Request => &mut self.request,
            Direction::Response => &mut self.response,
        }
    }
}

impl Words<'_> {
    fn is_empty(&self) -> bool {
        self.description.is_none() && !self.is_deprecated && self.example.is_none()
    }

    pub(super) fn write(&self, object: &mut ObjectText<'_>) {
        if let Some(description) = &self.description {
            object.member("description").string(description);
        }
        if self.is_deprecated {
            object.member("deprecated").push("true");
        }
        if let Some(example) = self.example {
            let out = object.member("examples");
            out.push("[");
            out.tree(example);
            out.push("]");
        }
    }

    /// Whether they stand in the place of a keyword.
    fn replace(&self, keyword: &str) -> bool {
        match keyword {
            "description" => self.description.is_some(),
            "deprecated" => self.is_deprecated,
            "example" | "examples" => self.example.is_some(),
            "name" | "in" | "required" | "collectionFormat" | "allowEmptyValue" => {
                self.is_parameter
            }
            _ => false,
        }
    }
}

/// Whether `null` is admitted beside what the schema says by other means than `type`.
fn adds_null(members: &Members) -> bool {
    is_nullable(members)
        && !members.contains_key("type")
        && ["$ref", "allOf", "anyOf", "oneOf"]
            .iter()
            .any(|keyword| members.contains_key(*keyword))
}

/// Whether `null` is admitted in the way of `OpenAPI` 3.0, or that of many documents of 2.0.
pub(super) fn is_nullable(members: &Members) -> bool {
    ["nullable", "x-nullable"]
        .iter()
        .any(|keyword| members.get(*keyword) == Some(&Tree::Bool(true)))
}

/// What may stand beside a `$ref` before `OpenAPI` 3.1 and still be read.
fn is_annotation(keyword: &str) -> bool {
    keyword.starts_with("x-")
        || matches!(
            keyword,
            "default"
                | "deprecated"
                | "description"
                | "example"
                | "examples"
                | "readOnly"
                | "title"
                | "writeOnly"
        )
}
