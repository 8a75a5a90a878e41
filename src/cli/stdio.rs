//! `viceversa stdio`: MCP on standard input and output.

use std::process::ExitCode;

use crate::{
    cli::arguments::StdioArguments,
    config::{Config, environment::Environment, error::sysexits},
};

/// Serves what the command line and the config say.
pub(super) fn run(arguments: &StdioArguments) -> ExitCode {
    match Config::load(&arguments.serve, &Environment::of_process()) {
        Ok(config) => serve(config),
        Err(error) => {
            eprintln!("viceversa: {error}");
            error.exit_code().into()
        }
    }
}

/// Serves a config.
pub(super) fn serve(_config: Config) -> ExitCode {
    eprintln!(
        "viceversa: serving MCP on standard input and output (stdio, FASTMCP_TRANSPORT) is not supported yet; leave it out to serve over HTTP"
    );
    ExitCode::from(sysexits::UNAVAILABLE)
}
