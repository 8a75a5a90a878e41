//! What an API's own document says of its answers, held against what the gateway's says.

use serde_json::{Map, Value};

use super::alike::Seen;

/// Both documents.
pub struct Documented {
    pub own: Value,
    pub ours: Value,
}

impl Documented {
    /// Fails unless each status and media type of an operation's stands in ours. Gives how many
    /// media types there were.
    #[track_caller]
    pub fn assert_told(&self, operation: &str, tool: &str) -> usize {
        let mut count = 0;
        let responses = self.responses(tool);
        for (status, own) in self.own_responses(operation) {
            let ours = resolved(&self.ours, responses.get(status).unwrap_or(&Value::Null));
            assert!(
                ours.is_object(),
                "{operation}: no {status} in {responses:#?}"
            );
            let content = ours["content"].as_object();
            for media_type in self.own_media_types(operation, status, own) {
                count += 1;
                let is_told = content.is_some_and(|content| content.contains_key(&media_type));
                assert!(is_told, "{operation} {status}: no {media_type} in {ours:#}");
            }
        }
        count
    }

    /// Whether the API's own document tells of what it answered; then ours must.
    #[track_caller]
    pub fn assert_answer_told(&self, operation: &str, tool: &str, seen: &Seen) -> bool {
        let status = seen.status.to_string();
        let Some(own) = self.own_responses(operation).get(&status) else {
            return false;
        };
        let own_types = self.own_media_types(operation, &status, own);
        let responses = self.responses(tool);
        let ours = resolved(&self.ours, &responses[&status]);
        let Some(media_type) = seen.media_type.as_deref() else {
            return true;
        };
        if !own_types.iter().any(|one| fits(one, media_type)) {
            return false;
        }
        let content = ours["content"].as_object().unwrap();
        let is_told = content.keys().any(|one| fits(one, media_type));
        assert!(is_told, "{operation} {status}: no {media_type} in {ours:#}");
        true
    }

    fn own_operation(&self, operation: &str) -> &Value {
        let (method, path) = operation.split_once(' ').unwrap();
        &self.own["paths"][path][method.to_lowercase()]
    }

    fn own_responses(&self, operation: &str) -> &Map<String, Value> {
        let responses = &self.own_operation(operation)["responses"];
        responses.as_object().unwrap()
    }

    fn own_media_types(&self, operation: &str, status: &str, response: &Value) -> Vec<String> {
        if operation.starts_with("HEAD ") {
            return Vec::new();
        }
        let may_have_body = !matches!(status, "204" | "205" | "304") && !status.starts_with('1');
        let response = resolved(&self.own, response);
        if let Some(content) = response["content"].as_object() {
            return content.keys().cloned().collect();
        }
        if self.own.get("swagger").is_none() || !may_have_body {
            return Vec::new();
        }
        let operation = self.own_operation(operation);
        let produces = operation.get("produces").or(self.own.get("produces"));
        let produces = produces.and_then(Value::as_array).into_iter().flatten();
        produces
            .map(|one| one.as_str().unwrap().to_owned())
            .collect()
    }

    fn responses(&self, tool: &str) -> &Map<String, Value> {
        let responses = &self.ours["paths"][format!("/{tool}")]["post"]["responses"];
        let responses = responses.as_object();
        responses.unwrap_or_else(|| panic!("our document has no {tool}"))
    }
}

fn resolved<'a>(document: &'a Value, response: &'a Value) -> &'a Value {
    let pointer = response.get("$ref").and_then(Value::as_str);
    pointer.map_or(response, |pointer| {
        document.pointer(pointer.trim_start_matches('#')).unwrap()
    })
}

/// Whether a media type is of a range, or the same.
fn fits(range: &str, media_type: &str) -> bool {
    let range = range.split(';').next().unwrap().trim();
    match range.strip_suffix('*') {
        Some("*/") => true,
        Some(main) => media_type.starts_with(main),
        None => range == media_type,
    }
}
