//! OpenAPI documents, and the pages that show them.

mod document;
mod page;
mod swagger;
mod writing;

pub use document::{Documents, serve as document};
pub use page::serve as page;
pub use swagger::{STYLE, serve as asset};
pub use writing::{segment, written};

use super::{State, route::Scope};

/// Whether there is such a thing to be documented.
pub fn exists(state: &State, scope: &Scope<'_>) -> bool {
    match scope {
        Scope::Gateway => true,
        Scope::Server(name) => state.server(name).is_some() || state.registry.group(name).is_some(),
    }
}
