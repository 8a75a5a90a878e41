//! Bodies that are forms: URL-encoded (WHATWG URL section 5), or in parts (RFC 7578).

use std::fmt::Write as _;

use bytes::{BufMut as _, Bytes, BytesMut};
use indexmap::IndexMap;
use serde_json::value::RawValue;

use super::{
    RequestError,
    body::{Member, bytes},
    content,
    encode::Encoding,
    serialized,
    style::text,
    unsendable,
};
use crate::{
    json::{self, tree::Tree},
    openapi::api::{Part, Serialization, Style},
    upstream::rest::media_type,
};

/// How many parts one member may become.
const MAX_PARTS: usize = 10_000;

/// The members of a form, by their styles.
pub(super) fn url_encoded(
    members: &[Member<'_>],
    styles: &IndexMap<String, Serialization>,
) -> Result<String, RequestError> {
    let mut pairs = Vec::with_capacity(members.len());
    for member in members {
        let tree = member.tree(member.value)?;
        if tree == Tree::Null {
            continue;
        }
        let by_default = by_default(&tree);
        let style = styles.get(member.name).unwrap_or(&by_default);
        pairs.extend(serialized(
            member.name,
            style,
            &tree,
            Encoding::ReservedInQuery,
        ));
    }
    Ok(pairs.join("&"))
}

/// How a member is written that nothing is said about: as JSON if it has members (`OpenAPI` 3.2
/// section 4.15.1.2).
pub(super) fn by_default(tree: &Tree) -> Serialization {
    match tree {
        Tree::Object(_) => Serialization::Content("application/json".to_owned()),
        _ => Serialization::Style {
            style: Style::Form,
            explode: true,
            allow_reserved: false,
        },
    }
}

/// The media type with the boundary, and the parts: one for each value, and for each item of a
/// list.
pub(super) fn multipart(
    media_type: &str,
    members: &[Member<'_>],
    declared: &IndexMap<String, Part>,
) -> Result<(String, Bytes), RequestError> {
    let boundary = boundary()?;
    let mut body = BytesMut::new();
    let plain = Part::default();
    for member in members {
        let part = declared.get(member.name).unwrap_or(&plain);
        if member.value.get().starts_with('[') {
            let items = json::items(member.value.get(), MAX_PARTS)
                .map_err(|error| unsendable(member.argument, error.to_string()))?;
            for item in items {
                write_part(&mut body, &boundary, member, item, part)?;
            }
        } else {
            write_part(&mut body, &boundary, member, member.value, part)?;
        }
    }
    body.put_slice(format!("--{boundary}--\r\n").as_bytes());
    let essence = media_type::essence(media_type);
    Ok((format!("{essence}; boundary={boundary}"), body.freeze()))
}

fn write_part(
    body: &mut BytesMut,
    boundary: &str,
    member: &Member<'_>,
    value: &RawValue,
    part: &Part,
) -> Result<(), RequestError> {
    if value.get() == "null" {
        return Ok(());
    }
    let name = quoted(member.name);
    let mut head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"");
    let (media_type, bytes): (Option<String>, Bytes) = if part.is_binary {
        let data = bytes(member.argument, value)?;
        let generic = || "application/octet-stream".to_owned();
        let media_type = data
            .media_type
            .or_else(|| part.media_type.clone().filter(|it| !it.contains('*')))
            .unwrap_or_else(generic);
        let file = data.name.unwrap_or_else(|| member.name.to_owned());
        // Writing to a string does not fail.
        let _ = write!(head, "; filename=\"{}\"", quoted(&file));
        (Some(media_type), data.bytes.into())
    } else {
        let tree = member.tree(value)?;
        let has_members = matches!(tree, Tree::Object(_) | Tree::Array(_));
        let media_type = match &part.media_type {
            Some(media_type) => Some(media_type.clone()),
            None if has_members => Some("application/json".to_owned()),
            None => None,
        };
        let text = match &media_type {
            Some(media_type) => content(media_type, &tree),
            None => text(&tree),
        };
        (media_type, text.into())
    };
    if let Some(media_type) = media_type {
        if media_type.contains(|char: char| char.is_control()) {
            return Err(unsendable(member.argument, "its media type is none"));
        }
        head.push_str("\r\nContent-Type: ");
        head.push_str(&media_type);
    }
    head.push_str("\r\n\r\n");
    body.put_slice(head.as_bytes());
    body.put_slice(&bytes);
    body.put_slice(b"\r\n");
    Ok(())
}

/// A name inside quotes, as browsers write it (WHATWG HTML, multipart form data).
fn quoted(name: &str) -> String {
    name.replace('"', "%22")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// What no part holds but by a chance that nobody need fear.
fn boundary() -> Result<String, RequestError> {
    let mut random = [0_u8; 16];
    getrandom::fill(&mut random)
        .map_err(|error| RequestError::Operation(format!("no random numbers: {error}")))?;
    Ok(format!("viceversa-{:032x}", u128::from_be_bytes(random)))
}
