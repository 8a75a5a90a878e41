//! All groups of settings as one.

use super::{
    AccessSettings, ApiSettings, CallSettings, LimitSettings, ListenSettings, LogSettings,
    McpSettings, ReloadSettings, Settings, TokenSettings,
};
use crate::config::document::Object;
use crate::config::environment::Environment;
use crate::config::error::ConfigError;

impl Settings {
    /// The settings of the environment.
    pub(crate) fn from_environment(environment: &Environment) -> Result<Self, ConfigError> {
        Ok(Self {
            api: ApiSettings::from_environment(environment)?,
            listen: ListenSettings::from_environment(environment)?,
            access: AccessSettings::from_environment(environment)?,
            calls: CallSettings::from_environment(environment)?,
            mcp: McpSettings::from_environment(environment)?,
            limits: LimitSettings::from_environment(environment)?,
            tokens: TokenSettings::from_environment(environment)?,
            log: LogSettings::from_environment(environment)?,
            reload: ReloadSettings::from_environment(environment)?,
        })
    }

    /// The settings of the object `gateway`.
    pub(crate) fn from_file(gateway: &mut Object<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            api: ApiSettings::from_file(gateway)?,
            listen: ListenSettings::from_file(gateway)?,
            access: AccessSettings::from_file(gateway)?,
            calls: CallSettings::from_file(gateway)?,
            mcp: McpSettings::from_file(gateway)?,
            limits: LimitSettings::from_file(gateway)?,
            tokens: TokenSettings::from_file(gateway)?,
            log: LogSettings::from_file(gateway)?,
            reload: ReloadSettings::from_file(gateway)?,
        })
    }

    /// The settings that are given, by their ids, as they may be shown.
    pub(crate) fn shown(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.api
            .shown()
            .chain(self.listen.shown())
            .chain(self.access.shown())
            .chain(self.calls.shown())
            .chain(self.mcp.shown())
            .chain(self.limits.shown())
            .chain(self.tokens.shown())
            .chain(self.log.shown())
            .chain(self.reload.shown())
    }

    /// The ids of the settings that are given.
    pub(crate) fn given(&self) -> impl Iterator<Item = &'static str> {
        self.api
            .given()
            .chain(self.listen.given())
            .chain(self.access.given())
            .chain(self.calls.given())
            .chain(self.mcp.given())
            .chain(self.limits.given())
            .chain(self.tokens.given())
            .chain(self.log.given())
            .chain(self.reload.given())
    }

    /// Flag, environment variables and key of every setting.
    pub(crate) fn names()
    -> impl Iterator<Item = &'static (&'static str, &'static [&'static str], &'static str)> {
        ApiSettings::NAMES
            .iter()
            .chain(ListenSettings::NAMES)
            .chain(AccessSettings::NAMES)
            .chain(CallSettings::NAMES)
            .chain(McpSettings::NAMES)
            .chain(LimitSettings::NAMES)
            .chain(TokenSettings::NAMES)
            .chain(LogSettings::NAMES)
            .chain(ReloadSettings::NAMES)
    }
}
