//! `viceversa check`: whether a config can be used; with `--connect`, whether its servers can.

use std::process::ExitCode;

use super::output::print;
use super::serve::protect_memory;
use crate::{
    app::{self, AppError},
    cli::arguments::{CheckArguments, OutputFormat},
    config::{
        Config,
        environment::Environment,
        error::{Giver, sysexits},
        explained::{Explained, Origin},
        reader::ConfigReader,
    },
    gateway::ServerName,
    telemetry::{self, untrusted::readable},
};

/// Checks what the command line names.
pub(super) fn run(arguments: &CheckArguments) -> ExitCode {
    let mut reader = ConfigReader::new((*arguments.serve).clone(), Environment::of_process());
    let config = match reader.read_blocking() {
        Ok(config) => config,
        Err(error) => {
            eprintln!("viceversa: {error}");
            return error.exit_code().into();
        }
    };
    for warning in &config.warnings {
        eprintln!("viceversa: {warning}");
    }
    if arguments.explain {
        print(&explanation(&config.settings, arguments.output))
    } else if arguments.connect {
        connect(config, arguments.output)
    } else {
        print(&summary(&config, arguments.output))
    }
}

/// Starts all servers, shows what they are, and ends them.
fn connect(config: Config, output: OutputFormat) -> ExitCode {
    protect_memory();
    let fixed = &config.gateway.fixed;
    let log = telemetry::start(fixed.log_format, &config.gateway.live.log_filter);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let checked = runtime.map_err(AppError::from).and_then(|runtime| {
        let checked = runtime.block_on(app::check(config, &log.sink));
        runtime.shutdown_background();
        checked
    });
    log.sink.flush();
    let registry = match checked {
        Ok(registry) => registry,
        Err(error) => {
            eprintln!("viceversa: {error}");
            return error.exit_code().into();
        }
    };
    let printed = print(&match output {
        OutputFormat::Table => format!("{}\n", registry.table),
        OutputFormat::Json => format!("{}\n", registry.json),
    });
    if registry.are_all_up {
        printed
    } else {
        sysexits::UNAVAILABLE.into()
    }
}

/// What each setting is, and what says so.
fn explanation(settings: &[Explained], output: OutputFormat) -> String {
    match output {
        OutputFormat::Json => {
            let settings = settings.iter().map(|setting| {
                let (source, place) = match &setting.origin {
                    Origin::Given(Giver::Flag(_), _) => ("flag", None),
                    Origin::Given(Giver::Variable(_), line) => ("environment", line.clone()),
                    Origin::Given(Giver::File(place), _) => (
                        "file",
                        Some(format!("{}:{}", place.file.display(), place.line)),
                    ),
                    Origin::OtherProgram => ("openapi-mcp-server", None),
                    Origin::Default => ("default", None),
                };
                let name = match &setting.origin {
                    Origin::Given(Giver::Flag(flag), _) => Some(format!("--{flag}")),
                    Origin::Given(Giver::Variable(name), _) => Some((*name).to_owned()),
                    Origin::Given(Giver::File(_), _) | Origin::OtherProgram | Origin::Default => {
                        None
                    }
                };
                serde_json::json!({
                    "setting": setting.key,
                    "value": setting.value,
                    "source": source,
                    "name": name,
                    "place": place,
                })
            });
            format!("{}\n", settings.collect::<serde_json::Value>())
        }
        OutputFormat::Table => {
            let mut table = comfy_table::Table::new();
            table.load_style(comfy_table::presets::NOTHING);
            table.set_header(["SETTING", "VALUE", "SAID BY"]);
            for setting in settings {
                table.add_row([
                    setting.key.to_owned(),
                    readable(&setting.value),
                    setting.origin.to_string(),
                ]);
            }
            format!("{table}\n")
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
