use super::*;

fn tool(definition: &'static str) -> Tool {
    Tool::read(&Raw::from_static(definition)).unwrap().0
}

fn plain() -> Tool {
    tool(r#"{"name":"t","inputSchema":{"type":"object"}}"#)
}

fn structured() -> Tool {
    tool(
        r#"{"name":"t","inputSchema":{"type":"object"},
            "outputSchema":{"type":"object","properties":{"a":{}}}}"#,
    )
}

fn value(tool: &Tool, result: &'static str) -> String {
    let raw = Raw::from_static(result);
    let bytes = ToolResult::read(&raw).unwrap().value(&raw, tool);
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn detail(result: &'static str) -> String {
    let raw = Raw::from_static(result);
    ToolResult::read(&raw).unwrap().error_detail()
}

#[test]
fn one_item_is_its_value_and_several_are_a_list() {
    let one = r#"{"content":[{"type":"text","text":"hello \u00e9"}]}"#;
    assert_eq!(value(&plain(), one), r#""hello \u00e9""#);
    let two = r#"{"content":[{"type":"text","text":"a"},{"type":"text","text":"2"}]}"#;
    assert_eq!(value(&plain(), two), r#"["a",2]"#);
    assert_eq!(value(&plain(), r#"{"content":[]}"#), "[]");
    assert_eq!(value(&plain(), "{}"), "[]");
    let only = r#"{"content":[],"structuredContent":{"b":1}}"#;
    assert_eq!(value(&plain(), only), r#"{"b":1}"#);
}

#[test]
fn text_that_is_json_passes_as_it_came() {
    for (text, expected) in [
        (
            r#"{\"n\": 123456789012345678901234567890, \"b\":1.10}"#,
            r#"{"n": 123456789012345678901234567890, "b":1.10}"#,
        ),
        ("1e400", "1e400"),
        (r" \n[1,\n2]\n", "[1,\n2]"),
        (" 7 ", "7"),
        ("true", "true"),
        ("NaN", r#""NaN""#),
        ("{} {}", r#""{} {}""#),
        ("", r#""""#),
        (r"\ud800", r#""\ud800""#),
    ] {
        let result = format!(r#"{{"content":[{{"type":"text","text":"{text}"}}]}}"#);
        assert_eq!(value(&plain(), result.leak()), expected);
    }
}

#[test]
fn binary_content_is_a_data_uri() {
    let image = r#"{"content":[{"type":"image","data":"QUJD\/w==","mimeType":"image/png"}]}"#;
    assert_eq!(
        value(&plain(), image),
        r#""data:image/png;base64,QUJD\/w==""#
    );
    let blob = r#"{"content":[{"type":"resource","resource":{"uri":"x:","blob":"QQ=="}}]}"#;
    assert_eq!(
        value(&plain(), blob),
        r#""data:application/octet-stream;base64,QQ==""#
    );
}

#[test]
fn embedded_text_is_its_text_and_unknown_kinds_pass() {
    let text = r#"{"content":[{"type":"resource","resource":{"uri":"x:","text":"{}"}}]}"#;
    assert_eq!(value(&plain(), text), r#""{}""#);
    for item in [
        r#"{"type":"resource_link","uri":"x:","name":"n","n":1.10}"#,
        r#"{"type":"hologram","text":"x"}"#,
        r#"{"type":"image","data":"QQ=="}"#,
        r#"{"type":"text","text":"a","text":"b"}"#,
        "7",
    ] {
        let result = format!(r#"{{"content":[{item}]}}"#);
        assert_eq!(value(&plain(), result.leak()), item);
    }
}

#[test]
fn structured_content_takes_the_place_of_text_where_it_is_declared() {
    let result = r#"{"content":[{"type":"text","text":"{}"}],"structuredContent":{"a":1.0}}"#;
    assert_eq!(value(&structured(), result), r#"{"a":1.0}"#);
    assert_eq!(value(&plain(), result), "{}");
    let beside = r#"{"content":[{"type":"text","text":"x"},
        {"type":"image","data":"QQ==","mimeType":"image/png"}],"structuredContent":{"a":1}}"#;
    assert_eq!(
        value(&structured(), beside),
        r#"[{"a":1},"data:image/png;base64,QQ=="]"#
    );
    let null = r#"{"content":[{"type":"text","text":"x"}],"structuredContent":null}"#;
    assert_eq!(value(&structured(), null), r#""x""#);
}

#[test]
fn what_is_null_is_absent() {
    assert_eq!(value(&plain(), r#"{"content":null}"#), "[]");
    let result = r#"{"content":null,"structuredContent":{"a":1},"isError":null}"#;
    assert_eq!(value(&structured(), result), r#"{"a":1}"#);
    assert_eq!(
        value(&structured(), r#"{"content":[],"structuredContent":null}"#),
        "[]"
    );
    let raw = Raw::from_static(r#"{"contents":null}"#);
    let result = ResourceResult::read(&raw).unwrap();
    assert_eq!(&result.value(&raw)[..], b"[]");
}

#[test]
fn a_wrapper_is_taken_off_only_where_the_tool_has_one() {
    let mut tool = structured();
    let result = r#"{"content":[{"type":"text","text":"x"}],"structuredContent":{"result":[1]}}"#;
    tool.wrapped_result = true;
    assert_eq!(value(&tool, result), "[1]");
    tool.wrapped_result = false;
    assert_eq!(value(&tool, result), r#"{"result":[1]}"#);
}

#[test]
fn an_error_says_its_text_and_keeps_what_else_there_is() {
    let one = r#"{"content":[{"type":"text","text":"bad \"x\""}],"isError":true}"#;
    assert_eq!(detail(one), r#"{"message":"bad \"x\""}"#);
    let two = r#"{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}"#;
    assert_eq!(
        detail(two),
        r#"{"message":"a\nb","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}"#
    );
    assert_eq!(detail("{}"), r#"{"message":"The tool reported an error"}"#);
}

#[test]
fn a_single_binary_item_can_be_had_as_bytes() {
    let raw =
        Raw::from_static(r#"{"content":[{"type":"image","data":"QUJD","mimeType":"image/png"}]}"#);
    let result = ToolResult::read(&raw).unwrap();
    let binary = result.binary().unwrap();
    assert_eq!(binary.media_type, "image/png");
    assert_eq!(binary.bytes().unwrap(), b"ABC");
}

#[test]
fn a_resource_is_its_content() {
    let raw =
        Raw::from_static(r#"{"contents":[{"uri":"x:","mimeType":"text/plain","text":"hi"}]}"#);
    let result = ResourceResult::read(&raw).unwrap();
    assert_eq!(&result.value(&raw)[..], br#""hi""#);
    assert_eq!(result.binary().unwrap().bytes().unwrap(), b"hi");
    let raw = Raw::from_static(r#"{"contents":[{"text":"a"},{"blob":"QQ=="}]}"#);
    let result = ResourceResult::read(&raw).unwrap();
    assert_eq!(
        &result.value(&raw)[..],
        br#"["a","data:application/octet-stream;base64,QQ=="]"#
    );
}

#[test]
fn a_result_that_is_no_object_is_refused_in_plain_words() {
    for text in ["[]", "[[],null,null]", "\"x\"", "null"] {
        let raw = Raw::from_static(text);
        let Err(error) = ToolResult::read(&raw) else {
            panic!("{text} was taken");
        };
        assert_eq!(error.to_string(), "it is not an object");
    }
}
