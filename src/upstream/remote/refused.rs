//! What a server says where it does not answer with success.

use std::time::Duration;

use bytestring::ByteString;
use reqwest::{
    Response, StatusCode,
    header::{HeaderValue, RETRY_AFTER},
};

use crate::{
    http_client::Body,
    json::Raw,
    mcp::{
        PeerError, codes,
        envelope::{self, ErrorObject, ErrorView},
    },
    telemetry::untrusted,
};

/// How much is read of it.
const MAX_SIZE: usize = 1024 * 1024;

/// How long it may take to be read.
const TIMEOUT: Duration = Duration::from_secs(5);

/// An answer that is no success.
pub(super) struct Refused {
    pub(super) status: StatusCode,
    retry_after: Option<HeaderValue>,
    text: ByteString,
    /// The protocol's own error, where it is one.
    pub(super) error: Option<ErrorObject>,
}

impl Refused {
    pub(super) async fn read(response: Response) -> Self {
        let status = response.status();
        let retry_after = response.headers().get(RETRY_AFTER).cloned();
        let read = Body::new(response, TIMEOUT).read_to_end(MAX_SIZE);
        let body = tokio::time::timeout(TIMEOUT, read).await;
        let body = body.ok().and_then(Result::ok).unwrap_or_default();
        let text = ByteString::from(String::from_utf8_lossy(&body).into_owned());
        Self {
            status,
            retry_after,
            error: envelope::read_refusal(&text),
            text,
        }
    }

    /// Whether the session is over, for a message that has this id if it is a request.
    ///
    /// 404 says so by the specification (MCP 2025-11-25, session management), and some servers
    /// repeat the request's id with it; only an unknown method is another matter. Widely used
    /// servers say 400 and name the session; what answers the request itself is not meant.
    pub(super) fn says_no_session(&self, id: Option<u64>) -> bool {
        let own = self.error.as_ref().filter(|_| id.is_some());
        let own = own.filter(|error| error.id == id);
        match self.status {
            StatusCode::NOT_FOUND => !own.is_some_and(|own| is_unknown_method(&own.error)),
            StatusCode::BAD_REQUEST => {
                own.is_none() && self.text.to_ascii_lowercase().contains("session")
            }
            _ => false,
        }
    }

    /// The start of what the server says.
    pub(super) fn excerpt(&self) -> String {
        let start: String = self.text.trim().chars().take(200).collect();
        untrusted::readable(&start)
    }

    /// What it means for a message that was posted.
    pub(super) fn into_error(mut self) -> PeerError {
        match self.error.take() {
            Some(ErrorObject { error, .. }) => PeerError::Rpc(error),
            None => self.into_refusal(),
        }
    }

    /// The status, whatever is said about it.
    pub(super) fn into_refusal(self) -> PeerError {
        let status = self.status;
        let excerpt = self.excerpt();
        let later = self
            .retry_after
            .as_ref()
            .and_then(|value| value.to_str().ok());
        let later = later.map_or_else(String::new, |later| format!(", Retry-After {later}"));
        PeerError::Refused {
            status: status.as_u16(),
            message: format!("the server answered with HTTP status {status}{later}: {excerpt}"),
        }
    }
}

fn is_unknown_method(error: &Raw) -> bool {
    let view: Result<ErrorView<'_>, _> = serde_json::from_str(error.get());
    view.is_ok_and(|view| view.code == codes::METHOD_NOT_FOUND)
}
