//! The arguments of commands that ask servers something: `tools`, `call`, `openapi`.

use std::path::PathBuf;

use clap::Args;

use super::{GatewayTls, OutputFormat, ServeArguments};

/// Whom a command asks: servers that it starts, or a gateway that runs.
#[derive(Clone, Debug, Args)]
pub struct AskArguments {
    /// Ask the gateway that runs at this URL, rather than start servers
    #[arg(
        long,
        value_name = "URL",
        help_heading = "Gateway that runs",
        conflicts_with_all = ["config", "command"]
    )]
    pub url: Option<String>,

    /// How that gateway is known.
    #[command(flatten)]
    pub tls: GatewayTls,

    /// What is started else, and how.
    #[command(flatten)]
    pub serve: Box<ServeArguments>,
}

/// The arguments of `tools`.
#[derive(Clone, Debug, Args)]
#[command(
    override_usage = "viceversa tools [OPTIONS] [SERVER]... (--config FILE | --url URL)\n       viceversa tools [OPTIONS] -- COMMAND [ARGS]..."
)]
pub struct ToolsArguments {
    /// Names of servers or groups [default: all servers]
    #[arg(value_name = "SERVER")]
    pub servers: Vec<String>,

    /// How they are printed: `json` gives the whole definitions
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "table|json",
        hide_possible_values = true
    )]
    pub output: OutputFormat,

    /// Whom to ask.
    #[command(flatten)]
    pub ask: AskArguments,
}

/// The arguments of `call`.
#[derive(Clone, Debug, Args)]
#[command(
    override_usage = "viceversa call [OPTIONS] SERVER TOOL (--config FILE | --url URL)\n       viceversa call [OPTIONS] TOOL -- COMMAND [ARGS]..."
)]
pub struct CallArguments {
    /// Name of the server or group, which may be left out where there is only one, and of its tool
    #[arg(required = true, num_args = 1..=2, value_names = ["SERVER", "TOOL"])]
    pub names: Vec<String>,

    /// An argument; can be repeated. What the value is, the tool's schema says: 7 is a number where
    /// it wants one. `name=@FILE` reads a text, `name:=JSON` and `name:=@FILE` give JSON; a name that
    /// is given twice makes a list
    #[arg(
        long = "arg",
        short = 'a',
        value_name = "NAME=VALUE",
        help_heading = "Arguments of the tool"
    )]
    pub arguments: Vec<String>,

    /// All arguments as a JSON object, `@FILE` that holds one, or `-` for standard input
    #[arg(
        long,
        short,
        value_name = "JSON",
        allow_hyphen_values = true,
        help_heading = "Arguments of the tool"
    )]
    pub json: Option<String>,

    /// Folder for images, audio and other files of the result
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    pub save: PathBuf,

    /// How the result is printed: `json` gives the whole of it as it came
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "text|json",
        hide_possible_values = true
    )]
    pub output: ResultFormat,

    /// Whom to ask.
    #[command(flatten)]
    pub ask: AskArguments,
}

/// How the result of a call is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ResultFormat {
    /// For people: its text; what is no text goes into files.
    #[default]
    #[value(alias = "table")]
    Text,
    /// For programs: as it came.
    Json,
}

/// The arguments of `openapi`.
#[derive(Clone, Debug, Args)]
#[command(
    override_usage = "viceversa openapi [OPTIONS] [SERVER] (--config FILE | --url URL)\n       viceversa openapi [OPTIONS] -- COMMAND [ARGS]..."
)]
pub struct DocumentArguments {
    /// Name of the server or group [default: all servers in one document]
    pub server: Option<String>,

    /// How it is written
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "json|yaml",
        hide_possible_values = true
    )]
    pub output: DocumentFormat,

    /// Whom to ask.
    #[command(flatten)]
    pub ask: AskArguments,
}

/// How a document is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum DocumentFormat {
    /// JSON.
    #[default]
    Json,
    /// YAML.
    Yaml,
}
