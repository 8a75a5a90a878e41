//! Bodies as structured content and content blocks (MCP, tool result).

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use bytestring::ByteString;
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use reqwest::Url;

use super::Answer;
use crate::{json::Raw, openapi::api::Output, upstream::rest::media_type};

/// What a body is to its reader.
enum Body {
    Empty,
    Json(Raw),
    Text(String),
    /// Bytes of a type.
    Bytes(String),
}

/// A body that is JSON, as it came.
pub(super) fn json(body: &Bytes) -> Option<Raw> {
    let body = match body.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => body.slice_ref(rest),
        None => body.clone(),
    };
    let text = ByteString::try_from(body).ok()?;
    let trimmed = text.trim_ascii();
    let text = text.slice_ref(trimmed);
    Raw::parse(text).ok()
}

fn body(answer: &Answer) -> Body {
    if answer.body.is_empty() {
        return Body::Empty;
    }
    let essence = answer.essence();
    // Of what says nothing of itself, what it looks like counts.
    if media_type::is_json(&essence) || essence.is_empty() {
        if let Some(raw) = json(&answer.body) {
            return Body::Json(raw);
        }
        if essence.is_empty() && std::str::from_utf8(&answer.body).is_err() {
            return Body::Bytes("application/octet-stream".to_owned());
        }
        return Body::Text(text(answer));
    }
    // SVG (`image/svg+xml`) is among them: its XML is what a model can read, and many clients refuse
    // it as image content, which their models can't see.
    if media_type::is_text(&essence) {
        return Body::Text(text(answer));
    }
    Body::Bytes(essence)
}

/// The text of a body, by its charset; where none is named, UTF-8 if it is that, else what HTTP
/// once assumed (RFC 2616 section 3.7.1).
pub(super) fn text(answer: &Answer) -> String {
    let named = answer
        .media_type()
        .and_then(|media_type| media_type::parameter(media_type, "charset"))
        .and_then(|label| Encoding::for_label(label.as_bytes()));
    let encoding = named.unwrap_or_else(|| {
        if std::str::from_utf8(&answer.body).is_ok() {
            UTF_8
        } else {
            WINDOWS_1252
        }
    });
    let (text, ..) = encoding.decode(&answer.body);
    text.into_owned()
}

/// What becomes `structuredContent`.
pub(super) fn structured(answer: &Answer, output: Output) -> Option<Raw> {
    let Body::Json(raw) = body(answer) else {
        return None;
    };
    match output {
        Output::Undeclared | Output::Plain => raw.get().starts_with('{').then_some(raw),
        Output::Wrapped => {
            let text = format!(r#"{{"result":{}}}"#, raw.get());
            Some(Raw::assume_valid(text.into()))
        }
    }
}

/// The content blocks, as the inside of a list.
pub(super) fn blocks(answer: &Answer, url: &Url) -> String {
    let string = |text: &str| Raw::from_value(&text);
    match body(answer) {
        Body::Empty => String::new(),
        Body::Json(raw) => format!(r#"{{"type":"text","text":{}}}"#, string(raw.get()).get()),
        Body::Text(text) => format!(r#"{{"type":"text","text":{}}}"#, string(&text).get()),
        Body::Bytes(media_type) => {
            let data = BASE64_STANDARD.encode(&answer.body);
            let kind = match media_type.split_once('/') {
                Some(("image", _)) => Some("image"),
                Some(("audio", _)) => Some("audio"),
                _ => None,
            };
            let media_type = string(&media_type);
            match kind {
                Some(kind) => format!(
                    r#"{{"type":"{kind}","data":"{data}","mimeType":{}}}"#,
                    media_type.get()
                ),
                None => format!(
                    r#"{{"type":"resource","resource":{{"uri":{},"mimeType":{},"blob":"{data}"}}}}"#,
                    string(url.as_str()).get(),
                    media_type.get()
                ),
            }
        }
    }
}

/// The one item of a resource's contents (MCP, `ReadResourceResult`).
pub(in crate::upstream::rest) fn resource_contents(answer: &Answer, uri: &str) -> Raw {
    let string = |text: &str| Raw::from_value(&text);
    let essence = answer.essence();
    let (media_type, member) = match body(answer) {
        Body::Empty => (essence, r#""text":"""#.to_owned()),
        Body::Json(raw) => {
            let media_type = if essence.is_empty() {
                "application/json".to_owned()
            } else {
                essence
            };
            let text = string(raw.get());
            (media_type, format!(r#""text":{}"#, text.get()))
        }
        Body::Text(text) => (essence, format!(r#""text":{}"#, string(&text).get())),
        Body::Bytes(media_type) => {
            let data = BASE64_STANDARD.encode(&answer.body);
            (media_type, format!(r#""blob":"{data}""#))
        }
    };
    let media_type = if media_type.is_empty() {
        String::new()
    } else {
        format!(r#""mimeType":{},"#, string(&media_type).get())
    };
    let text = format!(r#"{{"uri":{},{media_type}{member}}}"#, string(uri).get());
    Raw::assume_valid(text.into())
}
