//! The JSON Schema (2020-12) of the config, for editors and other checkers: made of the types of
//! the [`file`](crate::config::file) and of the settings, whose doc comments are its words.
//!
//! It is as strict as the reader wherever a schema can say what the reader says. Keys that the
//! reader ignores with a warning are allowed, and marked so that editors show it; a key that looks
//! like a misspelt one is among them in entries of servers and at the top, since no schema can tell
//! what looks alike. Everywhere else unknown keys are refused, as the reader does.

pub(crate) mod auth;
pub(crate) mod entry;
pub(crate) mod keys;
pub(crate) mod settings;
mod transform;
pub(crate) mod values;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use crate::config::file::ConfigFile;

/// Where the schema is known by, which is no address that could be fetched.
const ID: &str = "urn:viceversa:config";
/// The dialect.
const META: &str = "https://json-schema.org/draft/2020-12/schema";
const TITLE: &str = "Config of viceversa";

/// The schema as a JSON value.
pub fn document() -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<ConfigFile>();
    transform::admit_other_spellings(&mut schema);
    transform::admit_references(&mut schema);
    transform::tidy(&mut schema);
    let mut document = Map::new();
    for (key, value) in [("$schema", META), ("$id", ID), ("title", TITLE)] {
        document.insert(key.into(), value.into());
    }
    for (key, value) in schema.ensure_object() {
        if !document.contains_key(key) {
            document.insert(key.clone(), value.take());
        }
    }
    Value::Object(document)
}

/// The schema as text, with a line break at the end.
pub fn text() -> String {
    format!("{:#}\n", document())
}

#[cfg(test)]
mod tests;
