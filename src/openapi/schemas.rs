//! A tool's schema as it stands in a document: in the 2020-12 dialect, with all that references
//! point to moved to `components/schemas`.

mod shared;
mod translate;

use std::collections::{HashMap, VecDeque};

use percent_encoding::percent_decode_str;

use super::api::Definitions;
use super::names::{fitted, unused};
use super::{Recursion, arguments, choices, recursion};
use crate::json::tree::{Members, Tree};
use crate::schema::{Base, Dialect, References, lift_openapi_habits, unescape};

/// A component's name has at most this many characters of the definition's.
const LONGEST_NAME: usize = 64;

/// The schemas of all tools so far that stand in `components/schemas`.
#[derive(Debug, Default)]
pub(super) struct Components {
    pub(super) schemas: Members,
    taken: HashMap<String, usize>,
    recursion: Recursion,
    /// The names of definitions that operations share, by where and which they are.
    shared: HashMap<(*const Definitions, usize), String>,
    /// Which of them points to which, if that matters; operations have the empty name.
    shared_edges: HashMap<String, Vec<String>>,
}

/// What a tool takes.
#[derive(Debug)]
pub(super) struct Arguments {
    /// The schema of the body.
    pub(super) schema: Tree,
    /// Whether a call without a body would lack something.
    pub(super) required: bool,
}

impl Components {
    pub(super) fn new(recursion: Recursion) -> Self {
        Self {
            recursion,
            ..Self::default()
        }
    }

    /// Puts a schema under its name, which no tool's schema gets then.
    pub(super) fn reserve(&mut self, name: &str, schema: Tree) {
        self.taken.insert(name.to_owned(), 1);
        self.schemas.insert(name.to_owned(), schema);
    }

    /// What the tool takes, or `None` if it takes nothing.
    pub(super) fn arguments(&mut self, operation: &str, text: &str) -> Option<Arguments> {
        let Some(schema) = read(text) else {
            return Some(Self::any_arguments());
        };
        let (dialect, _) = Dialect::detect(&schema);
        let Some(references) = References::new(&schema, dialect) else {
            return Some(Self::any_arguments());
        };
        let origin = references.origin();
        if !arguments::takes_any(&schema) {
            return None;
        }
        let required = arguments::requires_any(&schema, &references, &origin);
        let names = Names {
            prefix: format!("{operation}_"),
            root: format!("{operation}_arguments"),
        };
        let mut writer = Writer::new(self, references, dialect, names);
        let mut written = writer.write(&schema, &origin);
        choices::merge_properties(&mut writer, &schema, &origin, &mut written);
        if let Tree::Object(members) = &mut written {
            // A body is an object in any case, and many readers look for it to be said.
            members
                .entry("type".to_owned())
                .or_insert_with(|| "object".into());
        }
        let schema = writer.finish(written);
        Some(Arguments { schema, required })
    }

    /// The arguments of a tool whose schema can't be used.
    pub(super) fn any_arguments() -> Arguments {
        Arguments {
            schema: Tree::object([
                ("type", "object".into()),
                ("additionalProperties", true.into()),
            ]),
            required: false,
        }
    }

    /// What the tool answers; the schema of the `result` alone if the gateway unwraps it.
    pub(super) fn result(&mut self, operation: &str, text: &str, unwrap: bool) -> Option<Tree> {
        let schema = read(text)?;
        let (dialect, _) = Dialect::detect(&schema);
        let references = References::new(&schema, dialect)?;
        let mut base = references.origin();
        let mut answer = &schema;
        if unwrap {
            base = references.base_of(&schema, &base);
            answer = schema.get("properties")?.get("result")?;
        }
        let names = Names {
            prefix: format!("{operation}_result_"),
            root: format!("{operation}_result"),
        };
        let mut writer = Writer::new(self, references, dialect, names);
        let written = writer.write(answer, &base);
        Some(writer.finish(written))
    }
}

fn read(text: &str) -> Option<Tree> {
    let mut schema = Tree::parse(text).ok()?;
    lift_openapi_habits(&mut schema);
    (schema.is_object() || schema.is_boolean()).then_some(schema)
}

struct Names {
    /// Before the name of a definition.
    prefix: String,
    /// For the schema itself.
    root: String,
}

/// Writes one schema. What it points to becomes components, one after the other.
pub(super) struct Writer<'c, 'a> {
    components: &'c mut Components,
    references: References<'a>,
    dialect: Dialect,
    names: Names,
    /// The names of the schemas that have been pointed to.
    hoisted: HashMap<*const Tree, String>,
    waiting: VecDeque<(String, &'a Tree, Base)>,
    /// Which component points to which; the schema itself has the empty name.
    edges: HashMap<String, Vec<String>>,
    writing: String,
}

impl<'c, 'a> Writer<'c, 'a> {
    fn new(
        components: &'c mut Components,
        references: References<'a>,
        dialect: Dialect,
        names: Names,
    ) -> Self {
        Self {
            components,
            references,
            dialect,
            names,
            hoisted: HashMap::new(),
            waiting: VecDeque::new(),
            edges: HashMap::new(),
            writing: String::new(),
        }
    }

    /// Follows a reference.
    pub(super) fn resolve(&self, reference: &str, base: &Base) -> Option<(&'a Tree, Base)> {
        self.references.resolve(reference, base)
    }

    /// The base inside a schema.
    pub(super) fn base_of(&self, schema: &Tree, outer: &Base) -> Base {
        self.references.base_of(schema, outer)
    }

    /// Where a reference points in the document, or `None` if it leads nowhere.
    fn hoist(&mut self, reference: &str, base: &Base) -> Option<String> {
        let (target, outer) = self.references.follow(reference, "$ref", base).ok()?;
        let place = std::ptr::from_ref(target);
        let name = if let Some(name) = self.hoisted.get(&place) {
            name.clone()
        } else {
            let name = unused(self.name(reference), &mut self.components.taken);
            self.hoisted.insert(place, name.clone());
            self.waiting.push_back((name.clone(), target, outer));
            // Holds the place, so that components stand in the order in which they are met.
            self.components.schemas.insert(name.clone(), Tree::Null);
            name
        };
        let pointer = format!("{}{name}", recursion::PREFIX);
        let edges = self.edges.entry(self.writing.clone()).or_default();
        edges.push(name);
        Some(pointer)
    }

    fn name(&self, reference: &str) -> String {
        let fragment = reference
            .rsplit_once('#')
            .map_or(reference, |(_, fragment)| fragment);
        let last = fragment.rsplit('/').next().unwrap_or_default();
        let last = percent_decode_str(last).decode_utf8_lossy();
        if last.is_empty() {
            return self.names.root.clone();
        }
        let definition: String = fitted(&unescape(&last))
            .chars()
            .take(LONGEST_NAME)
            .collect();
        format!("{}{definition}", self.names.prefix)
    }

    /// Writes the components that are still waiting, and gives back the schema itself.
    fn finish(mut self, mut written: Tree) -> Tree {
        let mut own = Vec::new();
        while let Some((name, schema, outer)) = self.waiting.pop_front() {
            self.writing.clone_from(&name);
            let component = self.write(schema, &outer);
            self.components.schemas.insert(name.clone(), component);
            own.push(name);
        }
        if self.components.recursion == Recursion::Cut {
            let back = recursion::back_edges(&self.edges);
            for name in own {
                if let (Some(schema), Some(targets)) =
                    (self.components.schemas.get_mut(&name), back.get(&name))
                {
                    recursion::cut(schema, targets);
                }
            }
            if let Some(targets) = back.get("") {
                recursion::cut(&mut written, targets);
            }
        }
        written
    }
}
