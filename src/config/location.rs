//! Where a config stands.

#[cfg(test)]
mod tests;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::config::document::Text;
use crate::config::error::{ConfigError, LocationProblem};
use crate::config::seen::Recorder;

/// Where a config, or a part of one, stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Location {
    /// In a file, or in the files of a folder.
    Path(PathBuf),
}

impl Location {
    /// Reads one location.
    pub(crate) fn read(text: &OsStr) -> Result<Self, ConfigError> {
        if text.is_empty() {
            return Err(ConfigError::Location(LocationProblem::Empty));
        }
        Ok(Self::Path(text.into()))
    }

    /// Reads locations that are separated by `:`. What is a path as a whole is one.
    pub(crate) fn read_list(text: &OsStr) -> Result<Vec<Self>, ConfigError> {
        match text.to_str() {
            Some(list) if !Path::new(text).exists() => {
                let locations = split(list);
                locations
                    .iter()
                    .map(|location| Self::read(OsStr::new(location)))
                    .collect()
            }
            _ => Ok(vec![Self::read(text)?]),
        }
    }

    /// Reads what stands there.
    pub(crate) fn texts(&self, recorder: &Recorder) -> Result<Vec<Text>, ConfigError> {
        match self {
            Self::Path(path) if path.is_dir() => read_folder(path, recorder),
            Self::Path(path) => Ok(vec![read_file(path, recorder)?]),
        }
    }
}

fn read_folder(folder: &Path, recorder: &Recorder) -> Result<Vec<Text>, ConfigError> {
    let files = recorder
        .config_files(folder)
        .map_err(|source| ConfigError::Unreadable {
            file: folder.to_owned(),
            source,
        })?;
    if files.is_empty() {
        return Err(ConfigError::EmptyFolder(folder.to_owned()));
    }
    files.iter().map(|file| read_file(file, recorder)).collect()
}

fn read_file(file: &Path, recorder: &Recorder) -> Result<Text, ConfigError> {
    let bytes = recorder
        .read(file)
        .map_err(|source| ConfigError::Unreadable {
            file: file.to_owned(),
            source,
        })?;
    Text::of_file(file, &bytes)
}

/// The parts between colons that are none of a URL.
fn split(list: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for part in list.split(':') {
        match parts.last_mut() {
            Some(before) if belongs_to(before, part) => {
                before.push(':');
                before.push_str(part);
            }
            _ => parts.push(part.to_owned()),
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// Whether what stands behind a colon belongs to what stands before it.
fn belongs_to(before: &str, part: &str) -> bool {
    let is_scheme = matches!(before, "http" | "https" | "s3" | "ssm");
    let is_in_brackets = before.contains("://[") && !before.contains(']');
    let number = part.split('/').next().unwrap_or_default();
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let authority = before.split_once("://").map(|(_, rest)| rest);
    let is_port = is_number && authority.is_some_and(|rest| !rest.contains('/'));
    // A parameter is named with its version, or by its ARN.
    let is_version = is_number && number == part && before.starts_with("ssm:");
    let is_arn = before.starts_with("ssm:arn") && before.matches(':').count() < 6;
    is_scheme || is_in_brackets || is_port || is_version || is_arn
}
