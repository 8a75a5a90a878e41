//! `viceversa check`: whether a config can be used; with `--connect`, whether its servers can; with
//! `--explain`, what its settings are.

mod explanation;

use std::process::ExitCode;

use super::{
    asking::{end, quiet, visit},
    failure::Failure,
    gateway::{RunningGateway, ServerStatus, http_settings},
    terminal,
    tools::print_value,
};
use crate::{
    app::{Down, HEADINGS, ServerRow},
    cli::arguments::{CheckArguments, OutputFormat},
    config::{
        Config, at_gateway::AtGateway, environment::Environment, error::sysexits,
        reader::ConfigReader,
    },
    gateway::ServerName,
    json::Raw,
};

/// Checks what the command line names.
pub(super) fn run(arguments: &CheckArguments) -> ExitCode {
    end(check(arguments))
}

fn check(arguments: &CheckArguments) -> Result<(), Failure> {
    if let Some(url) = &arguments.url {
        return ask(arguments, url);
    }
    let environment = Environment::of_process();
    let mut serve = (*arguments.serve).clone();
    if arguments.connect {
        quiet(&mut serve.settings.log.log_level, &environment);
    }
    let config = ConfigReader::new(serve, environment).read_blocking()?;
    if arguments.connect {
        return connect(arguments, config);
    }
    for warning in &config.warnings {
        terminal::complain(warning);
    }
    let shown = if arguments.explain {
        explanation::explanation(&config.settings, arguments.output)
    } else {
        summary(&config, arguments.output)
    };
    terminal::print(shown.as_bytes()).map_err(Failure::Output)
}

/// Starts all servers, shows what they are, and ends them.
fn connect(arguments: &CheckArguments, config: Config) -> Result<(), Failure> {
    let mut found = Found::default();
    visit(config, async |visit, _| {
        found = Found {
            rows: visit.rows(),
            status: visit.status(),
            down: visit.down(),
        };
        Ok(())
    })?;
    found.show(arguments.output)
}

/// Shows the servers of a gateway that runs.
fn ask(arguments: &CheckArguments, url: &str) -> Result<(), Failure> {
    let environment = Environment::of_process();
    let http = http_settings(&arguments.tls)?;
    let access = AtGateway::read(&arguments.serve.settings, &environment, http)?;
    let gateway = RunningGateway::ask(url, &access)?;
    let down = gateway.servers.iter().filter(|server| !server.is_up());
    let found = Found {
        rows: gateway.servers.iter().map(ServerStatus::row).collect(),
        down: down.map(ServerStatus::down).collect(),
        status: gateway.status,
    };
    found.show(arguments.output)
}

/// What became of the servers.
#[derive(Default)]
struct Found {
    rows: Vec<ServerRow>,
    /// A JSON list, as `/status` has it.
    status: String,
    down: Vec<Down>,
}

impl Found {
    /// Shows it. The exit code says whether all servers can be used.
    fn show(&self, output: OutputFormat) -> Result<(), Failure> {
        let shown = match output {
            OutputFormat::Json => {
                let status = Raw::assume_valid(self.status.as_str().into());
                return print_value(&status).and_then(|()| self.code());
            }
            OutputFormat::Table => {
                let mut table = terminal::table(HEADINGS);
                for row in &self.rows {
                    table.add_row(row.cells(|warnings| match warnings {
                        1 => "1 warning: --output json".to_owned(),
                        several => format!("{several} warnings: --output json"),
                    }));
                }
                format!("{table}\n")
            }
        };
        terminal::print(shown.as_bytes()).map_err(Failure::Output)?;
        self.code()
    }

    fn code(&self) -> Result<(), Failure> {
        // Why stands in what was shown.
        match self.down.as_slice() {
            [] => Ok(()),
            _ => Err(Failure::Told(sysexits::UNAVAILABLE)),
        }
    }
}

/// What a config that can be used holds.
fn summary(config: &Config, output: OutputFormat) -> String {
    let names = |names: Vec<&ServerName>| -> Vec<String> {
        names.into_iter().map(ToString::to_string).collect()
    };
    let servers = names(config.servers.keys().collect());
    let groups = names(config.groups.keys().collect());
    match output {
        OutputFormat::Json => {
            let warnings: Vec<String> = config.warnings.iter().map(ToString::to_string).collect();
            let summary = serde_json::json!({
                "servers": servers,
                "disabled": config.disabled,
                "groups": groups,
                "warnings": warnings,
            });
            format!("{summary}\n")
        }
        OutputFormat::Table => {
            let mut parts = vec![format!(
                "The config can be used. Servers: {}",
                servers.join(", ")
            )];
            for (what, names) in [("disabled", &config.disabled), ("groups", &groups)] {
                if !names.is_empty() {
                    parts.push(format!("{what}: {}", names.join(", ")));
                }
            }
            format!("{}\n", parts.join("; "))
        }
    }
}
