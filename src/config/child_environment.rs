//! The environment of a child process.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::config::env_vars::is_withheld_from_children;
use crate::config::error::ConfigError;
use crate::config::seen::Recorder;
use crate::config::warning::Warning;
use crate::secrets::Secret;

/// Variables without which most programs don't find themselves or others. A child gets them
/// however little else it inherits; they are those that the MCP SDKs pass on.
const BASE: [&str; 12] = [
    "HOME",
    "LANG",
    "LOGNAME",
    "PATH",
    "SHELL",
    "TERM",
    "TMPDIR",
    "USER",
    // What programs on Windows need.
    "APPDATA",
    "SYSTEMROOT",
    "TEMP",
    "USERPROFILE",
];

/// The environment of a child process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChildEnvironment {
    /// What is taken from our own.
    pub inherit: Inherit,
    /// Variables of `--env-path`: our own win over them.
    pub(crate) from_file: Arc<IndexMap<String, Secret>>,
    /// Variables of `--env`, then of the server's `env`: they win over all others.
    pub(crate) set: IndexMap<String, Secret>,
}

/// What a child gets of our environment. It never gets variables of the gateway itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Inherit {
    /// All.
    #[default]
    All,
    /// `PATH`, `HOME` and the like, and these.
    Only(BTreeSet<String>),
}

impl Inherit {
    fn admits(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => BASE.contains(&name) || names.contains(name),
        }
    }
}

impl ChildEnvironment {
    /// All variables of the child, which must start from an empty environment.
    /// `ours` is the gateway's own: `std::env::vars_os()`.
    pub fn variables(
        &self,
        ours: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> BTreeMap<OsString, OsString> {
        let pair = |(name, value): (&String, &Secret)| (name.into(), value.reveal().into());
        let mut variables: BTreeMap<OsString, OsString> = self
            .from_file
            .iter()
            .filter(|(name, _)| !is_withheld_from_children(name))
            .map(pair)
            .collect();
        variables.extend(ours.into_iter().filter(|(name, _)| {
            let name = name.to_string_lossy();
            self.inherit.admits(&name) && !is_withheld_from_children(&name)
        }));
        variables.extend(self.set.iter().map(pair));
        variables
    }

    /// The value of a variable that the config sets, where it does.
    pub fn get(&self, name: &str) -> Option<&Secret> {
        self.set.get(name)
    }
}

/// What a `.env` file says.
pub(crate) struct EnvFile {
    pub(crate) variables: IndexMap<String, Secret>,
    /// The line of each variable, from 1.
    pub(crate) lines: Vec<(String, usize)>,
}

/// Reads a `.env` file.
pub(crate) fn read_env_file(
    file: &Path,
    recorder: &Recorder,
    warnings: &mut Vec<Warning>,
) -> Result<EnvFile, ConfigError> {
    let text = recorder.read_text(file).map_err(|source| {
        if source.kind() == std::io::ErrorKind::InvalidData {
            ConfigError::NotText {
                file: file.to_owned(),
            }
        } else {
            ConfigError::NamedFile {
                place: None,
                setting: "--env-path".to_owned(),
                file: file.to_owned(),
                source,
            }
        }
    })?;
    let mut variables = IndexMap::new();
    for entry in dotenvy::from_read_iter(text.as_bytes()) {
        match entry {
            Ok((name, value)) => variables.insert(name, Secret::new(value)),
            Err(error) => {
                // The error holds the line, which may hold a secret.
                let line = match &error {
                    dotenvy::Error::LineParse(line, _) => {
                        let first = line.lines().next().unwrap_or_default();
                        text.lines().position(|candidate| candidate.contains(first))
                    }
                    _ => None,
                };
                let line = line.map_or(1, |index| index + 1);
                return Err(ConfigError::EnvFile {
                    file: file.to_owned(),
                    line,
                });
            }
        };
    }
    // A password may hold a dollar sign. mcpo replaces `${NAME}` alone.
    for (index, line) in text.lines().enumerate() {
        if replaces_bare_name(line) {
            warnings.push(Warning::new(format!(
                "{}:{}: what follows `$` is taken as the name of a variable; put the value in single quotes to keep it as it is",
                file.display(),
                index + 1
            )));
        }
    }
    let lines_of_text: Vec<&str> = text.lines().collect();
    let lines = variables.keys().map(|name| {
        let line = lines_of_text.iter().rposition(|line| names(line, name));
        (name.clone(), line.map_or(1, |index| index + 1))
    });
    Ok(EnvFile {
        lines: lines.collect(),
        variables,
    })
}

/// Whether a line of a `.env` file gives the variable of that name.
fn names(line: &str, name: &str) -> bool {
    line.split_once('=').is_some_and(|(before, _)| {
        let before = before.trim();
        before.strip_prefix("export ").unwrap_or(before).trim() == name
    })
}

/// Whether a line of a `.env` file holds a `$NAME` that is replaced by the variable's value.
fn replaces_bare_name(line: &str) -> bool {
    let Some((_, value)) = line
        .split_once('=')
        .filter(|_| !line.trim_start().starts_with('#'))
    else {
        return false;
    };
    let is_bare = |dollar: usize| {
        let before = value.get(..dollar).unwrap_or_default();
        let next = value.get(dollar + 1..).and_then(|rest| rest.chars().next());
        !before.ends_with('\\') && next.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    !value.trim_start().starts_with('\'')
        && value.match_indices('$').any(|(dollar, _)| is_bare(dollar))
}
