//! `viceversa completions`: what a shell needs to complete command lines.

use std::process::ExitCode;

use super::{
    arguments::{CompletionsArguments, visible_command},
    asking::end,
    failure::Failure,
    terminal,
};

/// Prints the script for a shell.
pub(super) fn run(arguments: CompletionsArguments) -> ExitCode {
    let mut script = Vec::new();
    let mut command = visible_command();
    let name = command.get_name().to_owned();
    clap_complete::generate(arguments.shell, &mut command, name, &mut script);
    end(terminal::print(&script).map_err(Failure::Output))
}
