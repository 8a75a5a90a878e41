//! What a table of servers says of each.

use std::time::{Duration, Instant};

use crate::{
    gateway::{Catalog, Server},
    telemetry::untrusted::readable,
};

/// The headings of such a table.
pub const HEADINGS: [&str; 8] = [
    "server",
    "state",
    "version",
    "tools",
    "resources",
    "prompts",
    "started in",
    "note",
];

/// How many characters a note has at most.
const LONGEST_NOTE: usize = 200;

/// What is told of a server.
#[derive(Clone, Debug, PartialEq)]
pub struct ServerRow {
    /// Its name.
    pub name: String,
    /// A word for its state.
    pub state: String,
    /// What it offers, once that is known.
    pub offers: Option<Offers>,
    /// How long its start took, in seconds.
    pub start_took: Option<f64>,
    /// What went wrong last.
    pub error: Option<String>,
}

/// What is told of what a server offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offers {
    /// The protocol version in use.
    pub version: String,
    /// How many tools.
    pub tools: usize,
    /// How many resources, templates included.
    pub resources: usize,
    /// How many prompts.
    pub prompts: usize,
    /// How many warnings there are about it.
    pub warnings: usize,
}

impl ServerRow {
    /// A server as it is just now.
    pub fn of(server: &Server) -> Self {
        let state = server.state();
        let offers = |catalog: &Catalog| Offers {
            version: catalog.protocol_version.clone(),
            tools: catalog.tools.len(),
            resources: catalog.resources.len() + catalog.resource_templates.len(),
            prompts: catalog.prompts.len(),
            warnings: catalog.warnings.len(),
        };
        Self {
            name: server.name.as_str().to_owned(),
            state: state.phase.as_str().to_owned(),
            offers: state.catalog.as_deref().map(offers),
            start_took: state.start_took.map(|took| took.as_secs_f64()),
            error: state.error.as_deref().map(str::to_owned),
        }
    }

    /// The row under [`HEADINGS`]. The error's place is the note's; where there is none,
    /// `warned` says how warnings are told.
    pub fn cells(&self, warned: impl FnOnce(usize) -> String) -> [String; 8] {
        let offers = self.offers.as_ref();
        let count = |of: fn(&Offers) -> usize| {
            offers.map_or_else(|| "-".to_owned(), |offers| of(offers).to_string())
        };
        let note = match (&self.error, offers) {
            (Some(error), _) => error.clone(),
            (None, Some(offers)) if offers.warnings > 0 => warned(offers.warnings),
            (None, _) => String::new(),
        };
        [
            readable(&self.name),
            readable(&self.state),
            offers.map_or_else(|| "-".to_owned(), |offers| readable(&offers.version)),
            count(|offers| offers.tools),
            count(|offers| offers.resources),
            count(|offers| offers.prompts),
            self.start_took
                .map_or_else(|| "-".to_owned(), |took| format!("{took:.1} s")),
            cut(readable(&note)),
        ]
    }

    /// The same of a server that is tried again by itself.
    pub(super) fn with_next_try(mut self, retry_at: Option<Instant>) -> Self {
        if let (Some(error), Some(at)) = (&mut self.error, retry_at) {
            let wait: Duration = at.saturating_duration_since(Instant::now());
            // The time is not to be cut off.
            *error = format!(
                "{}; next try in {:.1} s",
                cut(std::mem::take(error)),
                wait.as_secs_f32()
            );
        }
        self
    }
}

fn cut(text: String) -> String {
    if text.chars().count() > LONGEST_NOTE {
        text.chars().take(LONGEST_NOTE).chain(['…']).collect()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_server_that_is_tried_again_has_a_next_try() {
        let row = ServerRow {
            name: "a".into(),
            state: "failed".into(),
            offers: None,
            start_took: None,
            error: Some("it\u{1b} ended".into()),
        };
        let note = |row: &ServerRow| row.cells(|_| String::new())[7].clone();
        assert_eq!(note(&row), "it ended");
        assert_eq!(note(&row.clone().with_next_try(None)), "it ended");
        let soon = Some(Instant::now() + Duration::from_mins(1));
        let tried = row.with_next_try(soon);
        assert!(
            note(&tried).starts_with("it ended; next try in "),
            "{tried:?}"
        );
    }
}
