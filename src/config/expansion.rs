//! References in the strings of a config, which stand for what is kept elsewhere: `${VAR}`,
//! `${VAR:-default}`, `${file:/run/secrets/token}`. `$${` is `${` itself.

mod reference;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

pub(crate) use reference::{Piece, Reference, Target, pieces};

use crate::config::environment::Environment;
use crate::config::error::ReferenceProblem;
use crate::config::seen::Recorder;
use crate::secrets::Secret;

/// Shorter values stand in messages by accident.
const SHORTEST_HIDDEN: usize = 4;

/// Replaces references by what they stand for.
pub(crate) struct Expander {
    environment: Environment,
    recorder: Arc<Recorder>,
    /// What files hold: a file is read once.
    files: Mutex<HashMap<PathBuf, Result<Secret, String>>>,
}

/// A string whose references are replaced.
pub(crate) struct Expanded {
    pub(crate) text: Secret,
    /// Each reference as it may be shown, and what it stands for.
    values: Vec<(String, Secret)>,
}

impl Expander {
    pub(crate) fn new(environment: Environment, recorder: Arc<Recorder>) -> Self {
        Self {
            environment,
            recorder,
            files: Mutex::default(),
        }
    }

    /// Replaces the references of a text that stands in a file of this folder. What they stand
    /// for is not looked at for references.
    pub(crate) fn expand(&self, text: &str, folder: &Path) -> Result<Expanded, ReferenceProblem> {
        let mut expanded = String::with_capacity(text.len());
        let mut values = Vec::new();
        for piece in pieces(text)? {
            match piece {
                Piece::Text(text) => expanded.push_str(text),
                Piece::Reference(reference) => {
                    let value = self.value(&reference, folder)?;
                    expanded.push_str(value.reveal());
                    values.push((reference.to_string(), value));
                }
            }
        }
        Ok(Expanded {
            text: Secret::new(expanded),
            values,
        })
    }

    fn value(&self, reference: &Reference<'_>, folder: &Path) -> Result<Secret, ReferenceProblem> {
        let value = match &reference.target {
            Target::Variable(name) => self.variable(name),
            Target::File(file) => self.file(reference, &folder.join(file)),
        };
        match (value, reference.default) {
            (Err(_), Some(default)) => Ok(Secret::new(default)),
            (value, _) => value,
        }
    }

    fn variable(&self, name: &str) -> Result<Secret, ReferenceProblem> {
        let Some(value) = self.environment.get(name) else {
            return Err(ReferenceProblem::NoVariable(name.to_owned()));
        };
        let value = value.to_str().map(Secret::new);
        value.ok_or_else(|| ReferenceProblem::VariableNotText(name.to_owned()))
    }

    fn file(&self, reference: &Reference<'_>, file: &Path) -> Result<Secret, ReferenceProblem> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let content = files.entry(file.to_owned()).or_insert_with(|| {
            let text = self.recorder.read_text(file);
            let text = text.map(Secret::new).map_err(|error| error.to_string())?;
            // Editors and `echo` end a file with a line break.
            Ok(Secret::new(text.reveal().trim_end_matches(['\n', '\r'])))
        });
        content
            .clone()
            .map_err(|cause| ReferenceProblem::Unavailable {
                reference: reference.to_string(),
                place: file.display().to_string(),
                cause,
            })
    }
}

impl Expanded {
    /// Its references, for messages; none: it has none.
    pub(crate) fn references(&self) -> Option<String> {
        let references: Vec<&str> = self
            .values
            .iter()
            .map(|(shown, _)| shown.as_str())
            .collect();
        (!references.is_empty()).then(|| references.join(" and "))
    }

    /// A message without what the references stand for.
    pub(crate) fn hide(&self, message: &str) -> String {
        let Some(references) = self.references() else {
            return message.to_owned();
        };
        let whole = (format!("the value of {references}"), &self.text);
        let values = self
            .values
            .iter()
            .map(|(shown, value)| (shown.clone(), value));
        let mut message = message.to_owned();
        for (shown, value) in std::iter::once(whole).chain(values) {
            let value = value.reveal();
            let escaped = value.escape_debug().to_string();
            for quoted in [
                format!("{value:?}"),
                format!("`{value}`"),
                format!("`{escaped}`"),
            ] {
                message = message.replace(&quoted, &shown);
            }
            if value.len() >= SHORTEST_HIDDEN {
                message = message.replace(value, &shown).replace(&escaped, &shown);
            }
        }
        message
    }
}
