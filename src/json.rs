//! JSON that is carried as the text that came.
//!
//! What passes through the gateway is never re-modelled: it travels as [`Raw`] text, and code
//! reads only the members that it must.

pub mod edit;
pub mod strict;

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
