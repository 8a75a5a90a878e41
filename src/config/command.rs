//! The command of the one server, which stands after `--`, or in a variable where a command line
//! can't hold it, as in a template whose parameter is one text.

use std::ffi::OsString;

use crate::cli::arguments::SourceArguments;
use crate::config::env_vars;
use crate::config::environment::Environment;
use crate::config::error::ConfigError;
use crate::config::value::InvalidValue;
use crate::config::warning::Warning;

/// Takes the place of `#` while words are split: Unicode promises that it stands in no text.
const NUMBER_SIGN: char = '\u{fdd0}';

/// The command's words; none where no command is given. The variable counts only where the command
/// line does not say otherwise what is served.
pub(crate) fn words(
    arguments: &SourceArguments,
    environment: &Environment,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<OsString>, ConfigError> {
    if !arguments.command.is_empty() {
        return Ok(arguments.command.clone());
    }
    let Some(text) = environment.get(env_vars::COMMAND) else {
        return Ok(Vec::new());
    };
    let instead = if !arguments.config.is_empty() {
        "--config is"
    } else if arguments.openapi.settings.names_document() {
        "--spec-url or --spec-path is"
    } else {
        let words = text.to_str().ok_or(InvalidValue::Unicode).and_then(split);
        let words = words.map_err(|problem| environment.invalid(env_vars::COMMAND, problem))?;
        return Ok(words.into_iter().map(OsString::from).collect());
    };
    warnings.push(Warning::new(format!(
        "the environment variable {} is not used, since {instead} given",
        env_vars::COMMAND
    )));
    Ok(Vec::new())
}

/// The words of a text as a POSIX shell splits it, with its quotes and backslashes. Nothing is
/// expanded, and `#` begins no comment: a part of a command that gets lost is nobody's wish.
fn split(text: &str) -> Result<Vec<String>, InvalidValue> {
    let hidden = text.replace('#', NUMBER_SIGN.encode_utf8(&mut [0; 4]));
    let words = shell_words::split(&hidden).map_err(|_| InvalidValue::Quotes)?;
    match words.first() {
        None => Err(InvalidValue::Empty),
        Some(program) if program.is_empty() => Err(InvalidValue::Empty),
        Some(_) => Ok(words
            .iter()
            .map(|word| word.replace(NUMBER_SIGN, "#"))
            .collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_that_a_shell_makes() {
        for (text, words) in [
            (
                "uvx mcp-server-time --local-timezone=America/New_York",
                &[
                    "uvx",
                    "mcp-server-time",
                    "--local-timezone=America/New_York",
                ][..],
            ),
            (
                r#"server --name "two words" '' 'a "b"' c\ d"#,
                &["server", "--name", "two words", "", r#"a "b""#, "c d"],
            ),
            (
                "  server\n  --url=http://a/?b=1&c=2;d  ",
                &["server", "--url=http://a/?b=1&c=2;d"],
            ),
            (
                r##"server $HOME `id` $(id) * #1 a#b \#2 "#3""##,
                &[
                    "server", "$HOME", "`id`", "$(id)", "*", "#1", "a#b", "#2", "#3",
                ],
            ),
            ("https://example.com/mcp", &["https://example.com/mcp"]),
        ] {
            assert_eq!(split(text).unwrap(), words, "{text}");
        }
        for text in ["a 'b", "a \"b", "a \"b\\\""] {
            assert_eq!(split(text), Err(InvalidValue::Quotes), "{text}");
        }
        for text in [" ", "\n", "'' a"] {
            assert_eq!(split(text), Err(InvalidValue::Empty), "{text:?}");
        }
    }
}
