//! Where a document is, and what its API stands below.

use std::path::{Path, PathBuf};

use reqwest::Url;

use crate::config::server_entry::http::read_url;
use crate::config::value::InvalidValue;
use crate::http_client::is_loopback;
use crate::upstream::rest::settings::SpecSource;

/// A URL of HTTP or of a file, or a path. Only a text with `://` is meant as a URL: a path may
/// hold a colon.
pub(crate) fn read_spec(
    text: &str,
    resolve: impl Fn(&str) -> PathBuf,
) -> Result<SpecSource, InvalidValue> {
    let text = text.trim();
    if text.is_empty() {
        return Err(InvalidValue::Empty);
    }
    match text.split_once("://") {
        Some((scheme, _)) if scheme.eq_ignore_ascii_case("file") => {
            let file = Url::parse(text)
                .ok()
                .and_then(|url| url.to_file_path().ok());
            file.map(SpecSource::File).ok_or(InvalidValue::Spec)
        }
        Some(_) => {
            let url = read_url(text).map_err(|_| InvalidValue::Spec)?;
            Ok(SpecSource::Url(url))
        }
        None => Ok(SpecSource::File(resolve(text))),
    }
}

/// A URL of HTTP or of a file. `path_setting` is what paths are given by.
pub(crate) fn read_spec_url(text: &str, path_setting: &str) -> Result<SpecSource, InvalidValue> {
    match read_spec(text, |path| path.into()) {
        Ok(SpecSource::File(_)) if !text.contains("://") => {
            Err(InvalidValue::PathAsSpecUrl(path_setting.to_owned()))
        }
        Err(InvalidValue::Spec) => Err(InvalidValue::SpecUrl),
        other => other,
    }
}

/// A path. `url_setting` is what URLs are given by.
pub(crate) fn read_spec_path(path: &Path, url_setting: &str) -> Result<SpecSource, InvalidValue> {
    let is_url = path.to_str().is_some_and(|text| text.contains("://"));
    if is_url && !path.exists() {
        return Err(InvalidValue::UrlAsSpecPath(url_setting.to_owned()));
    }
    Ok(SpecSource::File(path.to_owned()))
}

/// A path that means the same wherever it is looked at: it becomes a part of URLs.
pub(crate) fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}

/// What paths of operations can be written behind.
pub(crate) fn read_base_url(text: &str) -> Result<Url, InvalidValue> {
    let url = read_url(text).map_err(|_| InvalidValue::BaseUrl)?;
    if url.query().is_none() && url.fragment().is_none() {
        Ok(url)
    } else {
        Err(InvalidValue::BaseUrl)
    }
}

/// Whether a document comes over plain HTTP from elsewhere than this machine: whoever is on the
/// way can then say what the tools are and do.
pub(crate) fn is_insecure(spec: &SpecSource) -> bool {
    matches!(spec, SpecSource::Url(url) if url.scheme() == "http" && !is_loopback(url))
}
