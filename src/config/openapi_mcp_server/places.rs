//! Where documents may be.

use std::path::PathBuf;

use crate::config::document::Node;
use crate::config::error::{ConfigError, OpenApiProblem, Problem};
use crate::config::openapi::spec;
use crate::config::openapi_mcp_server::givers::Givers;
use crate::config::openapi_mcp_server::settings::OpenApiSettings;
use crate::upstream::rest::settings::SpecSource;

/// Where documents may be.
pub(super) struct Places {
    pub(super) folders: Vec<PathBuf>,
    pub(super) allow_insecure_http: bool,
}

/// Why a document may not be read.
pub(super) enum Refused {
    Insecure,
    Missing(PathBuf, std::io::Error),
    Folder(PathBuf),
    Outside(PathBuf),
}

impl Refused {
    /// The error of a document that a setting names.
    pub(super) fn named_by(self, setting: String) -> ConfigError {
        match self {
            Self::Missing(file, source) => ConfigError::NamedFile {
                place: None,
                setting,
                file,
                source,
            },
            refused @ (Self::Insecure | Self::Folder(_) | Self::Outside(_)) => refused.into(),
        }
    }

    /// The error in an additional API.
    pub(super) fn at(self, node: &Node<'_>) -> ConfigError {
        node.error(match self {
            Self::Insecure => OpenApiProblem::InsecureSpec.into(),
            Self::Missing(file, _) => Problem::NoFile(file),
            Self::Folder(file) => OpenApiProblem::Folder(file).into(),
            Self::Outside(file) => OpenApiProblem::OutsideFolders(file).into(),
        })
    }
}

impl From<Refused> for ConfigError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Insecure => Self::OpenApi(OpenApiProblem::InsecureSpec),
            Refused::Missing(file, source) => Self::Unreadable { file, source },
            Refused::Folder(file) => Self::OpenApi(OpenApiProblem::Folder(file)),
            Refused::Outside(file) => Self::OpenApi(OpenApiProblem::OutsideFolders(file)),
        }
    }
}

impl Places {
    pub(super) fn read(
        settings: &OpenApiSettings,
        givers: &Givers<'_>,
    ) -> Result<Self, ConfigError> {
        let text = settings.allowed_spec_dirs.as_deref().unwrap_or_default();
        let folders = std::env::split_paths(text).filter(|folder| !folder.as_os_str().is_empty());
        let folder = |folder: PathBuf| match folder.canonicalize() {
            Ok(folder) => Ok(folder),
            Err(source) => Err(ConfigError::NamedFile {
                place: None,
                setting: givers.name("allowed_spec_dirs"),
                file: folder,
                source,
            }),
        };
        Ok(Self {
            folders: folders.map(folder).collect::<Result<_, _>>()?,
            allow_insecure_http: settings.allow_insecure_http.unwrap_or(false),
        })
    }

    /// The document with its whole path, if it may be read.
    pub(super) fn check(&self, spec: SpecSource) -> Result<SpecSource, Refused> {
        if !self.allow_insecure_http && spec::is_insecure(&spec) {
            return Err(Refused::Insecure);
        }
        let SpecSource::File(file) = spec else {
            return Ok(spec);
        };
        let real = match file.canonicalize() {
            Ok(real) if real.is_dir() => return Err(Refused::Folder(file)),
            Ok(real) => real,
            Err(source) => return Err(Refused::Missing(file, source)),
        };
        let is_inside = |folder: &PathBuf| real.starts_with(folder);
        if self.folders.is_empty() || self.folders.iter().any(is_inside) {
            Ok(SpecSource::File(spec::absolute(file)))
        } else {
            Err(Refused::Outside(file))
        }
    }
}
