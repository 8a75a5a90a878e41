use std::fmt::Write as _;

use super::*;
use crate::openapi::api::{Responses, SchemaText};

/// What an operation answers, a line for each thing that is told of it.
fn told(operation: &Operation) -> String {
    let responses = operation.responses.as_ref().unwrap();
    let mut told = String::new();
    for (statuses, response) in &responses.all {
        writeln!(told, "{statuses}: {}", response.description).unwrap();
        for header in &response.headers {
            let need = if header.is_required { "!" } else { "" };
            let schema = schema(responses, header.schema.as_ref());
            writeln!(told, "  {}{need}: {schema}", header.name).unwrap();
        }
        for (media_type, body) in &response.content {
            writeln!(told, "  {media_type} {}", schema(responses, body.as_ref())).unwrap();
        }
    }
    for definition in responses.definitions.0.iter().flatten() {
        let text = schema(responses, Some(&definition.schema));
        writeln!(told, "{} = {text}", definition.name).unwrap();
    }
    told
}

fn schema(responses: &Responses, schema: Option<&SchemaText>) -> String {
    let name = |id| responses.definitions.get(id).unwrap().name.clone();
    schema.map_or_else(|| "-".to_owned(), |schema| schema.write(name))
}

fn of(responses: &Value, components: &Value) -> String {
    told(&only(&one(&json!({ "responses": responses }), components)))
}

#[test]
fn statuses_ranges_and_defaults_are_told_with_media_types_headers_and_schemas() {
    let pet = json!({"$ref": "#/components/schemas/Pet"});
    let responses = json!({
        "default": {"description": "Anything else.", "content": {"text/*": {}}},
        "4xx": {"$ref": "#/components/responses/Wrong"},
        "404": {"$ref": "#/components/responses/Wrong"},
        "200": {
            "description": " A pet. ",
            "headers": {
                "X-Total-Count": {"required": true, "schema": {"type": "integer"}},
                "Link": {"$ref": "#/components/headers/Link"},
                "Set-Cookie": {"schema": {"type": "string"}},
                "content-type": {"schema": {"type": "string"}}
            },
            "content": {
                "application/json": {"schema": pet},
                "image/png": {},
                "application/vnd.mcp.result+json": {}
            }
        },
        "204": {"description": "Gone."},
        "x-note": {},
        "ok": {"description": "?"}
    });
    let components = json!({
        "schemas": {
            "Pet": {
                "type": "object",
                "required": ["id", "pin"],
                "properties": {
                    "id": {"type": "integer", "readOnly": true},
                    "pin": {"type": "string", "writeOnly": true},
                    "friend": {"$ref": "#/components/schemas/Pet"}
                }
            },
            "Unused": {"type": "null"}
        },
        "headers": {"Link": {"content": {"text/plain": {"schema": {"type": "string"}}}}},
        "responses": {"Wrong": {
            "description": "Wrong.",
            "content": {"application/problem+json": {"schema": {"type": "object"}}}
        }}
    });
    let mut document = one(&json!({ "responses": responses }), &components);
    document["paths"]["/t"]["put"] = document["paths"]["/t"]["post"].clone();
    document["paths"]["/t"]["put"]["operationId"] = "u".into();
    // A parameter, since a tool's operation has none.
    document["paths"]["/t"]["parameters"] = json!([{"name": "q", "in": "query"}]);
    let api = api(&document);
    insta::assert_snapshot!(told(&api.operations[0]));
    let all = |index: usize| &api.operations[index].responses.as_ref().unwrap().all;
    for (one, other) in all(0).iter().zip(all(1)) {
        assert!(std::sync::Arc::ptr_eq(&one.1, &other.1), "told twice");
    }
    let about_t = api.warnings.iter().filter(|(about, _)| about == "t");
    let about_t: Vec<&str> = about_t.map(|(_, message)| &**message).collect();
    assert_eq!(
        about_t,
        ["its answers with \"ok\" are not told: this is no status, nor a class of them as `4XX`"]
    );
}

