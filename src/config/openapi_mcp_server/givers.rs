//! By what each setting of an API was given, to name it as the user wrote it.

use crate::config::environment::Environment;
use crate::config::error::ConfigError;
use crate::config::openapi_mcp_server::settings::OpenApiSettings;
use crate::config::value::InvalidValue;

/// By what each setting of an API was given: a flag, or a variable of the environment.
pub(super) struct Givers<'a> {
    flags: Vec<&'static str>,
    environment: &'a Environment,
}

impl<'a> Givers<'a> {
    pub(super) fn new(flags: &OpenApiSettings, environment: &'a Environment) -> Self {
        Self {
            flags: flags.given().collect(),
            environment,
        }
    }

    /// What the user wrote; of a setting that nobody gave, all that could be written.
    pub(super) fn name(&self, id: &'static str) -> String {
        match variable(id) {
            _ if self.is_flag(id) => flag(id),
            Some(variable) if self.environment.get(variable).is_some() => variable.to_owned(),
            Some(variable) => format!("{} ({variable})", flag(id)),
            None => flag(id),
        }
    }

    /// What the user would write beside another setting.
    pub(super) fn name_beside(&self, id: &'static str, other: &'static str) -> String {
        match variable(id) {
            Some(variable) if !self.is_flag(other) => variable.to_owned(),
            _ => flag(id),
        }
    }

    /// The error of a setting whose value can't be used.
    pub(super) fn invalid(&self, id: &'static str, problem: InvalidValue) -> ConfigError {
        match variable(id) {
            Some(variable) if !self.is_flag(id) => self.environment.invalid(variable, problem),
            _ => ConfigError::OpenApiSetting {
                setting: flag(id),
                problem,
            },
        }
    }

    fn is_flag(&self, id: &str) -> bool {
        self.flags.contains(&id)
    }
}

fn variable(id: &str) -> Option<&'static str> {
    let mut names = OpenApiSettings::NAMES.iter();
    names.find_map(|(known, variable)| (*known == id).then_some(*variable))
}

fn flag(id: &str) -> String {
    format!("--{}", id.replace('_', "-"))
}
