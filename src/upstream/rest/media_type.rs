//! Media types (RFC 9110 section 8.3.1).

/// The type without its parameters, in lower case.
pub(super) fn essence(media_type: &str) -> String {
    let essence = media_type.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

/// A parameter of it, by its name in lower case.
pub(super) fn parameter<'a>(media_type: &'a str, name: &str) -> Option<&'a str> {
    media_type.split(';').skip(1).find_map(|parameter| {
        let (key, value) = parameter.split_once('=')?;
        let is_this = key.trim().eq_ignore_ascii_case(name);
        is_this.then(|| value.trim().trim_matches('"'))
    })
}

/// Whether it is JSON, by its essence: its own types, or the suffix (RFC 6839 section 3.1).
pub(super) fn is_json(essence: &str) -> bool {
    matches!(essence, "application/json" | "text/json") || essence.ends_with("+json")
}

/// Whether it is text that people read, by its essence.
pub(super) fn is_text(essence: &str) -> bool {
    essence.starts_with("text/")
        || essence.ends_with("+xml")
        || essence.ends_with("+yaml")
        || matches!(
            essence,
            "application/xml"
                | "application/yaml"
                | "application/x-yaml"
                | "application/javascript"
                | "application/ecmascript"
                | "application/graphql"
                | "application/sql"
                | "application/toml"
                | "application/x-ndjson"
                | "application/ndjson"
                | "application/jsonl"
                | "application/json-seq"
                | "application/x-www-form-urlencoded"
        )
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
        assert!(!is_text("application/octet-stream") && !is_text("application/pdf"));
    }
}
