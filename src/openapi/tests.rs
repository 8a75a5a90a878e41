//! Documents that are written, and what their tests have in common.

mod answers;
mod naming;
mod schemas;
mod text;
mod whole;

use insta::assert_json_snapshot;
use serde_json::{Value, json};

use super::*;

fn tool<'a>(name: &'a str, input_schema: &'a str) -> ToolView<'a> {
    ToolView {
        name,
        title: None,
        description: None,
        annotations: None,
        input_schema,
        output_schema: None,
        wrapped_result: false,
        responses: None,
        path: percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC)
            .to_string(),
        free_form: false,
    }
}

fn view(tools: Vec<ToolView<'_>>) -> DocumentView<'_> {
    DocumentView {
        title: "Test",
        version: "1.0",
        description: None,
        server_url: None,
        security: Security::default(),
        sections: vec![Section {
            tag: None,
            tag_description: None,
            path_prefix: "/",
            tools,
        }],
        options: DocumentOptions::default(),
    }
}

/// The document as its readers see it.
fn write(view: &DocumentView<'_>) -> Value {
    serde_json::from_str(&super::write(view).to_json()).unwrap()
}

fn to_yaml(document: &Value) -> String {
    Document(document.clone().into()).to_yaml()
}

/// A document with one tool of that schema, without the parts that are always the same.
fn published(schema: &Value, options: DocumentOptions) -> Value {
    let text = schema.to_string();
    let mut view = view(vec![tool("t", &text)]);
    view.options = options;
    essence(write(&view))
}

fn essence(mut document: Value) -> Value {
    keep("essence", &document);
    let body = document["paths"]["/t"]["post"]["requestBody"].take();
    let mut schemas = document["components"]["schemas"].take();
    for (name, _) in responses::schemas() {
        schemas.as_object_mut().unwrap().shift_remove(&name);
    }
    json!({"body": body, "schemas": schemas})
}

/// Leaves the document for an independent validator, where `OPENAPI_DOCUMENTS` names a folder.
fn keep(name: &str, document: &Value) {
    if let Some(folder) = std::env::var_os("OPENAPI_DOCUMENTS") {
        let text = serde_json::to_string_pretty(document).unwrap();
        let mut hash = std::hash::DefaultHasher::new();
        std::hash::Hash::hash(&text, &mut hash);
        let hash = std::hash::Hasher::finish(&hash);
        let path = std::path::Path::new(&folder).join(format!("{name}-{hash:016x}.json"));
        std::fs::write(path, text).unwrap();
    }
}

fn cut() -> DocumentOptions {
    DocumentOptions {
        recursion: Recursion::Cut,
        ..DocumentOptions::default()
    }
}

fn depth(schema: &Value, schemas: &Value, left: usize) {
    assert!(left > 0, "still recursive");
    match schema {
        Value::Object(members) => {
            for (name, value) in members {
                match value.as_str().filter(|_| name == "$ref") {
                    Some(pointer) => {
                        let name = pointer.rsplit('/').next().unwrap();
                        depth(&schemas[name], schemas, left - 1);
                    }
                    None => depth(value, schemas, left - 1),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|item| depth(item, schemas, left - 1)),
        _ => {}
    }
}
