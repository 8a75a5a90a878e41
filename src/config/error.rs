//! Why a config can't be used.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::config::document::Kind;
use crate::config::spelling;
use crate::config::value::InvalidValue;
use crate::gateway::server_name::InvalidServerName;

/// Why the gateway can't start with what it was given. The message says what is wrong, where,
/// and what to do; it never holds a secret, nor a line of the file, which may.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Neither a command nor a config file.
    #[error(
        "nothing to serve: give the command of an MCP server after `--`, as in `viceversa -- uvx mcp-server-time`, a config file with `--config`, or try `viceversa demo`"
    )]
    NoSource,
    /// Both a command and a config file.
    #[error(
        "both `--config` and a command after `--` are given; put the command into the config file's `mcpServers`, or leave `--config` out"
    )]
    TwoSources,
    /// A file can't be read.
    #[error("can't read {}: {source}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is not text.
    #[error("{} is not UTF-8 text; save it with the encoding UTF-8", file.display())]
    NotText {
        /// The file.
        file: PathBuf,
    },
    /// Something in the config file.
    #[error("{place}{problem}")]
    InFile {
        /// Where.
        place: Box<Place>,
        /// What.
        problem: Box<Problem>,
    },
    /// An environment variable.
    #[error("the environment variable {name} can't be used: {problem}")]
    InEnvironment {
        /// The variable's name.
        name: &'static str,
        /// What.
        problem: InvalidValue,
    },
    /// A line of a `.env` file.
    #[error(
        "{}:{line}: this is not a line of a .env file; write `NAME=value`, with quotes around a value that has spaces", file.display()
    )]
    EnvFile {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// Settings that contradict each other.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// A key that can't be used.
    #[error(transparent)]
    Key(#[from] InvalidKey),
    /// A file that a setting names is not there.
    #[error("the file {} that {setting} names can't be read: {source}", file.display())]
    NamedFile {
        /// The setting, with all its spellings.
        setting: &'static str,
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A flag or setting whose capability is not built yet.
    #[error("{what} is not supported yet; {instead}")]
    Unsupported {
        /// The flag.
        what: &'static str,
        /// What to do.
        instead: &'static str,
    },
}

/// Settings that contradict each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// Half of a pair.
    #[error("--ssl-certfile needs --ssl-keyfile beside it: TLS takes a certificate and its key")]
    CertificateWithoutKey,
    /// The other half of a pair.
    #[error("--ssl-keyfile needs --ssl-certfile beside it: TLS takes a certificate and its key")]
    KeyWithoutCertificate,
    /// A deadline beyond the greatest deadline.
    #[error(
        "--call-timeout is longer than --max-call-timeout; raise the latter, or lower the former"
    )]
    CallTimeouts,
    /// Contradiction about documents.
    #[error(
        "--strict-auth protects documents too, and --public-docs opens them; leave one of them out"
    )]
    StrictAndPublic,
    /// mcpo's default, which is not ours.
    #[error(
        "strict authentication can't be switched off as a whole; use --public-docs, which opens documents and their pages alone"
    )]
    NotStrict,
    /// `*` beside a list.
    #[error("--cors-allow-origins has `*` beside other origins; give `*` alone, or leave it out")]
    AnyOriginBesideOthers,
}

/// Why an API key can't be used. The key itself is never shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the API key {origin} {problem}")]
pub struct InvalidKey {
    /// Where the key came from.
    pub origin: KeyOrigin,
    /// What is wrong with it.
    pub problem: KeyProblem,
}

/// Where an API key came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyOrigin {
    /// `--api-key`.
    Flag,
    /// An environment variable.
    Environment,
    /// The config file.
    ConfigFile,
    /// A file of its own.
    KeyFile,
}

impl fmt::Display for KeyOrigin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Flag => "of --api-key",
            Self::Environment => "of the environment",
            Self::ConfigFile => "of the config file's gateway.apiKey",
            Self::KeyFile => "in the file that --api-key-file names",
        })
    }
}

/// What is wrong with an API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyProblem {
    /// Nothing, or white space alone.
    #[error("is empty; give a key, or leave the setting out")]
    Empty,
    /// White space or control characters.
    #[error(
        "contains white space or a control character, which can't be sent in a header; take them out"
    )]
    Space,
    /// Not ASCII.
    #[error("contains a character that is not ASCII, which can't be sent in a header; use others")]
    NotAscii,
}

/// Where something stands in the config file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The path of keys, such as `mcpServers.time.args[1]`; empty for the whole file.
    pub path: String,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            line,
            column,
            path,
        } = self;
        write!(formatter, "{}:{line}:{column}: ", file.display())?;
        if path.is_empty() {
            Ok(())
        } else {
            write!(formatter, "`{path}`: ")
        }
    }
}

