//! Documents as wholes.

use super::*;

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
