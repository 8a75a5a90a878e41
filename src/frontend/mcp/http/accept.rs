//! In which form a client takes its answers.

use actix_web::{HttpRequest, http::header};

use crate::frontend::accept::EVENT_STREAM;

/// In which form a client takes the answer to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::frontend::mcp) enum Answers {
    /// As JSON alone.
    Json,
    /// As JSON, or as a stream of events where there is something to say before.
    Either,
    /// Rather as a stream of events: it is named before JSON, or alone.
    Events,
}

impl Answers {
    /// What a request accepts. A client that says nothing wants JSON.
    pub(super) fn of(request: &HttpRequest) -> Self {
        let mut takes_json = false;
        let mut takes_both = false;
        for range in accepted(request).flatten() {
            match range {
                Range::Events if takes_json => return Self::Either,
                Range::Events => return Self::Events,
                Range::Json => takes_json = true,
                Range::Both => takes_both = true,
            }
        }
        if takes_both && !takes_json {
            Self::Either
        } else {
            Self::Json
        }
    }
}

/// Whether the client takes what it may be sent. One that says nothing takes all.
pub(super) fn accepts_either(request: &HttpRequest) -> bool {
    !request.headers().contains_key(header::ACCEPT)
        || accepted(request).any(|range| range.is_some())
}

/// What a range of media types holds of the two that answers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Range {
    Json,
    Events,
    Both,
}

/// The ranges that a client accepts, in its order; nothing for one that holds none of them.
fn accepted(request: &HttpRequest) -> impl Iterator<Item = Option<Range>> {
    let accept = request.headers().get_all(header::ACCEPT);
    accept
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|range| range.split(';').next())
        .map(|range| {
            let is = |name: &str| range.trim().eq_ignore_ascii_case(name);
            if is("application/json") || is("application/*") {
                Some(Range::Json)
            } else if is(EVENT_STREAM) || is("text/*") {
                Some(Range::Events)
            } else {
                is("*/*").then_some(Range::Both)
            }
        })
}
