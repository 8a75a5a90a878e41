//! Reads shapes off a schema. References make it a graph, so it is built from a list of what is
//! still to be read, not by recursion.

use std::collections::HashMap;
use std::sync::Arc;

use jsonschema::Draft;

use super::spread::{Links, spread};
use super::{DefaultValue, Shape, ShapeId, Shapes, Types};
use crate::json::tree::{Members, Tree};
use crate::schema::references::Base;
use crate::schema::{Dialect, References, list};

impl Shapes {
    /// Of a schema that has been found valid.
    pub(in crate::schema) fn build(schema: &Tree, dialect: Dialect) -> Self {
        let Some(references) = References::new(schema, dialect) else {
            return Self::anything();
        };
        let mut builder = Builder {
            references: &references,
            dialect,
            ids: HashMap::new(),
            waiting: Vec::new(),
            shapes: Vec::new(),
            links: Vec::new(),
        };
        builder.id(schema, references.origin());
        while let Some((id, schema, outer)) = builder.waiting.pop() {
            let base = references.base_of(schema, &outer);
            let (shape, links) = builder.read(schema, &base);
            if let (Some(place), Some(link)) =
                (builder.shapes.get_mut(id), builder.links.get_mut(id))
            {
                *place = shape;
                *link = links;
            }
        }
        let Builder {
            mut shapes,
            mut links,
            ..
        } = builder;
        spread(&mut shapes, &mut links);
        let has_defaults = shapes.iter().any(|shape| shape.default.is_some());
        Self {
            all: shapes,
            has_defaults,
            integers_are_spelt_so: dialect.draft() == Draft::Draft4,
        }
    }

    /// Says nothing about any value.
    pub(in crate::schema) fn anything() -> Self {
        Self {
            all: Vec::new(),
            has_defaults: false,
            integers_are_spelt_so: false,
        }
    }
}

struct Builder<'a> {
    references: &'a References<'a>,
    dialect: Dialect,
    ids: HashMap<*const Tree, ShapeId>,
    waiting: Vec<(ShapeId, &'a Tree, Base)>,
    shapes: Vec<Shape>,
    links: Vec<Links>,
}

impl<'a> Builder<'a> {
    /// The shape of a schema, which is the same for the same place in the document.
    fn id(&mut self, schema: &'a Tree, outer: Base) -> ShapeId {
        let next = self.shapes.len();
        let id = *self.ids.entry(std::ptr::from_ref(schema)).or_insert(next);
        if id == next {
            self.shapes.push(Shape::default());
            self.links.push(Links::default());
            self.waiting.push((id, schema, outer));
        }
        id
    }

    fn read(&mut self, schema: &'a Tree, base: &Base) -> (Shape, Links) {
        let mut shape = Shape::default();
        let mut links = Links::default();
        let Tree::Object(members) = schema else {
            return (shape, links);
        };
        shape.default = members.get("default").and_then(default_value).map(Arc::new);
        for keyword in ["$ref", "$dynamicRef"] {
            if let Some(reference) = members.get(keyword).and_then(Tree::as_str)
                && let Some((target, base)) = self.references.resolve(reference, base)
            {
                links.also.push(self.id(target, base));
            }
        }
        if members.contains_key("$ref") && !self.dialect.ref_has_siblings() {
            return (shape, links);
        }
        if let Some(names) = members.get("type") {
            shape.types = Types::named(names);
        }
        if let Some(Tree::Array(options)) = members.get("enum") {
            shape.types = shape.types.intersect(Types::of_values(options));
        }
        if let Some(option) = members.get("const") {
            shape.types = shape.types.intersect(Types::of_values([option]));
        }
        self.read_members(members, base, &mut shape);
        self.read_elements(members, base, &mut shape);
        for part in list(members, "allOf") {
            links.also.push(self.id(part, base.clone()));
        }
        for keyword in ["anyOf", "oneOf"] {
            self.read_choice(list(members, keyword), base, &mut links);
        }
        (shape, links)
    }

    fn read_members(&mut self, members: &'a Members, base: &Base, shape: &mut Shape) {
        if let Some(Tree::Object(properties)) = members.get("properties") {
            for (name, property) in properties {
                let id = self.id(property, base.clone());
                shape.properties.insert(name.clone(), id);
            }
        }
        if !members.contains_key("patternProperties")
            && let Some(schema @ Tree::Object(_)) = members.get("additionalProperties")
        {
            shape.additional = Some(self.id(schema, base.clone()));
        }
        let required = list(members, "required").iter();
        shape.required = required
            .filter_map(|name| Some(name.as_str()?.to_owned()))
            .collect();
    }

    fn read_elements(&mut self, members: &'a Members, base: &Base, shape: &mut Shape) {
        let (prefix, items) = match members.get("items") {
            Some(Tree::Array(prefix)) => (prefix.as_slice(), members.get("additionalItems")),
            items => (list(members, "prefixItems"), items),
        };
        shape.prefix = prefix
            .iter()
            .map(|item| self.id(item, base.clone()))
            .collect();
        if let Some(schema @ Tree::Object(_)) = items {
            shape.items = Some(self.id(schema, base.clone()));
        }
    }

    fn read_choice(&mut self, choice: &'a [Tree], base: &Base, links: &mut Links) {
        if choice.is_empty() {
            return;
        }
        let ids = choice
            .iter()
            .map(|schema| self.id(schema, base.clone()))
            .collect();
        links.choices.push(ids);
    }
}

/// A default of `null` means that there is none.
fn default_value(default: &Tree) -> Option<DefaultValue> {
    (default != &Tree::Null).then(|| DefaultValue {
        text: default.to_string(),
        value: default.to_value(),
    })
}
