//! JSON Schema: what a tool's arguments must be, and making them so.
//!
//! [`ArgumentSchema`] is compiled once per catalog snapshot. A call's arguments are read once
//! into a shadow; the text that came travels on, and is edited only in the members that
//! validation changed.
//!
//! `format` is an annotation, as JSON Schema 2020-12 has it by default: a tool that means to
//! refuse `"example"` for a URI does so itself, and knows better what it can take.

mod coerce;
mod compile;
mod cost;
mod dialect;
mod explain;
mod keywords;
mod prepare;
mod references;
mod shape;
mod violation;

#[cfg(test)]
mod tests;

pub use compile::{SchemaError, check};
pub use prepare::ArgumentSchema;
pub use violation::Violation;

pub(crate) use dialect::{Dialect, lift_openapi_habits};
pub(crate) use keywords::{Place, list, place, subschemas_mut};
pub(crate) use references::{Base, References, unescape};

/// What is done with a call's arguments before the upstream sees them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Validation {
    /// Only what every call must be: a JSON object without duplicate members.
    Off,
    /// Validate. Values of the wrong type are converted where the schema admits exactly one type
    /// and nothing is lost; `null` for an optional argument that does not admit it is dropped.
    #[default]
    Coerce,
    /// Validate the arguments as they came.
    Strict,
}

/// Whether the schema's defaults are written into arguments that lack them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defaults {
    /// Write them. For MCP servers.
    Fill,
    /// Leave them to the upstream. For REST upstreams, where a default in a `PATCH` would
    /// overwrite data.
    Leave,
}
