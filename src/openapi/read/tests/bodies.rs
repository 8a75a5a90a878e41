use super::*;
use crate::openapi::api::{BodyForm, BodyShape, Part, Serialization, Style};

#[test]
fn an_object_is_laid_out_flat_without_what_is_read_only() {
    let schema = json!({
        "type": "object",
        "properties": {
            "id": {"type": "integer", "readOnly": true},
            "name": {"type": "string"},
            "owner": {"$ref": "#/components/schemas/Owner"}
        },
        "required": ["id", "name"],
        "additionalProperties": {"type": "number"}
    });
    let owner = json!({"type": "object", "required": ["id", "email"], "properties": {
        "id": {"readOnly": true},
        "email": {"type": "string"},
        "secret": {"type": "string", "writeOnly": true},
        "boss": {"$ref": "#/components/schemas/Owner"}
    }});
    let components = json!({"schemas": {"Owner": owner}});
    let document = one(&body(&schema, true), &components);
    assert_eq!(
        input(&document),
        json!({
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "owner": {"$ref": "#/$defs/Owner"}
            },
            "required": ["name"],
            "additionalProperties": {"type": "number"},
            "$defs": {"Owner": {"type": "object", "required": ["email"], "properties": {
                "email": {"type": "string"},
                "secret": {"type": "string", "writeOnly": true},
                "boss": {"$ref": "#/$defs/Owner"}
            }}}
        })
    );
    let body = only(&document).body.unwrap();
    assert_eq!(
        body.shape,
        BodyShape::Members {
            members: ["name", "owner"].map(|one| (one.into(), one.into())).into(),
            read_only: ["id".to_owned()].into(),
            takes_others: true,
        }
    );
    assert_eq!(body.form, BodyForm::Json);
}

#[test]
fn the_members_of_an_optional_body_are_optional() {
    let schema = json!({"type": "object", "properties": {"a": {}}, "required": ["a"],
                        "additionalProperties": false});
    let document = one(&body(&schema, false), &json!({}));
    assert_eq!(
        input(&document),
        json!({"type": "object", "properties": {"a": {}}, "additionalProperties": false})
    );
    let body = only(&document).body.unwrap();
    assert!(!body.required);
    assert!(matches!(
        body.shape,
        BodyShape::Members {
            takes_others: false,
            ..
        }
    ));
}

