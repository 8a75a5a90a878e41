//! The versions of JSON Schema.

use jsonschema::Draft;

use super::keywords::subschemas_mut;
use crate::json::tree::{Members, Tree};

/// A version of JSON Schema, as far as reading it makes a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dialect(Draft);

/// What a schema's author should know about how its dialect was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Oddity<'a> {
    /// Nobody knows the dialect of that name.
    #[error("unknown `$schema` {0:?}: the schema is read as JSON Schema 2020-12")]
    Unknown(&'a str),
    /// None is named, and it is not the one that this means.
    #[error(
        "the schema has no `$schema` and is not JSON Schema 2020-12, which that means: \
         it is read as {0}"
    )]
    Unsaid(&'static str),
}

impl Dialect {
    /// Reads the root's `$schema`. Without one it is 2020-12, which MCP makes the default
    /// (SEP-1613), or the newest of draft-07 and draft-04 whose meta-schema admits it where that
    /// of 2020-12 does not: SEP-1613 came late. One that nobody knows means 2020-12.
    pub(crate) fn detect(schema: &Tree) -> (Self, Option<Oddity<'_>>) {
        let newest = Self(Draft::Draft202012);
        if let Some(uri) = schema.get("$schema").and_then(Tree::as_str) {
            return match Draft::from_schema_uri(uri) {
                Draft::Unknown => (newest, Some(Oddity::Unknown(uri))),
                draft => (Self(draft), None),
            };
        }
        let value = schema.to_value();
        if jsonschema::draft202012::meta::is_valid(&value) {
            (newest, None)
        } else if jsonschema::draft7::meta::is_valid(&value) {
            (Self(Draft::Draft7), Some(Oddity::Unsaid("draft-07")))
        } else if jsonschema::draft4::meta::is_valid(&value) {
            (Self(Draft::Draft4), Some(Oddity::Unsaid("draft-04")))
        } else {
            (newest, None)
        }
    }

    pub(crate) fn draft(self) -> Draft {
        self.0
    }

    /// The keyword that gives a schema its URI.
    pub(crate) fn id_keyword(self) -> &'static str {
        self.0.id_keyword()
    }

    /// Whether assertions beside `$ref` count. Up to draft-07 they do not.
    pub(crate) fn ref_has_siblings(self) -> bool {
        self.0 >= Draft::Draft201909
    }
}

/// Rewrites what OpenAPI 3.0 taught people to write into schemas, in place: `nullable: true`
/// becomes the type `null`, and a map of `examples` the list of their values. Validator and
/// documents both read the result, and so agree.
pub(crate) fn lift_openapi_habits(schema: &mut Tree) {
    let Tree::Object(members) = schema else {
        return;
    };
    lift_nullable(members);
    if let Some(Tree::Object(examples)) = members.get_mut("examples") {
        let values = examples.values_mut().map(|example| match example {
            Tree::Object(named) if named.contains_key("value") => {
                named.swap_remove("value").unwrap_or_default()
            }
            other => std::mem::take(other),
        });
        let values = values.collect();
        members.insert("examples".to_owned(), Tree::Array(values));
    }
    for schema in subschemas_mut(members) {
        lift_openapi_habits(schema);
    }
}

fn lift_nullable(members: &mut Members) {
    if members.get("nullable") != Some(&Tree::Bool(true)) {
        return;
    }
    let Some(Tree::String(name)) = members.get("type") else {
        return;
    };
    let types = [name.as_str(), "null"].map(Tree::from);
    members.insert("type".to_owned(), types.into_iter().collect());
    members.shift_remove("nullable");
    if let Some(Tree::Array(options)) = members.get_mut("enum")
        && !options.contains(&Tree::Null)
    {
        options.push(Tree::Null);
    }
}
