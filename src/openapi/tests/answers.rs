//! What APIs answer.

use super::*;

/// The document of an API's tools as the gateway publishes them, read from the API's own.
fn republished(document: &Value, tag: Option<&str>, options: DocumentOptions) -> Value {
    republished_beside(document, tag, options, Vec::new())
}

/// The same beside tools of an MCP server.
fn republished_beside(
    document: &Value,
    tag: Option<&str>,
    options: DocumentOptions,
    others: Vec<ToolView<'_>>,
) -> Value {
    let parsed = read::parse(document.to_string().as_bytes(), &read::Limits::default()).unwrap();
    let url = url::Url::parse("https://example.com/openapi.json").unwrap();
    let documents = read::Documents::new(url, parsed);
    let api = read::read(&documents, &api::ReadOptions::default()).unwrap();
    assert_eq!(api.warnings, []);
    let tools = api.operations.iter().map(|operation| ToolView {
        responses: operation.responses.as_deref(),
        output_schema: Some(
            r#"{"type":"object","properties":{"result":{}},"required":["result"]}"#,
        ),
        wrapped_result: true,
        ..tool(&operation.name, r#"{"type":"object"}"#)
    });
    let mut view = view(tools.collect());
    view.options = options;
    view.sections[0].tag = tag;
    if !others.is_empty() {
        view.sections.push(Section {
            tag: Some("other"),
            tag_description: None,
            path_prefix: "/other/",
            tools: others,
        });
    }
    let document = write(&view);
    keep("republished", &document);
    document
}

fn shop() -> Value {
    let error = json!({"$ref": "#/components/responses/Error"});
    let item = json!({"application/json": {"schema": {"$ref": "#/components/schemas/Item"}}});
    json!({
        "openapi": "3.0.3",
        "info": {"title": "Shop", "version": "1"},
        "paths": {"/item": {
            "get": {"operationId": "look", "responses": {
                "200": {"description": "An item.", "content": item, "headers": {
                    "Retry-After": {"required": true, "description": "When.", "schema": {"type": "integer"}}
                }},
                "404": error, "422": error, "418": {"description": "A teapot."}
            }},
            "put": {"operationId": "change", "responses": {
                "201": {"description": "Made.", "content": item},
                "503": {"description": "Later.", "headers": {
                    "retry-after": {"required": true, "schema": {"type": "string"}}
                }},
                "4XX": error, "422": {"description": "No.", "content": {"text/plain": {}, "application/json": {}}}
            }},
            "delete": {"operationId": "drop", "responses": {"409": error}}
        }},
        "components": {
            "responses": {"Error": {"description": "Wrong.", "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/Error"}}
            }}},
            "schemas": {
                "Error": {"type": "object", "properties": {"detail": {"type": "string"}}},
                "Item": {"type": "object", "properties": {
                    "id": {"type": "integer", "readOnly": true},
                    "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}},
                    "kind": {"oneOf": [{"$ref": "#/components/schemas/Tool"}],
                        "discriminator": {"propertyName": "of", "mapping": {"tool": "Tool"}}}
                }},
                "Tool": {"type": "object", "required": ["of"], "properties": {
                    "of": {"type": "string"}, "whole": {"$ref": "#/components/schemas/Item"}
                }}
            }
        }
    })
}

#[test]
fn an_apis_own_answers_stand_beside_those_of_the_gateway() {
    let mut document = republished(&shop(), None, DocumentOptions::default());
    let mut schemas = document["components"]["schemas"].take();
    for (name, _) in responses::schemas() {
        schemas.as_object_mut().unwrap().shift_remove(&name);
    }
    let mut shared = document["components"]["responses"].take();
    let own = responses::Own {
        security: Security::default(),
        tool_error_status: None,
    };
    for name in responses::responses(own).keys() {
        shared.as_object_mut().unwrap().shift_remove(name);
    }
    let of = |path: &str| document["paths"][path]["post"]["responses"].clone();
    assert_json_snapshot!(json!({
        "look": of("/look"), "change": of("/change"), "drop": of("/drop"),
        "schemas": schemas, "responses": shared, "headers": document["components"]["headers"]
    }));
    assert!(
        !document.to_string().contains("\"result\""),
        "the wrapper is MCP's"
    );
}

#[test]
fn what_apis_answer_has_their_servers_names_where_several_are_told() {
    let document = republished(&shop(), Some("shop"), DocumentOptions::default());
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for name in ["shop_Item", "shop_Tool", "shop_Error"] {
        assert!(schemas.contains_key(name), "{name}");
    }
}

#[test]
fn only_tools_report_errors_of_their_own() {
    let said = |document: &Value, path: &str| {
        let response = &document["paths"][path]["post"]["responses"]["422"];
        let pointer = response["$ref"].as_str().unwrap().strip_prefix('#');
        document.pointer(pointer.unwrap()).unwrap().to_string()
    };
    let alone = republished(&shop(), None, DocumentOptions::default());
    let beside = |options| {
        let others = vec![tool("tool", "{}"), tool("other", "{}")];
        republished_beside(&shop(), None, options, others)
    };
    let together = beside(DocumentOptions::default());
    for document in [&alone, &together] {
        // What the API's own document says nothing of.
        let of_api = said(document, "/drop");
        assert!(of_api.contains("The arguments don't fit"), "{of_api}");
        assert!(!of_api.to_lowercase().contains("tool"), "{of_api}");
    }
    for path in ["/other/tool", "/other/other"] {
        assert!(said(&together, path).contains("or the tool reported an error"));
    }
    let apart = beside(DocumentOptions {
        tool_error_status: 500,
        ..DocumentOptions::default()
    });
    assert_eq!(said(&apart, "/drop"), said(&apart, "/other/tool"));
}

#[test]
fn what_apis_answer_is_not_recursive_where_that_is_cut() {
    let document = republished(&shop(), None, cut());
    let schemas = &document["components"]["schemas"];
    depth(&schemas["Item"], schemas, 40);
    depth(&schemas["Tool"], schemas, 40);
    let uncut = republished(&shop(), None, DocumentOptions::default());
    assert_eq!(
        uncut["components"]["schemas"]["Item"]["properties"]["parts"]["items"]["$ref"],
        "#/components/schemas/Item"
    );
}
