use super::*;
use crate::openapi::api::Output;

fn answers(responses: &Value) -> Operation {
    only(&one(
        &json!({"responses": responses}),
        &json!({"schemas": {"Pet": {"type": "object", "required": ["id", "pin"], "properties": {
            "id": {"type": "integer", "readOnly": true},
            "pin": {"type": "string", "writeOnly": true}
        }}}}),
    ))
}

fn json_of(schema: &Value) -> Value {
    json!({"content": {"application/json": {"schema": schema}}})
}

#[test]
fn an_object_is_told_as_it_is_without_what_is_write_only() {
    let pet = json!({"$ref": "#/components/schemas/Pet"});
    let operation =
        answers(&json!({"200": json_of(&pet), "204": {}, "default": json_of(&json!({}))}));
    assert_eq!(operation.output, Output::Plain);
    assert_eq!(
        definition(&operation)["outputSchema"],
        json!({"type": "object", "required": ["id"], "properties": {
            "id": {"type": "integer", "readOnly": true}
        }})
    );
}

#[test]
fn what_is_no_object_is_wrapped_so_that_it_is_known_to_be() {
    for schema in [
        json!({"type": "array", "items": {"$ref": "#/components/schemas/Pet"}}),
        json!({"type": "string"}),
        json!({"type": ["object", "null"]}),
    ] {
        let operation = answers(&json!({"201": json_of(&schema)}));
        assert_eq!(operation.output, Output::Wrapped);
        let schema = definition(&operation)["outputSchema"].take().to_string();
        assert!(crate::openapi::is_wrapped_result(&schema));
        crate::schema::check(&schema).unwrap();
    }
}

#[test]
fn nothing_is_promised_that_an_answer_may_not_keep() {
    let object = json_of(&json!({"type": "object"}));
    for responses in [
        json!({"200": object, "202": json_of(&json!({"type": "object", "required": ["a"]}))}),
        json!({"200": json_of(&json!({}))}),
        json!({"200": {"content": {"text/plain": {"schema": {"type": "string"}}}}}),
        json!({"200": {}, "default": object}),
        json!({"404": object}),
        json!({}),
    ] {
        let operation = answers(&responses);
        assert_eq!(operation.output, Output::Undeclared, "{responses}");
        assert!(definition(&operation).get("outputSchema").is_none());
    }
    let same = answers(&json!({"200": object, "202": object, "default": json_of(&json!({}))}));
    assert_eq!(same.output, Output::Plain);
    assert_eq!(answers(&json!({"default": object})).output, Output::Plain);
    assert_eq!(answers(&json!({"2XX": object})).output, Output::Plain);
}

#[test]
fn json_is_accepted_before_all_else() {
    let content =
        json!({"*/*": {}, "text/csv": {}, "application/hal+json": {}, "application/json": {}});
    let operation = answers(&json!({"200": {"content": content}, "400": {"content": {"a/b": {}}}}));
    assert_eq!(
        operation.accept,
        [
            "application/json",
            "application/hal+json",
            "text/csv",
            "*/*"
        ]
    );
}

#[test]
fn version_2_says_apart_what_it_produces() {
    let document = |produces: Value| {
        json!({
            "swagger": "2.0",
            "produces": produces,
            "paths": {"/t": {"get": {"responses": {"200": {"schema": {"type": "object"}}}}}}
        })
    };
    assert_eq!(only(&document(json!([]))).output, Output::Plain);
    let both = only(&document(json!(["application/xml", "application/json"])));
    assert_eq!(both.output, Output::Plain);
    assert_eq!(both.accept, ["application/json", "application/xml"]);
    let xml = only(&document(json!(["application/xml"])));
    assert_eq!(xml.output, Output::Undeclared);
    let mut image = document(json!(["image/webp", "image/*"]));
    image["paths"]["/t"]["get"]["responses"] = json!({"200": {"description": "A picture."}});
    assert_eq!(only(&image).accept, ["image/webp", "image/*"]);
}

#[test]
fn what_version_2_produces_is_accepted_though_no_schema_describes_it() {
    let image = only(&json!({
        "swagger": "2.0",
        "paths": {"/t": {"get": {"produces": ["image/png"], "responses": {"200": {}}}}}
    }));
    assert_eq!(image.accept, ["image/png"]);
    assert_eq!(image.output, Output::Undeclared);
}

#[test]
fn hints_come_from_the_method_and_words_from_the_operation() {
    let paths = json!({"/t": {
        "get": {"summary": "Get it", "description": "Gets it all.", "deprecated": true},
        "put": {"summary": "Put it"},
        "post": {"description": "Posts."},
        "patch": {}, "delete": {}, "head": {}, "query": {},
        "additionalOperations": {"LINK": {}},
        "x-mcp-annotations": {}
    }});
    let mut all = document(&paths, &json!({}));
    all["openapi"] = "3.2.0".into();
    let api = api(&all);
    let told = api.operations.iter().map(|one| {
        let definition = definition(one);
        format!(
            "{} {:?} {:?} {}",
            one.method,
            definition["title"].as_str(),
            definition["description"].as_str(),
            definition["annotations"]
        )
    });
    insta::assert_snapshot!(told.collect::<Vec<_>>().join("\n"));
}
