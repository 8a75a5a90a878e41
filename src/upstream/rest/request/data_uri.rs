//! Bytes in arguments: data URIs (RFC 2397), or plain Base64.

use base64::{
    Engine as _,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use percent_encoding::percent_decode_str;

/// With padding or without, as models write it.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);

/// Bytes, and what is said of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Data {
    /// The media type, if the URI names one.
    pub media_type: Option<String>,
    /// A file's name, if the URI names one (`name=` or `filename=`, as many programs write it).
    pub name: Option<String>,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Reads what is a data URI or Base64; nothing if it is neither.
pub(super) fn read(text: &str) -> Option<Data> {
    let is_uri = text
        .get(..5)
        .is_some_and(|it| it.eq_ignore_ascii_case("data:"));
    if !is_uri {
        return Some(Data {
            media_type: None,
            name: None,
            bytes: base64(text)?,
        });
    }
    let (head, data) = text.get(5..)?.split_once(',')?;
    let mut parts = head.split(';').map(str::trim);
    let media_type = parts.next().filter(|essence| essence.contains('/'));
    let mut media_type = media_type.map(str::to_owned);
    let mut name = None;
    let mut is_base64 = false;
    for part in parts {
        if part.eq_ignore_ascii_case("base64") {
            is_base64 = true;
            continue;
        }
        match part.split_once('=') {
            Some((key, value))
                if key.eq_ignore_ascii_case("name") || key.eq_ignore_ascii_case("filename") =>
            {
                let value = value.trim_matches('"');
                name = Some(percent_decode_str(value).decode_utf8_lossy().into_owned());
            }
            Some(_) => {
                if let Some(media_type) = &mut media_type {
                    media_type.push(';');
                    media_type.push_str(part);
                }
            }
            None => {}
        }
    }
    let plain: Vec<u8> = percent_decode_str(data).collect();
    let bytes = if is_base64 {
        base64(std::str::from_utf8(&plain).ok()?)?
    } else {
        plain
    };
    Some(Data {
        media_type,
        name,
        bytes,
    })
}

fn base64(text: &str) -> Option<Vec<u8>> {
    let packed: String = text
        .chars()
        .filter(|char| !char.is_ascii_whitespace())
        .collect();
    [&STANDARD, &URL_SAFE]
        .into_iter()
        .find_map(|alphabet| GeneralPurpose::new(alphabet, LENIENT).decode(&packed).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_uris_and_base64_are_bytes() {
        let data = |media_type: Option<&str>, name: Option<&str>, bytes: &[u8]| Data {
            media_type: media_type.map(str::to_owned),
            name: name.map(str::to_owned),
            bytes: bytes.to_vec(),
        };
        for (text, expected) in [
            (
                "data:image/png;base64,AAEC",
                data(Some("image/png"), None, &[0, 1, 2]),
            ),
            (
                "data:text/plain;charset=utf-8;name=a%20b.txt;base64,aGk",
                data(Some("text/plain;charset=utf-8"), Some("a b.txt"), b"hi"),
            ),
            ("data:,a%2Cb,c", data(None, None, b"a,b,c")),
            ("DATA:;BASE64,aGk=", data(None, None, b"hi")),
            ("aGk=", data(None, None, b"hi")),
            ("aG\n k", data(None, None, b"hi")),
            ("_-8=", data(None, None, &[0xff, 0xef])),
            ("", data(None, None, b"")),
        ] {
            assert_eq!(read(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn other_text_is_none() {
        for text in ["hello, world", "data:image/png;base64", "data:;base64,*"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
