//! Media types (RFC 9110 section 8.3.1), which documents and messages read alike.

pub(super) use crate::openapi::media_type::{essence, is_json, is_text, parameter};
