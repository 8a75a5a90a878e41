//! In which format a config is written.

use std::fmt;
use std::path::Path;

/// In which format a config is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON with comments and trailing commas.
    Json,
    /// YAML 1.2, by its core schema.
    Yaml,
    /// TOML 1.1.
    Toml,
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Json => "JSON",
            Self::Yaml => "YAML",
            Self::Toml => "TOML",
        })
    }
}

impl Format {
    /// By the end of a name, else by the media type that a server tells, else by what the text
    /// looks like.
    pub(crate) fn of(name: &Path, media_type: Option<&str>, text: &str) -> Self {
        Self::of_name(name)
            .or_else(|| Self::of_media_type(media_type?))
            .unwrap_or_else(|| Self::of_text(text))
    }

    fn of_name(name: &Path) -> Option<Self> {
        let ending = name.extension()?.to_str()?.to_ascii_lowercase();
        match ending.as_str() {
            "json" | "jsonc" | "json5" => Some(Self::Json),
            "yaml" | "yml" => Some(Self::Yaml),
            "toml" => Some(Self::Toml),
            _ => None,
        }
    }

    fn of_media_type(media_type: &str) -> Option<Self> {
        let essence = media_type.split(';').next()?.trim().to_ascii_lowercase();
        let subtype = essence.rsplit(['/', '+']).next()?;
        match subtype {
            "json" => Some(Self::Json),
            "yaml" | "x-yaml" => Some(Self::Yaml),
            "toml" => Some(Self::Toml),
            _ => None,
        }
    }

    fn of_text(text: &str) -> Self {
        let mut bare = text.to_owned();
        let _ = json_strip_comments::strip_comments_in_place(&mut bare);
        if bare.trim_start().starts_with('{') {
            return Self::Json;
        }
        let mut lines = text.lines().map(str::trim);
        let first = lines.find(|line| !line.is_empty() && !line.starts_with('#'));
        let is_toml = first.is_some_and(|line| {
            let key = line.split(['=', ':']).next().unwrap_or_default();
            line.starts_with('[')
                || line
                    .get(key.len()..)
                    .is_some_and(|rest| rest.starts_with('='))
        });
        if is_toml { Self::Toml } else { Self::Yaml }
    }
}
