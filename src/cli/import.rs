//! `viceversa import [FILE…]`: a config of ours, made of those of other programs.
//!
//! The config goes to standard output, and what has to be known of it to standard error: what was
//! left out, what must be set, what should not stand in a file. Nothing is lost in silence.

mod entry;
mod merge;
mod numbers;
mod places;
mod reference;
mod secret;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::Value;

use super::asking::end;
use super::{failure, terminal};
use crate::cli::arguments::{ConfigFormat, ImportArguments};
use crate::cli::import::merge::{Clash, Merged};
use crate::cli::import::places::Place;
use crate::config::document::Document;
use crate::config::environment::Environment;
use crate::config::error::{ConfigError, sysexits};
use crate::config::file::ConfigFile;
use crate::config::json_schema;

/// Why there is no config.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("can't read {}: {source}", file.display())]
    Unreadable { file: PathBuf, source: io::Error },
    #[error(transparent)]
    Clash(#[from] Clash),
    #[error(
        "no config of another program was found; name one, as in `viceversa import .vscode/mcp.json`. Looked for: {}",
        .0.join(", ")
    )]
    NothingFound(Vec<String>),
    #[error("{}: {problem}", file.display())]
    NoConfig {
        file: PathBuf,
        problem: &'static str,
    },
    #[error("{}: `{path}` is not of the kind that belongs there; `viceversa schema` tells which one does", file.display())]
    Shape { file: PathBuf, path: String },
    #[error("the config can't be written as {format}: {problem}; leave --output out for JSON")]
    Format {
        format: &'static str,
        problem: String,
    },
}

impl Failure {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Config(error) => error.exit_code(),
            Self::Unreadable { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                sysexits::NOPERM
            }
            Self::Unreadable { .. } | Self::NothingFound(_) => sysexits::NOINPUT,
            Self::Clash(_) => sysexits::CONFIG,
            Self::NoConfig { .. } | Self::Shape { .. } | Self::Format { .. } => sysexits::DATAERR,
        }
    }
}

/// A config that was made, and what has to be known of it.
#[derive(Debug)]
struct Imported {
    config: ConfigFile,
    notes: Vec<String>,
}

/// Prints a config made of those that the command line names, or of those that are found.
pub(super) fn run(arguments: &ImportArguments) -> ExitCode {
    match import(arguments) {
        Ok(text) => end(terminal::print(text.as_bytes()).map_err(failure::Failure::Output)),
        Err(failure) => {
            terminal::complain(&failure);
            failure.exit_code().into()
        }
    }
}

fn import(arguments: &ImportArguments) -> Result<String, Failure> {
    let files = if arguments.files.is_empty() {
        let folder = std::env::current_dir().unwrap_or_default();
        found(&places::well_known(
            std::env::consts::OS,
            &Environment::of_process(),
            &folder,
        ))?
    } else {
        arguments.files.clone()
    };
    let imported = read(&files)?;
    for note in imported.notes.iter().chain(&unfit(&imported.config)) {
        terminal::complain(note);
    }
    write(&imported.config, arguments.output)
}

/// The places where something is.
fn found(places: &[Place]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for Place { program, file } in places.iter().filter(|place| place.file.is_file()) {
        terminal::note(&format!("found {} of {program}", file.display()));
        files.push(file.clone());
    }
    if files.is_empty() {
        let places = places.iter().map(|place| place.file.display().to_string());
        return Err(Failure::NothingFound(places.collect()));
    }
    Ok(files)
}

/// Reads files, and makes one config of them.
fn read(files: &[PathBuf]) -> Result<Imported, Failure> {
    let mut merged = Merged::default();
    for file in files {
        let bytes = std::fs::read(file).map_err(|source| Failure::Unreadable {
            file: file.clone(),
            source,
        })?;
        merged.add(file, read_value(file, &bytes)?)?;
    }
    merged.finish()
}

/// What stands in a file: JSON with comments, YAML or TOML. What stands twice is an error.
fn read_value(file: &Path, bytes: &[u8]) -> Result<Value, Failure> {
    let document = Document::unexpanded(file, bytes)?;
    document.refuse_duplicates()?;
    let json = document.to_json()?;
    let mut value = serde_json::from_str(&json).map_err(|_| Failure::NoConfig {
        file: file.to_owned(),
        problem: "it holds what is no JSON value",
    })?;
    numbers::keep(&mut value, document.root())?;
    Ok(value)
}

/// What the gateway will not take as it is.
fn unfit(config: &ConfigFile) -> Vec<String> {
    let schema = json_schema::document();
    let value = serde_json::to_value(config);
    let (Ok(validator), Ok(value)) = (jsonschema::validator_for(&schema), value) else {
        return Vec::new();
    };
    // Values may be secrets, so they are not shown.
    let errors = validator.iter_errors(&value);
    errors
        .map(|error| {
            format!(
                "the gateway will not take this as it is: {}: {}",
                error.instance_path(),
                error.masked()
            )
        })
        .collect()
}

fn write(config: &ConfigFile, format: ConfigFormat) -> Result<String, Failure> {
    let failure = |format, problem: &dyn std::fmt::Display| Failure::Format {
        format,
        problem: problem.to_string(),
    };
    let value = || serde_json::to_value(config);
    match format {
        ConfigFormat::Json => Ok(config.to_json()),
        ConfigFormat::Yaml => {
            let value = value().map_err(|error| failure("YAML", &error))?;
            serde_saphyr::to_string(&value).map_err(|error| failure("YAML", &error))
        }
        ConfigFormat::Toml => {
            let value = value().map_err(|error| failure("TOML", &error))?;
            toml::to_string_pretty(&value).map_err(|error| failure("TOML", &error))
        }
    }
}
