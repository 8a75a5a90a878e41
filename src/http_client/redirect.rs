//! Where redirects lead, what goes along to another origin, and why one is not followed.

use std::fmt;

use reqwest::{
    Method, Response, StatusCode, Url,
    header::{ACCEPT, HeaderMap, LOCATION},
};

use crate::secrets::Secret;

/// A redirect that is not followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfollowed {
    /// The origin that it leads to: scheme, host and port. None where it leads nowhere.
    pub target: Option<String>,
    /// Why.
    pub obstacle: Obstacle,
}

/// Why a redirect is not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The request may have been executed, and 301, 302 and 303 would make another of it.
    Method,
    /// The request may have been executed, and would go to another origin.
    OtherOrigin,
    /// It leads from https to http.
    Downgrade,
    /// It leads to an address of the gateway's own network.
    OwnNetwork,
    /// The request is signed, and so for its own URL alone.
    Signed,
    /// Its `Location` is missing, or no URL of http or https.
    NoTarget,
}

impl fmt::Display for Unfollowed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = match self.obstacle {
            Obstacle::Method => {
                "a request that may change something follows 307 and 308 alone, and within its \
                 origin"
            }
            Obstacle::OtherOrigin => {
                "a request that may change something is sent on within its origin alone"
            }
            Obstacle::Downgrade => {
                "it leads from https to http, where anybody on the way can read and change it"
            }
            Obstacle::OwnNetwork => "that is an address of the gateway's own network",
            Obstacle::Signed => "the request is signed, which holds for its own URL alone",
            Obstacle::NoTarget => "its `Location` is no URL of http or https",
        };
        match &self.target {
            Some(target) => write!(
                formatter,
                "the redirect to {target} is not followed: {reason}"
            ),
            None => write!(formatter, "the redirect is not followed: {reason}"),
        }
    }
}

pub(super) fn is_redirect(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    )
}

/// Where an answer sends the request on, if it does.
pub(super) fn redirect(method: &Method, url: &Url, response: &Response) -> Option<Url> {
    match response.status() {
        StatusCode::MOVED_PERMANENTLY
        | StatusCode::FOUND
        | StatusCode::TEMPORARY_REDIRECT
        | StatusCode::PERMANENT_REDIRECT => {}
        StatusCode::SEE_OTHER if method == Method::GET => {}
        _ => return None,
    }
    location(url, response)
}

/// Where the `Location` of an answer leads to, if anywhere over HTTP.
pub(super) fn location(url: &Url, response: &Response) -> Option<Url> {
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    let mut next = url.join(location).ok()?;
    if !matches!(next.scheme(), "http" | "https") {
        return None;
    }
    if next.origin() == url.origin() {
        // A user and password of the config stay; the URL's own kind of credential.
        let _ = next.set_username(url.username());
        let _ = next.set_password(url.password());
    } else {
        let _ = next.set_username("");
        let _ = next.set_password(None);
    }
    Some(next)
}

/// Takes these pairs out of a URL's query, where a server repeats them.
pub(super) fn keep_back(url: &mut Url, hidden: &[Secret]) {
    let Some(query) = url.query() else {
        return;
    };
    let is_hidden = |pair: &str| hidden.iter().any(|secret| secret.reveal() == pair);
    if query.split('&').any(is_hidden) {
        let left: Vec<&str> = query.split('&').filter(|pair| !is_hidden(pair)).collect();
        let left = left.join("&");
        url.set_query((!left.is_empty()).then_some(&*left));
    }
}

/// Of headers that the config or a session added, nobody knows which are secret.
pub(super) fn without_credentials(headers: &HeaderMap) -> HeaderMap {
    let accept = headers.get(ACCEPT).cloned();
    accept.map(|accept| (ACCEPT, accept)).into_iter().collect()
}
