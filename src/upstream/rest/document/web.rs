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
    http_client::{
        Body, Followed, HttpClient, Obstacle, OutgoingRequest, Unfollowed, is_loopback, origin,
        without_secrets,
    },
    upstream::rest::{Wording, credentials::Authenticator},
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
    /// What settings are called.
    pub wording: Wording,
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
        let sends = |request: OutgoingRequest, is_signed| {
            let client = &client;
            async move {
                let sent = client.send_following(&request, is_signed, Vec::new).await;
                sent.map_err(|error| failed(error.to_string()))
            }
        };
        let mut sent = sends(request.clone(), false).await?;
        if let Some(authenticator) = self.authenticator
            && is_refusal(sent.response.status())
            && sent.response.url().origin() == url.origin()
        {
            // Most documents are anybody's to read, so the credential is shown only if asked for.
            let mut request = request;
            let applied = authenticator.apply(&mut request).await;
            applied.map_err(|error| failed(error.to_string()))?;
            sent = sends(request, authenticator.signs()).await?;
        }
        let Followed {
            response,
            unfollowed,
        } = sent;
        let status = response.status();
        let at = response.url().clone();
        self.check_scheme(&at)?;
        if status == StatusCode::NOT_MODIFIED && known.is_some() {
            return Ok(None);
        }
        if let Some(unfollowed) = unfollowed {
            return Err(failed(self.explain(&unfollowed)));
        }
        if !status.is_success() {
            return Err(FetchError {
                problem: self.answered(url, &at, status),
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

    /// What an answer without a document says, and what to do about it.
    fn answered(&self, url: &Url, at: &Url, status: StatusCode) -> String {
        let is_elsewhere = url.origin() != at.origin();
        let advice = match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if is_elsewhere => {
                "; credentials are not sent to where another server redirects: give that URL itself"
                    .to_owned()
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => match self.headers {
                None => format!(
                    "; no credentials are sent there, since it is not at the origin of {}: fetch \
                     the document yourself, and give it as a file",
                    self.wording.url()
                ),
                Some(headers) if headers.is_empty() && self.authenticator.is_none() => format!(
                    "; if it wants credentials, give them with {}",
                    self.wording.credentials()
                ),
                Some(_) => format!(
                    "; the credentials of {} were sent: check them",
                    self.wording.credentials()
                ),
            },
            StatusCode::NOT_FOUND | StatusCode::GONE => {
                "; look whether the URL is right".to_owned()
            }
            _ => String::new(),
        };
        // A user in the URL is gone from it when it was asked.
        if without_secrets(url) == without_secrets(at) {
            format!("it was answered with {status}{advice}")
        } else {
            let at = without_secrets(at);
            format!("it redirects to {at}, which answered with {status}{advice}")
        }
    }

    /// Why a redirect was not followed, and what to do.
    fn explain(&self, unfollowed: &Unfollowed) -> String {
        let advice = match unfollowed.obstacle {
            Obstacle::OwnNetwork => format!(
                "; give that URL itself, or set {}",
                self.wording.allow_private_networks()
            ),
            Obstacle::Downgrade | Obstacle::Signed | Obstacle::Method | Obstacle::OtherOrigin => {
                "; give the URL where it leads to, if that is right".to_owned()
            }
            Obstacle::NoTarget => String::new(),
        };
        format!("{unfollowed}{advice}")
    }

    /// Whoever is on the way of a document that comes in the clear decides what is called.
    fn check_scheme(&self, url: &Url) -> Result<(), FetchError> {
        if url.scheme() == "https" || is_loopback(url) || self.allow_insecure_http {
            return Ok(());
        }
        Err(failed(format!(
            "{} is reached over plain HTTP, where anybody on the way can change it: use https, or \
             set {}",
            origin(url),
            self.wording.allow_insecure_http()
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
