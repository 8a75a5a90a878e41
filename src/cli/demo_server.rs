//! `viceversa demo-server`: the demo MCP server on stdin and stdout.

use std::process::ExitCode;

use crate::{config::error::sysexits, demo};

/// Serves until stdin ends.
pub(super) fn run() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let outcome = runtime
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(demo::serve_stdio()));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("viceversa demo-server: {error:#}");
            ExitCode::from(sysexits::OSERR)
        }
    }
}
