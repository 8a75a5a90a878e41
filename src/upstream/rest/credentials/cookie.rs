//! What a credential in a cookie may be (RFC 6265 section 4.1.1).

use reqwest::header::HeaderName;

/// Whether a text can be the name of a cookie: a token, as names of headers are.
pub fn is_name(name: &str) -> bool {
    HeaderName::from_bytes(name.as_bytes()).is_ok()
}

/// Whether a text can be the value of a cookie.
pub fn is_value(value: &str) -> bool {
    let is_octet = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | ',' | ';' | '\\');
    value.chars().all(is_octet)
}
