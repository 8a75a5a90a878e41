//! What came of a call, for people: texts are printed, files are written.

use std::borrow::Cow;

use base64::Engine as _;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::saved::Folder;
use crate::{
    cli::{failure::Failure, terminal, tools::print_value},
    json::{self, Raw},
};

/// The result of a tool, read as far as it is shown.
#[derive(Debug)]
pub(super) struct ToolResult {
    parts: Vec<Part>,
    is_error: bool,
}

/// A part of what is shown.
#[derive(Debug, PartialEq)]
enum Part {
    Text(String),
    Json(Raw),
    File {
        media_type: String,
        bytes: Vec<u8>,
    },
    Link {
        uri: String,
        name: Option<String>,
        media_type: Option<String>,
    },
}

/// The members of a `CallToolResult` that are shown.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    #[serde(borrow, default)]
    content: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    structured_content: Option<&'a RawValue>,
    is_error: Option<bool>,
}

/// The members of a content block, and of the contents of a resource.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Block<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Cow<'a, str>>,
    text: Option<String>,
    #[serde(borrow)]
    data: Option<Cow<'a, str>>,
    #[serde(borrow)]
    blob: Option<Cow<'a, str>>,
    mime_type: Option<String>,
    uri: Option<String>,
    name: Option<String>,
    title: Option<String>,
    #[serde(borrow)]
    resource: Option<&'a RawValue>,
}

impl ToolResult {
    /// Reads a result. As over REST, what is structured takes the place of texts where the tool
    /// declares how it is structured, and where there are none.
    pub(super) fn read(
        result: &Raw,
        is_structured: bool,
        is_wrapped: bool,
    ) -> Result<Self, serde_json::Error> {
        let view: View<'_> = json::object(result.get())?;
        let structured = view.structured_content.map(|raw| {
            let plain = is_wrapped.then(|| unwrapped(raw)).flatten();
            result.part(plain.unwrap_or(raw))
        });
        let content = view.content.unwrap_or_default();
        let mut parts: Vec<Part> = content.iter().map(|raw| part(result, raw)).collect();
        let is_error = view.is_error == Some(true);
        if let Some(structured) = structured
            && (parts.is_empty() || (is_structured && !is_error))
        {
            parts.retain(|part| !matches!(part, Part::Text(_)));
            let json: Result<String, _> = serde_json::from_str(structured.get());
            // A text that was only wrapped is one.
            let part = json.map_or_else(|_| Part::Json(structured.clone()), Part::Text);
            parts.insert(0, part);
        }
        Ok(Self { parts, is_error })
    }

    /// What the tool says of its failure, where it does.
    pub(super) fn error(&self) -> Option<String> {
        let texts = self.texts();
        self.is_error.then(|| match texts.as_slice() {
            [] => "it does not say why".to_owned(),
            texts => texts.join("\n"),
        })
    }

    fn texts(&self) -> Vec<&str> {
        let texts = self.parts.iter().filter_map(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            Part::Json(_) | Part::File { .. } | Part::Link { .. } => None,
        });
        texts.collect()
    }

    /// Prints what can be printed, and puts the rest into files. The text of an error is not
    /// printed: it is none of a result.
    pub(super) fn show(&self, folder: &mut Folder) -> Result<(), Failure> {
        for part in &self.parts {
            match part {
                Part::Text(_) if self.is_error => {}
                Part::Text(text) => terminal::print_text(text).map_err(Failure::Output)?,
                Part::Json(value) => print_value(value)?,
                Part::File { media_type, bytes } => {
                    let file = folder.save(media_type, bytes)?;
                    terminal::note(&format!(
                        "{}: {media_type}, {}",
                        file.display(),
                        indicatif::HumanBytes(bytes.len() as u64)
                    ));
                }
                Part::Link { .. } => {
                    terminal::print_text(&part.link()).map_err(Failure::Output)?;
                }
            }
        }
        Ok(())
    }
}

impl Part {
    /// A link on one line, the URI first.
    fn link(&self) -> String {
        let Self::Link {
            uri,
            name,
            media_type,
        } = self
        else {
            return String::new();
        };
        let about: Vec<&str> = [name, media_type]
            .into_iter()
            .filter_map(Option::as_deref)
            .collect();
        if about.is_empty() {
            uri.clone()
        } else {
            format!("{uri} ({})", about.join(", "))
        }
    }
}

