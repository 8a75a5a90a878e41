//! From the text of a tool's `inputSchema` to a validator.

use jsonschema::{PatternOptions, Validator};

use super::cost::Costs;
use super::dialect::Oddity;
use super::keywords::subschemas;
use super::references::{Base, DeadEnd};
use super::{Dialect, References, lift_openapi_habits};
use crate::json::strict;
use crate::json::tree::Tree;

/// More objects than this in one schema, and it is refused: it would cost more to compile and to
/// validate with than any honest tool needs.
const MOST_SUBSCHEMAS: usize = 50_000;

/// How often a pattern with look-around or back-references may go back before it counts as not
/// matching. Patterns without them are matched in linear time.
const BACKTRACK_LIMIT: usize = 100_000;

/// Why a schema can't be used. The tool is then published with a free-form object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// The text is not JSON, nested too deeply, or ambiguous.
    #[error("the schema is not usable JSON: {0}")]
    Json(#[from] strict::StrictError),
    /// The value is neither an object nor a boolean.
    #[error("a schema must be an object")]
    NotASchema,
    /// No object fits it, and arguments are one.
    #[error("the schema admits no object, and arguments are one")]
    NoObject,
    /// Too many subschemas.
    #[error("the schema has more than {MOST_SUBSCHEMAS} subschemas")]
    TooLarge,
    /// A reference that leads nowhere inside the schema. The gateway fetches none.
    #[error("`$ref` leads nowhere inside the schema: {0:?} (remote references are not followed)")]
    Unresolvable(String),
    /// References that lead back to themselves without ever describing a value.
    #[error("`$ref` leads in a circle: {0:?}")]
    Circular(String),
    /// Schemas that apply each other to the same value without end.
    #[error("the schema applies itself to the same value, without end")]
    Endless,
    /// Schemas that multiply, or lie within each other, beyond what anybody can validate with.
    #[error("the schema applies too many schemas to one value, or too many from within each other")]
    TooCostly,
    /// The dialect's meta-schema does not allow it, or a pattern is not a regular expression.
    #[error("the schema is invalid at {path:?}: {message}")]
    Invalid {
        /// JSON Pointer into the schema.
        path: String,
        /// What is wrong there.
        message: String,
    },
}

/// A schema that is within bounds and leads nowhere else.
pub(super) struct Readable {
    pub(super) schema: Tree,
    pub(super) dialect: Dialect,
    /// What its author should know.
    pub(super) note: Option<String>,
}

/// Reads a schema's text and checks it.
pub(super) fn read(text: &str) -> Result<Readable, SchemaError> {
    let mut schema = Tree::parse(text)?;
    if !(schema.is_object() || schema.is_boolean()) {
        return Err(SchemaError::NotASchema);
    }
    if count_objects(&schema) > MOST_SUBSCHEMAS {
        return Err(SchemaError::TooLarge);
    }
    lift_openapi_habits(&mut schema);
    let (dialect, oddity) = Dialect::detect(&schema);
    let note = oddity.map(|oddity| super::explain::capped(&oddity.to_string()));
    let is_unknown = matches!(oddity, Some(Oddity::Unknown(_)));
    if let Some(references) = References::new(&schema, dialect) {
        check_references(&schema, &references, &references.origin())?;
    }
    if is_unknown && let Tree::Object(members) = &mut schema {
        members.shift_remove("$schema");
    }
    Ok(Readable {
        schema,
        dialect,
        note,
    })
}

/// Checks the text of a schema that nothing is validated with, but that others read.
pub fn check(text: &str) -> Result<(), SchemaError> {
    let Readable {
        schema, dialect, ..
    } = read(text)?;
    Costs::new(&schema, dialect).check()?;
    validator(&schema, dialect).map(drop)
}

/// Builds the validator. Nothing is fetched, whatever the schema says.
pub(super) fn validator(schema: &Tree, dialect: Dialect) -> Result<Validator, SchemaError> {
    jsonschema::options()
        .with_draft(dialect.draft())
        .offline()
        .should_validate_formats(false)
        .without_content_encoding_support("base64")
        .without_content_media_type_support("application/json")
        .with_pattern_options(PatternOptions::fancy_regex().backtrack_limit(BACKTRACK_LIMIT))
        .build(&schema.to_value())
        .map_err(|error| SchemaError::Invalid {
            path: error.instance_path().to_string(),
            message: super::explain::capped(&error.to_string()),
        })
}

fn count_objects(value: &Tree) -> usize {
    match value {
        Tree::Object(members) => 1 + members.values().map(count_objects).sum::<usize>(),
        Tree::Array(elements) => elements.iter().map(count_objects).sum(),
        _ => 0,
    }
}

fn check_references(
    schema: &Tree,
    references: &References<'_>,
    outer: &Base,
) -> Result<(), SchemaError> {
    let Tree::Object(members) = schema else {
        return Ok(());
    };
    let base = references.base_of(schema, outer);
    for keyword in ["$ref", "$dynamicRef", "$recursiveRef"] {
        if let Some(Tree::String(reference)) = members.get(keyword) {
            references
                .follow(reference, keyword, &base)
                .map_err(|dead_end| match dead_end {
                    DeadEnd::Nowhere => SchemaError::Unresolvable(reference.clone()),
                    DeadEnd::Circle => SchemaError::Circular(reference.clone()),
                })?;
        }
    }
    for schema in subschemas(members) {
        check_references(schema, references, &base)?;
    }
    Ok(())
}
