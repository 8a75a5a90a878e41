//! Reads what a REST API offers out of its documents: Swagger 2.0 and `OpenAPI` 3.0, 3.1, 3.2.
//!
//! Nothing is fetched here. Whoever has a network, or files, does so:
//!
//! 1. [`parse()`] the root document, and put it into [`Documents`] under its URL;
//! 2. as long as [`Documents::missing_references`] names URLs, get each, parse it and
//!    [`Documents::add`] it, or say with [`Documents::add_failure`] why that can't be: then only
//!    the operations that need it are left out;
//! 3. [`read()`] the whole.
//!
//! One bad operation takes nothing else down: it is left out, and [`Api::warnings`] says why.
//!
//! # What becomes of what
//!
//! An operation becomes a tool. Its name is its `operationId`, or its method and path, made to
//! fit `[A-Za-z0-9_-]{1,64}`; of names that are changed and clash each gets a piece of a hash, so
//! that none depends on the order of the document. Its arguments are one flat object of its
//! parameters and the members of its body; a body that is no plain object is the one argument
//! `body`. Where names clash, parameters are renamed: `id__path`, `id__query` and so on.
//!
//! What a path has behind a `?` (mostly in `x-ms-paths`) is sent with each call; a parameter of its
//! name is no argument.
//!
//! Schemas are written in JSON Schema 2020-12, each tool's complete in itself: what references
//! lead to stands in its `$defs`. `readOnly` properties are left out of what is sent, `writeOnly`
//! ones of what is received.
//!
//! Documents that this program wrote are known by their responses of the media type
//! `application/vnd.mcp.result+json`, and come back as the tools that they were written from.

mod annotations;
mod arguments;
mod body;
mod definitions;
mod documents;
mod filter;
mod media_type;
mod misspelt;
mod objects;
mod operation;
mod operations;
mod output;
mod parameters;
mod parse;
mod paths;
mod prompts;
mod resolve;
mod resources;
mod responses;
mod schemas;
mod security;
mod servers;
mod text;
mod twins;

#[cfg(test)]
mod tests;

use url::Url;

use super::api::{Api, Location, ReadOptions};

pub use documents::Documents;
pub use media_type::MCP_RESULT;
pub use parse::{Limits, Parsed, parse};

/// Why a document can't be read at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// It has too many bytes.
    #[error("it is larger than {most} bytes")]
    TooLarge {
        /// The most it may have.
        most: usize,
    },
    /// It has too many values.
    #[error("it has more than {most} values")]
    TooManyValues {
        /// The most it may have.
        most: usize,
    },
    /// Its texts have too many bytes, those that aliases repeat included.
    #[error("its texts have more than {most} bytes, those that its aliases repeat included")]
    TooMuchText {
        /// The most they may have.
        most: usize,
    },
    /// It is no UTF-8.
    #[error("it is no UTF-8 from byte {offset} on")]
    NotText {
        /// The first byte that is none.
        offset: usize,
    },
    /// It is neither JSON nor YAML.
    #[error("it is no {format}: {message} at line {line}, column {column}")]
    Syntax {
        /// What it was read as.
        format: &'static str,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What the parser said.
        message: String,
    },
    /// The same of one that came from nowhere.
    #[error("it is no OpenAPI document: {0}")]
    NoDocument(String),
    /// It is something else than a document of a version that is known.
    #[error("{url} is no OpenAPI document: {reason}")]
    NotOpenApi {
        /// Where it came from.
        url: Url,
        /// What is missing or wrong.
        reason: String,
    },
}

/// The version of a document, as far as reading it makes a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Version {
    /// Swagger 2.0.
    V2,
    /// `OpenAPI` 3.0.
    V30,
    /// `OpenAPI` 3.1 and later, whose schemas are JSON Schema 2020-12.
    V31,
}

/// Reads what the API offers.
///
/// # Errors
///
/// Only a root document that is no `OpenAPI` document at all is an error.
pub fn read(documents: &Documents, options: &ReadOptions) -> Result<Api, ReadError> {
    read_supplied(documents, options, &|_, _, _| false)
}

/// The server that a document names for its API, as [`Api::server`] has it.
///
/// # Errors
///
/// Where it is no document of a version that is read.
pub fn server_of(document: &[u8]) -> Result<Option<String>, ReadError> {
    let parsed = parse(document, &Limits::default())?;
    operations::server_of(&parsed)
}

/// Where an operation is called, as far as its documents say.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// In upper case.
    pub method: &'a str,
    /// The API's server, as [`Api::server`] has it.
    pub api_server: Option<&'a str>,
    /// The operation's own, as [`Operation::server`](super::api::Operation::server) has it.
    pub server: Option<&'a str>,
    /// That of its document, as
    /// [`Operation::document_server`](super::api::Operation::document_server) has it.
    pub document_server: Option<&'a str>,
}

/// Whether whoever sends the requests gives them a parameter by itself: a key, for instance.
pub type IsSupplied<'a> = dyn Fn(&Target<'_>, Location, &str) -> bool + 'a;

/// The same, but parameters that are supplied are not there: no caller is asked for them.
///
/// # Errors
///
/// As [`read`].
pub fn read_supplied(
    documents: &Documents,
    options: &ReadOptions,
    is_supplied: &IsSupplied<'_>,
) -> Result<Api, ReadError> {
    operations::read(documents, options, is_supplied)
}
