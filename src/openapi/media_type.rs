//! Media types (RFC 9110 section 8.3.1), as documents name them and as messages do.

/// What a media type is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Json,
    UrlEncoded,
    Multipart,
    Text,
    Binary,
    /// A range: anything, or anything of a type.
    Any,
}

/// The type without its parameters, in lower case.
pub(crate) fn essence(media_type: &str) -> String {
    let essence = media_type.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

/// A parameter of it, by its name in lower case.
pub(crate) fn parameter<'a>(media_type: &'a str, name: &str) -> Option<&'a str> {
    media_type.split(';').skip(1).find_map(|parameter| {
        let (key, value) = parameter.split_once('=')?;
        let is_this = key.trim().eq_ignore_ascii_case(name);
        is_this.then(|| value.trim().trim_matches('"'))
    })
}

/// What it is like, whatever its parameters.
pub(crate) fn kind(media_type: &str) -> Kind {
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
            "xml" | "yaml" | "x-yaml" | "javascript" | "ecmascript" | "graphql" | "sql" | "toml"
            | "x-ndjson" | "ndjson" | "jsonl" | "json-seq",
        ) => Kind::Text,
        (_, sub) if sub.ends_with("+xml") || sub.ends_with("+yaml") => Kind::Text,
        _ => Kind::Binary,
    }
}

/// Whether it is JSON, by its essence: its own types, or the suffix (RFC 6839 section 3.1).
pub(crate) fn is_json(essence: &str) -> bool {
    kind(essence) == Kind::Json
}

/// Whether it is text that people read, by its essence.
pub(crate) fn is_text(essence: &str) -> bool {
    matches!(kind(essence), Kind::Text | Kind::UrlEncoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_without_regard_to_case_or_parameters() {
        let json = "Application/Problem+JSON; charset=\"UTF-8\"";
        assert_eq!(essence(json), "application/problem+json");
        assert!(is_json(&essence(json)));
        assert_eq!(parameter(json, "charset"), Some("UTF-8"));
        assert_eq!(parameter(json, "boundary"), None);
        assert!(!is_json("application/json-seq") && is_text("application/json-seq"));
        assert!(is_text("text/html") && is_text("application/atom+xml"));
        assert!(is_json("application/x-json") && is_json("text/json"));
        assert!(!is_text("application/octet-stream") && !is_text("application/pdf"));
    }
}
