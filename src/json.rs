//! JSON that is carried as the text that came.
//!
//! What passes through the gateway is never re-modelled: it travels as [`Raw`] text, and code
//! reads only the members that it must.

use std::fmt;

use bytes::Bytes;
use bytestring::ByteString;
use serde_json::value::RawValue;

/// A complete JSON value as the text that came: member order, white space and the spelling of
/// numbers included. Cloning and slicing share the bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Raw(ByteString);

impl Raw {
    /// Takes text that holds exactly one JSON value.
    pub fn parse(text: ByteString) -> Result<Self, serde_json::Error> {
        serde_json::from_str::<&RawValue>(&text)?;
        Ok(Self(text))
    }

    /// Text of our own that is known to be one JSON value.
    pub const fn from_static(text: &'static str) -> Self {
        Self(ByteString::from_static(text))
    }

    /// Serializes a value of our own.
    pub fn from_value(value: &impl serde::Serialize) -> Self {
        // Values of our own have string keys and finite numbers, so this does not fail.
        Self(
            serde_json::to_string(value)
                .unwrap_or_else(|_| "null".into())
                .into(),
        )
    }

    /// A value inside this one, sharing its bytes. `part` must have been read out of this text
    /// as one JSON value (a borrowed `RawValue`); text from elsewhere is copied.
    #[must_use]
    pub fn slice(&self, part: &str) -> Self {
        let outer = self.0.as_bytes().as_ptr_range();
        let inner = part.as_bytes().as_ptr_range();
        if outer.start <= inner.start && inner.end <= outer.end {
            Self(self.0.slice_ref(part))
        } else {
            Self(part.into())
        }
    }

    /// The text.
    pub fn get(&self) -> &str {
        &self.0
    }

    /// The text as shared bytes, for a body.
    pub fn into_bytes(self) -> Bytes {
        self.0.into_bytes()
    }
}

impl fmt::Debug for Raw {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
