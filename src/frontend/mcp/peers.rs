//! The other replicas of the gateway: what lives on one of them is passed on to it.
//!
//! A call of a legacy server that waits for its client's answers lives in one process. Its
//! `requestState` names that process, sealed, so that any replica that gets the answers knows
//! where they belong.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
};
use bytestring::ByteString;
use futures_util::StreamExt as _;
use indexmap::IndexMap;
use reqwest::Url;

use super::{
    conversation::Conversation,
    http::json,
    message::Request,
    outcome::{Outcome, RpcError, own},
};
use crate::{
    gateway::Replica,
    http_client::{HttpClient, OutgoingRequest},
};

/// Marks what one replica passes on to another, which does not pass it on again.
const PASSED_ON: HeaderName = HeaderName::from_static("viceversa-passed-on");

/// Headers that say something of one connection, or that the client sets itself.
const NOT_PASSED_ON: [HeaderName; 8] = [
    header::CONNECTION,
    header::HOST,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::TE,
    header::TRAILER,
    header::ACCEPT_ENCODING,
];

/// The other replicas, by name.
#[derive(Debug)]
pub struct Peers {
    replica: Replica,
    others: IndexMap<String, Url>,
    client: Option<HttpClient>,
}

impl Peers {
    /// These replicas beside our own, which are reached with this client.
    pub fn new(
        replica: Replica,
        others: IndexMap<String, Url>,
        client: Option<HttpClient>,
    ) -> Self {
        Self {
            replica,
            others,
            client,
        }
    }
}

/// Passes a request on to the replica that holds the call which it goes on with; nothing where that
/// is this one, or where it goes on with none of ours.
pub(super) async fn forward(
    http: &HttpRequest,
    conversation: &Conversation,
    message: &Request,
    text: &ByteString,
) -> Option<HttpResponse> {
    let peers = &conversation.service.peers;
    let state = message.params.get("requestState")?;
    let state: String = serde_json::from_str(state.get()).ok()?;
    let owner = peers.replica.owner(&state)?;
    if owner == peers.replica.name() {
        return None;
    }
    let first_byte_timeout = conversation.service.settings().ask_timeout;
    let elsewhere = |message: String| {
        let error = RpcError::new(own::ELSEWHERE, message)
            .with_data(&serde_json::json!({ "replica": owner }));
        Some(error)
    };
    let problem = match (peers.others.get(&owner), &peers.client) {
        _ if http.headers().contains_key(&PASSED_ON) => elsewhere(format!(
            "the call waits on the replica {owner:?}, and this is {:?}: the names in --peers and \
             --replica do not agree",
            peers.replica.name()
        )),
        (Some(url), Some(client)) => {
            match pass_on(http, client, url, text, first_byte_timeout).await {
                Ok(response) => return Some(response),
                Err(error) => elsewhere(format!(
                    "the call waits on the replica {owner:?}, which can't be reached: {error}"
                )),
            }
        }
        _ => elsewhere(format!(
            "the call waits on the replica {owner:?}; name it in --peers, so that its answers can \
             be passed on"
        )),
    };
    let error = problem?;
    Some(json(
        StatusCode::BAD_GATEWAY,
        Outcome::Error(error).response(&message.id),
    ))
}

/// The same request to another replica; its answer as it comes.
async fn pass_on(
    http: &HttpRequest,
    client: &HttpClient,
    peer: &Url,
    text: &ByteString,
    first_byte_timeout: Duration,
) -> Result<HttpResponse, String> {
    let mut url = peer.clone();
    let path = http.uri().path_and_query();
    let path = path.map_or("/", |path| path.as_str());
    let (path, query) = path
        .split_once('?')
        .map_or((path, None), |(path, query)| (path, Some(query)));
    url.set_path(&format!("{}{path}", peer.path().trim_end_matches('/')));
    url.set_query(query);
    let mut headers = reqwest::header::HeaderMap::new();
    for (name, value) in http.headers() {
        if NOT_PASSED_ON.contains(name) {
            continue;
        }
        if let (Ok(name), Ok(mut value)) = (
            reqwest::header::HeaderName::from_bytes(name.as_str().as_bytes()),
            reqwest::header::HeaderValue::from_bytes(value.as_bytes()),
        ) {
            value.set_sensitive(true);
            headers.append(name, value);
        }
    }
    headers.insert(
        reqwest::header::HeaderName::from_static("viceversa-passed-on"),
        reqwest::header::HeaderValue::from_static("1"),
    );
    let request = OutgoingRequest {
        method: reqwest::Method::POST,
        url,
        headers,
        body: text.clone().into_bytes(),
        first_byte_timeout,
    };
    let answer = client
        .send(request)
        .await
        .map_err(|error| error.to_string())?;
    let status = StatusCode::from_u16(answer.status().as_u16()).unwrap_or(StatusCode::BAD_GATEWAY);
    let mut response = HttpResponse::build(status);
    for name in [
        header::CONTENT_TYPE,
        header::CACHE_CONTROL,
        header::RETRY_AFTER,
    ] {
        let value = answer.headers().get(name.as_str());
        if let Some(value) = value.and_then(|it| HeaderValue::from_bytes(it.as_bytes()).ok()) {
            response.insert_header((name, value));
        }
    }
    response.insert_header(("x-accel-buffering", "no"));
    let chunks = answer
        .bytes_stream()
        .map(|chunk| chunk.map_err(|error| actix_web::error::ErrorBadGateway(error.to_string())));
    Ok(response.streaming(chunks))
}
