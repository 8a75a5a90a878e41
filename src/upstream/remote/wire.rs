//! What both transports have in common: how requests are sent, and what failures mean.

use std::{
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use bytestring::ByteString;
use reqwest::{
    Method, Response, StatusCode, Url,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use tokio::{
    sync::{OwnedSemaphorePermit, watch},
    time::Instant,
};

use super::{
    Remote,
    credentials::{Credentials, Refusal},
    mirror::ParameterHeaders,
    refused::Refused,
};
use crate::{
    http_client::{OutgoingRequest, Reach, SendError, origin},
    mcp::{Peer, PeerError},
    upstream::oauth::OAuthError,
};

/// The session of a legacy server (MCP 2025-11-25, session management).
pub(super) const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");

/// The protocol version (MCP 2025-06-18 and later, protocol version header).
pub(super) const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");

/// How long notifications and answers may take to be accepted: nobody waits for them.
const ACCEPT_TIMEOUT: Duration = Duration::from_secs(10);

/// One connection's state.
#[derive(Debug)]
pub(super) struct Wire {
    pub(super) remote: Arc<Remote>,
    pub(super) peer: Peer,
    pub(super) parameters: Arc<ParameterHeaders>,
    credentials: Credentials,
    /// The id that the server gave the session, of the legacy era.
    session: OnceLock<HeaderValue>,
    /// The version that `initialize` agreed on.
    version: OnceLock<HeaderValue>,
    given_up: watch::Sender<Option<Arc<str>>>,
    last_sent: Mutex<Instant>,
    last_heard: Mutex<Instant>,
}

impl Wire {
    pub(super) fn new(remote: &Arc<Remote>, peer: Peer) -> Arc<Self> {
        Arc::new(Self {
            remote: Arc::clone(remote),
            peer,
            parameters: Arc::default(),
            credentials: Credentials::of(remote),
            session: OnceLock::new(),
            version: OnceLock::new(),
            given_up: watch::Sender::new(None),
            last_sent: Mutex::new(Instant::now()),
            last_heard: Mutex::new(Instant::now()),
        })
    }

    /// Gives the connection up: another is to be opened. What is under way may still end well.
    pub(super) fn give_up(&self, reason: &str) {
        self.given_up.send_if_modified(|given_up| {
            let is_first = given_up.is_none();
            given_up.get_or_insert_with(|| reason.into());
            is_first
        });
    }

    pub(super) fn is_given_up(&self) -> bool {
        self.given_up.borrow().is_some()
    }

    /// Waits until the connection is given up. Cancel safe.
    pub(super) async fn given_up(&self) -> Arc<str> {
        let mut given_up = self.given_up.subscribe();
        match given_up.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(reason)) => Arc::clone(reason),
            Ok(None) | Err(_) => "the connection was ended".into(),
        }
    }

    /// Something is being sent now.
    pub(super) fn note_sent(&self) {
        *lock(&self.last_sent) = Instant::now();
    }

    /// When something was sent last.
    pub(super) fn last_sent(&self) -> Instant {
        *lock(&self.last_sent)
    }

    /// Takes what the server says, on a stream that belongs to a request or to none.
    pub(super) async fn receive(&self, request: Option<u64>, text: ByteString) {
        *lock(&self.last_heard) = Instant::now();
        self.peer.receive_for(request, text).await;
    }

    /// When the server said something last.
    pub(super) fn last_heard(&self) -> Instant {
        *lock(&self.last_heard)
    }

    /// Whether `initialize` has agreed on a version, so that the server is of the legacy era.
    pub(super) fn is_initialized(&self) -> bool {
        self.version.get().is_some()
    }

    /// What an `initialize` that succeeded tells the requests after it.
    pub(super) fn learn(&self, headers: &HeaderMap, answer: &str) {
        #[derive(serde::Deserialize)]
        struct View<'a> {
            #[serde(borrow)]
            result: Initialized<'a>,
        }
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Initialized<'a> {
            #[serde(borrow)]
            protocol_version: std::borrow::Cow<'a, str>,
        }
        let Ok(View { result }) = serde_json::from_str(answer) else {
            return;
        };
        // Only the first `initialize` of a connection counts, and there is no other.
        if let Ok(version) = HeaderValue::from_str(&result.protocol_version) {
            let _ = self.version.set(version);
        }
        if let Some(session) = headers.get(SESSION) {
            let mut session = session.clone();
            session.set_sensitive(true);
            let _ = self.session.set(session);
        }
    }

    /// Ends the session of a legacy server (MCP 2025-11-25, session management).
    pub(super) async fn end_session(&self) {
        if self.session.get().is_some() {
            let request = (Method::DELETE, &self.remote.url, Bytes::new());
            let ended = self.send(request, self.session_headers(), ACCEPT_TIMEOUT, None);
            if let Err(error) = ended.await {
                tracing::debug!(server = %self.remote.name, %error, "its session was not ended");
            }
        }
    }

    /// Whether the server gave the connection a session.
    pub(super) fn has_session(&self) -> bool {
        self.session.get().is_some()
    }

    /// The headers of a session, where there is one.
    pub(super) fn session_headers(&self) -> HeaderMap {
        let session = self.session.get().map(|session| (SESSION, session.clone()));
        let version = self.version.get().map(|version| (VERSION, version.clone()));
        session.into_iter().chain(version).collect()
    }

    /// Opens a stream that the server sends messages on.
    pub(super) async fn get(
        &self,
        url: &Url,
        last_id: Option<&str>,
    ) -> Result<Response, PeerError> {
        let mut headers = self.session_headers();
        headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        if let Some(last_id) = last_id
            && let Ok(last_id) = HeaderValue::from_str(last_id)
        {
            headers.insert("last-event-id", last_id);
        }
        let request = (Method::GET, url, Bytes::new());
        let response = self
            .send(request, headers, self.remote.first_byte_timeout, None)
            .await?;
        if !response.status().is_success() {
            // Not every server that has sessions has such a stream.
            return Err(Refused::read(response).await.into_refusal());
        }
        if response.url().origin() != self.remote.url.origin() {
            // What comes from there is not from the server that the config names.
            return Err(PeerError::Unusable(format!(
                "the server redirects its event stream to {}; if that is meant, give the address \
                 there",
                origin(response.url())
            )));
        }
        if !is_event_stream(&response) {
            return Err(PeerError::Refused {
                status: response.status().as_u16(),
                message: "the server answered with something other than an event stream".into(),
            });
        }
        Ok(response)
    }

    /// Posts a message; `headers` are the protocol's. Deadlines depend on whether somebody
    /// waits for an answer. `room` is given back when the message has been written.
    pub(super) async fn post(
        &self,
        url: &Url,
        (message, room): (Bytes, Option<OwnedSemaphorePermit>),
        mut headers: HeaderMap,
        is_request: bool,
    ) -> Result<Response, PeerError> {
        let accept = HeaderValue::from_static("application/json, text/event-stream");
        headers.insert(ACCEPT, accept);
        let json = HeaderValue::from_static("application/json");
        headers.insert(CONTENT_TYPE, json);
        let timeout = if is_request {
            self.remote.first_byte_timeout
        } else {
            ACCEPT_TIMEOUT
        };
        self.note_sent();
        self.send((Method::POST, url, message), headers, timeout, room)
            .await
    }

    /// Sends a request and says what a failure means. What identifies us goes to the configured
    /// origin alone. A request that was refused for its token had no effect: it is sent again
    /// with a new one.
    async fn send(
        &self,
        (method, url, body): (Method, &Url, Bytes),
        headers: HeaderMap,
        first_byte_timeout: Duration,
        mut room: Option<OwnedSemaphorePermit>,
    ) -> Result<Response, PeerError> {
        let is_home = *url == self.remote.url || url.origin() == self.remote.url.origin();
        let client = if is_home {
            self.remote.client.clone()
        } else {
            let client = self.remote.client.for_others(Reach::Anywhere);
            client.map_err(|error| PeerError::Unusable(error.to_string()))?
        };
        let mut is_second = false;
        loop {
            let mut all = if is_home {
                let own = self.credentials.headers().await;
                own.map_err(|error| self.without_token(&error))?
            } else {
                HeaderMap::new()
            };
            // The protocol's own headers win: without them nothing works.
            for (name, value) in &headers {
                all.insert(name, value.clone());
            }
            let request = OutgoingRequest {
                method: method.clone(),
                url: url.clone(),
                headers: all,
                body: body.clone(),
                first_byte_timeout,
            };
            let sent = client.send_holding(&request, room.take());
            let response = sent.await.map_err(|error| self.lost(&error))?;
            let status = response.status();
            if !matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
                return Ok(response);
            }
            let refusal = if is_second && status == StatusCode::UNAUTHORIZED {
                // No third token is asked for: the server would refuse it too.
                Refusal::Again
            } else {
                let answer = response.headers();
                self.credentials
                    .refused(&request.headers, status, answer)
                    .await
            };
            let message = match refusal {
                Refusal::Again if !is_second => {
                    is_second = true;
                    continue;
                }
                Refusal::Again => "it refuses a token that was made for it just now".to_owned(),
                Refusal::LoginRequired => return Err(self.login_required()),
                Refusal::MoreRightsRequired => {
                    return Err(PeerError::LoginRequired(
                        "the server wants more rights for this: somebody must log in again to \
                         grant them, its operator finds the URL in /status and in the log"
                            .to_owned(),
                    ));
                }
                Refusal::Denied(message) => message,
            };
            return Err(PeerError::Refused {
                status: status.as_u16(),
                message: format!(
                    "the server refuses access ({status}): {}; {message}",
                    Refused::read(response).await.excerpt()
                ),
            });
        }
    }

    /// Nothing goes out any more before somebody has logged in: the supervisor waits for that.
    fn login_required(&self) -> PeerError {
        let reason = "somebody must log in to the server first";
        self.give_up(reason);
        PeerError::Lost {
            reason: reason.into(),
            sent: false,
            is_last: true,
        }
    }

    /// Without the token that it should carry, a request is not sent.
    fn without_token(&self, error: &OAuthError) -> PeerError {
        let reason = error.to_string();
        self.give_up(&reason);
        PeerError::Lost {
            reason: reason.into(),
            sent: false,
            is_last: true,
        }
    }

    fn lost(&self, error: &SendError) -> PeerError {
        let reason = error.to_string();
        match error {
            SendError::Connect { .. } => {
                self.give_up(&reason);
                PeerError::Lost {
                    reason: reason.into(),
                    sent: false,
                    is_last: true,
                }
            }
            SendError::Silent { .. } | SendError::Broken { .. } => PeerError::Lost {
                reason: reason.into(),
                sent: true,
                is_last: false,
            },
            SendError::Redirect { .. } | SendError::TooManyRedirects { .. } => PeerError::Refused {
                status: StatusCode::TEMPORARY_REDIRECT.as_u16(),
                message: reason,
            },
        }
    }

    /// What an answer that is no success means for the message that was posted, which has this
    /// id if it is a request. `in_session`: the message belongs to a session that may be over.
    pub(super) async fn refusal(
        &self,
        id: Option<u64>,
        in_session: bool,
        response: Response,
    ) -> PeerError {
        let refused = Refused::read(response).await;
        if in_session && refused.says_no_session(id) {
            let reason = format!("the server ended the session ({})", refused.status);
            self.give_up(&reason);
            // MCP 2025-11-25, session management: such a message was not looked at.
            return PeerError::Lost {
                reason: reason.into(),
                sent: false,
                is_last: true,
            };
        }
        refused.into_error()
    }
}

fn lock(instant: &Mutex<Instant>) -> MutexGuard<'_, Instant> {
    instant.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether an answer is a stream of events.
pub(super) fn is_event_stream(response: &Response) -> bool {
    media_type(response).as_deref() == Some("text/event-stream")
}

/// The media type of an answer, without its parameters.
pub(super) fn media_type(response: &Response) -> Option<String> {
    let text = response.headers().get(CONTENT_TYPE)?.to_str().ok()?;
    let essence = text.split(';').next()?.trim();
    Some(essence.to_ascii_lowercase())
}
