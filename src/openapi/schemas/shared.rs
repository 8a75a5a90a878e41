//! Definitions that all operations of an API share, as components: each stands in the document
//! once, under its own name.

use std::collections::VecDeque;

use super::Components;
use crate::json::tree::Tree;
use crate::openapi::api::{Definitions, SchemaText};
use crate::openapi::names::{fitted, unused};
use crate::openapi::{Recursion, recursion};

impl Components {
    /// Writes a schema. What it points to becomes components whose names begin with `prefix`,
    /// unless they are there already.
    pub(in crate::openapi) fn shared(
        &mut self,
        schema: &SchemaText,
        definitions: &Definitions,
        prefix: &str,
    ) -> Tree {
        let mut waiting = VecDeque::new();
        let written = self.fill(schema, "", definitions, prefix, &mut waiting);
        while let Some((definition, name)) = waiting.pop_front() {
            let found = definitions.get(definition);
            let component = found.map_or_else(
                || Tree::object([]),
                |found| self.fill(&found.schema, &name, definitions, prefix, &mut waiting),
            );
            self.schemas.insert(name, component);
        }
        written
    }

    /// Takes recursion out of what operations share, where that is wanted. It shows only when all
    /// of it is there.
    pub(in crate::openapi) fn cut_shared(&mut self) {
        if self.recursion != Recursion::Cut {
            return;
        }
        for (name, targets) in recursion::back_edges(&self.shared_edges) {
            if let Some(schema) = self.schemas.get_mut(&name) {
                recursion::cut(schema, &targets);
            }
        }
    }

    fn fill(
        &mut self,
        schema: &SchemaText,
        from: &str,
        definitions: &Definitions,
        prefix: &str,
        waiting: &mut VecDeque<(usize, String)>,
    ) -> Tree {
        let text = schema.write(|definition| {
            let key = (std::ptr::from_ref(definitions), definition);
            let name = if let Some(name) = self.shared.get(&key) {
                name.clone()
            } else {
                let own = definitions.get(definition).map_or("", |it| &it.name);
                let name = unused(fitted(&format!("{prefix}{own}")), &mut self.taken);
                self.shared.insert(key, name.clone());
                // Holds the place, so that components stand in the order in which they are met.
                self.schemas.insert(name.clone(), Tree::Null);
                waiting.push_back((definition, name.clone()));
                name
            };
            let pointer = format!("{}{name}", recursion::PREFIX);
            if self.recursion == Recursion::Cut {
                let edges = self.shared_edges.entry(from.to_owned()).or_default();
                edges.push(name);
            }
            pointer
        });
        Tree::parse(&text).unwrap_or_else(|_| Tree::object([]))
    }
}
