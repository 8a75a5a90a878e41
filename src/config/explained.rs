//! What each global setting is, and what says so.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use crate::config::auth::KeyConfig;
use crate::config::defaults;
use crate::config::env_vars;
use crate::config::environment::Environment;
use crate::config::error::{ConfigError, Giver, Place};
use crate::config::foreign_variables;
use crate::config::givers::{Givers, Places};
use crate::config::settings::Settings;

/// A global setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// Its key in the object `gateway`.
    pub key: Cow<'static, str>,
    /// Its value as it may be shown: secrets are hidden, and what comes through a reference is
    /// shown as the reference.
    pub value: String,
    /// What says so.
    pub origin: Origin,
}

/// What says what a setting is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A flag, a variable or a config file; a variable with the line of the `.env` file that it
    /// stands in, if in one.
    Given(Giver, Option<String>),
    /// A variable or flag of the program in whose place the gateway stands.
    OtherProgram,
    /// Nobody.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given(Giver::Flag(flag), _) => write!(formatter, "--{flag}"),
            Self::Given(Giver::Variable(name), None) => formatter.write_str(name),
            Self::Given(Giver::Variable(name), Some(line)) => write!(formatter, "{name} ({line})"),
            Self::Given(Giver::File(place), _) => {
                write!(formatter, "{}:{}", place.file.display(), place.line)
            }
            Self::OtherProgram => formatter.write_str("openapi-mcp-server's variables"),
            Self::Default => formatter.write_str("default"),
        }
    }
}

/// Settings of which the first source that gives either decides alone.
const PAIRS: [(&str, &str); 2] = [
    ("api_key", "api_key_file"),
    ("session_key", "session_key_file"),
];

/// Explains all settings, in the order of `--help`.
pub(crate) fn explain(
    flags: &Settings,
    environment: &Environment,
    file: &Settings,
    places: &Places,
) -> Result<Vec<Explained>, ConfigError> {
    let defaults = defaults::by_key()?;
    let givers = Givers::new(flags, environment, places.clone());
    let mut variables = Settings::from_environment(environment)?;
    let own_level = variables.log.log_level.is_some();
    if !own_level {
        variables.log.log_level = foreign_variables::log_level(environment, &mut Vec::new());
    }
    let sources = [flags, &variables, file].map(|source| source.shown().collect::<HashMap<_, _>>());
    let first_with = |id: &str| sources.iter().position(|source| source.contains_key(id));
    let explained = Settings::names().map(|(id, _, key)| {
        let partner = PAIRS.iter().find_map(|(one, other)| match *id {
            id if id == *one => Some(*other),
            id if id == *other => Some(*one),
            _ => None,
        });
        let source = first_with(id);
        let is_overridden = partner
            .and_then(first_with)
            .is_some_and(|other| source.is_some_and(|own| other < own));
        let default = || Explained {
            key: (*key).into(),
            value: defaults.get(*key).cloned().unwrap_or_default(),
            origin: Origin::Default,
        };
        let Some((source, value)) = source
            .filter(|_| !is_overridden)
            .and_then(|index| Some((index, sources.get(index)?.get(id)?.clone())))
        else {
            return default();
        };
        let giver = match givers.giver(id) {
            None if *id == "log_level" && source == 1 => foreign_log_level(environment),
            Some(Giver::File(_)) if *id == "log_level" && source == 1 => {
                foreign_log_level(environment)
            }
            giver => giver,
        };
        let line = match &giver {
            Some(Giver::Variable(name)) => environment.place_of(name),
            _ => None,
        };
        let line = line.map(|place| place.to_string().trim_end_matches(": ").to_owned());
        let reference = match &giver {
            Some(Giver::File(place)) => places
                .iter()
                .find(|given| given.place == *place)
                .and_then(|given| given.reference.clone()),
            _ => None,
        };
        Explained {
            key: (*key).into(),
            value: reference.unwrap_or(value),
            origin: giver.map_or(Origin::OtherProgram, |giver| Origin::Given(giver, line)),
        }
    });
    Ok(explained.collect())
}

/// The keys of `gateway.auth`: whose they are and where they stand. Of keys and digests nothing is
/// shown.
pub(crate) fn keys(keys: &[KeyConfig], places: &[Place]) -> Vec<Explained> {
    let keys = (0..).zip(keys).zip(places);
    let explained = keys.map(|((index, key), place): ((usize, _), _)| Explained {
        key: format!("auth.keys[{index}]").into(),
        value: match key.expires {
            Some(expires) => format!("{}, until {expires}", key.name),
            None => key.name.clone(),
        },
        origin: Origin::Given(Giver::File(place.clone()), None),
    });
    explained.collect()
}

/// The log level is that of `--debug`, whose other name would be looked for in vain.
pub(crate) fn told_by_debug(explained: &mut [Explained]) {
    if let Some(level) = explained.iter_mut().find(|it| it.key == "logLevel") {
        level.origin = Origin::Given(Giver::Flag("debug".to_owned()), None);
    }
}

/// The other program's variable that says what is logged.
fn foreign_log_level(environment: &Environment) -> Option<Giver> {
    let names = [env_vars::MCPO_LOG_LEVEL, env_vars::FASTMCP_LOG_LEVEL];
    let mut set = names
        .into_iter()
        .filter(|name| environment.get(name).is_some());
    // One that means nothing here is passed over.
    set.find(|name| {
        let text = environment.get(name).and_then(std::ffi::OsStr::to_str);
        text.is_some_and(|text| text.parse::<crate::config::value::LogFilter>().is_ok())
    })
    .map(Giver::Variable)
}

#[cfg(test)]
mod tests;
