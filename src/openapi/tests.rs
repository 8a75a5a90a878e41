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

#[test]
fn a_whole_document() {
    let mut time = tool(
        "get_current_time",
        r#"{"type":"object","properties":{"timezone":{"type":"string","x-mcp-header":"Zone"}},
            "required":["timezone"]}"#,
    );
    time.description = Some("The time.\n\nIn *any* zone.");
    time.annotations = Some(r#"{"title":"Now","readOnlyHint":true}"#);
    time.output_schema = Some(
        r#"{"title":"get_current_timeOutput","type":"object","required":["result"],
            "properties":{"result":{"type":"string","title":"Result"}}}"#,
    );
    time.wrapped_result = true;
    let mut odd = tool("überall/{id}", "{}");
    odd.title = Some("Anywhere");
    let mut broken = tool("broken", "{");
    broken.free_form = true;
    let mut view = view(vec![time, odd]);
    view.description = Some("Tools.");
    view.server_url = Some("/proxied");
    view.security = Security {
        bearer: true,
        basic: true,
    };
    view.sections[0].tag = Some("time");
    view.sections[0].tag_description = Some("Time and zones");
    view.sections[0].path_prefix = "/time/";
    view.sections.push(Section {
        tag: Some("other"),
        tag_description: None,
        path_prefix: "/other/",
        tools: vec![broken],
    });
    let document = write(&view);
    keep("whole", &document);
    assert_json_snapshot!(document);
    view.options.tool_error_status = 500;
    let document = write(&view);
    keep("whole", &document);
    let of = |status: &str| {
        let pointer = document["paths"]["/time/get%5Fcurrent%5Ftime"]["post"]["responses"][status]
            ["$ref"]
            .as_str()
            .unwrap();
        let response = document
            .pointer(pointer.strip_prefix('#').unwrap())
            .unwrap();
        response["content"]["application/json"]["schema"].to_string()
    };
    assert!(of("500").contains("ToolError"));
    assert!(!of("422").contains("ToolError"));
}

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
fn a_body_is_there_when_there_is_something_to_say() {
    let body = |schema: Value| published(&schema, DocumentOptions::default())["body"].clone();
    for nothing in [
        json!({}),
        json!(true),
        json!({"type": "object"}),
        json!({"type": "object", "properties": {}, "additionalProperties": false, "title": "x"}),
        json!({"type": "object", "properties": {}, "required": []}),
    ] {
        assert_eq!(body(nothing.clone()), Value::Null, "{nothing}");
    }
    let required = |schema| body(schema)["required"].as_bool();
    assert_eq!(required(json!({"properties": {"a": {}}})), Some(false));
    assert_eq!(required(json!({"required": ["a"]})), Some(true));
    assert_eq!(required(json!({"additionalProperties": true})), Some(false));
    assert_eq!(
        required(json!({"additionalProperties": {"type": "string"}})),
        Some(false)
    );
    assert_eq!(required(json!({"minProperties": 1})), Some(true));
    assert_eq!(
        required(json!({"anyOf": [{"required": ["a"]}, {}]})),
        Some(false)
    );
    assert_eq!(
        required(json!({
            "anyOf": [{"required": ["a"]}, {"$ref": "#/$defs/b"}],
            "$defs": {"b": {"allOf": [{"required": ["b"]}]}},
        })),
        Some(true)
    );
    assert_eq!(required(json!({"$ref": "#"})), Some(false));
}

