//! Which media type is best.

pub(super) use crate::openapi::media_type::{Kind, essence, kind};

/// The whole result of an MCP tool: what this program gives to those that accept it.
pub const MCP_RESULT: &str = "application/vnd.mcp.result+json";

/// Which media type of a body is preferred: the least.
pub(super) fn body_rank(media_type: &str, has_files: bool) -> u8 {
    match kind(media_type) {
        Kind::Json if essence(media_type) == "application/json" => 0,
        Kind::Json => 1,
        Kind::Multipart if has_files => 2,
        Kind::UrlEncoded => 3,
        Kind::Multipart => 4,
        Kind::Any => 5,
        Kind::Text if essence(media_type) == "text/plain" => 6,
        Kind::Text => 7,
        Kind::Binary => 8,
    }
}

/// Which media type of an answer is preferred: the least.
pub(super) fn answer_rank(media_type: &str) -> u8 {
    match kind(media_type) {
        Kind::Json if essence(media_type) == MCP_RESULT => 0,
        Kind::Json if essence(media_type) == "application/json" => 1,
        Kind::Json => 2,
        Kind::Any => 4,
        _ => 3,
    }
}
