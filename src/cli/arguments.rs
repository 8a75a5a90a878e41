//! What the command line says.

mod asking;
mod definition;
mod mistakes;
mod serving;
mod shell;

use std::ffi::OsString;
use std::fmt;
use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::{Args, FromArgMatches as _, Parser, Subcommand};

pub use asking::{
    AskArguments, CallArguments, DocumentArguments, DocumentFormat, ResultFormat, ToolsArguments,
};
pub use definition::{command, visible_command};
pub use serving::{ServeArguments, SourceArguments};
pub use shell::{CompletionsArguments, ManArguments};

use super::terminal::ColorWhen;
use crate::config::error::sysexits;
use crate::config::settings::Settings;
use crate::config::value::Timeout;

const USAGE: &str = "\
viceversa [OPTIONS] -- COMMAND [ARGS]...
       viceversa [OPTIONS] -- URL
       viceversa [OPTIONS] --type openapi -- (URL | FILE)
       viceversa [OPTIONS] --config FILE
       viceversa COMMAND [OPTIONS] ...        (viceversa COMMAND --help tells more)";

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
  A call from the command line:
    viceversa call get_current_time --arg timezone=Europe/Lisbon -- uvx mcp-server-time

Settings come from flags, else from environment variables, else from the config file.
Durations are written 250ms, 30s or 5m (a number alone: seconds), sizes 64KiB or 16MiB.";

/// The command line.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "viceversa",
    about = "Publishes MCP servers as REST APIs with OpenAPI documents, REST APIs as MCP servers, and all of them as one MCP server",
    override_usage = USAGE,
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

    /// When output is coloured; `auto`: on a terminal, and as `NO_COLOR` and `CLICOLOR_FORCE` say
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "auto|always|never",
        hide_possible_values = true,
        hide_default_value = true,
        help_heading = "Other"
    )]
    pub color: ColorWhen,

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
    /// List the tools of servers
    Tools(ToolsArguments),
    /// Call a tool
    Call(CallArguments),
    /// Print an OpenAPI document
    #[command(name = "openapi")]
    OpenApi(DocumentArguments),
    /// Print a config made of those of Claude Desktop, VS Code, Cursor and mcpo
    Import(ImportArguments),
    /// Print the JSON Schema of config files, for editors
    Schema,
    /// Ask a gateway whether it lives, for health checks of containers
    Health(HealthArguments),
    /// Print a script with which a shell completes command lines
    Completions(CompletionsArguments),
    /// Print a manual page, or write all of them into a folder
    Man(ManArguments),
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

    /// Show each global setting, and which flag, variable or line of a file says so
    #[arg(long, conflicts_with = "connect")]
    pub explain: bool,

    /// How the result is printed
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "table|json",
        hide_possible_values = true
    )]
    pub output: OutputFormat,

    /// With --connect: show the servers of the gateway that runs at this URL, rather than start them
    #[arg(
        long,
        value_name = "URL",
        help_heading = "Gateway that runs",
        requires = "connect",
        conflicts_with_all = ["config", "command"]
    )]
    pub url: Option<String>,

    /// How that gateway is known.
    #[command(flatten)]
    pub tls: GatewayTls,

    /// What would be served, and how.
    #[command(flatten)]
    pub serve: Box<ServeArguments>,
}

/// What a config is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ConfigFormat {
    /// JSON.
    #[default]
    Json,
    /// YAML 1.2.
    Yaml,
    /// TOML.
    Toml,
}

/// The arguments of `import`.
#[derive(Clone, Debug, Args)]
pub struct ImportArguments {
    /// Configs of other programs; without any, those in the places where these programs keep them
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// What the config is written in
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "json|yaml|toml",
        hide_possible_values = true
    )]
    pub output: ConfigFormat,
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

    /// How the result is printed; `table` says nothing where all is well
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "table|json",
        hide_possible_values = true
    )]
    pub output: OutputFormat,

    /// How the gateway is known.
    #[command(flatten)]
    pub tls: GatewayTls,

    /// What the gateway serves, and how.
    #[command(flatten)]
    pub serve: Box<ServeArguments>,
}

/// How a gateway that runs is known, where it serves HTTPS.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Gateway that runs")]
pub struct GatewayTls {
    /// Certificates (PEM) that are trusted beside the system's
    #[arg(long, value_name = "FILE", requires = "url")]
    pub ca_file: Option<PathBuf>,

    /// Take any certificate for good: whoever is on the way can read and change everything
    #[arg(long, requires = "url")]
    pub insecure_skip_verify: bool,
}

/// The arguments of `guard`.
#[derive(Clone, Debug, Args)]
pub struct GuardArguments {
    /// What the gateway tells its guard.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub args: Vec<OsString>,
}

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
    ColorWhen::of_command_line(&command_line).hold();
    let mut command = command();
    let matches = command.try_get_matches_from_mut(&command_line);
    matches
        .and_then(|matches| Arguments::from_arg_matches(&matches))
        .map_err(|error| UsageError(mistakes::explain(error, &command_line, &mut command)))
}

#[cfg(test)]
mod tests;
