//! Why a command that asks servers something has no result.

use std::{fmt::Write as _, io, path::PathBuf};

use reqwest::Url;

use crate::{
    app::{AppError, Down},
    config::{
        error::{ConfigError, sysexits},
        spelling,
    },
    frontend::mcp::own_codes,
    gateway::{ExchangeError, Phase},
    http_client::{BodyError, HttpSettingsError, SendError},
    json::strict::Segment,
    mcp::codes,
    schema::Violation,
};

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    App(#[from] AppError),
    #[error("no runtime can be had: {0}")]
    Runtime(io::Error),
    #[error("the result can't be written: {0}")]
    Output(io::Error),
    #[error("{}: {problem}", file.display())]
    Save { file: PathBuf, problem: io::Error },
    /// Words of the command line that can't be what they should.
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    Input(String),
    #[error("there is no {what} `{name}`{}", known_names(.name, .known, .what))]
    Unknown {
        what: &'static str,
        name: String,
        known: Vec<String>,
    },
    #[error("{}{}", explain_down(.0), last_words(.0))]
    Down(Down),
    #[error("the arguments don't fit the tool's schema:{}", explain_violations(.0))]
    Arguments(Vec<Violation>),
    #[error("{}", explain_exchange(.0))]
    Exchange(ExchangeError),
    /// The tool itself says that it failed.
    #[error("the tool failed: {0}")]
    Tool(String),
    #[error("{0:?} is no URL of a gateway; write for example --url http://localhost:8000")]
    Url(String),
    #[error(transparent)]
    Http(#[from] HttpSettingsError),
    #[error("no gateway answers: {0}")]
    Unreachable(#[from] SendError),
    #[error("the gateway's answer broke off: {0}")]
    Answer(#[from] BodyError),
    #[error("{url} wants a key: give it with --api-key, --api-key-file or VICEVERSA_API_KEY")]
    NoKey { url: Url },
    #[error("{url} refuses this key (--api-key, --api-key-file or VICEVERSA_API_KEY): {status}")]
    WrongKey { url: Url, status: u16 },
    #[error("{url} is no viceversa, or not where its routes begin: {problem}")]
    NoGateway { url: Url, problem: String },
    #[error("cancelled")]
    Interrupted(u8),
    /// What was wrong was said already.
    #[error("")]
    Told(u8),
}

impl Failure {
    /// The exit code (sysexits.h), but for what a tool says itself.
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::Config(error) => error.exit_code(),
            Self::App(error) => error.exit_code(),
            Self::Runtime(_) | Self::Http(_) => sysexits::OSERR,
            Self::Output(_) => sysexits::IOERR,
            Self::Save { .. } => sysexits::CANTCREAT,
            Self::Usage(_) | Self::Unknown { .. } | Self::Url(_) => sysexits::USAGE,
            Self::Input(_) => sysexits::NOINPUT,
            Self::Arguments(_) => sysexits::DATAERR,
            Self::Down(down) if down.phase == Phase::LoginRequired => sysexits::NOPERM,
            Self::Down(_) | Self::Unreachable(_) | Self::Answer(_) => sysexits::UNAVAILABLE,
            Self::Exchange(error) => exchange_code(error),
            Self::Tool(_) => sysexits::TOOL_FAILED,
            Self::NoKey { .. } | Self::WrongKey { .. } => sysexits::NOPERM,
            Self::NoGateway { .. } => sysexits::PROTOCOL,
            Self::Interrupted(code) | Self::Told(code) => *code,
        }
    }
}

/// What was probably meant, or what there is.
fn known_names(name: &str, known: &[String], what: &str) -> String {
    /// A list that is longer helps nobody.
    const MOST: usize = 20;
    if let Some(near) = spelling::nearest(name, known.iter().map(String::as_str)) {
        return format!("; did you mean `{near}`?");
    }
    let names: Vec<&str> = known.iter().take(MOST).map(String::as_str).collect();
    match known.len() {
        0 => String::new(),
        count if count > MOST => format!(
            "; the first {MOST} of {count} {what}s are {}",
            names.join(", ")
        ),
        _ => format!("; there is {}", names.join(", ")),
    }
}

/// Why a server can't be used. It ends with the command, so nothing is said of another try.
pub(super) fn explain_down(down: &Down) -> String {
    let Down {
        server,
        phase,
        error,
        last_words: _,
    } = down;
    let reason = error
        .as_ref()
        .map(|error| format!(": {error}"))
        .unwrap_or_default();
    match phase {
        Phase::LoginRequired => format!(
            "the server `{server}` wants somebody to log in first: viceversa login {server} \
             --config FILE"
        ),
        Phase::CredentialsRequired => {
            format!("the server `{server}` wants credentials of its callers{reason}")
        }
        Phase::Starting => format!("the server `{server}` did not start in time{reason}"),
        Phase::Ready | Phase::Restarting | Phase::Failed | Phase::Stopped => {
            format!("the server `{server}` can't be used{reason}")
        }
    }
}

/// What a server wrote before it ended mostly says why. Whoever started it, or has the key of the
/// gateway that did, may see it.
fn last_words(down: &Down) -> String {
    let Some(words) = &down.last_words else {
        return String::new();
    };
    let lines: Vec<String> = words.lines().map(|line| format!("\n  {line}")).collect();
    format!("\nIt wrote:{}", lines.concat())
}

/// One line for each thing that is wrong.
fn explain_violations(violations: &[Violation]) -> String {
    let mut lines = String::new();
    for violation in violations {
        let path: Vec<String> = { violation.loc.iter().skip(1) }
            .map(|segment| match segment {
                Segment::Name(name) => name.clone(),
                Segment::Index(index) => index.to_string(),
            })
            .collect();
        // Writing to a string does not fail.
        let _ = match path.as_slice() {
            [] => write!(lines, "\n  {}", violation.msg),
            path => write!(lines, "\n  {}: {}", path.join("."), violation.msg),
        };
        if let Some(detail) = violation
            .ctx
            .as_ref()
            .and_then(|ctx| ctx.get("error")?.as_str())
        {
            let _ = write!(lines, ": {detail}");
        }
    }
    lines
}

fn explain_exchange(error: &ExchangeError) -> String {
    match error {
        ExchangeError::Rpc {
            code: codes::MISSING_CLIENT_CAPABILITY,
            ..
        }
        | ExchangeError::InputNotOffered(_) => {
            "the tool asks for input, which nobody can give at a command line".to_owned()
        }
        ExchangeError::Died {
            reason,
            may_have_run,
        } => {
            format!("{reason}; the call {} executed", effect(*may_have_run))
        }
        // A gateway gives it as a result of the tool.
        ExchangeError::Failed {
            reason,
            may_have_run,
        } => format!(
            "the tool failed: {reason}; the call {} executed",
            effect(*may_have_run)
        ),
        ExchangeError::Rpc { code, message, .. } if is_own(*code) => message.clone(),
        ExchangeError::Rpc { code, message, .. } => {
            format!("the server refuses the call: {message} (error {code})")
        }
        other => other.to_string(),
    }
}

fn effect(may_have_run: bool) -> &'static str {
    if may_have_run {
        "may have been"
    } else {
        "was not"
    }
}

