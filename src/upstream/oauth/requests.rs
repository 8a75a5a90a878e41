//! How OAuth's own requests go out: by the gateway's one HTTP client, within bounds.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use oauth2::http::Response;
use reqwest::{Method, StatusCode, Url, header::HeaderMap};
use rmcp::transport::auth::{OAuthHttpClient, OAuthHttpClientFuture, OAuthHttpRequest};

use url::Origin;

use super::refusal::Refusal;
use crate::http_client::{Body, BodyError, HttpClient, OutgoingRequest, SendError};

/// How long an authorization server may take to begin an answer, and between its parts.
const PATIENCE: Duration = Duration::from_secs(15);

/// How long it may take for a whole answer.
const WHOLE: Duration = Duration::from_secs(20);

/// The largest answer taken, in bytes.
const MAX_ANSWER: usize = 1024 * 1024;

/// Sends OAuth's own requests. Redirects are not followed: what may be followed (RFC 8414
/// metadata within one origin), the protocol follows itself.
#[derive(Clone, Debug)]
pub(super) struct Requests {
    /// What the resource's config says of connections.
    http: HttpClient,
    resource: Origin,
    /// How the last POST was refused, which rmcp's errors tell by their text alone.
    refusal: Arc<Mutex<Option<Refusal>>>,
}

impl Requests {
    /// Requests on behalf of a resource.
    pub fn new(http: &HttpClient, resource: &Url) -> Self {
        Self {
            http: http.clone(),
            resource: resource.origin(),
            refusal: Arc::default(),
        }
    }

    /// How the last POST was refused, where it was.
    pub fn take_refusal(&self) -> Option<Refusal> {
        let mut refusal = self.refusal.lock().unwrap_or_else(PoisonError::into_inner);
        refusal.take()
    }

    /// Sends a request, and reads its answer whole.
    pub async fn send(
        &self,
        method: Method,
        url: Url,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<(StatusCode, HeaderMap, Bytes), RequestError> {
        let sent = self.send_at_leisure(method, url, headers, body);
        let answered = tokio::time::timeout(WHOLE, sent).await;
        answered.unwrap_or(Err(RequestError::Slow))
    }

    async fn send_at_leisure(
        &self,
        method: Method,
        url: Url,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<(StatusCode, HeaderMap, Bytes), RequestError> {
        let http = if url.origin() == self.resource {
            self.http.clone()
        } else {
            self.http.without_certificate()
        };
        let response = http
            .send_once(OutgoingRequest {
                method,
                url,
                headers,
                body,
                first_byte_timeout: PATIENCE,
            })
            .await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = Body::new(response, PATIENCE)
            .read_to_end(MAX_ANSWER)
            .await?;
        Ok((status, headers, body))
    }
}

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum RequestError {
    #[error(transparent)]
    Send(#[from] SendError),
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error("it did not end its answer within {} s", WHOLE.as_secs())]
    Slow,
}

impl OAuthHttpClient for Requests {
    fn execute(&self, request: OAuthHttpRequest) -> OAuthHttpClientFuture<'_> {
        Box::pin(async move {
            let (parts, body) = request.request.into_parts();
            let url = Url::parse(&parts.uri.to_string())?;
            let is_post = parts.method == Method::POST;
            let sent = self.send(parts.method, url, parts.headers, body.into());
            let (status, headers, body) = sent.await?;
            if is_post {
                *self.refusal.lock().unwrap_or_else(PoisonError::into_inner) =
                    Refusal::read(status, &body);
            }
            let mut answer = Response::new(body.into());
            *answer.status_mut() = status;
            *answer.headers_mut() = headers;
            Ok(answer)
        })
    }
}
