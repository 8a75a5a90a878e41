//! The document as a whole.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::schemas::{Arguments, Components};
use super::{DocumentView, Section, Security, ToolView, names, responses, title_case};

/// Writes the document, in time linear in the size of the view.
pub fn write(view: &DocumentView<'_>) -> Value {
    let status = view.options.tool_error_status;
    let mut components = Components::new(view.options.recursion);
    for (name, schema) in responses::schemas() {
        components.reserve(&name, schema);
    }
    let mut paths = Map::new();
    let mut ids = names::operation_ids(view).into_iter();
    let references = responses::references(view.security, status);
    for section in &view.sections {
        for (tool, id) in section.tools.iter().zip(&mut ids) {
            let path = format!("{}{}", section.path_prefix, tool.path);
            if paths.contains_key(&path) {
                continue;
            }
            let operation = operation(section, tool, &id, &references, &mut components);
            paths.insert(path, json!({"post": operation}));
        }
    }
    let mut document = Map::new();
    document.insert("openapi".to_owned(), "3.1.0".into());
    document.insert("info".to_owned(), info(view));
    if let Some(url) = view.server_url {
        document.insert("servers".to_owned(), json!([{"url": url}]));
    }
    let tags = tags(&view.sections);
    if !tags.is_empty() {
        document.insert("tags".to_owned(), Value::Array(tags));
    }
    document.insert("paths".to_owned(), Value::Object(paths));
    let mut shared = Map::new();
    shared.insert("schemas".to_owned(), Value::Object(components.schemas));
    let responses = responses::responses(view.security, status);
    shared.insert("responses".to_owned(), Value::Object(responses));
    let (schemes, security) = security(view.security);
    if !schemes.is_empty() {
        shared.insert("securitySchemes".to_owned(), Value::Object(schemes));
    }
    document.insert("components".to_owned(), Value::Object(shared));
    if !security.is_empty() {
        document.insert("security".to_owned(), Value::Array(security));
    }
    Value::Object(document)
}

/// Writes the document as YAML.
pub fn to_yaml(document: &Value) -> String {
    // JSON is YAML too, should the writer ever refuse a document.
    serde_saphyr::to_string(document).unwrap_or_else(|_| document.to_string())
}

fn info(view: &DocumentView<'_>) -> Value {
    let mut info = Map::new();
    info.insert("title".to_owned(), view.title.into());
    if let Some(description) = view.description {
        info.insert("description".to_owned(), description.into());
    }
    info.insert("version".to_owned(), view.version.into());
    Value::Object(info)
}

fn tags<'a>(sections: &'a [Section<'a>]) -> Vec<Value> {
    let mut seen = HashSet::new();
    let tag = |section: &'a Section<'a>| {
        let name = section.tag?;
        if !seen.insert(name) {
            return None;
        }
        Some(match section.tag_description {
            Some(description) => json!({"name": name, "description": description}),
            None => json!({"name": name}),
        })
    };
    sections.iter().filter_map(tag).collect()
}

fn security(security: Security) -> (Map<String, Value>, Vec<Value>) {
    let mut schemes = Map::new();
    let mut either = Vec::new();
    for (wanted, name) in [(security.bearer, "bearer"), (security.basic, "basic")] {
        if wanted {
            schemes.insert(name.to_owned(), json!({"type": "http", "scheme": name}));
            either.push(json!({name: []}));
        }
    }
    (schemes, either)
}

fn operation(
    section: &Section<'_>,
    tool: &ToolView<'_>,
    id: &str,
    references: &Map<String, Value>,
    components: &mut Components,
) -> Value {
    let annotations = tool.annotations;
    let annotations = annotations.and_then(|text| serde_json::from_str::<Value>(text).ok());
    let annotations = annotations.filter(Value::is_object);
    let mut operation = Map::new();
    if let Some(tag) = section.tag {
        operation.insert("tags".to_owned(), json!([tag]));
    }
    let named = annotations
        .as_ref()
        .and_then(|one| one.get("title")?.as_str());
    let title = tool.title.or(named).filter(|title| !title.is_empty());
    let summary = title.map_or_else(|| title_case(tool.name), str::to_owned);
    operation.insert("summary".to_owned(), summary.into());
    if let Some(description) = tool.description {
        operation.insert("description".to_owned(), description.into());
    }
    operation.insert("operationId".to_owned(), id.into());
    if let Some(body) = request_body(tool, id, components) {
        operation.insert("requestBody".to_owned(), body);
    }
    let output = tool.output_schema;
    let answer = output.and_then(|text| components.result(id, text, tool.wrapped_result));
    let answer = answer.unwrap_or_else(|| json!({}));
    let mut responses = Map::new();
    responses.insert("200".to_owned(), responses::answer(answer));
    responses.extend(references.clone());
    operation.insert("responses".to_owned(), Value::Object(responses));
    if let Some(annotations) = annotations {
        operation.insert("x-mcp-annotations".to_owned(), annotations);
    }
    Value::Object(operation)
}

fn request_body(tool: &ToolView<'_>, id: &str, components: &mut Components) -> Option<Value> {
    let Arguments { schema, required } = if tool.free_form {
        Components::any_arguments()
    } else {
        components.arguments(id, tool.input_schema)?
    };
    let mut body = Map::new();
    body.insert("required".to_owned(), required.into());
    let content = json!({"application/json": {"schema": schema}});
    body.insert("content".to_owned(), content);
    Some(Value::Object(body))
}
