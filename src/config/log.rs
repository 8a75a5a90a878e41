//! What is logged.

use crate::config::settings::LogSettings;
use crate::config::value::{LogFilter, words};

words! {
    /// How log lines look.
    pub enum LogFormat {
        /// For people.
        Text = "text",
        /// One JSON object a line.
        Json = "json",
    }
}

/// What is logged, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogConfig {
    /// Which events.
    pub filter: LogFilter,
    /// In which form.
    pub format: LogFormat,
}

impl LogConfig {
    pub(crate) fn new(settings: LogSettings) -> Self {
        Self {
            filter: settings.log_level.unwrap_or_default(),
            format: settings.log_format.unwrap_or(LogFormat::Text),
        }
    }
}
