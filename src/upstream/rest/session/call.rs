//! One operation, sent and answered.

use std::borrow::Cow;

use bytes::Bytes;
use reqwest::{Method, Response, header::HeaderMap};

use super::invalid;
use crate::{
    gateway::SessionError,
    http_client::{Body, BodyError, OutgoingRequest, SendError},
    json::Raw,
    upstream::rest::{
        Rest,
        answer::Answer,
        api::Prepared,
        credentials::CredentialsError,
        request::{self, Draft},
        server::Server,
    },
};

/// Sends a call and reads its answer. A request whose connection broke is sent once more, if it
/// certainly did not arrive or may be repeated. Dropping the future hangs up.
pub(super) async fn call(
    rest: &Rest,
    prepared: &Prepared,
    arguments: &Raw,
    is_repeatable: bool,
) -> Result<(Answer, Draft), SessionError> {
    let server = prepared.server.as_ref();
    let server = server.map_err(|problem| gone(problem.clone(), false))?;
    let draft = request::draft(
        &prepared.operation,
        &prepared.required,
        &server.url,
        arguments,
    );
    let draft = draft.map_err(|error| invalid(error.to_string()))?;
    let answer = match exchange(rest, server, &draft).await {
        Err(Failure::Broken { may_have_run, .. }) if is_repeatable || !may_have_run => {
            exchange(rest, server, &draft).await
        }
        answer => answer,
    };
    Ok((answer?, draft))
}

/// Why there is no answer.
enum Failure {
    /// The connection broke, or was not made: another try may do better.
    Broken { reason: String, may_have_run: bool },
    /// Another try would do no better.
    Final(SessionError),
}

impl From<Failure> for SessionError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Broken {
                reason,
                may_have_run,
            } => gone(reason, may_have_run),
            Failure::Final(error) => error,
        }
    }
}

impl From<SendError> for Failure {
    fn from(error: SendError) -> Self {
        let reason = error.to_string();
        let may_have_run = error.may_have_arrived();
        match error {
            SendError::Connect { .. } | SendError::Broken { .. } => Self::Broken {
                reason,
                may_have_run,
            },
            // Whoever said nothing for so long would do so again.
            SendError::Silent { .. } => Self::Final(gone(reason, may_have_run)),
            SendError::Redirect { .. } | SendError::TooManyRedirects { .. } => {
                Self::Final(SessionError::Unusable(reason))
            }
        }
    }
}

impl From<BodyError> for Failure {
    fn from(error: BodyError) -> Self {
        let reason = error.to_string();
        match error {
            BodyError::Broken { .. } => Self::Broken {
                reason,
                may_have_run: true,
            },
            BodyError::Stalled { .. } => Self::Final(gone(reason, true)),
            BodyError::TooLarge { .. } => Self::Final(SessionError::Unusable(reason)),
        }
    }
}

impl From<CredentialsError> for Failure {
    fn from(error: CredentialsError) -> Self {
        // Without the credential that it should carry, a request is not sent.
        Self::Final(gone(error.to_string(), false))
    }
}

/// An API has no connection that another could follow.
fn gone(reason: String, may_have_run: bool) -> SessionError {
    SessionError::Gone {
        reason: reason.into(),
        may_have_run,
        has_successor: false,
    }
}

async fn exchange(rest: &Rest, server: &Server, draft: &Draft) -> Result<Answer, Failure> {
    let mut request = OutgoingRequest {
        method: draft.method.clone(),
        url: draft.url.clone(),
        headers: headers(rest, server, draft).into_owned(),
        body: draft.body.clone(),
        first_byte_timeout: rest.first_byte_timeout,
    };
    let response = match &rest.authenticator {
        Some(authenticator) if gets_credentials(server, draft) => {
            let attached = authenticator.apply(&mut request).await?;
            let response = server.client.send_following(&request).await?;
            // A request that was refused for its credential had no effect.
            if authenticator.is_refusal(response.status()) && authenticator.refused(&attached).await
            {
                authenticator.apply(&mut request).await?;
                server.client.send_following(&request).await?
            } else {
                response
            }
        }
        _ => server.client.send_following(&request).await?,
    };
    let hidden = hidden(draft, &request);
    read(rest, response, hidden).await
}

/// What the query says that no argument did: credentials, and what the config has in the base URL.
fn hidden(draft: &Draft, sent: &OutgoingRequest) -> Vec<String> {
    let own: Vec<&str> = draft
        .public_url
        .query()
        .unwrap_or_default()
        .split('&')
        .collect();
    let all = sent.url.query().unwrap_or_default().split('&');
    all.filter(|pair| !pair.is_empty() && !own.contains(pair))
        .map(str::to_owned)
        .collect()
}

/// Whether a request may say who we are. The answer to a TRACE repeats the request, so that it may
/// hold nothing which is nobody's business (RFC 9110 section 9.3.8).
fn gets_credentials(server: &Server, draft: &Draft) -> bool {
    server.is_home && draft.method != Method::TRACE
}

/// The headers of a request. What the config and forwarded callers say of who we are goes to the
/// API's own origin alone, and wins over arguments.
fn headers<'a>(rest: &Rest, server: &Server, draft: &'a Draft) -> Cow<'a, HeaderMap> {
    let own = &draft.headers;
    if !gets_credentials(server, draft) || rest.headers.is_empty() {
        return Cow::Borrowed(own);
    }
    let mut headers = own.clone();
    for name in rest.headers.keys() {
        headers.remove(name);
    }
    for (name, value) in &rest.headers {
        headers.append(name, value.clone());
    }
    Cow::Owned(headers)
}

async fn read(rest: &Rest, response: Response, hidden: Vec<String>) -> Result<Answer, Failure> {
    let url = response.url().clone();
    let status = response.status();
    let headers = response.headers().clone();
    let body: Bytes = Body::new(response, rest.idle_timeout)
        .read_to_end(rest.max_answer_size)
        .await?;
    Ok(Answer {
        url,
        status,
        headers,
        body,
        hidden,
    })
}
