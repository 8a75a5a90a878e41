//! What values are put together from.

use bytes::Bytes;
use serde_json::value::RawValue;

use crate::json::Raw;

/// A part of an answer.
pub enum Part<'a> {
    /// JSON as it came.
    Json(&'a RawValue),
    /// JSON that was inside a string.
    Unpacked(String),
    /// Content in base64; both are the insides of JSON strings.
    Data {
        media_type: &'a str,
        base64: &'a str,
    },
}

impl Part<'_> {
    /// The bytes of this part alone, shared with the result that it is a part of.
    pub fn into_bytes(self, result: &Raw) -> Bytes {
        match self {
            Self::Json(json) => result.part(json).into_bytes(),
            Self::Unpacked(text) => {
                let bytes = Bytes::from(text);
                let trimmed = bytes.trim_ascii();
                bytes.slice_ref(trimmed)
            }
            Self::Data { .. } => {
                let mut out = Vec::with_capacity(self.len());
                self.write(&mut out);
                out.into()
            }
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Json(json) => json.get().len(),
            Self::Unpacked(text) => text.len(),
            Self::Data { media_type, base64 } => {
                r#""data:;base64,""#.len() + media_type.len() + base64.len()
            }
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Json(json) => out.extend_from_slice(json.get().as_bytes()),
            Self::Unpacked(text) => out.extend_from_slice(text.trim_ascii().as_bytes()),
            Self::Data { media_type, base64 } => {
                for piece in [r#""data:"#, media_type, ";base64,", base64, "\""] {
                    out.extend_from_slice(piece.as_bytes());
                }
            }
        }
    }
}

/// A list of parts.
pub fn list(parts: &[Part<'_>]) -> Bytes {
    let length: usize = parts.iter().map(|part| part.len() + 1).sum();
    let mut out = Vec::with_capacity(length + 2);
    out.push(b'[');
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        part.write(&mut out);
    }
    out.push(b']');
    out.into()
}
