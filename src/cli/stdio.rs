//! `viceversa stdio`: MCP on standard input and output.

use std::process::ExitCode;

use super::{serve::protect_memory, signals::StopSignals};
use crate::{
    app::{AppError, Sources, run_stdio},
    cli::arguments::StdioArguments,
    config::{Config, environment::Environment, reader::ConfigReader},
    telemetry,
};

/// Serves what the command line and the config say.
pub(super) fn run(arguments: &StdioArguments) -> ExitCode {
    let mut reader = ConfigReader::new((*arguments.serve).clone(), Environment::of_process());
    match reader.read_blocking() {
        Ok(config) => serve(config, reader),
        Err(error) => {
            eprintln!("viceversa: {error}");
            error.exit_code().into()
        }
    }
}

/// Serves a config. Nothing but messages is written to standard output; logs go to standard error.
pub(super) fn serve(config: Config, reader: ConfigReader) -> ExitCode {
    protect_memory();
    let log = telemetry::start(
        config.gateway.fixed.log_format,
        &config.gateway.live.log_filter,
    );
    let sink = log.sink.clone();
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let outcome = runtime.map_err(AppError::from).and_then(|runtime| {
        let outcome = runtime.block_on(async {
            let (stop, hangups) = StopSignals::listen()?;
            let sources = Sources {
                reader: Some(reader),
                hangups,
            };
            run_stdio(config, &log, sources, stop.first()).await
        });
        // The thread that reads standard input may wait for ever.
        runtime.shutdown_background();
        outcome
    });
    if let Err(error) = &outcome {
        sink.print(&format!("viceversa: {error}\n"));
    }
    sink.flush();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error.exit_code().into(),
    }
}
