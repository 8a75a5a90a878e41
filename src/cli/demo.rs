//! `viceversa demo`: the gateway with the demo server, and what to try next.

use std::{ffi::OsString, process::ExitCode};

use crate::{
    app::{App, AppError},
    cli::{arguments::DemoArguments, serve},
    config::{Config, environment::Environment, error::sysexits},
    telemetry::Sink,
};

/// Serves the demo server, a child process of this same program.
pub(super) fn run(arguments: &DemoArguments) -> ExitCode {
    let program = match std::env::current_exe() {
        Ok(program) => program.into_os_string(),
        Err(error) => {
            eprintln!("viceversa: this program's own file can't be found: {error}");
            return ExitCode::from(sysexits::OSERR);
        }
    };
    let command = vec![program, OsString::from("demo-server")];
    let name = match "demo".parse() {
        Ok(name) => name,
        Err(error) => {
            eprintln!("viceversa: {error}");
            return ExitCode::from(sysexits::SOFTWARE);
        }
    };
    match Config::for_command(
        name,
        command,
        &arguments.settings,
        &Environment::of_process(),
    ) {
        Ok(config) => serve::serve(config, greet),
        Err(error) => {
            eprintln!("viceversa: {error}");
            error.exit_code().into()
        }
    }
}

/// Prints links and commands that work as they stand.
fn greet(app: &App, sink: &Sink) -> Result<(), AppError> {
    let url = app.base_url()?;
    let credential = match (app.generated_key(), app.demands_key()) {
        (Some(key), _) => format!("-H 'Authorization: Bearer {}' ", key.reveal()),
        (None, true) => "-H 'Authorization: Bearer YOUR-KEY' ".to_owned(),
        (None, false) => String::new(),
    };
    sink.print(&format!(
        "
viceversa demo: an MCP server with a bit of everything, as a REST API.

  In a browser:
    {url}/docs

  With curl:
    curl {credential}{url}/get_current_time --json '{{\"timezone\": \"Europe/Lisbon\"}}'
    curl {credential}{url}/convert_time --json '{{\"source_timezone\": \"Asia/Tokyo\", \"time\": \"09:30\", \"target_timezone\": \"America/New_York\"}}'
    curl {credential}{url}/structured --json '{{\"numbers\": [3, 1, 4, 1, 5]}}'
    curl {credential}{url}/image -X POST -H 'Accept: image/png' -o picture.png
    curl {credential}{url}/slow --json '{{\"seconds\": 2, \"steps\": 4}}' -H 'Accept: text/event-stream' -N
    curl {credential}{url}/fail --json '{{\"message\": \"as wished\"}}'
    curl {credential}{url}/openapi.json

  Ctrl-C ends it. Your own server: viceversa -- uvx mcp-server-time

"
    ));
    Ok(())
}
