//! Why a config can't be used.

mod auth;
mod conflict;
mod file_place;
mod giver;
mod key;
mod location;
mod openapi;
mod problem;
mod reference;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

pub use auth::AuthProblem;
pub use conflict::Conflict;
pub use file_place::{FileLine, FilePlace};
pub use giver::Giver;
pub use key::{InvalidKey, KeyKind, KeyOrigin, KeyProblem};
pub use location::LocationProblem;
pub use openapi::OpenApiProblem;
pub use problem::{Place, Problem};
pub use reference::ReferenceProblem;

pub use crate::config::remote::FetchError;

use crate::config::value::InvalidValue;

/// Why the gateway can't start with what it was given. The message says what is wrong, where,
/// and what to do; it never holds a secret, nor a line of the file, which may.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Neither a command nor a config file.
    #[error(
        "nothing to serve: give the command of an MCP server after `--`, as in `viceversa -- uvx mcp-server-time`, the document of a REST API, as in `viceversa --type openapi -- https://api.example.com/openapi.json`, a config file with `--config`, or try `viceversa demo`"
    )]
    NoSource,
    /// Both a command and a config file.
    #[error(
        "both `--config` and a command after `--` are given; put the command into the config file's `mcpServers`, or leave `--config` out"
    )]
    TwoSources,
    /// Both in the environment.
    #[error(
        "the environment variables VICEVERSA_COMMAND and VICEVERSA_CONFIG both say what to serve; put the command into the config file's `mcpServers`, or remove one of them"
    )]
    TwoSourceVariables,
    /// A document where a program belongs.
    #[error(
        "{} is no program, but looks like an OpenAPI document; put `--type openapi` before `--` to serve the REST API that it describes, or `--config` for a config of servers",
        .0.display()
    )]
    DocumentAsCommand(PathBuf),
    /// The operating system gives no means to read it, or a bug of ours is in the way.
    #[error("the config can't be read: {0}")]
    Runtime(#[source] io::Error),
    /// What is fetched or read takes too long.
    #[error(
        "reading the config took longer than {} s; look whether its files stand on a disk that answers", .0.as_secs()
    )]
    Slow(Duration),
    /// A file can't be read.
    #[error("can't read {}: {source}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Where a config is said to stand can't be used.
    #[error("--config (VICEVERSA_CONFIG) can't be used: {0}")]
    Location(LocationProblem),
    /// A config can't be fetched.
    #[error("the config {place} can't be fetched: {cause}")]
    Fetch {
        /// Where it stands.
        place: String,
        /// Why.
        cause: FetchError,
    },
    /// A folder without config files.
    #[error(
        "{} has no config file: none whose name ends in .json, .jsonc, .yaml, .yml or .toml; write one there, or name another folder", .0.display()
    )]
    EmptyFolder(PathBuf),
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
    #[error("{}the environment variable {name} {}can't be used: {problem}", file_place::before(place.as_deref()), given(value.as_deref()))]
    InEnvironment {
        /// Where it stands, if in a file.
        place: Option<Box<FilePlace>>,
        /// The variable's name.
        name: &'static str,
        /// Its value, where that is no secret.
        value: Option<String>,
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
    #[error("{}{conflict}{}", giver::place(givers), giver::origin(givers))]
    Conflict {
        /// Which.
        conflict: Conflict,
        /// By what they were given.
        givers: Vec<Giver>,
    },
    /// A key that can't be used.
    #[error("{}{key}", file_place::before(place.as_deref()))]
    Key {
        /// Where it stands, if in a file.
        place: Option<Box<FilePlace>>,
        /// What is wrong with it.
        key: InvalidKey,
    },
    /// A file that a setting names is not there.
    #[error("{}the file {} that {setting} names can't be read: {source}", file_place::before(place.as_deref()), file.display())]
    NamedFile {
        /// Where the setting stands, if in a file.
        place: Option<Box<FilePlace>>,
        /// The setting: as the user wrote it, or with all its spellings.
        setting: String,
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The URL of a remote server is missing.
    #[error(
        "a server of this --type is reached at a URL; give it alone after `--`, as in `viceversa --type streamable-http -- https://example.com/mcp`"
    )]
    NoUrl,
    /// The headers for a remote server can't be read.
    #[error(
        "--header (VICEVERSA_HEADER) can't be used: {0}; write for example --header '{{\"Authorization\": \"Bearer abc\"}}'"
    )]
    Header(String),
    /// The document of a REST API is missing.
    #[error(
        "a server of the type openapi needs its OpenAPI document: give a URL or a file alone after `--`, as in `viceversa --type openapi -- https://api.example.com/openapi.json`, or with `--spec-url` (`API_SPEC_URL`) or `--spec-path` (`API_SPEC_PATH`)"
    )]
    NoDocument,
    /// Two documents where one is expected.
    #[error(
        "both a document after `--` and --spec-url or --spec-path are given; leave one of them out"
    )]
    TwoDocuments,
    /// A document is named beside something else to serve.
    #[error(
        "--spec-url and --spec-path name what is served in place of a command or a config file; leave them out, or write an entry of the type openapi into the config file"
    )]
    DocumentAndOther,
    /// Two `Authorization` headers for a REST API.
    #[error(
        "{0} makes the header `Authorization` by itself; remove it from --header (VICEVERSA_HEADER)"
    )]
    AuthorizationTwice(String),
    /// A name that an endpoint has.
    #[error(
        "{setting} is a path that begins with {name:?}, as the routes of the API of that name do; name it by --api-name (API_NAME), or in ADDITIONAL_SPECS, or choose another path"
    )]
    NameOfEndpoint {
        /// The name.
        name: String,
        /// The setting, with all its spellings.
        setting: &'static str,
    },
    /// Something of the document of a REST API.
    #[error(transparent)]
    OpenApi(OpenApiProblem),
    /// A setting of a REST API.
    #[error("{setting} can't be used: {problem}")]
    OpenApiSetting {
        /// The setting, as the user wrote it.
        setting: String,
        /// What is wrong with it.
        problem: InvalidValue,
    },
    /// Credentials that lack something.
    #[error("{auth_type}, which needs {setting}; give it too")]
    MissingCredential {
        /// The kind of credentials, and what says so.
        auth_type: String,
        /// The setting that is missing, as the user would write it.
        setting: String,
    },
}

