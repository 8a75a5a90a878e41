//! What to serve, and how: the arguments of all commands that have to do with servers.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use crate::config::openapi_mcp_server::settings::OpenApiArguments;
use crate::config::server::ServerType;
use crate::config::settings::Settings;
use crate::config::value::parse_variable;
use crate::secrets::Secret;

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
