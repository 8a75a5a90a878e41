//! Which schemas a schema applies, and to what.

use std::collections::HashMap;

use super::{Costs, Node};
use crate::json::tree::Tree;
use crate::schema::references::Base;
use crate::schema::{Dialect, References};

impl Costs {
    /// Reads how the schemas hang together.
    pub(in crate::schema) fn new(schema: &Tree, dialect: Dialect) -> Self {
        let Some(references) = References::new(schema, dialect) else {
            return Self::default();
        };
        let mut reader = Reader {
            references: &references,
            dialect,
            ids: HashMap::new(),
            waiting: Vec::new(),
            count: 0,
        };
        reader.id(schema, &references.origin());
        let mut nodes = Vec::new();
        while let Some((id, schema, outer)) = reader.waiting.pop() {
            let node = reader.read(schema, &outer);
            if nodes.len() < reader.count {
                nodes.resize_with(reader.count, Node::default);
            }
            if let Some(place) = nodes.get_mut(id) {
                *place = node;
            }
        }
        Self { nodes }
    }
}

/// Gives each schema a number and reads it.
struct Reader<'r, 'a> {
    references: &'r References<'a>,
    dialect: Dialect,
    ids: HashMap<*const Tree, usize>,
    waiting: Vec<(usize, &'a Tree, Base)>,
    count: usize,
}

impl<'a> Reader<'_, 'a> {
    fn id(&mut self, schema: &'a Tree, outer: &Base) -> usize {
        let next = self.count;
        let id = *self.ids.entry(std::ptr::from_ref(schema)).or_insert(next);
        if id == next {
            self.count += 1;
            self.waiting.push((id, schema, outer.clone()));
        }
        id
    }

    fn read(&mut self, schema: &'a Tree, outer: &Base) -> Node {
        let mut node = Node {
            times: 1,
            ..Node::default()
        };
        let Tree::Object(members) = schema else {
            return node;
        };
        let base = self.references.base_of(schema, outer);
        for keyword in ["$ref", "$dynamicRef", "$recursiveRef"] {
            if let Some(reference) = members.get(keyword).and_then(Tree::as_str)
                && let Some((target, outer)) = self.references.resolve(reference, &base)
            {
                let id = self.id(target, &outer);
                node.in_place.push(id);
            }
        }
        if members.contains_key("$ref") && !self.dialect.ref_has_siblings() {
            return node;
        }
        for (keyword, value) in members {
            self.keyword(keyword, value, &base, &mut node);
        }
        node
    }

    fn keyword(&mut self, keyword: &str, value: &'a Tree, base: &Base, node: &mut Node) {
        match (keyword, value) {
            ("allOf" | "anyOf" | "oneOf", Tree::Array(parts)) => {
                let parts = parts.iter().map(|part| self.id(part, base));
                node.in_place.extend(parts);
            }
            ("not" | "if" | "then" | "else", schema) => node.in_place.push(self.id(schema, base)),
            ("dependentSchemas" | "dependencies", Tree::Object(map)) => {
                let schemas = map.values().filter(|schema| schema.is_object());
                let schemas = schemas.map(|schema| self.id(schema, base));
                node.in_place.extend(schemas);
            }
            ("properties", Tree::Object(map)) => {
                let named = map.iter();
                let named = named.map(|(name, schema)| (name.clone(), self.id(schema, base)));
                node.named.extend(named);
            }
            ("patternProperties", Tree::Object(map)) => {
                let schemas = map.values().map(|schema| self.id(schema, base));
                node.members.extend(schemas);
            }
            ("additionalProperties" | "unevaluatedProperties", schema) => {
                node.members.push(self.id(schema, base));
            }
            ("prefixItems" | "items", Tree::Array(list)) => {
                let list = list.iter().map(|schema| self.id(schema, base));
                node.prefix.extend(list);
            }
            ("items" | "additionalItems" | "contains" | "unevaluatedItems", schema) => {
                node.elements.push(self.id(schema, base));
            }
            _ => {}
        }
        if keyword.starts_with("unevaluated") {
            node.times = 2;
        }
    }
}