impl ConfigError {
    /// The exit code of the process, of sysexits.h.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::NoSource
            | Self::TwoSources
            | Self::NoUrl
            | Self::NoDocument
            | Self::DocumentAsCommand(_)
            | Self::TwoDocuments
            | Self::DocumentAndOther
            | Self::Header(_)
            | Self::Location(_)
            | Self::Key {
                key:
                    InvalidKey {
                        origin: KeyOrigin::Flag,
                        ..
                    },
                ..
            } => sysexits::USAGE,
            Self::Unreadable { source, .. } | Self::NamedFile { source, .. } => {
                if source.kind() == io::ErrorKind::PermissionDenied {
                    sysexits::NOPERM
                } else {
                    sysexits::NOINPUT
                }
            }
            Self::Runtime(_) => sysexits::OSERR,
            Self::EmptyFolder(_)
            | Self::Fetch {
                cause: FetchError::Missing(_),
                ..
            } => sysexits::NOINPUT,
            Self::Slow(_) | Self::Fetch { .. } => sysexits::UNAVAILABLE,
            Self::NotText { .. } | Self::EnvFile { .. } => sysexits::DATAERR,
            Self::InFile { problem, .. } => problem.exit_code(),
            Self::Conflict { givers, .. } if giver::are_flags(givers) => sysexits::USAGE,
            Self::Conflict { .. }
            | Self::TwoSourceVariables
            | Self::InEnvironment { .. }
            | Self::Key { .. }
            | Self::AuthorizationTwice(_)
            | Self::OpenApi(_)
            | Self::NameOfEndpoint { .. }
            | Self::OpenApiSetting { .. }
            | Self::MissingCredential { .. } => sysexits::CONFIG,
        }
    }
}

/// What a variable holds, to stand between its name and what is wrong with it.
fn given(value: Option<&str>) -> String {
    let is = |value| format!("is {value:?}, which ");
    value.map(is).unwrap_or_default()
}

impl From<InvalidKey> for ConfigError {
    fn from(key: InvalidKey) -> Self {
        Self::Key { place: None, key }
    }
}

impl From<Conflict> for ConfigError {
    fn from(conflict: Conflict) -> Self {
        Self::Conflict {
            conflict,
            givers: Vec::new(),
        }
    }
}

/// Exit codes that tell a supervisor what kind of failure it was, as in BSD's sysexits.h.
pub mod sysexits {
    /// Not of sysexits.h: a tool that was called says that it failed.
    pub const TOOL_FAILED: u8 = 1;
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
    /// A file can't be made.
    pub const CANTCREAT: u8 = 73;
    /// What was asked for can't be written.
    pub const IOERR: u8 = 74;
    /// It may go well another time.
    pub const TEMPFAIL: u8 = 75;
    /// Another program speaks otherwise than it should, or refuses.
    pub const PROTOCOL: u8 = 76;
    /// Permission denied.
    pub const NOPERM: u8 = 77;
    /// The configuration is wrong.
    pub const CONFIG: u8 = 78;
    /// Not of sysexits.h: a second SIGINT cut the shutdown short. 128 and the signal's number, as
    /// shells say it.
    pub const INTERRUPTED: u8 = 130;
    /// The same by SIGTERM.
    pub const TERMINATED: u8 = 143;
}
