//! `viceversa schema`: the JSON Schema of the config, for editors.

use std::process::ExitCode;

use super::output;
use crate::config::json_schema;

/// Prints the schema.
pub(super) fn run() -> ExitCode {
    output::print(&json_schema::text())
}
