//! Documents at URLs.

use std::time::Duration;

use bytes::Bytes;
use reqwest::{
    Method, StatusCode, Url,
    header::{
        ACCEPT, ETAG, HeaderMap, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
    },
};

use crate::{
    http_client::{Body, HttpClient, OutgoingRequest, is_loopback, origin},
    upstream::rest::credentials::Authenticator,
};

/// How long an answer may take to begin, and to go on.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a document is asked for as (`OpenAPI` has no registered type that all servers know).
const ACCEPTED: HeaderValue = HeaderValue::from_static(
    "application/openapi+json, application/json, application/openapi+yaml, application/yaml;q=0.9, \
     */*;q=0.5",
);

/// What tells one version of a document from another (RFC 9110 section 8.8).
#[derive(Clone, Debug, Default)]
pub(super) struct Validators {
    etag: Option<HeaderValue>,
    last_modified: Option<HeaderValue>,
}

/// A document as it came.
#[derive(Debug)]
pub(super) struct Fetched {
    pub bytes: Bytes,
    /// Where it was in the end.
    pub url: Url,
    pub validators: Validators,
}

/// Why a document did not come.
#[derive(Debug)]
pub(super) struct FetchError {
    pub problem: String,
    /// Whether the server lets in nobody who comes so (401, 403).
    pub is_refused: bool,
}

/// How documents are fetched.
pub(super) struct Fetch<'a> {
    pub client: &'a HttpClient,
    pub allow_private_networks: bool,
    pub allow_insecure_http: bool,
    /// What identifies us, where the URL is at the API's own origin.
    pub headers: Option<&'a HeaderMap>,
    pub authenticator: Option<&'a Authenticator>,
    /// The largest document, in bytes.
    pub most: usize,
}

impl Fetch<'_> {
    /// The document; nothing where it is still the version that is known.
    pub(super) async fn get(
        &self,
        url: &Url,
        known: Option<&Validators>,
    ) -> Result<Option<Fetched>, FetchError> {
        self.check_scheme(url)?;
        let client = if self.allow_private_networks {
            Ok(self.client.clone())
        } else {
            self.client.distrusting_redirects()
        };
        let client = client.map_err(|error| failed(error.to_string()))?;
        let mut headers = self.headers.cloned().unwrap_or_default();
        headers.insert(ACCEPT, ACCEPTED);
        if let Some(known) = known {
            let conditions = [
                (IF_NONE_MATCH, &known.etag),
                (IF_MODIFIED_SINCE, &known.last_modified),
            ];
            for (name, value) in conditions {
                if let Some(value) = value {
                    headers.insert(name, value.clone());
                }
            }
        }
        let request = OutgoingRequest {
            method: Method::GET,
            url: url.clone(),
            headers,
            body: Bytes::new(),
            first_byte_timeout: PATIENCE,
        };
        let mut sent = client.send_following(&request, Vec::new).await;
        if let (Ok(response), Some(authenticator)) = (&sent, self.authenticator)
            && is_refusal(response.status())
        {
            // Most documents are anybody's to read, so the credential is shown only if asked for.
            let mut request = request.clone();
            let applied = authenticator.apply(&mut request).await;
            applied.map_err(|error| failed(error.to_string()))?;
            sent = client.send_following(&request, Vec::new).await;
        }
        let response = sent.map_err(|error| failed(error.to_string()))?;
        let status = response.status();
        let at = response.url().clone();
        self.check_scheme(&at)?;
        if status == StatusCode::NOT_MODIFIED && known.is_some() {
            return Ok(None);
        }
        if !status.is_success() {
            return Err(FetchError {
                problem: format!("{} answered with {status}", origin(&at)),
                is_refused: is_refusal(status),
            });
        }
        let header = |name| response.headers().get(name).cloned();
        let validators = Validators {
            etag: header(ETAG),
            last_modified: header(LAST_MODIFIED),
        };
        let body = Body::new(response, PATIENCE).read_to_end(self.most).await;
        Ok(Some(Fetched {
            bytes: body.map_err(|error| failed(error.to_string()))?,
            url: at,
            validators,
        }))
    }

    /// Whoever is on the way of a document that comes in the clear decides what is called.
    fn check_scheme(&self, url: &Url) -> Result<(), FetchError> {
        if url.scheme() == "https" || is_loopback(url) || self.allow_insecure_http {
            return Ok(());
        }
        Err(failed(format!(
            "{} is reached over plain HTTP, where anybody on the way can change it: use https, or \
             set `allowInsecureHttp`",
            origin(url)
        )))
    }
}

fn is_refusal(status: StatusCode) -> bool {
    matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
}

fn failed(problem: String) -> FetchError {
    FetchError {
        problem,
        is_refused: false,
    }
}
