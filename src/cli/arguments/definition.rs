//! The command line's definition, as `clap` has it, with what can't be derived.

use clap::CommandFactory as _;

use super::{Arguments, EXAMPLES, USAGE};
use crate::config::env_vars;
use crate::config::openapi_mcp_server::settings::OpenApiSettings;
use crate::config::settings::Settings;

/// Environment variables of [`super::SourceArguments`], by the flags' ids.
pub(super) const SOURCE_VARIABLES: [(&str, &str); 6] = [
    ("command", env_vars::COMMAND),
    ("config", env_vars::CONFIG),
    ("env", env_vars::ENV),
    ("env_path", env_vars::ENV_PATH),
    ("type", env_vars::TYPE),
    ("header", env_vars::HEADER),
];

/// The command line's definition. Each flag's help names its environment variables.
pub fn command() -> clap::Command {
    let with_variables = |command: clap::Command| {
        command.mut_args(|arg| {
            // So that the complaint is about the value, and not about an unknown flag.
            let takes_value = arg.get_action().takes_values();
            let arg = arg.allow_negative_numbers(takes_value);
            let variables = variables_of(arg.get_id().as_str());
            match arg.get_help().map(ToString::to_string) {
                Some(help) if !variables.is_empty() => {
                    arg.help(format!("{help} [env: {}]", variables.join(", ")))
                }
                _ => arg,
            }
        })
    };
    let command = with_variables(Arguments::command());
    let names: Vec<String> = command
        .get_subcommands()
        .map(|command| command.get_name().to_owned())
        .collect();
    names.into_iter().fold(command, |command, name| {
        command.mut_subcommand(name, |subcommand| {
            let asks = subcommand.get_arguments().any(|arg| arg.get_id() == "url");
            let subcommand = with_variables(subcommand).disable_help_flag(true);
            if asks { brief(subcommand) } else { subcommand }
        })
    })
}

/// The same without what is for this program alone: for scripts and pages that list it all.
pub fn visible_command() -> clap::Command {
    let whole = command();
    let (visible, about) = (whole.get_subcommands(), whole.get_about().cloned());
    let visible: Vec<clap::Command> = { visible.filter(|command| !command.is_hide_set()) }
        .cloned()
        .collect();
    clap::Command::new("viceversa")
        .about(about.unwrap_or_default())
        .version(env!("CARGO_PKG_VERSION"))
        .override_usage(USAGE)
        .after_help(EXAMPLES)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .disable_help_subcommand(true)
        .args_conflicts_with_subcommands(true)
        .args(whole.get_arguments())
        .subcommands(visible)
}

/// Headings under which settings stand that matter to a gateway and not to who asks one.
const SERVING: [&str; 9] = [
    "API",
    "Listening",
    "Access",
    "Calls",
    "MCP callers",
    "Limits",
    "Remote servers",
    "Logging",
    "Changes of the config",
];

/// The help of a command that takes all flags of the gateway: of those it shows what matters.
fn brief(command: clap::Command) -> clap::Command {
    let name = command.get_name().to_owned();
    if name == "check" {
        // It is about them.
        return command;
    }
    let (is_call, is_document, is_health) = (name == "call", name == "openapi", name == "health");
    command
        .after_help("All other flags of the gateway are taken too: viceversa --help.")
        .mut_args(|arg| {
            let heading = arg.get_help_heading().unwrap_or_default();
            let matters = match arg.get_id().as_str() {
                "host" | "port" => is_health,
                "path_prefix" | "root_path" => is_document,
                "api_key" | "api_key_file" | "log_level" | "start_timeout" => !is_health,
                "call_timeout" | "max_call_timeout" | "validate" => is_call,
                _ if heading == "API" => is_document,
                _ => !SERVING.contains(&heading) && !heading.starts_with("REST API"),
            };
            let arg = match arg.get_id().as_str() {
                "api_key" | "api_key_file" => {
                    let arg = arg.help_heading("Gateway that runs");
                    reworded(
                        arg,
                        "Key that callers must send, as a Bearer token or as the password of Basic",
                        "Its key",
                    )
                }
                "log_level" => reworded(arg, "[default: INFO]", "[default: WARNING]"),
                _ => arg,
            };
            arg.hide(!matters)
        })
}

/// A flag whose help says something else at one place.
fn reworded(arg: clap::Arg, before: &str, after: &str) -> clap::Arg {
    match arg.get_help().map(ToString::to_string) {
        Some(help) => arg.help(help.replace(before, after)),
        None => arg,
    }
}

/// The environment variables that mean the same as a flag.
fn variables_of(id: &str) -> Vec<&'static str> {
    let source = SOURCE_VARIABLES.iter().filter(|(source, _)| *source == id);
    let settings = Settings::names().filter(|(setting, ..)| *setting == id);
    let settings = settings.flat_map(|(_, variables, _)| variables.iter());
    let openapi = OpenApiSettings::NAMES
        .iter()
        .filter(|(name, _)| *name == id);
    source
        .map(|(_, variable)| variable)
        .chain(settings)
        .chain(openapi.map(|(_, variable)| variable))
        .copied()
        .collect()
}