#[test]
fn all_of_is_merged_where_nothing_is_lost_by_it() {
    let components = json!({"schemas": {
        "Base": {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
        "Closed": {"type": "object", "properties": {"a": {"type": "string"}},
                   "additionalProperties": false}
    }});
    let merged = json!({"allOf": [
        {"$ref": "#/components/schemas/Base"},
        {"properties": {"b": {"type": "integer"}}, "required": ["b"]}
    ]});
    assert_eq!(
        input(&one(&body(&merged, true), &components)),
        json!({
            "type": "object",
            "properties": {"a": {"type": "string"}, "b": {"type": "integer"}},
            "required": ["a", "b"]
        })
    );
    for whole in [
        json!({"allOf": [{"$ref": "#/components/schemas/Base"}, {"properties": {"a": {}}}]}),
        json!({"allOf": [{"$ref": "#/components/schemas/Closed"}, {"properties": {"b": {}}}]}),
        json!({"properties": {"a": {}}, "anyOf": [{"required": ["a"]}]}),
        json!({"type": "object", "additionalProperties": {"type": "string"}}),
        json!({"type": "array"}),
        json!({}),
    ] {
        let operation = only(&one(&body(&whole, true), &components));
        assert_eq!(
            operation.body.unwrap().shape,
            BodyShape::Whole {
                argument: "body".to_owned()
            },
            "{whole}"
        );
    }
}

#[test]
fn the_best_media_type_is_chosen() {
    for (types, best) in [
        (
            vec![
                "text/plain",
                "application/x-www-form-urlencoded",
                "application/json",
            ],
            "application/json",
        ),
        (
            vec!["application/xml", "application/hal+json"],
            "application/hal+json",
        ),
        (
            vec!["application/xml", "application/x-www-form-urlencoded"],
            "application/x-www-form-urlencoded",
        ),
        (vec!["application/octet-stream", "text/csv"], "text/csv"),
        (vec!["image/png", "*/*"], "application/json"),
        (
            vec!["multipart/form-data", "application/x-www-form-urlencoded"],
            "application/x-www-form-urlencoded",
        ),
        (
            vec!["application/json; charset=utf-8", "text/plain"],
            "application/json; charset=utf-8",
        ),
    ] {
        let content: serde_json::Map<String, Value> = types
            .iter()
            .map(|one| ((*one).to_owned(), json!({"schema": {"type": "string"}})))
            .collect();
        let operation = only(&one(
            &json!({"requestBody": {"content": content}}),
            &json!({}),
        ));
        assert_eq!(operation.body.unwrap().media_type, best);
    }
}

#[test]
fn files_in_multipart_bodies_are_given_as_data_uris() {
    let schema = json!({"type": "object", "properties": {
        "photo": {"type": "string", "format": "binary", "description": "A photo."},
        "more": {"type": "array", "items": {"type": "string", "contentMediaType": "image/png"}},
        "maybe": {"anyOf": [
            {"type": "string", "contentMediaType": "application/octet-stream"}, {"type": "null"}
        ]},
        "meta": {"type": "object"},
        "note": {"type": "string"}
    }});
    let content = json!({
        "application/x-www-form-urlencoded": {"schema": schema},
        "multipart/form-data": {"schema": schema, "encoding": {
            "photo": {"contentType": "image/png, image/jpeg"},
            "more": {"contentType": "image/*"},
            "meta": {"contentType": "application/json"}
        }}
    });
    let document = one(&json!({"requestBody": {"content": content}}), &json!({}));
    let body = only(&document).body.unwrap();
    let part = |media_type: Option<&str>, is_binary| Part {
        media_type: media_type.map(str::to_owned),
        is_binary,
    };
    let parts = [
        ("photo".to_owned(), part(Some("image/png"), true)),
        ("more".to_owned(), part(None, true)),
        (
            "maybe".to_owned(),
            part(Some("application/octet-stream"), true),
        ),
        ("meta".to_owned(), part(Some("application/json"), false)),
    ];
    assert_eq!(body.form, BodyForm::Multipart(parts.into()));
    let properties = &input(&document)["properties"];
    assert_eq!(
        properties["photo"]["description"],
        "A photo.\n\nA file: a data URI (data:<media type>;base64,…), or its bytes in Base64. Of the \
         type image/png or image/jpeg."
    );
    assert_eq!(
        properties["more"]["description"],
        "Files: each a data URI (data:<media type>;base64,…), or its bytes in Base64. Of the type \
         image/*."
    );
    assert_eq!(properties["note"], json!({"type": "string"}));
}

#[test]
fn forms_say_how_their_members_are_written() {
    let content = json!({"application/x-www-form-urlencoded": {
        "schema": {"type": "object", "properties": {"a": {}, "b": {}, "c": {}}},
        "encoding": {
            "a": {"style": "pipeDelimited"},
            "b": {"contentType": "application/json"},
            "c": {"headers": {}}
        }
    }});
    let document = one(&json!({"requestBody": {"content": content}}), &json!({}));
    let style = Serialization::Style {
        style: Style::PipeDelimited,
        explode: false,
        allow_reserved: false,
    };
    let styles = [
        ("a".to_owned(), style),
        (
            "b".to_owned(),
            Serialization::Content("application/json".to_owned()),
        ),
    ];
    assert_eq!(
        only(&document).body.unwrap().form,
        BodyForm::UrlEncoded(styles.into())
    );
}

#[test]
fn version_2_has_its_bodies_among_the_parameters() {
    let operation = |parameters: Value, consumes: Value| {
        json!({
            "swagger": "2.0",
            "consumes": ["application/xml", "application/json"],
            "paths": {"/t": {"post": {
                "operationId": "t", "parameters": parameters, "consumes": consumes
            }}},
            "definitions": {"Pet": {
                "type": "object", "required": ["name"], "discriminator": "kind",
                "properties": {"name": {"type": "string", "x-nullable": true}, "kind": {}}
            }}
        })
    };
    let whole = json!([{"name": "pet", "in": "body", "required": true,
                        "schema": {"$ref": "#/definitions/Pet"}}]);
    let mut document = operation(whole, json!([]));
    document["paths"]["/t"]["post"]
        .as_object_mut()
        .unwrap()
        .shift_remove("consumes");
    assert_eq!(only(&document).body.unwrap().media_type, "application/json");
    assert_eq!(
        input(&document),
        json!({
            "type": "object",
            "properties": {"name": {"type": ["string", "null"]}, "kind": {}},
            "required": ["name"]
        })
    );
    let fields = json!([
        {"name": "file", "in": "formData", "type": "file", "required": true},
        {"name": "tags", "in": "formData", "type": "array", "items": {"type": "string"}}
    ]);
    let document = operation(fields, json!(["multipart/form-data"]));
    let body = only(&document).body.unwrap();
    assert_eq!(body.media_type, "multipart/form-data");
    let BodyForm::Multipart(parts) = body.form else {
        panic!("{:?}", body.form);
    };
    assert!(parts["file"].is_binary && !parts["tags"].is_binary);
    assert_eq!(
        input(&document)["properties"]["file"],
        json!({
            "description":
                "A file: a data URI (data:<media type>;base64,…), or its bytes in Base64.",
            "type": "string",
            "format": "binary"
        })
    );
    let fields = json!([{"name": "tags", "in": "formData", "type": "array",
                         "collectionFormat": "pipes", "items": {"type": "string"}}]);
    let body = only(&operation(fields, json!([]))).body.unwrap();
    assert_eq!(body.media_type, "application/x-www-form-urlencoded");
    let BodyForm::UrlEncoded(styles) = body.form else {
        panic!("{:?}", body.form);
    };
    assert!(matches!(
        styles["tags"],
        Serialization::Style {
            style: Style::PipeDelimited,
            ..
        }
    ));
}
