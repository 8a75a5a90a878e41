//! What is logged.

use std::fmt;
use std::str::FromStr;

use tracing_subscriber::EnvFilter;

use crate::config::spelling;
use crate::config::value::InvalidValue;

const LEVELS: [&str; 9] = [
    "debug", "info", "warning", "warn", "error", "critical", "fatal", "trace", "off",
];

/// A filter in the language of `tracing_subscriber::EnvFilter`, known to be valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFilter(String);

impl LogFilter {
    /// Everything that helps to find out what happens.
    pub fn debug() -> Self {
        Self("debug".to_owned())
    }

    /// For commands that tell by themselves what became of servers, and end with them.
    pub fn for_commands() -> Self {
        Self("warn,viceversa::supervisor=error".to_owned())
    }

    /// The filter's text, such as `info` or `info,viceversa::upstream=debug`.
    pub fn directives(&self) -> &str {
        &self.0
    }
}

impl Default for LogFilter {
    fn default() -> Self {
        Self("info".to_owned())
    }
}

impl FromStr for LogFilter {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let text = text.trim();
        // mcpo's levels are Python's.
        let level = match text.to_ascii_lowercase().as_str() {
            "critical" | "fatal" | "error" => "error",
            "warning" | "warn" => "warn",
            "info" => "info",
            "debug" => "debug",
            "trace" => "trace",
            "off" => "off",
            "" => return Err(InvalidValue::LogLevel(None)),
            // A bare word would be taken as the name of a module, which is never what is meant.
            word if !word.contains(['=', ',', ':', '[']) => {
                let near = spelling::nearest(word, LEVELS.into_iter()).map(str::to_uppercase);
                return Err(InvalidValue::LogLevel(near));
            }
            _ => text,
        };
        EnvFilter::try_new(level).map_err(|_| InvalidValue::LogLevel(None))?;
        Ok(Self(level.to_owned()))
    }
}

impl fmt::Display for LogFilter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
