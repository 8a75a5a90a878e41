//! How calls are made.

use std::num::NonZeroUsize;
use std::time::Duration;

use crate::config::error::Conflict;
use crate::config::settings::CallSettings;
use crate::config::value::{Number, Patience, Timeout, words};
use crate::schema::Validation;

words! {
    for Validation {
        Off = "off",
        Coerce = "coerce",
        Strict = "strict",
    }
}

/// How calls are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallConfig {
    /// Deadline of a call that reports no progress.
    pub timeout: Duration,
    /// Deadline up to which progress extends a call; not shorter than `timeout`.
    pub max_timeout: Duration,
    /// Deadline of a server's start.
    pub start_timeout: Duration,
    /// How long a call waits for a server that is starting or reconnecting.
    pub start_wait: Duration,
    /// Most calls at a time to one server.
    pub max_concurrent: Option<NonZeroUsize>,
    /// What is done with arguments.
    pub validation: Validation,
    /// HTTP status where a tool says `isError`: 400 to 599.
    pub tool_error_status: u16,
}

impl CallConfig {
    pub(crate) fn new(settings: &CallSettings) -> Result<Self, Conflict> {
        let timeout = settings
            .call_timeout
            .map_or(Duration::from_mins(1), Timeout::get);
        let max_timeout = match settings.max_call_timeout.map(Timeout::get) {
            Some(max) if max < timeout => return Err(Conflict::CallTimeouts),
            Some(max) => max,
            None => timeout.max(Duration::from_mins(10)),
        };
        Ok(Self {
            timeout,
            max_timeout,
            start_timeout: settings
                .start_timeout
                .map_or(Duration::from_mins(2), Timeout::get),
            start_wait: settings
                .start_wait
                .map_or(Duration::from_secs(10), Patience::get),
            max_concurrent: settings
                .max_concurrent_calls
                .and_then(|number| NonZeroUsize::new(number.count())),
            validation: settings.validate.unwrap_or(Validation::Coerce),
            tool_error_status: settings
                .tool_error_status
                .and_then(|status| u16::try_from(Number::get(status)).ok())
                .unwrap_or(422),
        })
    }
}
