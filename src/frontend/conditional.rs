//! Answers that callers may have already: `ETag` and `If-None-Match` (RFC 9110, section 13).

#[cfg(test)]
mod tests;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
};
use bytes::Bytes;

use super::answer::typed;

/// What there is to send, to those who don't have it.
pub struct Representation {
    /// Its type.
    pub media_type: HeaderValue,
    /// All of it.
    pub bytes: Bytes,
    /// Which version of it this is.
    pub etag: HeaderValue,
    /// How long it may be kept.
    pub cache_control: HeaderValue,
}

/// Sends it, or says that the caller has it.
pub fn answer(request: &HttpRequest, what: Representation) -> HttpResponse {
    let mut response = if is_known(request, &what.etag) {
        HttpResponse::new(StatusCode::NOT_MODIFIED)
    } else {
        typed(StatusCode::OK, what.media_type, what.bytes)
    };
    let headers = response.headers_mut();
    headers.insert(header::ETAG, what.etag);
    headers.insert(header::CACHE_CONTROL, what.cache_control);
    response
}

/// Whether the caller names this version, by the weak comparison (RFC 9110, sections 8.8.3.2 and
/// 13.1.2).
fn is_known(request: &HttpRequest, etag: &HeaderValue) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let Ok(ours) = etag.to_str().map(opaque) else {
        return false;
    };
    request
        .headers()
        .get_all(header::IF_NONE_MATCH)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|tag| tag.trim() == "*" || opaque(tag) == ours)
}
