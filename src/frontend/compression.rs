//! Which answers are worth compressing.
//!
//! actix compresses whatever has no `Content-Encoding` yet. Answers that aren't worth it are
//! marked with the encoding `identity`, and the mark is taken off again on the outside.

#[cfg(test)]
mod tests;

use actix_web::{
    HttpResponse,
    body::{BodySize, MessageBody},
    http::header::{self, HeaderMap, HeaderValue},
};

/// Below this many bytes compression saves no packet.
const WORTHWHILE: u64 = 1024;
const IDENTITY: HeaderValue = HeaderValue::from_static("identity");

/// Marks an answer that is small, a stream, or compressed by its nature.
pub fn mark(response: &mut HttpResponse) {
    if !response.headers().contains_key(header::CONTENT_ENCODING) && !is_worthwhile(response) {
        response
            .headers_mut()
            .insert(header::CONTENT_ENCODING, IDENTITY);
    }
}

fn is_worthwhile(response: &HttpResponse<impl MessageBody>) -> bool {
    let large = match response.body().size() {
        BodySize::Sized(length) => length >= WORTHWHILE,
        BodySize::None | BodySize::Stream => false,
    };
    large
        && response
            .headers()
            .get(header::CONTENT_TYPE)
            .is_some_and(|media_type| is_compressible(media_type.as_bytes()))
}

fn is_compressible(media_type: &[u8]) -> bool {
    media_type.starts_with(b"text/")
        || media_type.starts_with(b"application/json")
        || media_type.starts_with(b"application/yaml")
        || media_type.starts_with(b"application/vnd.mcp.")
        || media_type.starts_with(b"application/javascript")
        || media_type.starts_with(b"image/svg")
}

/// Before compression: keeps it from refusing callers that accept no encoding at all. They get
/// the plain answer (RFC 9110, section 12.5.3).
pub fn prepare(request: &mut HeaderMap) {
    if refuses_identity(request) {
        request.remove(header::ACCEPT_ENCODING);
    }
}

/// After compression: takes the mark off. A plain answer that another `Accept-Encoding` would
/// have got compressed says so to caches (RFC 9110, section 12.5.5), as a compressed one does.
pub fn unmark(response: &mut HttpResponse<impl MessageBody>) {
    match response.headers().get(header::CONTENT_ENCODING) {
        Some(coding) if *coding == IDENTITY => {
            response.headers_mut().remove(header::CONTENT_ENCODING);
        }
        None if is_worthwhile(response) => {
            let name = HeaderValue::from_static("Accept-Encoding");
            response.headers_mut().append(header::VARY, name);
        }
        Some(_) | None => {}
    }
}

fn refuses_identity(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT_ENCODING)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|coding| coding.split_once(';'))
        .any(|(name, weight)| {
            let weight = weight.trim();
            matches!(name.trim(), "identity" | "*")
                && weight
                    .strip_prefix("q=0")
                    .is_some_and(|rest| rest.bytes().all(|byte| matches!(byte, b'.' | b'0')))
        })
}
