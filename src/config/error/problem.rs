//! What is wrong at a place of the config file.

use std::fmt;
use std::path::PathBuf;

use crate::config::document::{Format, Kind};
use crate::config::error::{AuthProblem, OpenApiProblem, ReferenceProblem, sysexits};
use crate::config::spelling;
use crate::config::value::InvalidValue;
use crate::gateway::group::InvalidRule;
use crate::gateway::server_name::InvalidServerName;

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
    /// Not what the file's format demands.
    #[error("this is not {format}: {message}")]
    Syntax {
        /// The format.
        format: Format,
        /// What is wrong.
        message: String,
    },
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
    /// An escape of a string, or of a key, that stands for no character.
    #[error(
        "this escape stands for no character: of a pair such as \\ud83d\\ude00 one half is missing; write the character itself, or both halves"
    )]
    Escape,
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
    /// The key stands in another file of the config too.
    #[error("{} has this too; rename or remove one of the two", place_alone(.0))]
    DefinedTwice(Box<Place>),
    /// A reference in a string.
    #[error(transparent)]
    Reference(ReferenceProblem),
    /// A problem with what references stand for, which is not repeated.
    #[error("{message}")]
    Hidden {
        /// What is told.
        message: String,
        /// The exit code of the problem.
        exit_code: u8,
    },
    /// The same setting in two spellings.
    #[error("this is another spelling of `{key}`, which is there too; remove `{other}`")]
    TwoSpellings {
        /// The spelling to keep.
        key: &'static str,
        /// The spelling to remove.
        other: &'static str,
    },
    /// A key that means nothing here.
    #[error("there is no key `{}` here{}", key.escape_debug(), near.as_ref().map_or_else(|| "; remove it".to_owned(), |near| spelling::hint(Some(near))))]
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
        "this server has no `command`, nor a `url`; write for example \"command\": \"uvx\", \"args\": [\"mcp-server-time\"]"
    )]
    NoCommand,
    /// A remote type without a URL.
    #[error(
        "a server of this type is reached at a `url`; write for example \"url\": \"https://example.com/mcp\""
    )]
    NoUrl,
    /// A URL, and the type of a program.
    #[error("a server of the type stdio has no `url`; remove one of the two")]
    UrlOfStdio,
    /// A file that is not there.
    #[error("{} is not a file that can be read; correct the path", .0.display())]
    NoFile(PathBuf),
    /// A file that can't be read.
    #[error("the file {} can't be read: {_1}", .0.display())]
    UnreadableFile(PathBuf, String),
    /// Half of a pair.
    #[error("needs `clientCert` beside it: a key is of no use without its certificate")]
    KeyWithoutCertificate,
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
    /// Client credentials without the client.
    #[error(
        "`grant_type` client_credentials needs a `client_id` and a `client_secret`; write both, as the authorization server gave them"
    )]
    NoClientCredentials,
    /// A client's secret without the client.
    #[error("a `client_secret` belongs to a `client_id`; write that too, or remove the secret")]
    SecretWithoutClient,
    /// The name of a group can't be used.
    #[error("this can't be the name of a group: {0}")]
    GroupName(InvalidServerName),
    /// A group and a server of one name.
    #[error("a server has this name too, and both are segments of URLs; rename one of them")]
    GroupNamedAsServer,
    /// A group of nothing.
    #[error("this group has no servers; write for example \"servers\": [\"time\", \"memory\"]")]
    NoServersOfGroup,
    /// A server that is not there.
    #[error("`mcpServers` has no server {name:?}{}", near.as_ref().map_or_else(|| "; add it there, or remove the name here".to_owned(), |near| spelling::hint(Some(near))))]
    NoSuchServer {
        /// The name.
        name: String,
        /// The name that was probably meant.
        near: Option<String>,
    },
    /// A name that is there twice.
    #[error("is listed twice; remove one of the two")]
    ListedTwice,
    /// Not a pattern of tools.
    #[error(
        "this is not a pattern of tools: {0}; write for example \"time.*\" or \"!time.convert_time\""
    )]
    Pattern(InvalidRule),
    /// A pattern of tools of no server.
    #[error("what stands before the dot fits no server of this group{}", near.as_ref().map_or_else(|| "; correct it, or, for a tool whose own name has a dot, write `*.` before it".to_owned(), |near| spelling::hint(Some(near))))]
    PatternOfNoServer {
        /// The server that was probably meant.
        near: Option<String>,
    },
    /// A name that an endpoint has.
    #[error("{setting} is a path that begins so; rename this, or choose another path there")]
    NameOfEndpoint {
        /// The setting, with all its spellings.
        setting: &'static str,
    },
    /// A name that a tool can't have.
    #[error(
        "{0:?} can't be the name of a tool, since it must be a segment of a URL; choose another one"
    )]
    ToolName(String),
    /// Two tools of one name.
    #[error("the tool {0:?} of this server has this name too; choose another one")]
    ToolNameTaken(String),
    /// An argument that is fixed and hidden.
    #[error("an argument whose value is `fixed` is hidden anyway; remove `hidden`")]
    FixedAndHidden,
    /// An argument that is neither.
    #[error(
        "says nothing of the argument; write for example {{\"fixed\": \"UTC\"}} or {{\"hidden\": true}}, or remove it"
    )]
    NothingOfArgument,
    /// Something of a server of the type openapi.
    #[error(transparent)]
    OpenApi(#[from] OpenApiProblem),
    /// Something of `gateway.auth`.
    #[error(transparent)]
    Auth(#[from] AuthProblem),
}

impl Problem {
    /// The exit code of the process, of sysexits.h.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Syntax { .. } | Self::Escape => sysexits::DATAERR,
            Self::Hidden { exit_code, .. } => *exit_code,
            Self::DefinedTwice(_)
            | Self::Reference(_)
            | Self::Kind { .. }
            | Self::Invalid { .. }
            | Self::Duplicate
            | Self::TwoSpellings { .. }
            | Self::UnknownKey { .. }
            | Self::NoServers
            | Self::VsCodeServers
            | Self::AllDisabled
            | Self::ServerName(_)
            | Self::NoCommand
            | Self::NoUrl
            | Self::UrlOfStdio
            | Self::NoFile(_)
            | Self::UnreadableFile(..)
            | Self::KeyWithoutCertificate
            | Self::CommandAndUrl
            | Self::Empty(_)
            | Self::Nul
            | Self::VariableName
            | Self::TimeoutOrder
            | Self::NoClientCredentials
            | Self::SecretWithoutClient
            | Self::GroupName(_)
            | Self::GroupNamedAsServer
            | Self::NoServersOfGroup
            | Self::NoSuchServer { .. }
            | Self::ListedTwice
            | Self::Pattern(_)
            | Self::PatternOfNoServer { .. }
            | Self::NameOfEndpoint { .. }
            | Self::ToolName(_)
            | Self::ToolNameTaken(_)
            | Self::FixedAndHidden
            | Self::NothingOfArgument
            | Self::NoFolder(_)
            | Self::OpenApi(_)
            | Self::Auth(_) => sysexits::CONFIG,
        }
    }
}

/// A place without the path of its keys.
fn place_alone(place: &Place) -> String {
    format!("{}:{}:{}", place.file.display(), place.line, place.column)
}
