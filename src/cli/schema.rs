//! `viceversa schema`: the JSON Schema of the config, for editors.

use std::process::ExitCode;

use super::{asking::end, failure::Failure, terminal};
use crate::config::json_schema;

/// Prints the schema.
pub(super) fn run() -> ExitCode {
    let schema = json_schema::text();
    end(terminal::print(schema.as_bytes()).map_err(Failure::Output))
}
