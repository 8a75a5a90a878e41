//! What this program writes comes back as the tools that it was written from.

use serde_json::{Value, json};

use super::*;
use crate::gateway::Tool;
use crate::json::Raw;
use crate::openapi::{DocumentOptions, DocumentView, Section, Security, ToolView, write};

/// Publishes tools, and reads the document back. Each comes with the definition it should have.
fn through(definitions: &[Value], tag: Option<&str>) -> Vec<(Value, Value)> {
    let tools: Vec<Tool> = definitions
        .iter()
        .map(|definition| Tool::read(&Raw::from_value(definition)).unwrap().0)
        .collect();
    let views = tools.iter().map(|tool| ToolView {
        name: &tool.name,
        title: tool.title.as_deref(),
        description: tool.description.as_deref(),
        annotations: tool.annotations.as_ref().map(Raw::get),
        input_schema: tool.input_schema.get(),
        output_schema: tool.output_schema.as_ref().map(Raw::get),
        wrapped_result: tool.wrapped_result,
        responses: tool.responses.as_deref(),
        path: tool.name.clone(),
        free_form: tool.arguments.is_free_form(),
    });
    let view = DocumentView {
        title: "Tools",
        version: "1",
        description: None,
        server_url: None,
        security: Security::default(),
        sections: vec![Section {
            tag,
            tag_description: None,
            path_prefix: "/",
            tools: views.collect(),
        }],
        options: DocumentOptions::default(),
    };
    let written = write(&view);
    let json = parse(written.to_json().as_bytes(), &Limits::default()).unwrap();
    let yaml = parse(written.to_yaml().as_bytes(), &Limits::default()).unwrap();
    assert_eq!(json.root, yaml.root);
    let documents = Documents::new(url("https://example.com/openapi.json"), json);
    let api = read(&documents, &ReadOptions::default()).unwrap();
    assert_eq!(api.warnings, []);
    let back = api.operations.iter().map(definition);
    definitions.iter().cloned().zip(back).collect()
}

/// A definition without what a document has no place for: the dialect, and the words around a
/// wrapped result.
fn essence(mut definition: Value) -> Value {
    let members = definition.as_object_mut().unwrap();
    members.shift_remove("execution");
    for schema in ["inputSchema", "outputSchema"] {
        let Some(schema) = members.get_mut(schema).and_then(Value::as_object_mut) else {
            continue;
        };
        schema.shift_remove("$schema");
        if crate::openapi::is_wrapped_result(&json!(schema).to_string()) {
            schema.shift_remove("title");
            schema.shift_remove("x-fastmcp-wrap-result");
        }
    }
    definition
}

#[test]
fn the_demo_comes_back_as_it_was() {
    let tools: Vec<Value> = crate::demo::tools()
        .iter()
        .map(|tool| serde_json::to_value(tool).unwrap())
        .collect();
    assert!(tools.len() > 5);
    for (before, after) in through(&tools, None) {
        assert_eq!(essence(after), essence(before));
    }
}

#[test]
fn titles_annotations_definitions_and_wrappers_come_back() {
    let tools = [
        json!({
            "name": "add",
            "title": "Add up",
            "description": "Adds.",
            "inputSchema": {
                "type": "object",
                "title": "addArguments",
                "properties": {
                    "numbers": {"type": "array", "items": {"$ref": "#/$defs/Number"}},
                    "big": {"type": "integer", "maximum": 123_456_789_012_345_678_u64}
                },
                "required": ["numbers"],
                "additionalProperties": false,
                "$defs": {"Number": {"type": "number", "title": "Number"}}
            },
            "outputSchema": {
                "type": "object",
                "title": "addOutput",
                "properties": {"result": {"type": "number", "title": "Result"}},
                "required": ["result"]
            },
            "annotations": {"title": "Other", "readOnlyHint": true}
        }),
        json!({
            "name": "nothing_at_all",
            "inputSchema": {"type": "object", "properties": {}}
        }),
        json!({
            "name": "annotated",
            "inputSchema": {"type": "object", "additionalProperties": {"type": "string"}},
            "annotations": {"title": "Annotated title"}
        }),
        json!({
            "name": "objects",
            "description": "Wraps an object.",
            "inputSchema": {
                "type": "object",
                "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
                "anyOf": [{"required": ["a"]}, {"required": ["b"]}]
            },
            "outputSchema": {
                "type": "object",
                "properties": {"result": {"type": "object", "properties": {"x": {}}}},
                "required": ["result"],
                "x-fastmcp-wrap-result": true
            }
        }),
        json!({
            "name": "structured",
            "inputSchema": {"type": "object", "properties": {}},
            "outputSchema": {
                "type": "object",
                "properties": {"tree": {"$ref": "#/$defs/Tree"}},
                "$defs": {"Tree": {
                    "type": "object",
                    "properties": {"children": {"type": "array", "items": {"$ref": "#/$defs/Tree"}}}
                }}
            }
        }),
    ];
    for (before, after) in through(&tools, None) {
        assert_eq!(essence(after), essence(before));
    }
    for (before, after) in through(&tools, Some("calc")) {
        let name = before["name"].as_str().unwrap();
        assert_eq!(after["name"], format!("calc__{name}"));
        assert_eq!(after.get("title"), before.get("title"));
    }
}

#[test]
fn a_tool_that_takes_anything_still_does() {
    let tools = [json!({"name": "broken", "inputSchema": {"type": 7}})];
    for (_, after) in through(&tools, None) {
        assert_eq!(
            after["inputSchema"],
            json!({"type": "object", "additionalProperties": true})
        );
    }
}

#[test]
fn a_tools_whole_result_is_asked_for_first() {
    let tool = json!({"name": "t", "inputSchema": {"type": "object"}});
    let view = through(&[tool], None);
    assert_eq!(view.len(), 1);
    let document = one(
        &json!({"responses": {"200": {"content": {
            "application/json": {"schema": {}},
            "application/vnd.mcp.result+json": {}
        }}}}),
        &json!({}),
    );
    let operation = only(&document);
    assert_eq!(
        operation.accept,
        ["application/vnd.mcp.result+json", "application/json"]
    );
}
