//! What a tool's result is to a REST caller: its value, made by putting the text that came
//! together anew, never by modelling it.

mod part;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use base64::Engine as _;
use bytes::Bytes;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use self::part::{Part, list};
use super::{decoded, json_string};
use crate::{
    gateway::Tool,
    json::{self, Raw},
};

/// The members of a `CallToolResult` that matter here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolResult<'a> {
    #[serde(borrow, default, deserialize_with = "none_if_null")]
    content: Vec<&'a RawValue>,
    #[serde(borrow)]
    structured_content: Option<&'a RawValue>,
    is_error: Option<bool>,
}

/// Some servers write `null` for what they leave out.
fn none_if_null<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<&'de RawValue>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// The members of a content block, and of the contents of a resource, that matter here.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Block<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    text: Option<&'a RawValue>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    blob: Option<&'a RawValue>,
    #[serde(borrow)]
    mime_type: Option<&'a RawValue>,
    #[serde(borrow)]
    resource: Option<&'a RawValue>,
}

/// Content that can be sent as its bytes.
pub struct Binary<'a> {
    /// Its type, as the server says.
    pub media_type: Cow<'a, str>,
    content: Content<'a>,
}

enum Content<'a> {
    Base64(Cow<'a, str>),
    Text(Cow<'a, str>),
}

impl Binary<'_> {
    /// The bytes; nothing for what is no base64.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        match &self.content {
            Content::Base64(text) => base64::prelude::BASE64_STANDARD.decode(&**text).ok(),
            Content::Text(text) => Some(text.as_bytes().to_vec()),
        }
    }
}

impl<'a> ToolResult<'a> {
    /// Reads a result in place.
    pub fn read(result: &'a Raw) -> Result<Self, serde_json::Error> {
        json::object(result.get())
    }

    /// Whether the tool reports an error.
    pub fn is_error(&self) -> bool {
        self.is_error == Some(true)
    }

    /// The value of this result.
    pub fn value(&self, result: &Raw, tool: &Tool) -> Bytes {
        let structured = self.structured_content.map(|raw| {
            if tool.wrapped_result {
                unwrapped(raw)
            } else {
                raw
            }
        });
        let replaces_text = tool.is_structured && structured.is_some();
        let mut parts: Vec<Part<'_>> = Vec::with_capacity(self.content.len() + 1);
        if let (true, Some(structured)) = (replaces_text, structured) {
            parts.push(Part::Json(structured));
        }
        for raw in &self.content {
            let block = block(raw);
            if !(replaces_text && is_text(&block)) {
                parts.push(part(raw, &block));
            }
        }
        match (parts.len(), structured) {
            (0, Some(structured)) => result.part(structured).into_bytes(),
            (1, _) => parts
                .pop()
                .map_or_else(Bytes::new, |part| part.into_bytes(result)),
            _ => list(&parts),
        }
    }

    /// The one content item, if it can be sent as bytes.
    pub fn binary(&self) -> Option<Binary<'a>> {
        let [only] = self.content.as_slice() else {
            return None;
        };
        let block = block(only);
        match kind(&block) {
            "image" | "audio" => Some(Binary {
                media_type: decoded(block.mime_type?.get())?,
                content: Content::Base64(decoded(block.data?.get())?),
            }),
            "resource" => binary_resource(block.resource?),
            _ => None,
        }
    }

    /// The detail of a reported error: the texts, and all content where that is not all.
    pub fn error_detail(&self) -> String {
        let texts: Vec<Cow<'_, str>> = self
            .content
            .iter()
            .map(|raw| block(raw))
            .filter(is_text)
            .filter_map(|block| decoded(block.text?.get()))
            .collect();
        let message = match texts.as_slice() {
            [] => "The tool reported an error".to_owned(),
            texts => texts.join("\n"),
        };
        let mut detail = format!(r#"{{"message":{}"#, json_string(&message));
        if self.content.len() > 1 || texts.len() < self.content.len() {
            detail.push_str(r#","content":["#);
            for (index, item) in self.content.iter().enumerate() {
                if index > 0 {
                    detail.push(',');
                }
                detail.push_str(item.get());
            }
            detail.push(']');
        }
        detail.push('}');
        detail
    }
}

/// The members of a `ReadResourceResult` that matter here.
#[derive(Deserialize)]
pub struct ResourceResult<'a> {
    #[serde(borrow, default, deserialize_with = "none_if_null")]
    contents: Vec<&'a RawValue>,
}