#[test]
fn version_2_tells_media_types_apart_from_schemas() {
    let document = json!({
        "swagger": "2.0",
        "produces": ["application/json", "text/xml"],
        "paths": {"/t": {
            "get": {"operationId": "get", "responses": {
                "200": {
                    "description": "A pet.",
                    "schema": {"$ref": "#/definitions/Pet"},
                    "headers": {"ETag": {"type": "string", "format": "hash", "description": "Which."}}
                },
                "204": {"description": "None."},
                "404": {"$ref": "#/responses/Missing"}
            }},
            "put": {"operationId": "picture", "produces": ["image/png", "image/*"], "responses": {
                "200": {"description": "A picture.", "schema": {"type": "file"}},
                "201": {"description": "Another."}
            }},
            "post": {"operationId": "nothing", "produces": [], "responses": {
                "200": {"schema": {"type": "file"}},
                "201": {"schema": {"type": "string", "x-nullable": true}},
                "400": {"description": "Bad."}
            }},
            "head": {"operationId": "head", "responses": {"200": {"schema": {"type": "string"}}}}
        }},
        "definitions": {"Pet": {"type": "object", "properties": {"id": {"type": "integer", "readOnly": true}}}},
        "responses": {"Missing": {"description": "Not there."}}
    });
    let api = api(&document);
    let all = api.operations.iter().map(|operation| {
        let told = told(operation);
        format!("{}\n{told}", operation.name)
    });
    insta::assert_snapshot!(all.collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_sequence_of_version_3_2_is_a_list() {
    let mut document = one(
        &json!({"responses": {"200": {"description": "Events.", "content": {
            "text/event-stream": {"$ref": "#/components/mediaTypes/Events"}
        }}}}),
        &json!({"mediaTypes": {"Events": {"itemSchema": {"type": "object"}}}}),
    );
    document["openapi"] = "3.2.0".into();
    assert_eq!(
        told(&only(&document)),
        "200: Events.\n  text/event-stream {\"type\":\"array\",\"items\":{\"type\":\"object\"}}\n"
    );
}

#[test]
fn what_leads_nowhere_or_is_too_large_takes_nothing_else_down() {
    let large = "x".repeat(2 * 1024 * 1024);
    let components = json!({"schemas": {
        "Large": {"type": "object", "description": large},
        "Lost": {"type": "array", "items": {"$ref": "#/components/schemas/Nowhere"}},
        "Holder": {"properties": {"large": {"$ref": "#/components/schemas/Large"}}}
    }});
    let json_of = |name: &str| {
        let reference = format!("#/components/schemas/{name}");
        json!({"description": name, "content": {"application/json": {"schema": {"$ref": reference}}}})
    };
    let responses = json!({
        "400": json_of("Holder"),
        "401": json_of("Lost"),
        "402": json_of("Nowhere"),
        "403": {"$ref": "#/components/responses/None"},
        "404": {"description": "Large", "content": {"text/plain": {"schema": {"description": large}}}}
    });
    assert_eq!(
        of(&responses, &components),
        "400: Holder\n  application/json {\"$ref\":\"Holder\"}\n\
         401: Lost\n  application/json {\"$ref\":\"Lost\"}\n\
         402: Nowhere\n  application/json -\n\
         404: Large\n  text/plain -\n\
         Holder = {\"properties\":{\"large\":{\"$ref\":\"Large\"}}}\n\
         Large = {}\n\
         Lost = {}\n"
    );
}

#[test]
fn a_tools_operation_answers_as_the_tool_does() {
    let document = one(
        &json!({"responses": {"200": {"content": {
            "application/json": {"schema": {}},
            "application/vnd.mcp.result+json": {}
        }}}}),
        &json!({}),
    );
    assert!(only(&document).responses.is_none());
}
