//! Percent-encoding (RFC 3986 section 2.1), by where a value stands.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but unreserved characters (RFC 3986 section 2.3; RFC 6570 section 3.2.1).
pub(in crate::upstream::rest) const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What must be encoded in a path even where reserved characters are allowed: whatever ends the
/// segment, or may not stand in one.
const RESERVED_IN_PATH: &AsciiSet = &UNRESERVED
    .remove(b':')
    .remove(b'@')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=');

/// The same in a query, where `&` ends the value and `+` is a space to most readers (`OpenAPI` 3.2
/// section 4.12.2.2).
const RESERVED_IN_QUERY: &AsciiSet = &UNRESERVED
    .remove(b':')
    .remove(b'/')
    .remove(b'?')
    .remove(b'@')
    .remove(b'!')
    .remove(b'$')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b',')
    .remove(b';')
    .remove(b'=');

/// How characters of a value are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Only unreserved ones as they are.
    Strict,
    /// In a path, reserved ones too, as far as they can't leave it.
    ReservedInPath,
    /// In a query or form, reserved ones too, as far as they can't leave the value.
    ReservedInQuery,
    /// All as they are: headers and cookies are not percent-encoded.
    Raw,
}

impl Encoding {
    /// A value so written.
    pub(super) fn apply(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Strict => utf8_percent_encode(text, UNRESERVED).into(),
            Self::ReservedInPath => keeping_triplets(text, RESERVED_IN_PATH).into(),
            Self::ReservedInQuery => keeping_triplets(text, RESERVED_IN_QUERY).into(),
            Self::Raw => text.into(),
        }
    }
}

/// What is percent-encoded already stays so (RFC 6570 section 3.2.3).
fn keeping_triplets(text: &str, set: &'static AsciiSet) -> String {
    let mut output = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        let (before, after) = rest.split_at(at);
        output.extend(utf8_percent_encode(before, set));
        let is_triplet = matches!(
            after.as_bytes(),
            [b'%', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit()
        );
        let (sign, next) = after.split_at(if is_triplet { 3 } else { 1 });
        output.push_str(if is_triplet { sign } else { "%25" });
        rest = next;
    }
    output.extend(utf8_percent_encode(rest, set));
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_has_its_own_characters_that_stay() {
        let text = "aZ09-._~ :/?#[]@!$&'()*+,;=%41%zü\r\n";
        for (encoding, written) in [
            (
                Encoding::Strict,
                "aZ09-._~%20%3A%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B%2C%3B%3D%2541%25z%C3%BC%0D%0A",
            ),
            (
                Encoding::ReservedInPath,
                "aZ09-._~%20:%2F%3F%23%5B%5D@!$&'()*+,;=%41%25z%C3%BC%0D%0A",
            ),
            (
                Encoding::ReservedInQuery,
                "aZ09-._~%20:/?%23%5B%5D@!$%26'()*%2B,;=%41%25z%C3%BC%0D%0A",
            ),
            (Encoding::Raw, text),
        ] {
            assert_eq!(encoding.apply(text), written, "{encoding:?}");
        }
    }
}
