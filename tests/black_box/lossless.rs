//! What passes through is not re-modelled: invariant 3 of the design.

use serde_json::json;

use crate::gateway::{Gateway, arguments_sent, fixture, with_tools};

/// Numbers, members and spellings that a typed model would lose.
const AWKWARD: [&str; 12] = [
    r#"{"n":123456789012345678901234567890}"#,
    r#"{"n":-123456789012345678901234567890}"#,
    r#"{"n":1.10}"#,
    r#"{"n":1e400}"#,
    r#"{"n":-0}"#,
    r#"{"n":1E+2,"m":0.1000}"#,
    r#"{"n":9007199254740993}"#,
    r#"{"n":0.12345678901234567890123456789}"#,
    r#"{"z":1,"a":{"y":[],"b":{}},"m":null}"#,
    r#"{"t":"\u00e9é\ud83d\ude00\/\\"}"#,
    r#"{"":1," ":2,"$ref":3,"__proto__":4}"#,
    r#"{"deep":[[[[[[[[[[[[[[[[{"x":[1.0,2.00]}]]]]]]]]]]]]]]]]}"#,
];

const FREE: &str = r#"[{"name": "free", "inputSchema": {"type": "object"}}]"#;
const RAW_RESULT: &str = r#"[{"name": "raw_result", "inputSchema": {"type": "object"}}]"#;

#[test]
fn arguments_arrive_as_they_were_written() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Gateway::single(&[], with_tools(&folder, FREE));
    for text in AWKWARD {
        assert_eq!(arguments_sent(&gateway.call_text("/free", text)), text);
    }
}

#[test]
fn only_line_breaks_between_tokens_change_in_arguments() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Gateway::single(&[], with_tools(&folder, FREE));
    let sent = "{\r\n  \"a\" :\t[ 1.10 ,\n 2 ]\n, \"t\": \"x\\ny\" }";
    let arrived = arguments_sent(&gateway.call_text("/free", sent));
    assert_eq!(arrived, sent.replace(['\r', '\n'], " "));
}

#[test]
fn a_coerced_argument_leaves_the_others_as_they_were_written() {
    let folder = tempfile::tempdir().unwrap();
    let tools = r#"[{"name": "free", "inputSchema": {"type": "object", "properties": {
        "n": {"type": "integer"}, "d": {"type": "number", "default": 1.10}}}}]"#;
    let gateway = Gateway::single(&[], with_tools(&folder, tools));
    let answer = gateway.call_text(
        "/free",
        r#"{"z":1e400,"n":"123456789012345678901234567890","a":1.10}"#,
    );
    let arrived = arguments_sent(&answer);
    for piece in [
        r#""z":1e400"#,
        r#""n":123456789012345678901234567890"#,
        r#""a":1.10"#,
        r#""d":1.10"#,
    ] {
        assert!(arrived.contains(piece), "{piece} in {arrived}");
    }
    assert!(arrived.find("\"z\"") < arrived.find("\"n\""), "{arrived}");
    assert!(arrived.find("\"n\"") < arrived.find("\"a\""), "{arrived}");
}

#[test]
fn structured_results_leave_as_they_came() {
    let folder = tempfile::tempdir().unwrap();
    let tools = r#"[{"name": "raw_result", "inputSchema": {"type": "object"},
        "outputSchema": {"type": "object"}}]"#;
    let gateway = Gateway::single(&[], with_tools(&folder, tools));
    for text in AWKWARD {
        let result = format!(r#"{{"content":[],"structuredContent":{text}}}"#);
        let answer = gateway
            .call("/raw_result", &json!({ "result": result }))
            .expect(200);
        assert_eq!(answer.text(), text);
    }
}

#[test]
fn json_in_text_leaves_as_it_came() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Gateway::single(&[], with_tools(&folder, RAW_RESULT));
    for text in AWKWARD {
        let result = json!({"content": [{"type": "text", "text": text}]}).to_string();
        let answer = gateway
            .call("/raw_result", &json!({ "result": result }))
            .expect(200);
        assert_eq!(answer.text(), text);
    }
}

#[test]
fn whole_results_keep_unknown_members_and_content() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Gateway::single(&[], with_tools(&folder, RAW_RESULT));
    for text in AWKWARD {
        let result = format!(
            r#"{{"zzz":{text},"content":[{{"type":"hologram","data":{text}}},{{"text":"t","type":"text","annotations":{text},"x":1.10}}],"_meta":{{"org.example/x":{text}}},"aaa":[1e400]}}"#
        );
        let answer = gateway
            .request("POST", "/raw_result")
            .header("Accept", "application/vnd.mcp.result+json")
            .json(&json!({ "result": result }))
            .send()
            .expect(200);
        assert_eq!(answer.text(), result);
    }
}

#[test]
fn tool_definitions_keep_their_numbers_in_documents() {
    let folder = tempfile::tempdir().unwrap();
    let tools = r#"[{"name": "free", "inputSchema": {"type": "object", "properties": {
        "n": {"type": "number", "maximum": 123456789012345678901234567890, "default": 1.10,
              "x-unknown": [1e400]}}}}]"#;
    let gateway = Gateway::single(&[], with_tools(&folder, tools));
    gateway.call_text("/free", "{}").expect(200);
    let document = gateway.get("/openapi.json").expect(200).text();
    for piece in ["123456789012345678901234567890", "1.10", "1e400"] {
        assert!(document.contains(piece), "{piece} in {document}");
    }
}

#[test]
fn error_data_leaves_as_it_came() {
    let gateway = Gateway::single(&[], fixture(&[]));
    let answer = gateway
        .call_text(
            "/rpc_error",
            r#"{"code":-32000,"message":"m","data":{"n":1.10,"z":123456789012345678901234567890,"a":1}}"#,
        )
        .expect(502);
    assert!(
        answer
            .text()
            .contains(r#"{"n":1.10,"z":123456789012345678901234567890,"a":1}"#),
        "{answer}"
    );
}