/// Whether a gateway says such a code of itself.
fn is_own(code: i64) -> bool {
    own_codes::ALL.contains(&code)
}

fn exchange_code(error: &ExchangeError) -> u8 {
    match error {
        ExchangeError::InvalidArguments(_)
        | ExchangeError::TooLarge(_)
        | ExchangeError::Rpc {
            code: codes::INVALID_PARAMS,
            ..
        } => sysexits::DATAERR,
        ExchangeError::Timeout(_)
        | ExchangeError::Busy(_)
        | ExchangeError::TooManyCalls(_)
        | ExchangeError::Draining
        | ExchangeError::Rpc {
            code: own_codes::TIMEOUT | own_codes::BUSY,
            ..
        } => sysexits::TEMPFAIL,
        ExchangeError::LoginRequired(_) | ExchangeError::NotGranted => sysexits::NOPERM,
        ExchangeError::Failed { .. } => sysexits::TOOL_FAILED,
        ExchangeError::NotReady { .. }
        | ExchangeError::Died { .. }
        | ExchangeError::Unusable(_)
        | ExchangeError::InputNotOffered(_)
        | ExchangeError::Rpc {
            code:
                own_codes::UNAVAILABLE
                | own_codes::FAILED
                | own_codes::ELSEWHERE
                | codes::MISSING_CLIENT_CAPABILITY,
            ..
        } => sysexits::UNAVAILABLE,
        ExchangeError::Rpc { .. } => sysexits::PROTOCOL,
    }
}
