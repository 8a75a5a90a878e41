//! How OAuth's own requests go out: by the gateway's one HTTP client, within bounds.

use std::time::Duration;

use oauth2::http::{Response, response::Builder};
use reqwest::Url;
use rmcp::transport::auth::{OAuthHttpClient, OAuthHttpClientFuture, OAuthHttpRequest};

use crate::http_client::{Body, HttpClient, OutgoingRequest};

/// How long an authorization server may take to begin an answer, and between its parts.
const PATIENCE: Duration = Duration::from_secs(15);

/// The largest answer taken, in bytes.
const MAX_ANSWER: usize = 1024 * 1024;

/// Sends OAuth's own requests. Redirects are not followed: what may be followed (RFC 8414
/// metadata within one origin), the protocol follows itself.
#[derive(Clone, Debug)]
pub(super) struct Requests(pub HttpClient);

impl OAuthHttpClient for Requests {
    fn execute(&self, request: OAuthHttpRequest) -> OAuthHttpClientFuture<'_> {
        Box::pin(async move {
            let (parts, body) = request.request.into_parts();
            let response = self
                .0
                .send_once(OutgoingRequest {
                    method: parts.method,
                    url: Url::parse(&parts.uri.to_string())?,
                    headers: parts.headers,
                    body: body.into(),
                    first_byte_timeout: PATIENCE,
                })
                .await?;
            let mut answer: Builder = Response::builder().status(response.status());
            if let Some(headers) = answer.headers_mut() {
                headers.clone_from(response.headers());
            }
            let body = Body::new(response, PATIENCE)
                .read_to_end(MAX_ANSWER)
                .await?;
            Ok(answer.body(body.into())?)
        })
    }
}
