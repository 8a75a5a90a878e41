//! What the command line says.

use std::ffi::OsString;
use std::fmt;
use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::config::env_vars;
use crate::config::error::sysexits;
use crate::config::openapi_mcp_server::settings::{OpenApiArguments, OpenApiSettings};
use crate::config::server::ServerType;
use crate::config::settings::Settings;
use crate::config::spelling;
use crate::config::value::{Timeout, parse_variable};
use crate::secrets::Secret;

const EXAMPLES: &str = "\
Examples:
  Try it, without anything else:
    viceversa demo
  One server, at http://localhost:8000/docs:
    viceversa --port 8000 --api-key top-secret -- uvx mcp-server-time
  Many servers, each at its own path:
    viceversa --config config.json
  A REST API as MCP tools:
    viceversa --type openapi -- https://petstore3.swagger.io/api/v3/openapi.json
  For an MCP client that starts its servers itself:
    viceversa stdio --config config.json

Settings come from flags, else from environment variables, else from the config file.
Durations are written 250ms, 30s or 5m (a number alone: seconds), sizes 64KiB or 16MiB.";

/// The command line.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "viceversa",
    about = "Publishes MCP servers as REST APIs with OpenAPI documents, REST APIs as MCP servers, and all of them as one MCP server",
    override_usage = "viceversa [OPTIONS] -- COMMAND [ARGS]...\n       viceversa [OPTIONS] -- URL\n       viceversa [OPTIONS] --type openapi -- (URL | FILE)\n       viceversa [OPTIONS] --config FILE\n       viceversa stdio [OPTIONS] (--config FILE | -- COMMAND [ARGS]...)\n       viceversa demo [OPTIONS]\n       viceversa login [OPTIONS] SERVER --config FILE\n       viceversa check [OPTIONS] [--connect] (--config FILE | -- COMMAND [ARGS]...)\n       viceversa health [OPTIONS]",
    version,
    disable_help_flag = true,
    disable_version_flag = true,
    disable_help_subcommand = true,
    args_override_self = true,
    args_conflicts_with_subcommands = true,
    after_help = EXAMPLES,
    max_term_width = 100
)]
pub struct Arguments {
    /// What to serve, where no command is named.
    #[command(flatten)]
    pub serve: ServeArguments,

    /// The command, where one is named.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Print this help
    #[arg(long, action = clap::ArgAction::Help, global = true, help_heading = "Other")]
    help: Option<bool>,

    /// Print the version of this program
    #[arg(short = 'V', long = "program-version", action = clap::ArgAction::Version, help_heading = "Other")]
    program_version: Option<bool>,
}

/// Commands that have a name; without one, the gateway serves.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Serve MCP on standard input and output, for clients that start their servers
    Stdio(StdioArguments),
    /// Serve a demo MCP server that needs nothing else
    Demo(DemoArguments),
    /// Log in to a remote server that wants it (OAuth)
    Login(LoginArguments),
    /// Check a config, and with --connect its servers
    Check(CheckArguments),
    /// Ask a gateway whether it lives, for health checks of containers
    Health(HealthArguments),
    /// Be the demo MCP server, on standard input and output
    #[command(hide = true)]
    DemoServer,
    /// Run a child process and end it with the gateway
    #[command(hide = true)]
    Guard(GuardArguments),
}

/// The arguments of `stdio`: those without a command's name.
#[derive(Clone, Debug, Args)]
pub struct StdioArguments {
    /// What to serve, and how.
    #[command(flatten)]
    pub serve: Box<ServeArguments>,
}

/// The arguments of `demo`.
#[derive(Clone, Debug, Args)]
pub struct DemoArguments {
    /// Global settings.
    #[command(flatten)]
    pub settings: Box<Settings>,
}

/// The arguments of `login`.
#[derive(Clone, Debug, Args)]
pub struct LoginArguments {
    /// Name of the server in the config file
    pub server: String,

    /// The config file that the gateway is started with
    #[arg(long, short, value_name = "FILE")]
    pub config: Vec<OsString>,

    /// Forget what is kept, the client that was registered included
    #[arg(long)]
    pub anew: bool,

    /// Only show the URL
    #[arg(long)]
    pub no_browser: bool,

    /// Global settings, as the gateway has them.
    #[command(flatten)]
    pub settings: Box<Settings>,
}

/// How a command prints its result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum OutputFormat {
    /// For people.
    #[default]
    Table,
    /// For programs.
    Json,
}

