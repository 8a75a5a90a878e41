//! What documents say.

use crate::config::settings::ApiSettings;
use crate::config::value::words;
use crate::openapi::{OperationIds, Recursion};

words! {
    for OperationIds {
        Tool = "tool",
        Mcpo = "mcpo",
    }
}

words! {
    for Recursion {
        Keep = "keep",
        Cut = "cut",
    }
}

/// What documents say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocumentConfig {
    /// What the user called the API as a whole.
    pub overrides: DocumentOverrides,
    /// How operations are named.
    pub operation_ids: OperationIds,
    /// What becomes of recursive schemas.
    pub recursion: Recursion,
}

/// What the user says in place of a server's own words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocumentOverrides {
    /// The title.
    pub title: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// The version.
    pub version: Option<String>,
}

impl DocumentConfig {
    pub(crate) fn new(settings: ApiSettings) -> Self {
        Self {
            overrides: DocumentOverrides {
                title: settings.name.filter(|text| !text.is_empty()),
                description: settings.description.filter(|text| !text.is_empty()),
                version: settings.version.filter(|text| !text.is_empty()),
            },
            operation_ids: settings.operation_ids.unwrap_or(OperationIds::Tool),
            recursion: settings.recursion.unwrap_or(Recursion::Keep),
        }
    }
}
