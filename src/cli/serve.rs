//! `viceversa [OPTIONS] -- COMMAND` and `viceversa --config FILE`: the gateway.

use std::{
    io::{self, IsTerminal as _},
    process::ExitCode,
};

use crate::{
    app::{App, AppError, Sources},
    cli::{arguments::ServeArguments, signals::StopSignals, stdio},
    config::{Config, environment::Environment, log::LogFormat, reader::ConfigReader},
    secrets::Secret,
    telemetry::{self, Sink},
};

/// Serves what the command line and the config say.
pub(super) fn run(arguments: &ServeArguments) -> ExitCode {
    let mut reader = ConfigReader::new(arguments.clone(), Environment::of_process());
    match reader.read_blocking() {
        Ok(config) if config.wants_stdio => {
            if io::stdin().is_terminal() {
                eprintln!(
                    "viceversa: MCP is spoken on standard input and output; give --port to serve \
                     HTTP, or set the variable that names the transport"
                );
            }
            stdio::serve(config, reader)
        }
        Ok(config) => serve(config, Some(reader), |_, _| Ok(())),
        Err(error) => {
            eprintln!("viceversa: {error}");
            error.exit_code().into()
        }
    }
}

/// Serves a config, and what its reader finds later. `greet` is told the address once there is one.
pub(super) fn serve(
    config: Config,
    reader: Option<ConfigReader>,
    greet: impl FnOnce(&App, &Sink) -> Result<(), AppError>,
) -> ExitCode {
    protect_memory();
    let log = telemetry::start(
        config.gateway.fixed.log_format,
        &config.gateway.live.log_filter,
    );
    let sink = log.sink.clone();
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let outcome = App::build(config).and_then(|app| {
        let system = actix_web::rt::System::new();
        let outcome = system.block_on(async {
            // Before anybody can know of us: else an early signal would end us without order.
            let (stop, hangups) = StopSignals::listen()?;
            announce(&app, &sink)?;
            greet(&app, &sink)?;
            let sources = Sources { reader, hangups };
            app.run_until_stopped(&log, sources, stop.first()).await
        });
        // To drop it is to wait for threads that may read for ever, as from a pipe that nobody
        // writes to. All that had to end in order has ended.
        std::mem::forget(system);
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

/// Without this, a server's process, which runs as the same user, could read our keys out of
/// our memory or environment.
pub(super) fn protect_memory() {
    #[cfg(target_os = "linux")]
    if let Err(error) =
        rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)
    {
        eprintln!("viceversa: memory can't be protected from programs of the same user: {error}");
    }
}

/// Says where the gateway listens, and the key, where one had to be made.
fn announce(app: &App, sink: &Sink) -> Result<(), AppError> {
    let url = app.base_url()?;
    let addresses: Vec<_> = app.addresses()?.iter().map(ToString::to_string).collect();
    tracing::info!(addresses = addresses.join(" "), "listening on {url}");
    if let Some(key) = app.generated_key() {
        // Whatever is logged: without the key nobody gets in.
        sink.print(&match app.log_format() {
            LogFormat::Text => key_for_people(key, &url),
            LogFormat::Json => key_event(key, &url),
        });
    }
    Ok(())
}

const NO_KEY: &str = "No key was configured, so one was made for this run. It is shown only here";

fn key_for_people(key: &Secret, url: &str) -> String {
    format!(
        "\n{NO_KEY}:\n\n  {key}\n\nTry it:\n\n  curl -H 'Authorization: Bearer {key}' \
         {url}/openapi.json\n\nGive your own with --api-key, VICEVERSA_API_KEY or \
         --api-key-file.\n\n",
        key = key.reveal(),
    )
}

/// One line of the form that the log's own events have.
fn key_event(key: &Secret, url: &str) -> String {
    let event = serde_json::json!({
        "timestamp": jiff::Timestamp::now(),
        "level": "WARN",
        "message": NO_KEY,
        "key": key.reveal(),
        "url": url,
        "target": module_path!(),
    });
    format!("{event}\n")
}
