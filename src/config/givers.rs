//! By what each setting was given, to say of a contradiction where it stands.

use crate::config::document::Object;
use crate::config::environment::Environment;
use crate::config::error::{ConfigError, FilePlace, Giver, KeyOrigin, Place};
use crate::config::settings::Settings;

/// The settings that the config file gives.
pub(crate) type Places = Vec<GivenInFile>;

/// A setting that the config file gives.
#[derive(Clone, Debug)]
pub(crate) struct GivenInFile {
    /// Its id.
    id: &'static str,
    /// Where it stands.
    pub(crate) place: Place,
    /// How it may be shown where it comes through references.
    pub(crate) reference: Option<String>,
}

/// The places of the settings in the object `gateway`.
pub(crate) fn places(gateway: &Object<'_>) -> Places {
    let given = Settings::names().filter_map(|(id, _, key)| {
        Some(GivenInFile {
            id,
            place: gateway.place_of(key)?,
            reference: gateway.references_of(key),
        })
    });
    given.collect()
}

/// By what each setting was given.
pub(crate) struct Givers<'a> {
    flags: Vec<&'static str>,
    environment: &'a Environment,
    places: Places,
}

impl<'a> Givers<'a> {
    pub(crate) fn new(flags: &Settings, environment: &'a Environment, places: Places) -> Self {
        Self {
            flags: flags.given().collect(),
            environment,
            places,
        }
    }

    /// Completes an error by where the settings that it is about were given.
    pub(crate) fn explain(&self, error: ConfigError) -> ConfigError {
        match error {
            ConfigError::Conflict { conflict, .. } => ConfigError::Conflict {
                conflict,
                givers: conflict
                    .settings()
                    .iter()
                    .filter_map(|id| self.giver(id))
                    .collect(),
            },
            ConfigError::Key { place: None, key } => {
                let (setting, file_setting) = key.kind.settings();
                let place = match key.origin {
                    KeyOrigin::Environment | KeyOrigin::ConfigFile => self.place(setting),
                    KeyOrigin::KeyFile => self.place(file_setting),
                    KeyOrigin::Flag => None,
                };
                ConfigError::Key { place, key }
            }
            ConfigError::NamedFile {
                place: None,
                setting,
                file,
                source,
            } => {
                let flag = setting.split(' ').next().unwrap_or_default();
                let id = flag.trim_start_matches('-').replace('-', "_");
                ConfigError::NamedFile {
                    place: self.place(&id),
                    setting,
                    file,
                    source,
                }
            }
            other => other,
        }
    }

    /// Where a setting stands, if in a file.
    fn place(&self, id: &str) -> Option<Box<FilePlace>> {
        match self.giver(id)? {
            Giver::Flag(_) => None,
            Giver::Variable(name) => self.environment.place_of(name),
            Giver::File(place) => Some(Box::new(FilePlace::Config(place))),
        }
    }

    /// In the order of precedence.
    pub(crate) fn giver(&self, id: &str) -> Option<Giver> {
        if let Some(flag) = self.flags.iter().find(|flag| **flag == id) {
            return Some(Giver::Flag(flag.replace('_', "-")));
        }
        let (_, variables, _) = Settings::names().find(|(known, ..)| *known == id)?;
        let mut variables = variables.iter();
        if let Some(name) = variables.find(|name| self.environment.get(name).is_some()) {
            return Some(Giver::Variable(name));
        }
        let given = self.places.iter().find(|given| given.id == id)?;
        Some(Giver::File(given.place.clone()))
    }
}
