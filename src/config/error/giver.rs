//! By what a setting was given.

use std::fmt;

use crate::config::error::Place;

/// By what a setting was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Giver {
    /// A flag, without its dashes.
    Flag(String),
    /// An environment variable.
    Variable(&'static str),
    /// The config file.
    File(Place),
}

impl fmt::Display for Giver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(formatter, "the flag --{flag}"),
            Self::Variable(name) => write!(formatter, "the environment variable {name}"),
            Self::File(place) => write!(formatter, "the config file's `{}`", place.path),
        }
    }
}

/// The first place in the config file, where there is one, to stand before a message.
pub(super) fn place(givers: &[Giver]) -> String {
    let mut places = givers.iter().filter_map(|giver| match giver {
        Giver::File(place) => Some(place.to_string()),
        Giver::Flag(_) | Giver::Variable(_) => None,
    });
    places.next().unwrap_or_default()
}

/// By what the settings were given, to stand behind a message, where neither the message nor the
/// place before it says so.
pub(super) fn origin(givers: &[Giver]) -> String {
    let is_place = |giver: &Giver| matches!(giver, Giver::File(_));
    if are_flags(givers) || givers.iter().all(is_place) {
        return String::new();
    }
    let givers: Vec<_> = givers.iter().map(ToString::to_string).collect();
    format!(" (given by {})", givers.join(" and "))
}

/// Whether the command line alone is to blame.
pub(super) fn are_flags(givers: &[Giver]) -> bool {
    givers.iter().all(|giver| matches!(giver, Giver::Flag(_)))
}
