//! What an authorization server says where it gives nothing.

use std::fmt;

use reqwest::StatusCode;
use serde::Deserialize;

use crate::telemetry::untrusted::readable;

/// How much of what it says is repeated, in characters.
const EXCERPT: usize = 200;

/// An answer that refuses (RFC 6749 section 5.2, RFC 7591 section 3.2.2). Nothing else of the
/// answer is repeated to anybody: it could come from another server than it seems to.
#[derive(Clone, Debug)]
pub(in crate::upstream) struct Refusal {
    status: StatusCode,
    error: Option<String>,
    description: Option<String>,
}

#[derive(Deserialize)]
struct ErrorBody {
    error: Option<String>,
    error_description: Option<String>,
}

impl Refusal {
    /// Reads an answer; none if it is no refusal.
    pub fn read(status: StatusCode, body: &[u8]) -> Option<Self> {
        let said = serde_json::from_slice(body).unwrap_or(ErrorBody {
            error: None,
            error_description: None,
        });
        if status.is_success() && said.error.is_none() {
            return None;
        }
        Some(Self {
            status,
            error: said.error,
            description: said.error_description,
        })
    }

    /// Whether the same request would be refused again: a login that is refused so has ended,
    /// whatever the reason is called. Some servers refuse with success.
    pub fn is_definite(&self) -> bool {
        let is_for_now = matches!(
            self.status,
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS
        );
        self.status.is_success() || self.status.is_client_error() && !is_for_now
    }

    /// Whether the server sends the request on, which is not followed.
    pub fn is_redirect(&self) -> bool {
        self.status.is_redirection()
    }

    /// Whether it is not the token that is refused, but the client.
    pub fn is_of_client(&self) -> bool {
        self.is_definite() && matches!(self.code(), Some("invalid_client" | "unauthorized_client"))
    }

    /// The error code (RFC 6749 section 5.2), where it says one.
    pub fn code(&self) -> Option<&str> {
        self.error.as_deref()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let excerpt = |text: &str| readable(&text.chars().take(EXCERPT).collect::<String>());
        write!(formatter, "it answers {}", self.status)?;
        if let Some(error) = &self.error {
            write!(formatter, ": {}", excerpt(error))?;
        }
        if let Some(description) = &self.description {
            write!(formatter, ", {}", excerpt(description))?;
        }
        Ok(())
    }
}