/// What is wrong at a place of the config file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Not JSON.
    #[error("this is not JSON: {0}")]
    Syntax(String),
    /// A value of the wrong kind.
    #[error("must be {expected}, found {found}; write for example {example}")]
    Kind {
        /// What it must be.
        expected: &'static str,
        /// What it is.
        found: Kind,
        /// How it could look.
        example: &'static str,
    },
    /// A value that can't be used.
    #[error("{text:?} can't be used: {problem}")]
    Invalid {
        /// The text.
        text: String,
        /// Why.
        problem: InvalidValue,
    },
    /// The key stands twice in its object.
    #[error("this key is there twice; rename or remove one of the two")]
    Duplicate,
    /// The same setting in two spellings.
    #[error("this is another spelling of `{key}`, which is there too; remove `{other}`")]
    TwoSpellings {
        /// The spelling to keep.
        key: &'static str,
        /// The spelling to remove.
        other: &'static str,
    },
    /// A key that means nothing here.
    #[error("there is no key `{key}` here{}", near.as_ref().map_or_else(|| "; remove it".to_owned(), |near| spelling::hint(Some(near))))]
    UnknownKey {
        /// The key.
        key: String,
        /// The key that was probably meant.
        near: Option<String>,
    },
    /// No `mcpServers`.
    #[error(
        "no `mcpServers` here; write {{\"mcpServers\": {{\"time\": {{\"command\": \"uvx\", \"args\": [\"mcp-server-time\"]}}}}}}"
    )]
    NoServers,
    /// VS Code's name for `mcpServers`.
    #[error(
        "`servers` is the key of VS Code's mcp.json; rename it to `mcpServers`, the entries can stay as they are"
    )]
    VsCodeServers,
    /// All servers are disabled.
    #[error(
        "all servers are disabled; remove `\"disabled\": true` from one of them, or add another"
    )]
    AllDisabled,
    /// The name of a server can't be used.
    #[error("this can't be the name of a server: {0}")]
    ServerName(InvalidServerName),
    /// Neither command nor url.
    #[error(
        "this server has no `command`; write for example \"command\": \"uvx\", \"args\": [\"mcp-server-time\"]"
    )]
    NoCommand,
    /// Both command and url.
    #[error("this server has both a `command` and a `url`; remove one of them")]
    CommandAndUrl,
    /// Neither a string, a number nor a boolean in `env`, an empty command, or the like.
    #[error("it is empty; {0}")]
    Empty(&'static str),
    /// A NUL character, which ends a text for the system.
    #[error("contains a NUL character, which can't be passed to a program; remove it")]
    Nul,
    /// Not the name of an environment variable.
    #[error(
        "this can't be the name of an environment variable: it must not be empty, nor contain `=` or NUL"
    )]
    VariableName,
    /// A working folder that is none.
    #[error("{} is not a folder that can be entered; create it, or correct the path", .0.display())]
    NoFolder(PathBuf),
    /// A server's deadline beyond its greatest deadline.
    #[error("is longer than this server's `maxCallTimeout`; raise that, or lower this")]
    TimeoutOrder,
    /// Something that is not built yet.
    #[error("{what} is not supported yet; {instead}")]
    Unsupported {
        /// What.
        what: &'static str,
        /// What to do.
        instead: &'static str,
    },
}

impl ConfigError {
    /// The exit code of the process, of sysexits.h.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::NoSource | Self::TwoSources | Self::Conflict(_) => sysexits::USAGE,
            Self::Unreadable { source, .. } | Self::NamedFile { source, .. } => {
                if source.kind() == io::ErrorKind::PermissionDenied {
                    sysexits::NOPERM
                } else {
                    sysexits::NOINPUT
                }
            }
            Self::NotText { .. } | Self::EnvFile { .. } => sysexits::DATAERR,
            Self::InFile { problem, .. } => match problem.as_ref() {
                Problem::Unsupported { .. } => sysexits::UNAVAILABLE,
                Problem::Syntax(_) => sysexits::DATAERR,
                Problem::Kind { .. }
                | Problem::Invalid { .. }
                | Problem::Duplicate
                | Problem::TwoSpellings { .. }
                | Problem::UnknownKey { .. }
                | Problem::NoServers
                | Problem::VsCodeServers
                | Problem::AllDisabled
                | Problem::ServerName(_)
                | Problem::NoCommand
                | Problem::CommandAndUrl
                | Problem::Empty(_)
                | Problem::Nul
                | Problem::VariableName
                | Problem::TimeoutOrder
                | Problem::NoFolder(_) => sysexits::CONFIG,
            },
            Self::Key(InvalidKey {
                origin: KeyOrigin::Flag,
                ..
            }) => sysexits::USAGE,
            Self::InEnvironment { .. } | Self::Key(_) => sysexits::CONFIG,
            Self::Unsupported { .. } => sysexits::UNAVAILABLE,
        }
    }
}

/// Exit codes that tell a supervisor what kind of failure it was, as in BSD's sysexits.h.
pub mod sysexits {
    /// The command line is wrong.
    pub const USAGE: u8 = 64;
    /// A file's content is not what it should be.
    pub const DATAERR: u8 = 65;
    /// A file is not there.
    pub const NOINPUT: u8 = 66;
    /// Something that is needed can't be had.
    pub const UNAVAILABLE: u8 = 69;
    /// A bug of ours.
    pub const SOFTWARE: u8 = 70;
    /// The system refused something.
    pub const OSERR: u8 = 71;
    /// A file can't be written.
    pub const CANTCREAT: u8 = 73;
    /// Permission denied.
    pub const NOPERM: u8 = 77;
    /// The configuration is wrong.
    pub const CONFIG: u8 = 78;
}
