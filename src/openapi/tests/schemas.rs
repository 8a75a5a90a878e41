//! Tools' schemas in documents.

use super::*;

#[test]
fn definitions_become_components_and_recursion_stays() {
    let schema = json!({
        "type": "object",
        "title": "Find",
        "properties": {
            "tree": {"$ref": "#/$defs/Tree", "description": "siblings stay"},
            "left": {"$ref": "#/$defs/Left"},
            "same": {"$ref": "#/properties/tree"},
            "self": {"type": "array", "items": {"$ref": "#"}},
            "odd": {"$ref": "#/$defs/a%20b~1c%25"},
            "anchored": {"$ref": "#spot"},
            "yes": true,
            "no": false,
            "$ref": {"type": "string", "default": {"$ref": "#/untouched"}},
            "definitions": {"enum": [{"$ref": "#/untouched"}], "examples": [{"$ref": 1}]},
        },
        "required": ["tree"],
        "$defs": {
            "Tree": {
                "type": "object",
                "properties": {"kids": {"type": "array", "items": {"$ref": "#/$defs/Tree"}}},
            },
            "Left": {"properties": {"right": {"$ref": "#/$defs/Right"}}},
            "Right": {"properties": {"left": {"$ref": "#/$defs/Left"}}},
            "a b/c%": {"$comment": "odd"},
            "spot": {"$anchor": "spot", "type": ["string", "null"]},
            "unused": {"type": "null"},
        },
    });
    let options = DocumentOptions::default();
    assert_json_snapshot!("definitions", published(&schema, options));
    assert_json_snapshot!("definitions_cut", published(&schema, cut()));
}

#[test]
fn cut_documents_have_no_recursion_left() {
    let schema = json!({
        "$ref": "#/$defs/A",
        "$defs": {
            "A": {"properties": {"a": {"$ref": "#/$defs/A"}, "b": {"$ref": "#/$defs/B"}}},
            "B": {"properties": {"c": {"$ref": "#/$defs/C"}, "a": {"$ref": "#/$defs/A"}}},
            "C": {"anyOf": [{"$ref": "#/$defs/B"}, {"$ref": "#"}, {"type": "null"}]},
        },
    });
    let document = published(&schema, cut());
    depth(&document["body"], &document["schemas"], 60);
}

#[test]
fn older_dialects_are_translated() {
    let draft4 = json!({
        "$schema": "http://json-schema.org/draft-04/schema#",
        "id": "http://example.com/root.json",
        "type": "object",
        "properties": {
            "id": {"type": "integer", "minimum": 1, "exclusiveMinimum": true,
                   "maximum": 9, "exclusiveMaximum": false},
            "pair": {"type": "array", "items": [{"type": "string"}, {"$ref": "#/definitions/n"}],
                     "additionalItems": false},
            "any": {"type": "array", "items": [], "additionalItems": {"type": "null"}},
            "ref": {"$ref": "#/definitions/n", "title": "kept", "minimum": 3},
            "into": {"$ref": "#/properties/pair/items/0"},
        },
        "dependencies": {"id": ["pair"], "pair": {"required": ["any"]}},
        "definitions": {"n": {"type": "integer", "id": "#n"}},
    });
    assert_json_snapshot!("draft4", published(&draft4, DocumentOptions::default()));
    let draft7 = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": "https://example.com/seven",
        "type": "object",
        "properties": {
            "a": {"$ref": "https://example.com/seven#/definitions/a"},
            "b": {"if": {"const": 1}, "then": {"$ref": "#b"}, "else": false},
            "nullable": {"type": "string", "nullable": true, "examples": {"x": {"value": "y"}}},
        },
        "definitions": {"a": {"type": "string"}, "b": {"$id": "#b", "maximum": 3}},
    });
    assert_json_snapshot!("draft7", published(&draft7, DocumentOptions::default()));
    let unsaid = json!({"properties": {
        "n": {"minimum": 1, "exclusiveMinimum": true}, "t": {"items": [{"type": "string"}]},
    }});
    let body = &published(&unsaid, DocumentOptions::default())["body"];
    assert_eq!(
        body["content"]["application/json"]["schema"]["properties"],
        json!({"n": {"exclusiveMinimum": 1}, "t": {"prefixItems": [{"type": "string"}]}})
    );
}

#[test]
fn alternatives_at_the_root_also_show_as_properties() {
    let schema = json!({
        "oneOf": [
            {"$ref": "#/$defs/Circle"},
            {"$ref": "#/$defs/Square"},
        ],
        "discriminator": {"propertyName": "kind", "mapping": {"circle": "#/$defs/Circle"}},
        "$defs": {
            "Circle": {
                "properties": {"kind": {"const": "circle"}, "size": {"type": "number"},
                               "round": {"type": "boolean", "description": "very"}},
                "required": ["kind"],
            },
            "Square": {
                "properties": {"kind": {"const": "square"}, "size": {"type": ["integer", "null"]}},
                "required": ["kind", "size"],
            },
        },
    });
    assert_json_snapshot!("one_of", published(&schema, DocumentOptions::default()));
    let schema = json!({
        "allOf": [{"$ref": "#/$defs/Base"}, {"properties": {"b": {"type": "string"}}}],
        "properties": {"b": {"minLength": 1}},
        "$defs": {"Base": {"properties": {"a": {"type": "integer"}}, "required": ["a"]}},
    });
    assert_json_snapshot!("all_of", published(&schema, DocumentOptions::default()));
}

