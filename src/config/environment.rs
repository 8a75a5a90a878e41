//! The environment of the process, read once.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ffi::{OsStr, OsString};

use crate::config::error::{ConfigError, FileLine, FilePlace};
use crate::config::value::InvalidValue;

/// A longer value is not repeated in messages, in bytes.
const LONGEST_SHOWN: usize = 16;

/// A copy of the environment variables. Tests make their own.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<OsString, OsString>,
    /// Where those stand that a `.env` file added.
    lines: BTreeMap<OsString, FileLine>,
}

impl Environment {
    /// The variables of this process.
    pub fn of_process() -> Self {
        std::env::vars_os().collect()
    }

    /// A variable's value. One that is set to nothing counts as not set: that is how composed
    /// files and scripts leave a variable out.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.variables
            .get(OsStr::new(name))
            .map(OsString::as_os_str)
            .filter(|value| !value.is_empty())
    }

    /// Whether a variable is there, but empty.
    pub(crate) fn is_empty_string(&self, name: &str) -> bool {
        self.variables
            .get(OsStr::new(name))
            .is_some_and(|value| value.is_empty())
    }

    /// Adds a variable of a `.env` file unless it is there already.
    pub(crate) fn add(&mut self, name: &str, value: &str, line: FileLine) {
        if let Entry::Vacant(entry) = self.variables.entry(name.into()) {
            entry.insert(value.into());
            self.lines.insert(name.into(), line);
        }
    }

    /// Where a variable stands, if in a file.
    pub(crate) fn place_of(&self, name: &str) -> Option<Box<FilePlace>> {
        let line = self.lines.get(OsStr::new(name))?;
        Some(Box::new(FilePlace::Line(line.clone())))
    }

    /// The error of a variable whose value can't be used.
    pub(crate) fn invalid(&self, name: &'static str, problem: InvalidValue) -> ConfigError {
        // Where a word, a number or a duration is wanted, nobody writes a secret; what is long may
        // be one that stands in the wrong variable.
        let value = self.get(name).and_then(OsStr::to_str);
        let value = value
            .filter(|value| problem.is_about_a_plain_value() && value.len() <= LONGEST_SHOWN)
            .map(str::to_owned);
        ConfigError::InEnvironment {
            place: self.place_of(name),
            name,
            value,
            problem,
        }
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &OsStr> {
        self.variables.keys().map(OsString::as_os_str)
    }
}

impl<Name: Into<OsString>, Value: Into<OsString>> FromIterator<(Name, Value)> for Environment {
    fn from_iter<Pairs: IntoIterator<Item = (Name, Value)>>(pairs: Pairs) -> Self {
        Self {
            variables: pairs
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
            lines: BTreeMap::new(),
        }
    }
}
