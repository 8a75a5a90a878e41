//! Which headers of an answer are worth telling, and to whom.

use bytes::Bytes;
use reqwest::header::LOCATION;
use serde_json::{Map, Value, json};

use super::Answer;
use crate::openapi::api::{is_among, is_given_back};

/// What matters of any answer: where to go next, and what to refer to.
const ALWAYS: [&str; 4] = ["location", "etag", "link", "retry-after"];

/// What matters of an error besides: what its operators ask for, and what was too much.
const OF_ERRORS: [&str; 18] = [
    "allow",
    "deprecation",
    "sunset",
    "ratelimit*",
    "x-ratelimit*",
    "x-rate-limit*",
    "x-request-id",
    "request-id",
    "x-correlation-id",
    "correlation-id",
    "x-trace-id",
    "x-amzn-requestid",
    "x-amz-request-id",
    "x-amzn-errortype",
    "x-github-request-id",
    "x-ms-request-id",
    "x-gitlab-meta",
    "cf-ray",
];

/// The value of `viceversa/http`, where there is something to tell.
pub(super) fn http_meta(answer: &Answer) -> Option<Value> {
    let is_success = answer.status.is_success();
    let mut headers = Map::new();
    for (name, value) in &answer.headers {
        let is_told = is_among(name.as_str(), &ALWAYS)
            || (!is_success && is_among(name.as_str(), &OF_ERRORS));
        if !is_told {
            continue;
        }
        let value = answer.without_hidden(&String::from_utf8_lossy(value.as_bytes()));
        match headers.get_mut(name.as_str()) {
            // One list (RFC 9110 section 5.3).
            Some(Value::String(known)) => {
                known.push_str(", ");
                known.push_str(&value);
            }
            _ => {
                headers.insert(name.as_str().to_owned(), value.into());
            }
        }
    }
    if answer.status.as_u16() == 200 && headers.is_empty() {
        return None;
    }
    Some(if headers.is_empty() {
        json!({"status": answer.status.as_u16()})
    } else {
        json!({"status": answer.status.as_u16(), "headers": headers})
    })
}

/// The headers that an HTTP caller gets back. A relative `Location` would mean another place here,
/// so it is made whole.
pub(super) fn given_back(answer: &Answer) -> Vec<(String, Bytes)> {
    let mut headers: Vec<(String, Bytes)> = Vec::new();
    for (name, value) in &answer.headers {
        if !is_given_back(name.as_str()) {
            continue;
        }
        let text = String::from_utf8_lossy(value.as_bytes());
        let told = if *name == LOCATION {
            // Of one without a path, the whole has the query of our own request.
            answer.without_hidden(&whole(answer, &answer.without_hidden(&text)))
        } else {
            answer.without_hidden(&text)
        };
        // What holds nothing to hide keeps its bytes, which may be no UTF-8.
        let value = if told == text {
            Bytes::copy_from_slice(value.as_bytes())
        } else {
            Bytes::from(told)
        };
        headers.push((name.as_str().to_owned(), value));
    }
    headers
}

fn whole(answer: &Answer, location: &str) -> String {
    let Ok(mut url) = answer.url.join(location) else {
        return location.to_owned();
    };
    // Those of our own URL, where it has any.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.into()
}