impl<'a> ResourceResult<'a> {
    /// Reads a result in place.
    pub fn read(result: &'a Raw) -> Result<Self, serde_json::Error> {
        json::object(result.get())
    }

    /// The value: of one content the content, else a list.
    pub fn value(&self, result: &Raw) -> Bytes {
        let mut parts: Vec<Part<'_>> = self
            .contents
            .iter()
            .map(|raw| resource_part(raw).unwrap_or(Part::Json(raw)))
            .collect();
        if parts.len() == 1 {
            parts
                .pop()
                .map_or_else(Bytes::new, |part| part.into_bytes(result))
        } else {
            list(&parts)
        }
    }

    /// The one content as its bytes.
    pub fn binary(&self) -> Option<Binary<'a>> {
        match self.contents.as_slice() {
            [only] => binary_resource(only),
            _ => None,
        }
    }
}

/// A block that can't be read passes as it came.
fn block(raw: &RawValue) -> Block<'_> {
    serde_json::from_str(raw.get()).unwrap_or_default()
}

fn kind<'a>(block: &Block<'a>) -> &'a str {
    block
        .kind
        .and_then(|kind| inside(kind.get()))
        .unwrap_or_default()
}

fn is_text(block: &Block<'_>) -> bool {
    kind(block) == "text"
}

fn part<'a>(raw: &'a RawValue, block: &Block<'a>) -> Part<'a> {
    let known = match kind(block) {
        "text" => block.text.map(text_part),
        "image" | "audio" => data_part(block.data, block.mime_type),
        "resource" => block.resource.and_then(resource_part),
        _ => None,
    };
    known.unwrap_or(Part::Json(raw))
}

/// Text that is JSON is that JSON, other text stays a string.
fn text_part(token: &RawValue) -> Part<'_> {
    fn json(text: &str) -> Option<&RawValue> {
        serde_json::from_str(text).ok()
    }
    match decoded(token.get()) {
        Some(Cow::Borrowed(text)) => Part::Json(json(text).unwrap_or(token)),
        Some(Cow::Owned(text)) if json(&text).is_some() => Part::Unpacked(text),
        Some(Cow::Owned(_)) | None => Part::Json(token),
    }
}

/// The contents of a resource: text as it is, a blob as a `data:` URI.
fn resource_part(raw: &RawValue) -> Option<Part<'_>> {
    let contents = block(raw);
    match (contents.text, contents.blob) {
        (Some(text), _) => Some(Part::Json(text)),
        (None, Some(blob)) => Some(Part::Data {
            media_type: contents
                .mime_type
                .and_then(|token| inside(token.get()))
                .unwrap_or("application/octet-stream"),
            base64: inside(blob.get())?,
        }),
        (None, None) => None,
    }
}

fn data_part<'a>(data: Option<&'a RawValue>, media_type: Option<&'a RawValue>) -> Option<Part<'a>> {
    Some(Part::Data {
        media_type: inside(media_type?.get())?,
        base64: inside(data?.get())?,
    })
}

fn binary_resource(raw: &RawValue) -> Option<Binary<'_>> {
    let contents = block(raw);
    let content = match (contents.text, contents.blob) {
        (Some(text), _) => Content::Text(decoded(text.get())?),
        (None, blob) => Content::Base64(decoded(blob?.get())?),
    };
    Some(Binary {
        media_type: decoded(contents.mime_type?.get())?,
        content,
    })
}

/// The inside of a JSON string, escapes and all.
fn inside(token: &str) -> Option<&str> {
    token.strip_prefix('"')?.strip_suffix('"')
}

/// The value inside an object whose only member is `result`.
fn unwrapped(structured: &RawValue) -> &RawValue {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wrapper<'a> {
        #[serde(borrow)]
        result: &'a RawValue,
    }
    serde_json::from_str::<Wrapper<'_>>(structured.get())
        .map_or(structured, |wrapper| wrapper.result)
}