#[test]
fn every_status_of_a_tool_error_is_documented() {
    for (status, shares) in [
        (422, true),
        (500, true),
        (418, false),
        (401, false),
        (599, false),
    ] {
        let mut view = view(vec![tool("t", "{}")]);
        view.options.tool_error_status = status;
        let document = write(&view);
        let responses = &document["paths"]["/t"]["post"]["responses"];
        let pointer = responses[status.to_string()]["$ref"].as_str().unwrap();
        let response = document.pointer(&pointer[1..]).unwrap();
        let schema = response["content"]["application/json"]["schema"].to_string();
        assert!(schema.contains("ToolError"), "{status}: {response}");
        assert_eq!(schema.contains("/Error"), shares, "{status}: {response}");
        assert!(responses["408"].is_object());
        let tells = document["components"]["responses"].as_object().unwrap();
        let told = tells
            .values()
            .filter(|one| one.to_string().contains("ToolError"));
        assert_eq!(told.count(), 1, "{status}");
    }
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

#[test]
fn titles_are_cased_as_mcpo_does() {
    assert_eq!(title_case("get_current_time"), "Get Current Time");
    assert_eq!(title_case("getURL"), "Geturl");
    assert_eq!(title_case("list-files2go"), "List-Files2Go");
    assert_eq!(title_case("über_straße"), "Über Straße");
}

fn ids(names: &[(Option<&str>, &str)], style: OperationIds) -> Vec<String> {
    let mut view = view(Vec::new());
    view.options.operation_ids = style;
    view.sections = names
        .iter()
        .map(|(tag, name)| Section {
            tag: *tag,
            tag_description: None,
            path_prefix: "/",
            tools: vec![tool(name, "{}")],
        })
        .collect();
    names::operation_ids(&view)
}

#[test]
fn operation_ids_are_unique_fitting_and_stable() {
    let long = "x".repeat(70);
    let wanted = [
        (None, "plain"),
        (None, "a.b"),
        (None, "a_b"),
        (None, "a/b"),
        (None, "only.one"),
        (None, "größe"),
        (None, &*long),
        (Some("a"), "b__c"),
        (Some("a__b"), "c"),
        (Some("time"), "now"),
        (None, "twin"),
        (None, "twin"),
    ];
    let given = ids(&wanted, OperationIds::Tool);
    assert_json_snapshot!(given);
    let unique: std::collections::HashSet<_> = given.iter().collect();
    assert_eq!(unique.len(), given.len());
    let fits = |id: &String| {
        id.len() <= 64
            && id
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    };
    assert!(given.iter().all(fits));
    let mut reversed = wanted[..10].to_vec();
    reversed.reverse();
    let mut other = ids(&reversed, OperationIds::Tool);
    other.reverse();
    assert_eq!(other, given[..10]);
}

#[test]
fn mcpo_names_its_operations_otherwise() {
    let given = ids(
        &[(None, "get-sum"), (Some("s"), "get_sum")],
        OperationIds::Mcpo,
    );
    assert_eq!(given, ["tool_get_sum_post", "tool_s__get_sum_post"]);
}

#[test]
fn yaml_says_the_same_as_json() {
    let text = json!({
        "type": "object",
        "properties": {
            "yes": {"default": "no", "enum": ["on", "1.10", "null", "~", "0x1f", "2020-01-01", ""]},
            "text": {"description": "a: b # c\n  indented\n\n- \"quoted\" 'x'\ttab \\ end \n"},
            "pattern": {"pattern": "^[^\\s]*\u{7}$", "maximum": 1.5e300, "minimum": u64::MAX},
        },
    })
    .to_string();
    let document = write(&view(vec![tool("t", &text)]));
    let yaml = to_yaml(&document);
    if let Some(folder) = std::env::var_os("OPENAPI_DOCUMENTS") {
        let folder = std::path::Path::new(&folder);
        std::fs::write(folder.join("yaml.yaml"), &yaml).unwrap();
        std::fs::write(folder.join("yaml.json"), document.to_string()).unwrap();
    }
    let read: Value = serde_saphyr::from_str(&yaml).unwrap();
    assert_eq!(read, document);
}

proptest::proptest! {
    #[test]
    fn yaml_keeps_every_text(
        texts in proptest::collection::vec(
            "([a-z0-9#:'\"!&*?|>@`%{}\\[\\],. \\-~=\\\\\n\tü\u{2028}]{0,12}( [a-z:#]{1,9}){0,12}[ \n]{0,3}){1,3}",
            1..8,
        ),
    ) {
        let document = json!({"texts": &texts, "keys": {texts[0].clone(): [[{"a": texts[0]}]]}});
        let yaml = to_yaml(&document);
        if let Some(folder) = std::env::var_os("OPENAPI_DOCUMENTS") {
            use std::io::Write as _;
            let path = std::path::Path::new(&folder).join("texts.jsonl");
            let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
            writeln!(file, "{}", json!([document, yaml])).unwrap();
        }
        let read: Value = serde_saphyr::from_str(&yaml).unwrap();
        proptest::prop_assert_eq!(read, document);
    }
}

/// A tool whose numbers no double holds as they are written, in every place for a number.
const AWKWARD: &str = r##"{"type": "object", "properties": {
    "n": {"type": "number", "maximum": 123456789012345678901234567890, "default": 1.10,
          "enum": [0.10, -0, 1E+2, 9007199254740993.0], "x-unknown": [1e400, {"y": 2.50}]},
    "r": {"$ref": "#/$defs/D"},
    "texts": {"examples": ["1.10", "Z0Z", "Z1Z Z0Z", "Z", "\u005a2Z"], "const": 3.0},
    "Z3Z": {"minimum": 7.70}},
    "$defs": {"D": {"multipleOf": 0.010}}, "minProperties": 1.0}"##;

