//! Sets of JSON types.

use jsonschema::{JsonType, JsonTypeSet};
use serde_json::Value;

use crate::json::tree::Tree;

/// The types that a shape admits; all of them by default. `number` includes `integer`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::schema) struct Types(JsonTypeSet);

impl Default for Types {
    fn default() -> Self {
        Self(JsonTypeSet::all())
    }
}

impl Types {
    pub(super) const NONE: Self = Self(JsonTypeSet::empty());

    /// Reads the value of `type`. What it does not understand admits everything.
    pub(super) fn named(names: &Tree) -> Self {
        let one = |name: &Tree| Some(Self::of(name.as_str()?.parse().ok()?));
        match names {
            Tree::Array(names) => names
                .iter()
                .map(one)
                .try_fold(Self::NONE, |types, next| Some(types.union(next?)))
                .unwrap_or_default(),
            name => one(name).unwrap_or_default(),
        }
    }

    /// The types of the values in an `enum`.
    pub(super) fn of_values<'a>(values: impl IntoIterator<Item = &'a Tree>) -> Self {
        values
            .into_iter()
            .map(|value| match value {
                // An option `1` is matched by 1.0 too, but still no more than an integer.
                Tree::Number(number) if number.is_spelt_whole() => Self::of(JsonType::Integer),
                Tree::Number(_) => Self::of(JsonType::Number),
                Tree::Null => Self::of(JsonType::Null),
                Tree::Bool(_) => Self::of(JsonType::Boolean),
                Tree::String(_) => Self::of(JsonType::String),
                Tree::Array(_) => Self::of(JsonType::Array),
                Tree::Object(_) => Self::of(JsonType::Object),
            })
            .fold(Self::NONE, Self::union)
    }

    pub(super) fn intersect(self, other: Self) -> Self {
        Self(self.0.intersect(other.0))
    }

    pub(super) fn union(self, other: Self) -> Self {
        Self(self.0.union(other.0))
    }

    /// Whether a value is of one of the types.
    pub(in crate::schema) fn admit(self, value: &Value) -> bool {
        self.0
            .contains_value_type::<jsonschema::json::SerdeJson>(&value)
    }

    /// The one type that is admitted, or admitted beside `null`. An integer is a number.
    pub(in crate::schema) fn only(self) -> Option<JsonType> {
        let mut types = self.0.remove(JsonType::Null);
        if types.contains(JsonType::Number) {
            types = types.remove(JsonType::Integer);
        }
        let only = types.iter().next()?;
        (types.len() == 1).then_some(only)
    }

    /// Whether nothing but `null` is admitted.
    pub(super) fn only_null(self) -> bool {
        self.0 == JsonTypeSet::from(JsonType::Null)
    }

    fn of(one: JsonType) -> Self {
        let types = JsonTypeSet::from(one);
        match one {
            JsonType::Number => Self(types.insert(JsonType::Integer)),
            _ => Self(types),
        }
    }
}
