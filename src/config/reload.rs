//! Whether and how changes of the config are followed.

use std::time::Duration;

use crate::config::settings::ReloadSettings;
use crate::config::value::Timeout;

/// More often would be a burden to whoever answers.
const SHORTEST: Duration = Duration::from_secs(1);

/// Whether and how changes of the config are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReloadConfig {
    /// Whether the config is read again by itself when it changed.
    pub hot_reload: bool,
    /// How often what tells nobody of its changes is looked at: what is fetched from elsewhere,
    /// and files of network file systems. At least a second.
    pub poll_interval: Duration,
}

impl Default for ReloadConfig {
    fn default() -> Self {
        Self {
            hot_reload: false,
            poll_interval: Duration::from_mins(1),
        }
    }
}

impl ReloadConfig {
    pub(crate) fn new(settings: &ReloadSettings) -> Self {
        let default = Self::default();
        Self {
            hot_reload: settings.hot_reload.unwrap_or(default.hot_reload),
            poll_interval: settings
                .poll_interval
                .map_or(default.poll_interval, Timeout::get)
                .max(SHORTEST),
        }
    }
}
