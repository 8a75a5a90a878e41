//! Cross-origin resource sharing (Fetch standard, section 3.3).
//!
//! Small and our own: a library's setting for credentials holds for all origins, and ours only
//! for those that are listed by name.

#[cfg(test)]
mod tests;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
};

use crate::config::{access::CorsConfig, value::Origin};

/// The origins whose pages may read answers, as they are configured.
#[derive(Clone, Debug)]
pub struct Cors(pub CorsConfig);

/// How an origin is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    /// It is not.
    No,
    /// By `*`.
    Any,
    /// By its name, so that its pages may use what the browser remembers of the user.
    Named,
}

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, DELETE, OPTIONS");
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "X-Request-Id, Mcp-Session-Id, WWW-Authenticate, Retry-After, X-Upstream-Status, Location, \
     ETag, Link, Content-Disposition",
);
const TRUE: HeaderValue = HeaderValue::from_static("true");
const PRIVATE_NETWORK_ASKED: HeaderName =
    HeaderName::from_static("access-control-request-private-network");
const PRIVATE_NETWORK_ALLOWED: HeaderName =
    HeaderName::from_static("access-control-allow-private-network");

impl Cors {
    /// How this origin is listed.
    pub fn listing(&self, origin: &[u8]) -> Listing {
        let is_this = |name: &Origin| name.as_str().as_bytes().eq_ignore_ascii_case(origin);
        match &self.0 {
            CorsConfig::Any => Listing::Any,
            CorsConfig::Listed(names) if names.iter().any(is_this) => Listing::Named,
            CorsConfig::Listed(_) | CorsConfig::SameOrigin => Listing::No,
        }
    }

    /// Puts into an answer what lets the page that asked read it.
    pub fn decorate(&self, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
        if self.0 == CorsConfig::SameOrigin {
            return;
        }
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
        let Some(origin) = origin else { return };
        match self.listing(origin.as_bytes()) {
            Listing::No => return,
            Listing::Any => {
                headers.insert(
                    header::ACCESS_CONTROL_ALLOW_ORIGIN,
                    HeaderValue::from_static("*"),
                );
            }
            Listing::Named => {
                headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
                headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
            }
        }
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
}

/// Whether a request only asks what a page may send.
pub fn is_preflight(request: &HttpRequest) -> bool {
    request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ORIGIN)
        && request
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer to a preflight of a listed origin, which [`Cors::decorate`] completes.
pub fn preflight(request: &HttpRequest) -> HttpResponse {
    let mut response = HttpResponse::NoContent();
    response
        .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, METHODS))
        .insert_header((header::ACCESS_CONTROL_MAX_AGE, MAX_AGE))
        .insert_header((
            header::VARY,
            HeaderValue::from_static(
                "Access-Control-Request-Method, Access-Control-Request-Headers",
            ),
        ));
    let asked = request.headers();
    if let Some(names) = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        response.insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, names.clone()));
    }
    if asked.get(PRIVATE_NETWORK_ASKED) == Some(&TRUE) {
        response.insert_header((PRIVATE_NETWORK_ALLOWED, TRUE));
    }
    response.finish()
}
