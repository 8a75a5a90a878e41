//! References in the strings of a config, which stand for what is kept elsewhere: `${VAR}`,
//! `${VAR:-default}`, `${file:/run/secrets/token}`, `${aws-secret:name#key}`, `${ssm:/name}`. `$${`
//! is `${` itself.

mod reference;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

pub(crate) use reference::{Piece, Reference, Target, pieces};

use crate::config::environment::Environment;
use crate::config::error::ReferenceProblem;
use crate::config::remote::{FetchError, Fetched, Remote};
use crate::config::seen::Recorder;
use crate::json;
use crate::secrets::Secret;

/// Shorter values stand in messages by accident.
const SHORTEST_HIDDEN: usize = 4;

/// Replaces references by what they stand for.
pub(crate) struct Expander {
    environment: Environment,
    recorder: Arc<Recorder>,
    /// What files hold: a file is read once.
    files: Mutex<HashMap<PathBuf, Result<Secret, FetchError>>>,
    /// What was fetched for the references of this config.
    fetched: HashMap<Remote, Result<Fetched, FetchError>>,
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
            fetched: HashMap::new(),
        }
    }

    /// Takes what was fetched for the references of the config.
    pub(crate) fn take(&mut self, fetched: HashMap<Remote, Result<Fetched, FetchError>>) {
        self.fetched = fetched;
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
            Target::Secret { key, .. } => self.secret(reference, *key),
            Target::Parameter(_) => self.whole(reference),
        };
        match (value, reference.default) {
            // What is there, and can't be had just now, must not be taken for something else.
            (Err(problem), Some(default)) if problem.is_missing() => Ok(Secret::new(default)),
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
            let text = text.map(Secret::new).map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => FetchError::Missing(error.to_string()),
                _ => FetchError::Failed(error.to_string()),
            })?;
            // Editors and `echo` end a file with a line break.
            Ok(Secret::new(text.reveal().trim_end_matches(['\n', '\r'])))
        });
        content
            .clone()
            .map_err(|cause| unavailable(reference, &file.display(), cause))
    }

    /// All that was fetched for a reference.
    fn whole(&self, reference: &Reference<'_>) -> Result<Secret, ReferenceProblem> {
        let Some(remote) = reference.target.remote() else {
            return Err(ReferenceProblem::NotClosed);
        };
        let fetched = self.fetched.get(&remote);
        let fetched = fetched.unwrap_or(&Err(FetchError::Slow(0)));
        let text = match fetched {
            Ok(fetched) => std::str::from_utf8(&fetched.content)
                .map_err(|_| FetchError::Failed("it is not UTF-8 text".to_owned())),
            Err(error) => Err(error.clone()),
        };
        text.map(Secret::new)
            .map_err(|cause| unavailable(reference, &remote, cause))
    }

    /// A secret, or a member of one.
    fn secret(
        &self,
        reference: &Reference<'_>,
        key: Option<&str>,
    ) -> Result<Secret, ReferenceProblem> {
        let secret = self.whole(reference)?;
        let Some(key) = key else {
            return Ok(secret);
        };
        let unavailable = |cause| {
            let remote = reference.target.remote();
            let place = remote.map(|remote| remote.to_string()).unwrap_or_default();
            unavailable(reference, &place, cause)
        };
        let members = json::members(secret.reveal()).map_err(|_| {
            unavailable(FetchError::Failed(
                "it is no JSON object, of which a member could be taken".to_owned(),
            ))
        })?;
        let member = members.iter().find(|(name, _)| name == key);
        let Some((_, value)) = member else {
            let cause = format!("it has no member {key:?}");
            return Err(unavailable(FetchError::Missing(cause)));
        };
        match serde_json::from_str::<String>(value.get()) {
            Ok(text) => Ok(Secret::new(text)),
            Err(_) => Ok(Secret::new(value.get())),
        }
    }
}

fn unavailable(
    reference: &Reference<'_>,
    place: &dyn Display,
    cause: FetchError,
) -> ReferenceProblem {
    ReferenceProblem::Unavailable {
        reference: reference.to_string(),
        place: place.to_string(),
        cause,
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