#[test]
fn a_property_of_alternatives_shows_all_that_it_can_be() {
    let schema = json!({
        "anyOf": [
            {"properties": {"a": {"type": "string"}},
             "allOf": [{"properties": {"a": {"type": "string", "description": "text"}}}]},
            {"properties": {"b": {"type": "integer", "description": "a number"}}},
            {"properties": {"c": {"type": "integer"}}},
            {"properties": {"c": {"type": "integer"}}},
        ],
    });
    let body = &published(&schema, DocumentOptions::default())["body"];
    assert_eq!(
        body["content"]["application/json"]["schema"]["properties"],
        json!({
            "a": {"description": "text",
                  "anyOf": [{"type": "string"}, {"type": "string", "description": "text"}]},
            "b": {"type": "integer", "description": "a number"},
            "c": {"type": "integer"},
        })
    );
}

#[test]
fn many_alternatives_of_many_properties_cost_no_time() {
    let properties: serde_json::Map<_, _> = (0..1000)
        .map(|n| (format!("p{n}"), json!({"type": "string"})))
        .collect();
    let again = vec![json!({"$ref": "#/$defs/all"}); 20_000];
    let schema = json!({"anyOf": again, "$defs": {"all": {"properties": properties}}});
    let start = std::time::Instant::now();
    published(&schema, DocumentOptions::default());
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
}

#[test]
fn a_schema_that_multiplies_itself_costs_no_time() {
    let again = vec![json!({"$ref": "#"}); 200];
    let schema = json!({"allOf": again, "anyOf": again, "properties": {"a": true}});
    let start = std::time::Instant::now();
    published(&schema, cut());
    assert!(start.elapsed().as_secs() < 10);
}

#[test]
fn references_that_lead_nowhere_are_left_out() {
    let mut with_output = tool("t", "{}");
    with_output.output_schema = Some(
        r##"{"properties":{"a":{"$ref":"#/$defs/gone","title":"A"},"b":{"$ref":"#/$defs/b"},
            "c":{"$ref":"https://example.com/x"}},"$defs":{"b":{"$ref":"#/$defs/b"}}}"##,
    );
    let document = write(&view(vec![with_output]));
    keep("nowhere", &document);
    let answer = &document["paths"]["/t"]["post"]["responses"]["200"]["content"];
    assert_eq!(
        answer["application/json"]["schema"],
        json!({"properties": {"a": {"title": "A"}, "b": {}, "c": {}}})
    );
}

#[test]
fn results_are_unwrapped_with_their_definitions() {
    let mut with_output = tool("t", "{}");
    with_output.output_schema = Some(
        r##"{"x-fastmcp-wrap-result":true,"type":"object","required":["result"],"properties":
            {"result":{"type":"array","items":{"$ref":"#/$defs/Item"}}},
            "$defs":{"Item":{"type":"object","properties":{"next":{"$ref":"#/$defs/Item"}}}}}"##,
    );
    with_output.wrapped_result = is_wrapped_result(with_output.output_schema.unwrap());
    let document = write(&view(vec![with_output]));
    keep("unwrapped", &document);
    let answer = &document["paths"]["/t"]["post"]["responses"]["200"]["content"];
    assert_eq!(
        answer["application/json"]["schema"],
        json!({"type": "array", "items": {"$ref": "#/components/schemas/t_result_Item"}})
    );
    assert_eq!(
        document["components"]["schemas"]["t_result_Item"]["properties"]["next"]["$ref"],
        "#/components/schemas/t_result_Item"
    );
}

#[test]
fn wrappers_are_known_by_their_marks() {
    assert!(is_wrapped_result(
        r#"{"properties":{"result":{"type":"string"}},"x-fastmcp-wrap-result":true}"#
    ));
    assert!(is_wrapped_result(
        r#"{"properties":{"result":{}},"required":["result"],"title":"addOutput"}"#
    ));
    for other in [
        "{",
        r#"{"properties":{"result":{}},"required":["result"],"title":"Sum"}"#,
        r#"{"properties":{"result":{}},"title":"addOutput"}"#,
        r#"{"properties":{"result":{},"x":{}},"required":["result"],"title":"addOutput"}"#,
        r#"{"properties":{"value":{}},"required":["value"],"title":"addOutput"}"#,
        r#"{"x-fastmcp-wrap-result":true}"#,
    ] {
        assert!(!is_wrapped_result(other), "{other}");
    }
}
