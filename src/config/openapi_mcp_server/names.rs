//! Names for APIs that were given none that can be used.

use indexmap::IndexMap;

use crate::config::error::ConfigError;
use crate::gateway::server_name::ServerName;
use crate::upstream::rest::settings::SpecSource;

/// The longest name that is made of another text, in characters.
const LONGEST_NAME: usize = 64;

/// A name like this text that can be a segment of URLs.
pub(super) fn name_of(text: &str) -> Option<ServerName> {
    let text: String = text
        .chars()
        .map(|c| match c {
            '/' | '\\' => '-',
            c if c.is_control() => '-',
            c => c,
        })
        .take(LONGEST_NAME)
        .collect();
    text.trim().parse().ok()
}

/// The host of a URL, or the name of a file without what stands behind its dot.
pub(super) fn name_of_spec(spec: &SpecSource) -> Option<ServerName> {
    match spec {
        SpecSource::Url(url) => name_of(url.host_str()?),
        SpecSource::File(file) => name_of(file.file_stem()?.to_str()?),
        SpecSource::Inline(_) => None,
    }
}

/// A name for what has none that can be used.
pub(super) fn server_name() -> Result<ServerName, ConfigError> {
    "server".parse().map_err(|_| ConfigError::NoSource)
}

/// The name, with a number where another server has it.
pub(super) fn free_name<T>(
    name: &ServerName,
    taken: &IndexMap<ServerName, T>,
) -> Result<ServerName, ConfigError> {
    let numbered = (2..=taken.len() + 1).map(|number| format!("{name}-{number}").parse().ok());
    let mut names = std::iter::once(Some(name.clone()))
        .chain(numbered)
        .flatten();
    names
        .find(|name| !taken.contains_key(name))
        .ok_or(ConfigError::NoSource)
}
