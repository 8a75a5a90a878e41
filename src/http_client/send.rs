//! Sends one request, and follows where it is sent on.

use std::{borrow::Cow, time::Duration};

use bytes::Bytes;
use reqwest::{Body, Client, Method, Response, StatusCode, Url, header::HeaderMap};

use super::{
    HttpClient,
    holding_body::HoldingBody,
    is_internal,
    redirect::{
        Obstacle, Unfollowed, is_redirect, keep_back, location, redirect, without_credentials,
    },
    wording::{causes, origin},
};
use crate::secrets::Secret;

/// How often a request may be sent on.
const MAX_REDIRECTS: usize = 5;

/// A request to another server.
#[derive(Clone, Debug)]
pub struct OutgoingRequest {
    /// The method.
    pub method: Method,
    /// Where it goes.
    pub url: Url,
    /// Its headers, credentials included: they stay within the URL's origin.
    pub headers: HeaderMap,
    /// Its body; empty for none.
    pub body: Bytes,
    /// How long it may take until the answer begins, the connection included.
    pub first_byte_timeout: Duration,
}

/// Why a request has no answer. The messages name the origin alone: paths, queries and user
/// names may be secrets.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SendError {
    /// No connection; nothing was sent.
    #[error("{origin} can't be reached: {cause}")]
    Connect {
        /// Scheme, host and port.
        origin: String,
        /// What happened.
        cause: String,
    },
    /// The server began no answer in time.
    #[error("{origin} did not begin an answer within {} s", .after.as_secs_f32())]
    Silent {
        /// Scheme, host and port.
        origin: String,
        /// The deadline.
        after: Duration,
    },
    /// The connection broke before an answer began.
    #[error("the connection to {origin} broke off: {cause}")]
    Broken {
        /// Scheme, host and port.
        origin: String,
        /// What happened.
        cause: String,
    },
    /// The server sends the request on to where it must not go.
    #[error(
        "{origin} redirects to {target}, where a request with a body or credentials is not sent \
         on; if that is meant, give the address there"
    )]
    Redirect {
        /// Scheme, host and port.
        origin: String,
        /// Those of the place that it names.
        target: String,
    },
    /// The server sends the request on and on.
    #[error(
        "{origin} redirects more than {MAX_REDIRECTS} times, at last to {target}; give the address \
         where it ends, if it does"
    )]
    TooManyRedirects {
        /// Scheme, host and port.
        origin: String,
        /// Those of the place where the last redirect led to.
        target: String,
    },
}

impl SendError {
    /// Says who led to where nobody can be reached, if another did than who was asked.
    fn after_redirect(self, asked: &Url, at: &Url) -> Self {
        match self {
            Self::Connect { origin: to, cause } if asked.origin() != at.origin() => Self::Connect {
                origin: format!("{to}, where {} redirects to,", origin(asked)),
                cause,
            },
            error => error,
        }
    }

    /// Whether the server may have seen, and so may have executed, the request.
    pub fn may_have_arrived(&self) -> bool {
        match self {
            Self::Connect { .. } | Self::Redirect { .. } | Self::TooManyRedirects { .. } => false,
            Self::Silent { .. } | Self::Broken { .. } => true,
        }
    }
}

/// The last answer to a request that may have been sent on.
#[derive(Debug)]
pub struct Followed {
    /// The answer.
    pub response: Response,
    /// Where it is a redirect: why it was not followed.
    pub unfollowed: Option<Unfollowed>,
}

impl Followed {
    fn not(response: Response, unfollowed: Unfollowed) -> Self {
        Self {
            response,
            unfollowed: Some(unfollowed),
        }
    }
}

impl From<Response> for Followed {
    fn from(response: Response) -> Self {
        Self {
            response,
            unfollowed: None,
        }
    }
}

impl HttpClient {
    /// Sends a request and waits for the head of its answer. Dropping the future, or the
    /// answer's body, hangs up.
    ///
    /// A redirect within the origin keeps method, headers and body, whichever of 301, 302, 307
    /// and 308 it is (RFC 9110 section 15.4 lets a client do so). To another origin only a
    /// GET follows, without our credentials, and never from HTTPS to HTTP.
    pub async fn send(&self, request: OutgoingRequest) -> Result<Response, SendError> {
        self.send_holding(&request, None::<()>).await
    }

