//! What a config can ask for and the gateway can't do yet: the one list of it. Each stops the
//! gateway with a message; nothing is ever ignored.

use crate::config::error::{ConfigError, Problem};

/// Something that is not built yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotBuilt {
    HotReload,
}

impl NotBuilt {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 1] = [Self::HotReload];

    /// What the documentation calls it: its key or flag.
    #[cfg(test)]
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::HotReload => "hotReload",
        }
    }

    /// The error at a place of the config file.
    pub(crate) fn problem(self) -> Problem {
        let (what, instead) = self.explained();
        Problem::Unsupported { what, instead }
    }

    /// The error for a flag or variable.
    pub(crate) fn error(self) -> ConfigError {
        let (what, instead) = self.explained();
        ConfigError::Unsupported { what, instead }
    }

    fn explained(self) -> (&'static str, &'static str) {
        match self {
            Self::HotReload => (
                "following changes of the config file (hotReload, --hot-reload)",
                "leave it out, and restart the gateway after a change",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_names_all_that_is_not_built_and_nothing_else() {
        let text = include_str!("../../docs/configuration.md");
        let (_, list) = text.split_once("Not supported yet, and errors").unwrap();
        let (list, _) = list.split_once("\n\n").unwrap();
        let named: Vec<&str> = list.split('`').skip(1).step_by(2).collect();
        let expected: Vec<&str> = NotBuilt::ALL.into_iter().map(NotBuilt::word).collect();
        assert_eq!(named, expected);
    }
}
