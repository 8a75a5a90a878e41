//! Cookies: what a credential in one may be (RFC 6265 section 4.1.1), and how ours stand beside those
//! of callers.

use reqwest::header::{COOKIE, HeaderMap, HeaderName, HeaderValue};

/// Whether a text can be the name of a cookie: a token, as names of headers are.
pub fn is_name(name: &str) -> bool {
    HeaderName::from_bytes(name.as_bytes()).is_ok()
}

/// Whether a text can be the value of a cookie.
pub fn is_value(value: &str) -> bool {
    let is_octet = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | ',' | ';' | '\\');
    value.chars().all(is_octet)
}

/// Puts cookies of ours into the one `Cookie` header (RFC 6265 section 5.4), in place of those that
/// have their names there. `ours` is written as the header is: `name=value; …`.
pub(in crate::upstream::rest) fn put(headers: &mut HeaderMap, ours: &HeaderValue) {
    let mut cookies = Vec::new();
    for given in headers.get_all(COOKIE) {
        for (name, cookie) in each(given.as_bytes()) {
            if each(ours.as_bytes()).all(|(our_name, _)| our_name != name) {
                cookies.extend_from_slice(cookie);
                cookies.extend_from_slice(b"; ");
            }
        }
    }
    cookies.extend_from_slice(ours.as_bytes());
    // All parts were headers, and so is the whole.
    let mut value = HeaderValue::from_bytes(&cookies).unwrap_or_else(|_| ours.clone());
    value.set_sensitive(true);
    headers.insert(COOKIE, value);
}

/// Each cookie of a header, with its name.
fn each(header: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let cookies = header.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
    cookies.filter(|cookie| !cookie.is_empty()).map(|cookie| {
        let name = cookie.split(|byte| *byte == b'=').next();
        (name.unwrap_or_default().trim_ascii(), cookie)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_take_the_place_of_those_of_their_names_and_all_others_stay() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=1; sid=theirs;; b"));
        headers.append(COOKIE, HeaderValue::from_static(" sid =again; SID=other"));
        put(&mut headers, &HeaderValue::from_static("sid=ours; lang=en"));
        let all: Vec<&HeaderValue> = headers.get_all(COOKIE).iter().collect();
        assert_eq!(all, ["a=1; b; SID=other; sid=ours; lang=en"]);
        assert!(all[0].is_sensitive());
    }
}
