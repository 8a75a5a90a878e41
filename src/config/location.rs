//! Where a config stands.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::config::document::Text;
use crate::config::error::{ConfigError, FetchError, LocationProblem};
use crate::config::remote::{Fetched, Remote};
use crate::config::seen::Recorder;
use crate::config::server_entry::http::read_url;
use crate::http_client::is_loopback;

/// Where a config, or a part of one, stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Location {
    /// In a file, or in the files of a folder.
    Path(PathBuf),
    /// Elsewhere.
    Remote(Remote),
}

impl Location {
    /// Reads one location.
    pub(crate) fn read(text: &OsStr) -> Result<Self, ConfigError> {
        if text.is_empty() {
            return Err(ConfigError::Location(LocationProblem::Empty));
        }
        let remote = text.to_str().map(read_remote).transpose();
        match remote.map_err(ConfigError::Location)?.flatten() {
            Some(remote) => Ok(Self::Remote(remote)),
            None => Ok(Self::Path(text.into())),
        }
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
    pub(crate) fn texts(
        &self,
        recorder: &Recorder,
        fetched: &HashMap<Remote, Result<Fetched, FetchError>>,
    ) -> Result<Vec<Text>, ConfigError> {
        match self {
            Self::Remote(remote) => Ok(vec![read_fetched(remote, fetched.get(remote))?]),
            Self::Path(path) if path.is_dir() => read_folder(path, recorder),
            Self::Path(path) => Ok(vec![read_file(path, recorder)?]),
        }
    }
}

/// What is to be fetched, if anything.
fn read_remote(text: &str) -> Result<Option<Remote>, LocationProblem> {
    if let Some(name) = text.strip_prefix("ssm:") {
        let is_name = !name.is_empty() && !name.contains(char::is_whitespace);
        return if is_name {
            Ok(Some(Remote::Parameter(name.to_owned())))
        } else {
            Err(LocationProblem::Parameter)
        };
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        return Ok(None);
    };
    match scheme.to_ascii_lowercase().as_str() {
        "s3" => match rest.split_once('/') {
            Some((bucket, key)) if !bucket.is_empty() && !key.is_empty() => {
                Ok(Some(Remote::Object {
                    bucket: bucket.to_owned(),
                    key: key.to_owned(),
                }))
            }
            _ => Err(LocationProblem::Object),
        },
        "http" | "https" => {
            let url = read_url(text).map_err(|_| LocationProblem::Url)?;
            let is_secure = url.scheme() == "https" || is_loopback(&url);
            let remote = Remote::Web(url);
            if is_secure {
                Ok(Some(remote))
            } else {
                Err(LocationProblem::Insecure(remote.to_string()))
            }
        }
        other => Err(LocationProblem::Scheme(other.to_owned())),
    }
}

fn read_fetched(
    remote: &Remote,
    fetched: Option<&Result<Fetched, FetchError>>,
) -> Result<Text, ConfigError> {
    match fetched.unwrap_or(&Err(FetchError::Slow(0))) {
        Ok(fetched) => Text::of_remote(
            &remote.to_string(),
            fetched.media_type.as_deref(),
            &fetched.content,
        ),
        Err(cause) => Err(ConfigError::Fetch {
            place: remote.to_string(),
            cause: cause.clone(),
        }),
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
