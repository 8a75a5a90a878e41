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
use crate::gateway::Caller;

/// Whether there is such a thing to be documented, as far as the caller sees.
pub fn exists(state: &State, scope: &Scope<'_>, caller: Option<&Caller>) -> bool {
    match scope {
        Scope::Gateway => true,
        Scope::Server(name) => {
            state.server(name, caller).is_some() || state.group(name, caller).is_some()
        }
    }
}
