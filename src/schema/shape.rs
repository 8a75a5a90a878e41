//! What a schema plainly says about the shape of a value: its types, its members, its elements,
//! their defaults. Conversion and defaults go by this; the verdict is the validator's.
//!
//! Plain are `type`, `enum`, `const`, `properties`, `additionalProperties`, `items` and their
//! like, through `$ref`, `allOf`, and a choice that has only one alternative beside `null`.
//! Where a schema says more, a shape admits more than the schema does, never less.

mod build;
mod spread;
mod types;

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use indexmap::IndexMap;
use jsonschema::JsonType;
use serde_json::Value;

pub(super) use types::Types;

/// All shapes of one schema. The first is the root's.
#[derive(Debug)]
pub(super) struct Shapes {
    all: Vec<Shape>,
    /// Whether any of them has a default.
    pub(super) has_defaults: bool,
    /// Whether `7.0` is no integer, as draft-04 has it.
    integers_are_spelt_so: bool,
}

/// The index of a shape.
pub(super) type ShapeId = usize;

#[derive(Debug, Default)]
struct Shape {
    id: ShapeId,
    /// What it admits, and all that holds with it.
    types: Types,
    /// This shape and all others that hold for the same value, unless it is `null`.
    together: Vec<ShapeId>,
    properties: IndexMap<String, ShapeId>,
    /// For members that `properties` does not name.
    additional: Option<ShapeId>,
    required: HashSet<String>,
    prefix: Vec<ShapeId>,
    /// For elements after the prefix.
    items: Option<ShapeId>,
    /// Its own, or that of what it refers to.
    default: Option<Arc<DefaultValue>>,
}

/// A default, as text to send and as value to look at.
#[derive(Debug, Clone)]
pub(super) struct DefaultValue {
    pub(super) text: String,
    pub(super) value: Value,
}

/// Shapes that hold for one value together, each with those that it brings along.
pub(super) type Together<'a> = Cow<'a, [ShapeId]>;

impl Shapes {
    /// The shapes of the root.
    pub(super) fn root(&self) -> Together<'_> {
        self.one(0)
    }

    /// The types that all of `together` admit.
    pub(super) fn types(&self, together: &[ShapeId]) -> Types {
        let shapes = together.iter().filter_map(|id| self.all.get(*id));
        shapes.fold(Types::default(), |types, shape| {
            types.intersect(shape.types)
        })
    }

    /// Whether a value is of a type that all of `together` admit.
    pub(super) fn admit(&self, together: &[ShapeId], value: &Value) -> bool {
        let types = self.types(together);
        let misspelt =
            self.integers_are_spelt_so && types.only() == Some(JsonType::Integer) && value.is_f64();
        types.admit(value) && !misspelt
    }

    /// Whether the member must be there.
    pub(super) fn requires(&self, together: &[ShapeId], name: &str) -> bool {
        self.get(together)
            .any(|shape| shape.required.contains(name))
    }

    /// What holds for a member.
    pub(super) fn member(&self, together: &[ShapeId], name: &str) -> Together<'_> {
        let named = |shape: &Shape| shape.properties.get(name).copied().or(shape.additional);
        self.join(together, named)
    }

    /// What holds for an element.
    pub(super) fn element(&self, together: &[ShapeId], index: usize) -> Together<'_> {
        let placed = |shape: &Shape| shape.prefix.get(index).copied().or(shape.items);
        self.join(together, placed)
    }

    /// Whether anything is said about elements, so that a long array need not be walked for
    /// nothing.
    pub(super) fn has_elements(&self, together: &[ShapeId]) -> bool {
        self.get(together)
            .any(|shape| shape.items.is_some() || !shape.prefix.is_empty())
    }

    /// The members that have a default, in the schema's order.
    pub(super) fn defaults(
        &self,
        together: &[ShapeId],
    ) -> impl Iterator<Item = (&str, &DefaultValue)> {
        self.get(together).flat_map(move |shape| {
            shape.properties.iter().filter_map(|(name, id)| {
                let default = self.all.get(*id)?.default.as_deref()?;
                let admitted = self.admit(&self.one(*id), &default.value);
                admitted.then_some((name.as_str(), default))
            })
        })
    }

    fn join(&self, together: &[ShapeId], find: impl Fn(&Shape) -> Option<ShapeId>) -> Together<'_> {
        let mut found = self.get(together).filter_map(find);
        let Some(first) = found.next() else {
            return Cow::Borrowed(&[]);
        };
        let mut joined = self.one(first);
        for next in found {
            if !joined.contains(&next) {
                joined.to_mut().push(next);
            }
        }
        joined
    }

    fn one(&self, id: ShapeId) -> Together<'_> {
        Cow::Borrowed(
            self.all
                .get(id)
                .map_or(&[], |shape| std::slice::from_ref(&shape.id)),
        )
    }

    /// All shapes that `together` stands for.
    fn get<'a>(&'a self, together: &[ShapeId]) -> impl Iterator<Item = &'a Shape> {
        together
            .iter()
            .filter_map(|id| self.all.get(*id))
            .flat_map(|shape| &shape.together)
            .filter_map(|id| self.all.get(*id))
    }
}
