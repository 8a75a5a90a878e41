use super::*;

/// How a schema is written for the argument `a`, and what it points to.
fn written(version: &str, schema: &Value, components: &Value) -> Value {
    let parameter = json!({"name": "a", "in": "query", "schema": schema});
    let mut document = one(&json!({"parameters": [parameter]}), components);
    document["openapi"] = version.into();
    let mut input = input(&document);
    match input.get_mut("$defs") {
        Some(definitions) => {
            let definitions = definitions.take();
            json!([input["properties"]["a"], definitions])
        }
        None => input["properties"]["a"].take(),
    }
}

#[test]
fn a_type_that_is_none_is_left_out_and_told_with_its_place() {
    let components = json!({"schemas": {"Pet": {"type": "object", "properties": {
        "a/b": {"type": "strng"}, "c": {"type": ["string", "nil"]}, "d": {"type": "string"}
    }}}});
    let response = json!({"200": {"description": "", "content": {"application/json": {
        "schema": {"$ref": "#/components/schemas/Pet"}
    }}}});
    let api = api(&one(&json!({"responses": response}), &components));
    let told: Vec<&str> = api.warnings.iter().map(|(_, told)| told.as_str()).collect();
    assert_eq!(
        told,
        [
            r#"`type` can't be "strng" and is left out, at #/components/schemas/Pet/properties/a~1b/type"#,
            r#"`type` can't be ["string","nil"] and is left out, at #/components/schemas/Pet/properties/c/type"#,
        ]
    );
}

#[test]
fn what_older_versions_say_otherwise_is_said_as_2020_12_has_it() {
    for (before, after) in [
        (
            json!({"type": "string", "nullable": true, "enum": ["a"]}),
            json!({"type": ["string", "null"], "enum": ["a", null]}),
        ),
        (
            json!({"type": "integer", "minimum": 1, "exclusiveMinimum": true, "maximum": 9,
                "exclusiveMaximum": false}),
            json!({"type": "integer", "exclusiveMinimum": 1, "maximum": 9}),
        ),
        (
            json!({"type": "string", "example": "a"}),
            json!({"type": "string", "examples": ["a"]}),
        ),
        (
            json!({"nullable": true, "allOf": [{"type": "object"}], "description": "d"}),
            json!({"anyOf": [{"allOf": [{"type": "object"}], "description": "d"}, {"type": "null"}]}),
        ),
        (
            json!({"type": "array", "items": [{"type": "string"}], "additionalItems": false}),
            json!({"type": "array", "prefixItems": [{"type": "string"}], "items": false}),
        ),
        (
            json!({"type": "any", "required": true, "minLength": "3", "pattern": "(", "title": 7}),
            json!({}),
        ),
        (
            json!({"type": "string", "format": "date", "pattern": "^a", "default": 1.10, "x-a": [1]}),
            json!({"type": "string", "format": "date", "pattern": "^a", "default": 1.10, "x-a": [1]}),
        ),
    ] {
        assert_eq!(written("3.0.3", &before, &json!({})), after, "{before}");
    }
}

#[test]
fn a_reference_is_hoisted_under_a_readable_name_and_recursion_stays() {
    let components = json!({"schemas": {
        "a.Node": {"type": "object", "properties": {
            "next": {"$ref": "#/components/schemas/a.Node"},
            "other": {"$ref": "#/components/schemas/a~1Node"}
        }},
        "a/Node": {"type": "string", "description": "Other."}
    }});
    assert_eq!(
        written(
            "3.0.0",
            &json!({"$ref": "#/components/schemas/a.Node", "minLength": 3,
                                 "description": "Kept."}),
            &components
        ),
        json!([
            {"$ref": "#/$defs/a_Node", "description": "Kept."},
            {
                "a_Node": {"type": "object", "properties": {
                    "next": {"$ref": "#/$defs/a_Node"},
                    "other": {"$ref": "#/$defs/a_Node_2"}
                }},
                "a_Node_2": {"type": "string", "description": "Other."}
            }
        ])
    );
}

#[test]
fn siblings_of_a_reference_count_from_3_1_on() {
    let components = json!({"schemas": {"A": {"type": "string"}}});
    let schema = json!({"$ref": "#/components/schemas/A", "minLength": 3});
    assert_eq!(written("3.1.0", &schema, &components)[0]["minLength"], 3);
}

#[test]
fn identifiers_and_anchors_are_followed() {
    let components = json!({"schemas": {
        "Tree": {
            "$id": "https://schemas.example/tree",
            "$dynamicAnchor": "node",
            "type": "object",
            "properties": {
                "children": {"type": "array", "items": {"$dynamicRef": "#node"}},
                "leaf": {"$ref": "leaf"}
            }
        },
        "Leaf": {"$id": "https://schemas.example/leaf", "type": "string"},
        "Named": {"$anchor": "named", "type": "integer"}
    }});
    let document = one(&json!({}), &components);
    assert!(documents(&document).missing_references().is_empty());
    assert_eq!(
        written(
            "3.1.0",
            &json!({"$ref": "https://schemas.example/tree"}),
            &components
        ),
        json!([{"$ref": "#/$defs/tree"}, {
            "tree": {"type": "object", "properties": {
                "children": {"type": "array", "items": {"$ref": "#/$defs/tree"}},
                "leaf": {"$ref": "#/$defs/leaf"}
            }},
            "leaf": {"type": "string"}
        }])
    );
    assert_eq!(
        written("3.1.0", &json!({"$ref": "#named"}), &components),
        json!([{"$ref": "#/$defs/named"}, {"named": {"type": "integer"}}])
    );
}

#[test]
fn a_discriminator_points_to_where_its_schemas_went() {
    let components = json!({"schemas": {
        "Pet": {
            "type": "object",
            "discriminator": {"propertyName": "kind", "mapping": {
                "cat": "#/components/schemas/Cat", "dog": "Dog", "fish": "nowhere.json"
            }}
        },
        "Cat": {"type": "object"},
        "Dog": {"type": "string"}
    }});
    assert_eq!(
        written(
            "3.0.0",
            &json!({"$ref": "#/components/schemas/Pet"}),
            &components
        )[1]["Pet"],
        json!({"type": "object", "discriminator": {"propertyName": "kind", "mapping": {
            "cat": "#/$defs/Cat", "dog": "#/$defs/Dog", "fish": "nowhere.json"
        }}})
    );
}

#[test]
fn numbers_keep_their_spelling() {
    let text = r#"{"openapi": "3.1.0", "paths": {"/t": {"get": {"parameters": [
        {"name": "a", "in": "query", "schema": {"const": 1.10, "maximum": 123456789012345678901234567890}}
    ]}}}}"#;
    let parsed = parse(text.as_bytes(), &Limits::default()).unwrap();
    let documents = Documents::new(url("https://example.com/"), parsed);
    let api = read(&documents, &ReadOptions::default()).unwrap();
    let definition = api.operations[0].definition.get();
    assert!(
        definition.contains(r#"{"const":1.10,"maximum":123456789012345678901234567890}"#),
        "{definition}"
    );
}

#[test]
fn read_only_members_of_all_that_holds_together_are_not_required() {
    let components = json!({"schemas": {"Base": {"properties": {"id": {"readOnly": true}}}}});
    let schema = json!({"allOf": [{"$ref": "#/components/schemas/Base"}],
                        "required": ["id", "name"], "properties": {"name": {}}});
    assert_eq!(
        written("3.1.0", &schema, &components)[0]["required"],
        json!(["name"])
    );
}
