//! What is odd about a config, and doesn't stop the gateway.

use std::fmt;

use crate::config::error::Place;

/// Something that the user should look at: to be logged once, at start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning(String);

impl Warning {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// What is odd at a place of the config file.
    pub(crate) fn at(place: &Place, message: &str) -> Self {
        Self(format!("{place}{message}"))
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
