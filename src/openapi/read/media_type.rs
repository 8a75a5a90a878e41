//! Media types, and which is best.

/// The whole result of an MCP tool: what this program gives to those that accept it.
pub const MCP_RESULT: &str = "application/vnd.mcp.result+json";

/// What a media type is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Json,
    UrlEncoded,
    Multipart,
    Text,
    Binary,
    /// A range: anything, or anything of a type.
    Any,
}

/// A media type without parameters, in lower case.
pub(super) fn essence(media_type: &str) -> String {
    let essence = media_type.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

pub(super) fn kind(media_type: &str) -> Kind {
    let essence = essence(media_type);
    let (main, sub) = essence.split_once('/').unwrap_or((&*essence, ""));
    match (main, sub) {
        (_, "json" | "x-json") => Kind::Json,
        (_, sub) if sub.ends_with("+json") => Kind::Json,
        ("application", "x-www-form-urlencoded") => Kind::UrlEncoded,
        ("multipart", _) => Kind::Multipart,
        ("*", _) | ("application", "*") => Kind::Any,
        ("text", _)
        | (
            "application",
            "xml" | "yaml" | "x-yaml" | "javascript" | "graphql" | "x-ndjson" | "jsonl" | "sql",
        ) => Kind::Text,
        (_, sub) if sub.ends_with("+xml") || sub.ends_with("+yaml") => Kind::Text,
        _ => Kind::Binary,
    }
}

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