    /// The same; `held` is dropped when the body has been handed to the connection, long before
    /// the answer begins.
    pub async fn send_holding<T: Send + Sync + 'static>(
        &self,
        request: &OutgoingRequest,
        mut held: Option<T>,
    ) -> Result<Response, SendError> {
        let OutgoingRequest {
            method,
            url,
            headers,
            body,
            first_byte_timeout,
        } = request;
        let mut url = Cow::Borrowed(url);
        let mut headers = Cow::Borrowed(headers);
        let mut client = &self.client;
        for _ in 0..=MAX_REDIRECTS {
            let parts = (method, &*url, &*headers, body);
            let response = once(client, parts, *first_byte_timeout, held.take()).await?;
            let Some(next) = redirect(method, &url, &response) else {
                return Ok(response);
            };
            if next.origin() != url.origin() {
                let is_downgrade = url.scheme() == "https" && next.scheme() != "https";
                if *method != Method::GET || is_downgrade {
                    return Err(SendError::Redirect {
                        origin: origin(&url),
                        target: origin(&next),
                    });
                }
                client = &self.anonymous;
                headers = Cow::Owned(without_credentials(&headers));
            }
            url = Cow::Owned(next);
        }
        Err(SendError::TooManyRedirects {
            origin: origin(&request.url),
            target: origin(&url),
        })
    }

    /// Sends a request to an API whose answers are somebody else's to read, redirects included: one
    /// that is not followed is the answer.
    ///
    /// GET and HEAD follow 301, 302, 303, 307 and 308, to another origin without our credentials
    /// and never from HTTPS to HTTP. Other methods, which may have been executed, follow 307 and
    /// 308 within the origin alone (RFC 9110 section 15.4), and one that is signed follows none
    /// there: its signature holds for one URL. Where redirects are distrusted, none to another host
    /// leads to an address that is not public. `hidden`: pairs of the query that no other origin
    /// gets, asked for when there is one.
    pub async fn send_following(
        &self,
        request: &OutgoingRequest,
        is_signed: bool,
        hidden: impl Fn() -> Vec<Secret>,
    ) -> Result<Followed, SendError> {
        let is_safe = matches!(request.method, Method::GET | Method::HEAD);
        let mut url = Cow::Borrowed(&request.url);
        let mut headers = Cow::Borrowed(&request.headers);
        let mut client = &self.client;
        for _ in 0..=MAX_REDIRECTS {
            let parts = (&request.method, &*url, &*headers, &request.body);
            let sent = once(client, parts, request.first_byte_timeout, None::<()>).await;
            let response = sent.map_err(|error| error.after_redirect(&request.url, &url))?;
            let unfollowed = |next: Option<&Url>, obstacle| Unfollowed {
                target: next.map(origin),
                obstacle,
            };
            if !is_redirect(response.status()) {
                return Ok(response.into());
            }
            let keeps_method = matches!(
                response.status(),
                StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT
            );
            let Some(mut next) = location(&url, &response) else {
                return Ok(Followed::not(
                    response,
                    unfollowed(None, Obstacle::NoTarget),
                ));
            };
            let is_abroad = next.origin() != url.origin();
            let is_downgrade = url.scheme() == "https" && next.scheme() != "https";
            let obstacle = match (is_abroad, is_safe) {
                (_, false) if !keeps_method => Some(Obstacle::Method),
                (true, false) => Some(Obstacle::OtherOrigin),
                (true, true) if is_downgrade => Some(Obstacle::Downgrade),
                (false, _) if is_signed && url.origin() == request.url.origin() => {
                    Some(Obstacle::Signed)
                }
                _ => None,
            };
            if let Some(obstacle) = obstacle {
                return Ok(Followed::not(response, unfollowed(Some(&next), obstacle)));
            }
            if is_abroad {
                client = match &self.abroad {
                    Some(abroad) if next.host() != request.url.host() => {
                        if is_internal(&next) == Some(true) {
                            let unfollowed = unfollowed(Some(&next), Obstacle::OwnNetwork);
                            return Ok(Followed::not(response, unfollowed));
                        }
                        abroad
                    }
                    _ => &self.anonymous,
                };
                headers = Cow::Owned(without_credentials(&headers));
                keep_back(&mut next, &hidden());
            }
            url = Cow::Owned(next);
        }
        Err(SendError::TooManyRedirects {
            origin: origin(&request.url),
            target: origin(&url),
        })
    }

    /// Sends a request as [`HttpClient::send`] does, but follows no redirect: the answer is
    /// what came.
    pub async fn send_once(&self, request: OutgoingRequest) -> Result<Response, SendError> {
        let OutgoingRequest {
            method,
            url,
            headers,
            body,
            first_byte_timeout,
        } = request;
        let parts = (&method, &url, &headers, &body);
        once(&self.client, parts, first_byte_timeout, None::<()>).await
    }
}

async fn once<T: Send + Sync + 'static>(
    client: &Client,
    (method, url, headers, body): (&Method, &Url, &HeaderMap, &Bytes),
    first_byte_timeout: Duration,
    held: Option<T>,
) -> Result<Response, SendError> {
    let mut builder = client
        .request(method.clone(), url.clone())
        .headers(headers.clone());
    if !body.is_empty() {
        builder = builder.body(match held {
            None => Body::from(body.clone()),
            held => Body::wrap(HoldingBody {
                rest: body.clone(),
                held,
            }),
        });
    }
    match tokio::time::timeout(first_byte_timeout, builder.send()).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) => {
            let (origin, cause) = (origin(url), causes(&error));
            // What can't even be built is not sent either.
            Err(if error.is_connect() || error.is_builder() {
                SendError::Connect { origin, cause }
            } else {
                SendError::Broken { origin, cause }
            })
        }
        Err(_) => Err(SendError::Silent {
            origin: origin(url),
            after: first_byte_timeout,
        }),
    }
}
