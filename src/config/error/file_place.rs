//! Where in a file a setting stands.

use std::fmt;
use std::path::PathBuf;

use crate::config::error::Place;

/// Where in a file a setting stands. It is written so that it can stand before a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilePlace {
    /// In the config file.
    Config(Place),
    /// In a `.env` file.
    Line(FileLine),
}

/// A line of a `.env` file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileLine {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
}

impl fmt::Display for FilePlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(place) => place.fmt(formatter),
            Self::Line(FileLine { file, line }) => {
                write!(formatter, "{}:{line}: ", file.display())
            }
        }
    }
}

/// The place, to stand before a message; nothing where there is none.
pub(super) fn before(place: Option<&FilePlace>) -> String {
    place.map(ToString::to_string).unwrap_or_default()
}
