//! `OpenAPI` documents.
//!
//! [`write()`] writes a document from a [`DocumentView`]: the tools that one caller sees on one
//! route. It is `OpenAPI` 3.1, whose schemas are JSON Schema 2020-12 unless `jsonSchemaDialect`
//! says otherwise, so a tool's schema is published as it came, numbers in the spelling that they
//! came in; older dialects are translated, and everything that a reference can point to is moved
//! to `components/schemas`.
//!
//! [`read`](mod@read) is the way back: it makes tools ([`api::Api`]) out of documents that others
//! wrote, of all versions, and of our own.

pub mod api;
mod arguments;
mod choices;
mod document;
pub(crate) mod media_type;
mod names;
pub mod read;
mod recursion;
mod responses;
mod schemas;
mod view;
mod wrapped;
mod yaml;

#[cfg(test)]
mod tests;

pub use document::{Document, write};
pub use names::title_case;
pub use view::{
    DocumentOptions, DocumentView, OperationIds, Recursion, Section, Security, ToolView,
};
pub use wrapped::is_wrapped_result;