/// The arguments of `check`.
#[derive(Clone, Debug, Args)]
pub struct CheckArguments {
    /// Start all servers, show what they are, and end them
    #[arg(long)]
    pub connect: bool,

    /// How the result is printed
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "table|json",
        hide_possible_values = true
    )]
    pub output: OutputFormat,

    /// What would be served, and how.
    #[command(flatten)]
    pub serve: Box<ServeArguments>,
}

/// The arguments of `health`.
#[derive(Clone, Debug, Args)]
pub struct HealthArguments {
    /// The gateway [default: where one with this config and environment listens]
    #[arg(long)]
    pub url: Option<String>,

    /// Ask whether it is ready to serve, and not only whether it lives
    #[arg(long)]
    pub ready: bool,

    /// How long the answer may take
    #[arg(long, value_name = "DURATION", default_value = "5s")]
    pub timeout: Timeout,

    /// What the gateway serves, and how.
    #[command(flatten)]
    pub serve: Box<ServeArguments>,
}

/// The arguments of `guard`.
#[derive(Clone, Debug, Args)]
pub struct GuardArguments {
    /// What the gateway tells its guard.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub args: Vec<OsString>,
}

/// What to serve, and how.
#[derive(Clone, Debug, Default, Args)]
pub struct ServeArguments {
    /// Where the servers come from.
    #[command(flatten)]
    pub source: SourceArguments,

    /// Global settings.
    #[command(flatten)]
    pub settings: Settings,
}

/// Where the servers come from.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Servers")]
pub struct SourceArguments {
    /// Command of the one MCP server to serve, with its arguments (in the variable: in one text,
    /// with quotes as in a shell); the URL of a remote one; or the OpenAPI document of a REST API,
    /// a URL or a file
    #[arg(last = true, value_name = "COMMAND", help_heading = "Servers")]
    pub command: Vec<OsString>,

    /// Config file with many servers, in the format of mcpo and Claude Desktop, as JSON with
    /// comments, YAML or TOML; a folder of such files; or `https://…`, `s3://bucket/key`
    /// or `ssm:/parameter`. Can be repeated (in the variable: separated by `:`)
    #[arg(long, short, value_name = "FILE")]
    pub config: Vec<OsString>,

    /// Environment variable for the servers; can be repeated (in the variable: one a line)
    #[arg(long, short, value_name = "NAME=VALUE", value_parser = parse_variable)]
    pub env: Vec<(String, Secret)>,

    /// File of environment variables for the servers (.env)
    #[arg(long, value_name = "FILE")]
    pub env_path: Option<PathBuf>,

    /// What the server speaks: stdio, sse, streamable-http or openapi. For the latter three a URL
    /// takes the command's place [default: stdio; of a URL, found out]
    #[arg(
        long = "type",
        visible_alias = "server-type",
        value_name = "TYPE",
        id = "type"
    )]
    pub server_type: Option<ServerType>,

    /// Headers for a remote server or a REST API, as a JSON object
    #[arg(long, short = 'H', value_name = "JSON")]
    pub header: Option<Secret>,

    /// What is said of a REST API.
    #[command(flatten)]
    pub openapi: Box<OpenApiArguments>,
}

/// Environment variables of [`SourceArguments`], by the flags' ids.
const SOURCE_VARIABLES: [(&str, &str); 6] = [
    ("command", env_vars::COMMAND),
    ("config", env_vars::CONFIG),
    ("env", env_vars::ENV),
    ("env_path", env_vars::ENV_PATH),
    ("type", env_vars::TYPE),
    ("header", env_vars::HEADER),
];

/// Why there are no arguments: the command line is wrong, or asks for help.
#[derive(Debug)]
pub struct UsageError(clap::Error);

impl UsageError {
    /// The exit code: 0 where help or version was asked for.
    pub fn exit_code(&self) -> u8 {
        if self.0.use_stderr() {
            sysexits::USAGE
        } else {
            0
        }
    }

    /// Prints help to stdout, errors to stderr, coloured on a terminal. Whoever stops reading
    /// has read enough.
    pub fn print(&self) -> io::Result<()> {
        let printed = self.0.print().and_then(|()| io::stdout().flush());
        printed.or_else(|error| match error.kind() {
            io::ErrorKind::BrokenPipe => Ok(()),
            _ => Err(error),
        })
    }
}

impl fmt::Display for UsageError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl std::error::Error for UsageError {}