/// The numbers above, in the order in which the document has them.
const SPELLINGS: [&str; 13] = [
    "123456789012345678901234567890",
    "1.10",
    "0.10",
    "-0",
    "1E+2",
    "9007199254740993.0",
    "1e400",
    "2.50",
    "3.0",
    "7.70",
    "1.0",
    "5.50",
    "0.010",
];

#[test]
fn numbers_stay_as_they_were_written() {
    let mut awkward = tool("t", AWKWARD);
    awkward.annotations = Some(r#"{"x-weight":5.50}"#);
    let document = super::write(&view(vec![awkward]));
    for (written, tag) in [(document.to_json(), ""), (document.to_yaml(), "!!float ")] {
        let mut rest = written.as_str();
        for number in SPELLINGS {
            let tag = if number.contains(['e', 'E']) { tag } else { "" };
            let number = format!("{tag}{number}");
            let at = rest.find(&number);
            let at = at.unwrap_or_else(|| panic!("{number} in {rest} of {written}"));
            rest = &rest[at + number.len()..];
        }
    }
    let json = document.to_json();
    assert!(
        json.contains(r#"["1.10","Z0Z","Z1Z Z0Z","Z","Z2Z"],"const":3.0"#),
        "{json}"
    );
    // This reader takes no number beyond a double.
    let readable = document.to_yaml().replace("1e400", "1e40");
    let read: Value = serde_saphyr::from_str(&readable).unwrap();
    let schema = &read["paths"]["/t"]["post"]["requestBody"]["content"]["application/json"];
    let properties = &schema["schema"]["properties"];
    assert_eq!(properties["Z3Z"]["minimum"], json!(7.7));
    assert_eq!(properties["n"]["enum"][2], json!(100.0));
    assert_eq!(
        properties["texts"]["examples"],
        json!(["1.10", "Z0Z", "Z1Z Z0Z", "Z", "Z2Z"])
    );
}

#[test]
fn bounds_of_draft_4_and_merged_options_keep_their_numbers() {
    let text = r#"{"$schema": "http://json-schema.org/draft-04/schema#", "oneOf": [
        {"properties": {"n": {"enum": [1.10, 2], "minimum": 1.50, "exclusiveMinimum": true}}},
        {"properties": {"n": {"enum": [1.1, 2.0, 123456789012345678901234567890]}}}]}"#;
    let json = super::write(&view(vec![tool("t", text)])).to_json();
    assert!(json.contains(r#""exclusiveMinimum":1.50}"#), "{json}");
    let merged = r#""properties":{"n":{"anyOf":[{"enum":[1.10,2],"exclusiveMinimum":1.50},{"enum":[1.1,2.0,123456789012345678901234567890]}]}}"#;
    assert!(json.contains(merged), "{json}");
}

#[test]
fn a_thousand_tools_and_long_descriptions_are_no_matter() {
    let schema = json!({
        "properties": {"a": {"$ref": "#/$defs/D"}},
        "$defs": {"D": {"properties": {"d": {"$ref": "#/$defs/D"}}}},
    })
    .to_string();
    let description = "long ".repeat(20_000);
    let names: Vec<String> = (0..1000).map(|number| format!("tool_{number}")).collect();
    let mut tools: Vec<_> = names.iter().map(|name| tool(name, &schema)).collect();
    tools[0].description = Some(&description);
    let document = write(&view(tools));
    assert_eq!(document["paths"].as_object().unwrap().len(), 1000);
    assert_eq!(
        document["paths"]["/tool%5F0"]["post"]["description"],
        description.as_str()
    );
}

/// The document of an API's tools as the gateway publishes them, read from the API's own.
fn republished(document: &Value, tag: Option<&str>, options: DocumentOptions) -> Value {
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
    for name in responses::responses(Security::default(), 422).keys() {
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