/// A content block. What is unknown is shown as it came.
fn part(result: &Raw, raw: &RawValue) -> Part {
    let block: Block<'_> = json::object(raw.get()).unwrap_or_default();
    let known = match block.kind.as_deref() {
        Some("text") => block.text.map(Part::Text),
        Some("image" | "audio") => file(block.data.as_deref(), block.mime_type),
        Some("resource") => block.resource.and_then(contents),
        Some("resource_link") => block.uri.map(|uri| Part::Link {
            uri,
            name: block.title.or(block.name),
            media_type: block.mime_type,
        }),
        _ => None,
    };
    known.unwrap_or_else(|| Part::Json(result.part(raw)))
}

/// The contents of a resource.
fn contents(raw: &RawValue) -> Option<Part> {
    let block: Block<'_> = json::object(raw.get()).ok()?;
    match block.text {
        Some(text) => Some(Part::Text(text)),
        None => file(block.blob.as_deref(), block.mime_type),
    }
}

fn file(base64: Option<&str>, media_type: Option<String>) -> Option<Part> {
    let bytes = base64::prelude::BASE64_STANDARD.decode(base64?).ok()?;
    Some(Part::File {
        media_type: media_type.unwrap_or_else(|| "application/octet-stream".to_owned()),
        bytes,
    })
}

/// The value inside an object whose only member is `result`.
fn unwrapped(structured: &RawValue) -> Option<&RawValue> {
    match json::members(structured.get()).ok()?.as_slice() {
        [(name, value)] if name == "result" => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(result: &'static str, is_structured: bool, is_wrapped: bool) -> ToolResult {
        ToolResult::read(&Raw::from_static(result), is_structured, is_wrapped).unwrap()
    }

    #[test]
    fn each_kind_of_content_is_shown_in_its_way() {
        let result = read(
            r#"{"content":[
                {"type":"text","text":"a\nb"},
                {"type":"image","mimeType":"image/png","data":"AAEC"},
                {"type":"resource","resource":{"uri":"x:1","text":"inside"}},
                {"type":"resource","resource":{"uri":"x:2","blob":"AA=="}},
                {"type":"resource_link","uri":"x:3","name":"n","mimeType":"text/plain"},
                {"type":"image","data":"no base64!"},
                {"type":"new","n":1.10}]}"#,
            false,
            false,
        );
        let file = |media_type: &str, bytes: &[u8]| Part::File {
            media_type: media_type.into(),
            bytes: bytes.into(),
        };
        assert_eq!(
            result.parts,
            [
                Part::Text("a\nb".into()),
                file("image/png", &[0, 1, 2]),
                Part::Text("inside".into()),
                file("application/octet-stream", &[0]),
                Part::Link {
                    uri: "x:3".into(),
                    name: Some("n".into()),
                    media_type: Some("text/plain".into())
                },
                Part::Json(Raw::from_static(r#"{"type":"image","data":"no base64!"}"#)),
                Part::Json(Raw::from_static(r#"{"type":"new","n":1.10}"#)),
            ]
        );
        assert_eq!(result.parts[4].link(), "x:3 (n, text/plain)");
        assert!(result.error().is_none());
    }

    #[test]
    fn what_is_structured_takes_the_place_of_texts_where_the_tool_says_how() {
        let result = r#"{"content":[{"type":"text","text":"x"},{"type":"audio","mimeType":"audio/wav","data":"AA=="}],"structuredContent":{"result":"one"}}"#;
        assert_eq!(read(result, false, false).texts(), ["x"]);
        let structured = read(result, true, false);
        assert!(
            matches!(&structured.parts[..], [Part::Json(json), Part::File { .. }]
            if json.get() == r#"{"result":"one"}"#)
        );
        assert_eq!(read(result, true, true).texts(), ["one"]);
        let alone = read(r#"{"structuredContent":{"a":1}}"#, false, false);
        assert!(matches!(&alone.parts[..], [Part::Json(_)]));
    }

    #[test]
    fn an_error_is_told_by_its_texts() {
        let result = r#"{"isError":true,"content":[{"type":"text","text":"no"},{"type":"text","text":"way"}],"structuredContent":{}}"#;
        assert_eq!(read(result, true, false).error().unwrap(), "no\nway");
        let silent = read(r#"{"isError":true,"content":null}"#, false, false);
        assert_eq!(silent.error().unwrap(), "it does not say why");
    }
}
