//! Mistakes of habit on the command line.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::config::spelling;

/// Mistakes of habit get an answer that helps.
pub(super) fn explain(
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
    } else if let Some(own) = commands().find(|own| Some(own.get_name()) == first_word) {
        let takes_servers = own.get_arguments().any(|arg| arg.get_id() == "command");
        let name = own.get_name();
        let hint = if takes_servers {
            format!(
                "; the command of an MCP server goes behind `--`:\n\n  viceversa {name} [OPTIONS] -- {word} ..."
            )
        } else {
            String::new()
        };
        format!(
            "`{name}` does not take `{word}` too: `viceversa {name} --help` says what it takes{hint}"
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
