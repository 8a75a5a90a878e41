//! How OAuth's own requests go out: by the gateway's one HTTP client, within bounds.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use oauth2::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::{Method, StatusCode, Url, header::HeaderMap};
use rmcp::transport::auth::{OAuthHttpClient, OAuthHttpClientFuture, OAuthHttpRequest};
use tokio::sync::OnceCell;

use super::refusal::Refusal;
use crate::http_client::{
    Body, BodyError, HttpClient, HttpSettingsError, OutgoingRequest, Reach, SendError, is_internal,
    is_loopback, is_public, origin,
};

/// How long an authorization server may take to begin an answer, and between its parts.
const PATIENCE: Duration = Duration::from_secs(15);

/// How long it may take for a whole answer.
const WHOLE: Duration = Duration::from_secs(20);

/// The largest answer taken, in bytes.
const MAX_ANSWER: usize = 1024 * 1024;

/// Sends OAuth's own requests. Redirects are not followed: what may be followed (RFC 8414
/// metadata within one origin), the protocol follows itself.
#[derive(Clone, Debug)]
pub(in crate::upstream) struct Requests {
    /// What the resource's config says of connections.
    http: HttpClient,
    resource: Url,
    /// What the config names besides.
    configured: Vec<Url>,
    /// Whether the resource itself is in the gateway's own network, found out when it matters.
    is_internal: Arc<OnceCell<bool>>,
    /// How the last POST was refused, which rmcp's errors tell by their text alone.
    refusal: Arc<Mutex<Option<Refusal>>>,
}

impl Requests {
    /// Requests on behalf of a resource, to servers that the config names besides, and to those
    /// that metadata name.
    pub fn new(http: &HttpClient, resource: &Url, configured: &[&Url]) -> Self {
        Self {
            http: http.clone(),
            resource: resource.clone(),
            configured: configured.iter().copied().cloned().collect(),
            is_internal: Arc::default(),
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

    /// Sends a request that a library made, and remembers how a POST was refused.
    pub async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, RequestError> {
        let (parts, body) = request.into_parts();
        let url = Url::parse(&parts.uri.to_string())?;
        let is_post = parts.method == Method::POST;
        let sent = self.send(parts.method, url, parts.headers, body.into());
        let (status, headers, body) = sent.await?;
        if is_post {
            *self.refusal.lock().unwrap_or_else(PoisonError::into_inner) =
                Refusal::read(status, &body);
        }
        let mut answer = HttpResponse::new(body.into());
        *answer.status_mut() = status;
        *answer.headers_mut() = headers;
        Ok(answer)
    }

    /// How a URL may be reached. Where the config does not name the host, it may not lead into
    /// the gateway's own network, unless the resource itself is there.
    async fn client_for(&self, url: &Url) -> Result<HttpClient, RequestError> {
        if url.origin() == self.resource.origin() {
            return Ok(self.http.clone());
        }
        let refused = |why| RequestError::Address {
            origin: origin(url),
            why,
        };
        let is_named = |known: &Url| known.host() == url.host();
        if self.configured.iter().chain([&self.resource]).any(is_named) {
            return Ok(self.http.for_others(Reach::Anywhere)?);
        }
        check_scheme(&self.resource, url).map_err(refused)?;
        if self.is_internal().await {
            return Ok(self.http.for_others(Reach::Anywhere)?);
        }
        if is_internal(url) == Some(true) {
            return Err(refused("it is in the gateway's own network"));
        }
        Ok(self.http.for_others(Reach::Public)?)
    }

    async fn is_internal(&self) -> bool {
        let look_up = async || {
            let host = self.resource.host_str().unwrap_or_default();
            let looked_up = tokio::net::lookup_host((host, 0));
            let found = tokio::time::timeout(PATIENCE, looked_up).await;
            // A resource that has no address here is reached by a proxy.
            found.is_ok_and(|found| {
                found.is_ok_and(|mut found| found.any(|address| !is_public(address.ip())))
            })
        };
        let known = is_internal(&self.resource);
        *self
            .is_internal
            .get_or_init(async || match known {
                Some(known) => known,
                None => look_up().await,
            })
            .await
    }

    async fn send_at_leisure(
        &self,
        method: Method,
        url: Url,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<(StatusCode, HeaderMap, Bytes), RequestError> {
        let http = self.client_for(&url).await?;
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

/// Whether what metadata of a resource name may be used: HTTPS, or HTTP where both are on this
/// machine (OAuth 2.1 section 1.5; MCP, section Communication Security).
pub(super) fn check_scheme(resource: &Url, url: &Url) -> Result<(), &'static str> {
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(resource) && is_loopback(url) => Ok(()),
        "http" => Err("it would be asked without TLS"),
        _ => Err("it is no address of the web"),
    }
}

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
pub(in crate::upstream) enum RequestError {
    #[error(transparent)]
    Send(#[from] SendError),
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error("{origin} is not asked: {why}; if that is meant, give it as `server_url`")]
    Address { origin: String, why: &'static str },
    #[error(transparent)]
    Settings(#[from] HttpSettingsError),
    #[error("its address is no URL: {0}")]
    Url(#[from] url::ParseError),
    #[error("it did not end its answer within {} s", WHOLE.as_secs())]
    Slow,
}

impl<'c> AsyncHttpClient<'c> for Requests {
    type Error = RequestError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, RequestError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.exchange(request))
    }
}

impl OAuthHttpClient for Requests {
    fn execute(&self, request: OAuthHttpRequest) -> OAuthHttpClientFuture<'_> {
        Box::pin(async move { Ok(self.exchange(request.request).await?) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http_client::HttpSettings;

    async fn refused(resource: &str, configured: &[&str], url: &str) -> bool {
        let http = HttpClient::new(&HttpSettings::default()).unwrap();
        let configured: Vec<Url> = configured
            .iter()
            .map(|url| Url::parse(url).unwrap())
            .collect();
        let configured: Vec<&Url> = configured.iter().collect();
        let requests = Requests::new(&http, &Url::parse(resource).unwrap(), &configured);
        let client = requests.client_for(&Url::parse(url).unwrap()).await;
        matches!(client, Err(RequestError::Address { .. }))
    }

    #[tokio::test]
    async fn metadata_lead_nowhere_into_the_gateways_own_network() {
        let public = "https://93.184.216.34/mcp";
        for url in [
            "https://127.0.0.1/token",
            "https://localhost/token",
            "https://10.0.0.1/token",
            "https://169.254.169.254/latest",
            "https://[::1]/token",
            "http://93.184.216.35/token",
            "ftp://93.184.216.35/token",
        ] {
            assert!(refused(public, &[], url).await, "{url}");
        }
        assert!(!refused(public, &[], "https://93.184.216.35/token").await);
        assert!(!refused(public, &["https://10.0.0.1"], "https://10.0.0.1/token").await);
        assert!(!refused("https://10.0.0.2/mcp", &[], "https://10.0.0.1/token").await);
        assert!(!refused("http://127.0.0.1:1/mcp", &[], "http://localhost:2/token").await);
        assert!(refused("http://127.0.0.1:1/mcp", &[], "http://10.0.0.1/token").await);
    }
}
