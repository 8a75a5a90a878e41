//! One operation, sent and answered.

use std::borrow::Cow;

use bytes::Bytes;
use percent_encoding::percent_decode_str;
use reqwest::{
    Method,
    header::{COOKIE, HeaderMap},
};

use crate::{
    gateway::SessionError,
    http_client::{Body, BodyError, Followed, Obstacle, OutgoingRequest, SendError, Unfollowed},
    json::Raw,
    secrets::Secret,
    upstream::rest::{
        Rest,
        answer::Answer,
        api::Prepared,
        credentials::{CredentialsError, cookie},
        request::{self, Draft, RequestError},
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
    let server = server.map_err(|problem| failed(problem.clone(), false))?;
    let draft = request::draft(
        &prepared.operation,
        &prepared.required,
        &server.url,
        arguments,
    );
    let draft = draft.map_err(RequestError::of_call)?;
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
            } => failed(reason, may_have_run),
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
            SendError::Silent { .. } => Self::Final(failed(reason, may_have_run)),
            SendError::Redirect { .. } | SendError::TooManyRedirects { .. } => {
                Self::Final(failed(reason, true))
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
            BodyError::Stalled { .. } | BodyError::TooLarge { .. } => {
                Self::Final(failed(reason, true))
            }
        }
    }
}

impl From<CredentialsError> for Failure {
    fn from(error: CredentialsError) -> Self {
        // Without the credential that it should carry, a request is not sent.
        Self::Final(failed(error.to_string(), false))
    }
}

/// An API has no connection whose end would be its own: each failure is one of the call.
fn failed(reason: String, may_have_run: bool) -> SessionError {
    SessionError::Failed {
        reason,
        may_have_run,
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
    let followed = match &rest.authenticator {
        Some(authenticator) if gets_credentials(server, draft) => {
            let attached = authenticator.apply(&mut request).await?;
            let is_signed = authenticator.signs();
            let sent = send(server, draft, &request, is_signed).await?;
            // Another origin, to which a redirect led, did not see the credential.
            let is_of_api = sent.response.url().origin() == request.url.origin();
            // A request that was refused for its credential had no effect.
            if is_of_api
                && authenticator.is_refusal(sent.response.status())
                && authenticator.refused(&attached).await
            {
                authenticator.apply(&mut request).await?;
                send(server, draft, &request, is_signed).await?
            } else {
                sent
            }
        }
        _ => send(server, draft, &request, false).await?,
    };
    let hidden = hidden(draft, &request);
    read(rest, followed, hidden).await
}

/// Sends a request, and on where the API does. To another origin goes nothing of its query that is
/// nobody's business there.
async fn send(
    server: &Server,
    draft: &Draft,
    request: &OutgoingRequest,
    is_signed: bool,
) -> Result<Followed, SendError> {
    let keep_back = || hidden(draft, request);
    let client = &server.client;
    client.send_following(request, is_signed, keep_back).await
}

/// What the query says that no argument did: credentials, and what the config has in the base URL;
/// each pair as it is written, and where that differs in plain text too. A signature may write the
/// arguments' own pairs otherwise.
fn hidden(draft: &Draft, sent: &OutgoingRequest) -> Vec<Secret> {
    let plain = |pair: &str| percent_decode_str(pair).decode_utf8_lossy().into_owned();
    let own = draft.public_url.query().unwrap_or_default();
    let own: Vec<String> = own.split('&').map(plain).collect();
    let all = sent.url.query().unwrap_or_default().split('&');
    all.map(|pair| (pair, plain(pair)))
        .filter(|(pair, plain)| !pair.is_empty() && !own.contains(plain))
        .flat_map(|(pair, plain)| {
            [pair.to_owned()]
                .into_iter()
                .chain((plain != pair).then_some(plain))
        })
        .map(Secret::new)
        .collect()
}

/// Whether a request may say who we are. The answer to a TRACE repeats the request, so that it may
/// hold nothing which is nobody's business (RFC 9110 section 9.3.8).
fn gets_credentials(server: &Server, draft: &Draft) -> bool {
    server.is_home && draft.method != Method::TRACE
}

/// The headers of a request. What the config and forwarded callers say of who we are goes to the
/// API's own origin alone, and wins over arguments; of cookies, each over one of its name.
fn headers<'a>(rest: &Rest, server: &Server, draft: &'a Draft) -> Cow<'a, HeaderMap> {
    let own = &draft.headers;
    if !gets_credentials(server, draft) || rest.headers.is_empty() {
        return Cow::Borrowed(own);
    }
    let mut headers = own.clone();
    for name in rest.headers.keys().filter(|name| **name != COOKIE) {
        headers.remove(name);
    }
    for (name, value) in &rest.headers {
        if *name == COOKIE {
            cookie::put(&mut headers, value);
        } else {
            headers.append(name, value.clone());
        }
    }
    Cow::Owned(headers)
}

/// Why a redirect was not followed, and what lets it be.
fn explain(rest: &Rest, unfollowed: &Unfollowed) -> String {
    match unfollowed.obstacle {
        Obstacle::OwnNetwork => format!(
            "{unfollowed}; its operator may allow it by {}",
            rest.wording.allow_private_networks()
        ),
        _ => unfollowed.to_string(),
    }
}

async fn read(rest: &Rest, followed: Followed, hidden: Vec<Secret>) -> Result<Answer, Failure> {
    let Followed {
        response,
        unfollowed,
    } = followed;
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
        unfollowed: unfollowed.map(|unfollowed| explain(rest, &unfollowed)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::Url;

    #[test]
    fn an_argument_that_a_signature_writes_otherwise_is_no_secret() {
        let url = |text| Url::parse(text).unwrap();
        let draft = Draft {
            method: Method::GET,
            url: url("https://api.example/a?base=b%20c&ids=1,2"),
            public_url: url("https://api.example/a?ids=1,2"),
            path: "/a".to_owned(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
        };
        let sent = OutgoingRequest {
            method: Method::GET,
            url: url("https://api.example/a?base=b%20c&ids=1%2C2&key=s3cret"),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            first_byte_timeout: std::time::Duration::from_secs(1),
        };
        let hidden = hidden(&draft, &sent);
        let hidden: Vec<&str> = hidden.iter().map(Secret::reveal).collect();
        assert_eq!(hidden, ["base=b%20c", "base=b c", "key=s3cret"]);
    }
}
