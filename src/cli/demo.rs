//! `viceversa demo`: the gateway with the demo server, and what to try next.

mod credential;

use std::{ffi::OsString, process::ExitCode};

use credential::Credential;

use crate::{
    app::{App, AppError},
    cli::{arguments::DemoArguments, serve},
    config::{Config, environment::Environment, error::sysexits, log::LogFormat},
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
    let environment = Environment::of_process();
    match Config::for_command(name, command, &arguments.settings, &environment) {
        Ok(config) => {
            let given = Credential::given(&arguments.settings.access, &environment);
            serve::serve(config, None, |app, sink| greet(app, sink, given))
        }
        Err(error) => {
            eprintln!("viceversa: {error}");
            error.exit_code().into()
        }
    }
}

/// Prints links and commands that work as they stand; not into a log for programs.
fn greet(app: &App, sink: &Sink, given: Credential) -> Result<(), AppError> {
    if app.log_format() == LogFormat::Json {
        return Ok(());
    }
    let url = app.base_url()?;
    let credential = match app.generated_key() {
        Some(key) => Credential::generated(key),
        None => given,
    };
    let Credential { flag, note } = credential;
    sink.print(&format!(
        "
viceversa demo: an MCP server with a bit of everything, as a REST API and over HTTP.

  In a browser:
    {url}/docs

  With curl{note}:
    curl {flag}{url}/get_current_time --json '{{\"timezone\": \"Europe/Lisbon\"}}'
    curl {flag}{url}/convert_time --json '{{\"source_timezone\": \"Asia/Tokyo\", \"time\": \"09:30\", \"target_timezone\": \"America/New_York\"}}'
    curl {flag}{url}/structured --json '{{\"numbers\": [3, 1, 4, 1, 5]}}'
    curl {flag}{url}/image -X POST -H 'Accept: image/png' -o picture.png
    curl {flag}{url}/slow --json '{{\"seconds\": 2, \"steps\": 4}}' -H 'Accept: text/event-stream' -N
    curl {flag}{url}/fail --json '{{\"message\": \"as wished\"}}'
    curl {flag}{url}/openapi.json

  With an MCP client (Claude, an IDE, the MCP Inspector):
    {url}/mcp

  Ctrl-C ends it. Your own server: viceversa -- uvx mcp-server-time

"
    ));
    Ok(())
}