/// Reads the command line of this process.
pub fn parse() -> Result<Arguments, UsageError> {
    parse_from(std::env::args_os())
}

/// Reads a command line, the program's name first.
pub fn parse_from(
    command_line: impl IntoIterator<Item = OsString>,
) -> Result<Arguments, UsageError> {
    let command_line: Vec<OsString> = command_line.into_iter().collect();
    let mut command = command();
    let matches = command.try_get_matches_from_mut(&command_line);
    matches
        .and_then(|matches| Arguments::from_arg_matches(&matches))
        .map_err(|error| UsageError(explain(error, &command_line, &mut command)))
}

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
    with_variables(Arguments::command())
        .mut_subcommand("stdio", |stdio| {
            with_variables(stdio).disable_help_flag(true)
        })
        .mut_subcommand("demo", |demo| with_variables(demo).disable_help_flag(true))
        .mut_subcommand("login", |login| {
            with_variables(login).disable_help_flag(true)
        })
        .mut_subcommand("check", |check| {
            with_variables(check).disable_help_flag(true)
        })
        .mut_subcommand("health", |health| {
            with_variables(health).disable_help_flag(true)
        })
        .mut_subcommand("demo-server", |command| command.disable_help_flag(true))
        .mut_subcommand("guard", |command| command.disable_help_flag(true))
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

/// Mistakes of habit get an answer that helps.
fn explain(
    mut error: clap::Error,
    command_line: &[OsString],
    command: &mut clap::Command,
) -> clap::Error {
    // Among these tips is to put a misspelt flag behind `--`, where it would be a command.
    error.remove(ContextKind::Suggested);
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let kind = error.kind();
    let word = text(ContextKind::InvalidSubcommand).or(text(ContextKind::InvalidArg));
    let first_word = command_line.get(1).and_then(|word| word.to_str());
    let is_demo = first_word == Some("demo");
    let message = match (kind, word) {
        (ErrorKind::UnknownArgument, Some(word))
            if is_demo && (!word.starts_with('-') || command_line.contains(&"--".into())) =>
        {
            format!("`demo` serves a server of its own and takes no command; leave `{word}` out, or serve it without `demo`:\n\n  viceversa [OPTIONS] -- {word} ...")
        }
        (ErrorKind::InvalidSubcommand | ErrorKind::UnknownArgument, Some(word))
            if !word.starts_with('-') =>
        {
            stray_word(word, first_word, command)
        }
        (ErrorKind::InvalidValue, Some(flag)) if flag.starts_with("--version") => {
            "--version takes the version of the API, as in mcpo; -V prints the version of this program".to_owned()
        }
        (ErrorKind::InvalidValue, Some(flag)) if flag.starts_with("--host") => {
            "-h and --host take an address, as in mcpo; --help prints help".to_owned()
        }
        // The value may hold a secret: it is not repeated.
        (ErrorKind::ValueValidation, Some(flag)) if flag.starts_with("--env ") => {
            "--env takes a name, `=` and a value, such as `--env TOKEN=abc`".to_owned()
        }
        // The same holds for a URL with a password in it.
        (ErrorKind::ValueValidation, Some(flag)) if flag.starts_with("--peers ") => {
            "--peers takes names, each with `=` and the URL of a replica, such as `--peers gateway-1=http://10.0.0.2:8000`".to_owned()
        }
        _ => return error,
    };
    command.error(kind, message)
}

/// What to do about a word that is neither a flag nor behind `--`.
fn stray_word(word: &str, first_word: Option<&str>, command: &clap::Command) -> String {
    let commands = || {
        command
            .get_subcommands()
            .filter(|command| !command.is_hide_set())
    };
    let names = || commands().map(clap::Command::get_name);
    if first_word == Some("stdio") {
        format!(
            "to serve an MCP server, put `--` before its command:\n\n  viceversa stdio [OPTIONS] -- {word} ..."
        )
    } else if names().any(|name| name == word) {
        format!("`{word}` must come first, as in `viceversa {word} [OPTIONS]`")
    } else if let Some(near) = spelling::nearest(word, names()) {
        format!("`{word}` is not a command of viceversa; did you mean `viceversa {near}`?")
    } else {
        format!(
            "`{word}` is not a command of viceversa. To serve an MCP server, put `--` before its command:\n\n  viceversa [OPTIONS] -- {word} ..."
        )
    }
}

#[cfg(test)]
mod tests;
