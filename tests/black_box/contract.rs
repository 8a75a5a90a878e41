//! Routes, calls, answers and errors, as the REST contract promises them.

use serde_json::{Value, json};

use crate::gateway::{Gateway, Launch, arguments_sent, entry, fixture, with_tools};
use crate::http::Response;
use crate::real_servers::event_kinds;

/// A tool for each kind of argument that the contract speaks of.
const TOOLS: &str = r#"[
  {"name": "free", "inputSchema": {"type": "object"}},
  {"name": "nothing", "inputSchema": {"type": "object", "properties": {}}},
  {"name": "typed", "inputSchema": {"type": "object", "required": ["text"], "properties": {
    "text": {"type": "string"},
    "count": {"type": "integer", "default": 3, "minimum": 1},
    "ratio": {"type": "number"},
    "flag": {"type": "boolean"},
    "list": {"type": "array", "items": {"type": "integer"}},
    "object": {"type": "object"},
    "nullable": {"type": ["string", "null"]},
    "either": {"anyOf": [{"type": "string"}, {"type": "integer"}]}
  }}},
  {"name": "closed", "inputSchema": {"type": "object", "additionalProperties": false,
    "properties": {"a": {"type": "string"}}}},
  {"name": "many", "inputSchema": {"type": "object", "required": ["a", "b", "c"], "properties": {
    "a": {"type": "string"}, "b": {"type": "integer"}, "c": {"type": "string", "maxLength": 2}}}},
  {"name": "ask me/again?", "inputSchema": {"type": "object"}},
  {"name": "größe", "inputSchema": {"type": "object"}},
  {"name": "prompts", "inputSchema": {"type": "object"}},
  {"name": "mcp", "inputSchema": {"type": "object"}},
  {"name": "raw_result", "inputSchema": {"type": "object"}}
]"#;

struct Tools {
    gateway: Gateway,
    _folder: tempfile::TempDir,
}

impl std::ops::Deref for Tools {
    type Target = Gateway;

    fn deref(&self) -> &Gateway {
        &self.gateway
    }
}

/// A gateway in front of a server with [`TOOLS`].
#[track_caller]
fn start(flags: &[&str]) -> Tools {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Gateway::single(flags, with_tools(&folder, TOOLS));
    Tools {
        gateway,
        _folder: folder,
    }
}

impl Tools {
    /// What callers get where the server answers this JSON text as `result`.
    fn answer(&self, result: &str) -> Response {
        self.call("/raw_result", &json!({ "result": result }))
    }
}

// Routes

#[test]
fn every_call_route_leads_to_the_tool() {
    let gateway = start(&[]);
    for target in ["/free", "/call/free"] {
        let sent = arguments_sent(&gateway.call_text(target, r#"{"a":1}"#));
        assert_eq!(sent, r#"{"a":1}"#, "{target}");
    }
    let folder = tempfile::tempdir().unwrap();
    let several = Launch::new()
        .config(&json!({"mcpServers": {"one": entry(&with_tools(&folder, TOOLS))}}))
        .start();
    for target in ["/one/free", "/one/call/free"] {
        let sent = arguments_sent(&several.call_text(target, r#"{"a":1}"#));
        assert_eq!(sent, r#"{"a":1}"#, "{target}");
    }
    several.call("/free", &json!({})).expect(404);
    several.call("/call/free", &json!({})).expect(404);
}

#[test]
fn a_tool_whose_name_is_reserved_is_served_under_call_alone() {
    let gateway = start(&[]);
    for tool in ["prompts", "mcp"] {
        arguments_sent(&gateway.call_text(&format!("/call/{tool}"), "{}"));
        let direct = gateway.call_text(&format!("/{tool}"), "{}");
        assert_ne!(direct.status, 200, "{direct}");
    }
    let document = gateway.document("/openapi.json");
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.contains_key("/call/prompts"), "{:?}", paths.keys());
    assert!(paths.contains_key("/call/mcp"), "{:?}", paths.keys());
    assert!(!paths.contains_key("/mcp"), "{:?}", paths.keys());
    assert!(paths.contains_key("/free"), "{:?}", paths.keys());
    assert!(!paths.contains_key("/call/free"), "{:?}", paths.keys());
}

#[test]
fn a_tool_name_becomes_one_percent_encoded_segment() {
    let gateway = start(&[]);
    for target in [
        "/ask%20me%2Fagain%3F",
        "/call/ask%20me%2fagain%3f",
        "/gr%C3%B6%C3%9Fe",
    ] {
        arguments_sent(&gateway.call_text(target, "{}"));
    }
    let document = gateway.document("/openapi.json");
    let paths: Vec<_> = document["paths"].as_object().unwrap().keys().collect();
    assert!(
        paths.iter().any(|path| *path == "/ask%20me%2Fagain%3F"),
        "{paths:?}"
    );
    assert!(
        paths.iter().any(|path| *path == "/gr%C3%B6%C3%9Fe"),
        "{paths:?}"
    );
    gateway.call_text("/ask%20me/again%3F", "{}").expect(404);
    gateway.call_text("/%ff", "{}").expect(404).detail();
}

#[test]
fn an_unknown_path_is_404_and_another_method_405_with_allow() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Launch::new()
        .config(&json!({"mcpServers": {"one": entry(&with_tools(&folder, TOOLS))}}))
        .start();
    for (method, target) in [
        ("GET", "/nowhere"),
        ("POST", "/nowhere"),
        ("POST", "/nowhere/free"),
        ("GET", "/nowhere/openapi.json"),
        ("POST", "/one/nowhere"),
        ("POST", "/one/call/nowhere"),
        ("POST", "/one/free/more"),
        ("GET", "/one/nowhere/at/all"),
    ] {
        let answer = gateway.request(method, target).send().expect(404);
        assert_eq!(answer.detail(), "Not Found", "{method} {target}");
        assert!(answer.header("x-request-id").is_some(), "{answer}");
    }
    for (method, target, allowed) in [
        ("GET", "/one/free", "POST"),
        ("PUT", "/one/free", "POST"),
        ("DELETE", "/one/call/free", "POST"),
        ("GET", "/one/call/free", "POST"),
        ("POST", "/health", "GET"),
        ("POST", "/status", "GET"),
        ("POST", "/one/openapi.json", "GET"),
        ("POST", "/openapi.json", "GET"),
        ("PATCH", "/one/docs", "GET"),
        ("DELETE", "/one/resources", "GET"),
        ("POST", "/one/resources/templates", "GET"),
        ("POST", "/one/resources/read", "GET"),
    ] {
        let answer = gateway.request(method, target).send().expect(405);
        assert_eq!(answer.detail(), "Method Not Allowed", "{method} {target}");
        let allow = answer.headers_joined("allow");
        assert!(
            allow.split(',').any(|one| one.trim() == allowed),
            "{method} {target}: Allow: {allow}"
        );
        assert!(!allow.contains(method), "{method} {target}: Allow: {allow}");
    }
}

#[test]
fn every_get_route_answers() {
    let gateway = start(&[]);
    // A call makes sure that the server is up.
    gateway.call_text("/free", "{}").expect(200);
    for (target, content_type) in [
        ("/openapi.json", "application/json"),
        ("/openapi.yaml", "yaml"),
        ("/docs", "text/html"),
        ("/resources", "application/json"),
        ("/resources/templates", "application/json"),
        ("/prompts", "application/json"),
        ("/health", "application/json"),
        ("/ready", "application/json"),
        ("/status", "application/json"),
    ] {
        let answer = gateway.get(target).expect(200);
        let found = answer.header("content-type").unwrap_or_default();
        assert!(found.contains(content_type), "{target}: {found}");
    }
}

#[test]
fn the_path_prefix_stands_before_all_routes_of_servers() {
    let gateway = start(&["--path-prefix", "/api/v1"]);
    arguments_sent(&gateway.call_text("/api/v1/free", "{}"));
    gateway.call_text("/free", "{}").expect(404);
    let document = gateway.document("/api/v1/openapi.json");
    gateway.get("/api/v1/docs").expect(200);
    gateway.get("/health").expect(200);
    assert!(
        leads_to(&document, "/free", "/api/v1/free"),
        "{:#}",
        document["servers"]
    );
}

#[test]
fn the_root_path_changes_the_servers_entry_alone() {
    let gateway = start(&["--root-path", "/behind/a/proxy"]);
    arguments_sent(&gateway.call_text("/free", "{}"));
    gateway.call_text("/behind/a/proxy/free", "{}").expect(404);
    let document = gateway.document("/openapi.json");
    assert!(
        leads_to(&document, "/free", "/behind/a/proxy/free"),
        "{:#}",
        document["servers"]
    );
}

/// Whether a reader of the document calls the tool at this path.
fn leads_to(document: &Value, tool: &str, path: &str) -> bool {
    let server = document["servers"][0]["url"].as_str().unwrap_or("/");
    let Some(paths) = document["paths"].as_object() else {
        return false;
    };
    paths.keys().any(|known| {
        known.ends_with(tool) && format!("{}{known}", server.trim_end_matches('/')) == path
    })
}

// Bodies

#[test]
fn no_body_means_no_arguments() {
    let gateway = start(&[]);
    let bare = gateway.request("POST", "/nothing").send();
    assert_eq!(arguments_sent(&bare), "{}");
    let empty = gateway.request("POST", "/free").body("").send();
    assert_eq!(arguments_sent(&empty), "{}");
}

#[test]
fn a_body_that_is_no_json_object_is_refused() {
    let gateway = start(&[]);
    for body in [
        "{",
        "[1]",
        "7",
        "\"text\"",
        "null",
        "{\"a\":1}}",
        "{\"a\":NaN}",
        "{a:1}",
    ] {
        let answer = gateway.call_text("/free", body).expect(422);
        let detail = answer.detail();
        assert_eq!(detail[0]["loc"][0], "body", "{body}: {detail:#}");
        assert!(
            detail[0]["msg"].is_string() && detail[0]["type"].is_string(),
            "{detail:#}"
        );
    }
    // Not UTF-8.
    let answer = gateway
        .request("POST", "/free")
        .header("Content-Type", "application/json")
        .body(b"{\"a\":\"\xff\"}".to_vec())
        .send()
        .expect(422);
    answer.detail();
}

#[test]
fn a_body_of_another_content_type_is_415() {
    let gateway = start(&[]);
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ] {
        gateway
            .request("POST", "/free")
            .header("Content-Type", kind)
            .body("{\"a\":1}")
            .send()
            .expect(415)
            .detail();
    }
    for kind in [
        "application/json",
        "application/json; charset=utf-8",
        "application/problem+json",
    ] {
        let answer = gateway
            .request("POST", "/free")
            .header("Content-Type", kind)
            .body("{\"a\":1}")
            .send();
        assert_eq!(arguments_sent(&answer), "{\"a\":1}", "{kind}");
    }
}

#[test]
fn a_body_over_the_limit_is_413() {
    let gateway = start(&["--max-body-size", "4KiB"]);
    let fits = format!("{{\"a\":\"{}\"}}", "x".repeat(4_000));
    arguments_sent(&gateway.call_text("/free", &fits));
    let too_large = format!("{{\"a\":\"{}\"}}", "x".repeat(5_000));
    gateway.call_text("/free", &too_large).expect(413).detail();
    let chunk = format!("{:x}\r\n{too_large}\r\n0\r\n\r\n", too_large.len());
    gateway
        .request("POST", "/free")
        .header("Content-Type", "application/json")
        .header("Transfer-Encoding", "chunked")
        .body(chunk)
        .send()
        .expect(413)
        .detail();
}

#[test]
fn sixteen_mebibytes_pass_by_default() {
    let gateway = start(&[]);
    let body = format!("{{\"a\":\"{}\"}}", "x".repeat((16 << 20) - 100));
    let answer = gateway.call_text("/free", &body).expect(200);
    assert!(
        answer.body.len() >= body.len(),
        "{} bytes",
        answer.body.len()
    );
    let body = format!("{{\"a\":\"{}\"}}", "x".repeat(17 << 20));
    gateway.call_text("/free", &body).expect(413);
}

// Arguments

#[test]
fn arguments_are_coerced_where_one_type_fits_and_nothing_is_lost() {
    let gateway = start(&[]);
    // What the caller sends; the members that arrive, those of `text` and the default aside.
    for (sent, arrived) in [
        (
            r#"{"text":"t","count":"7"}"#,
            json!({"text": "t", "count": 7}),
        ),
        (r#"{"text":7}"#, json!({"text": "7", "count": 3})),
        (r#"{"text":1.10}"#, json!({"text": "1.10", "count": 3})),
        (
            r#"{"text":123456789012345678901234567890}"#,
            json!({"text": "123456789012345678901234567890", "count": 3}),
        ),
        (
            r#"{"text":"t","ratio":"0.5"}"#,
            json!({"text": "t", "ratio": 0.5, "count": 3}),
        ),
        (
            r#"{"text":"t","flag":"true"}"#,
            json!({"text": "t", "flag": true, "count": 3}),
        ),
        (
            r#"{"text":"t","list":"[1,2]"}"#,
            json!({"text": "t", "list": [1, 2], "count": 3}),
        ),
        (
            r#"{"text":"t","list":["1"]}"#,
            json!({"text": "t", "list": [1], "count": 3}),
        ),
        (
            r#"{"text":"t","object":"{\"a\":1}"}"#,
            json!({"text": "t", "object": {"a": 1}, "count": 3}),
        ),
        // Two types are admitted: what came is what was meant.
        (
            r#"{"text":"t","either":"7"}"#,
            json!({"text": "t", "either": "7", "count": 3}),
        ),
        (r#"{"text":"7"}"#, json!({"text": "7", "count": 3})),
    ] {
        let answer = gateway.call_text("/typed", sent);
        let found: Value = serde_json::from_str(&arguments_sent(&answer)).unwrap();
        assert_eq!(found, arrived, "{sent}");
    }
}

#[test]
fn a_value_that_would_lose_something_is_not_coerced() {
    let gateway = start(&[]);
    for (sent, member) in [
        (r#"{"text":"t","count":"7.5"}"#, "count"),
        (r#"{"text":"t","count":"seven"}"#, "count"),
        (r#"{"text":"t","count":7.5}"#, "count"),
        (r#"{"text":"t","list":"not a list"}"#, "list"),
        (r#"{"text":"t","flag":"maybe"}"#, "flag"),
        (r#"{"text":{"a":1}}"#, "text"),
        (r#"{"text":"t","count":0}"#, "count"),
    ] {
        let detail = gateway.call_text("/typed", sent).expect(422).detail();
        assert_eq!(detail[0]["loc"][1], member, "{sent}: {detail:#}");
    }
}

#[test]
fn null_is_dropped_where_it_is_optional_and_not_admitted() {
    let gateway = start(&[]);
    let sent = arguments_sent(
        &gateway.call_text("/typed", r#"{"text":"t","ratio":null,"nullable":null}"#),
    );
    let sent: Value = serde_json::from_str(&sent).unwrap();
    assert_eq!(sent, json!({"text": "t", "nullable": null, "count": 3}));
    let sent = arguments_sent(&gateway.call_text("/typed", r#"{"text":"t","count":null}"#));
    let sent: Value = serde_json::from_str(&sent).unwrap();
    assert_eq!(
        sent,
        json!({"text": "t", "count": 3}),
        "a dropped null gets the default"
    );
    let detail = gateway
        .call_text("/typed", r#"{"text":null}"#)
        .expect(422)
        .detail();
    assert_eq!(
        detail[0]["loc"],
        json!(["body", "text"]),
        "a required argument: {detail:#}"
    );
}

#[test]
fn unknown_arguments_pass_unless_the_schema_forbids_them() {
    let gateway = start(&[]);
    let sent = arguments_sent(&gateway.call_text("/typed", r#"{"text":"t","count":1,"more":[1]}"#));
    assert_eq!(sent, r#"{"text":"t","count":1,"more":[1]}"#);
    arguments_sent(&gateway.call_text("/closed", r#"{"a":"x"}"#));
    gateway
        .call_text("/closed", r#"{"a":"x","more":1}"#)
        .expect(422)
        .detail();
}

#[test]
fn duplicate_members_are_refused() {
    let gateway = start(&[]);
    for body in [r#"{"a":1,"a":2}"#, r#"{"a":1,"\u0061":2}"#] {
        let answer = gateway.call_text("/free", body).expect(422);
        assert!(
            answer.text().to_lowercase().contains("duplicate"),
            "{answer}"
        );
    }
}

#[test]
fn all_violations_are_told_at_once_as_fastapi_tells_them() {
    let gateway = start(&[]);
    let detail = gateway.call_text("/many", "{}").expect(422).detail();
    assert_eq!(
        detail,
        json!([
            {"type": "missing", "loc": ["body", "a"], "msg": "Field required", "input": {}},
            {"type": "missing", "loc": ["body", "b"], "msg": "Field required", "input": {}},
            {"type": "missing", "loc": ["body", "c"], "msg": "Field required", "input": {}},
        ])
    );
    let detail = gateway
        .call_text("/many", r#"{"b":"x","c":"long"}"#)
        .expect(422)
        .detail();
    let mut places: Vec<_> = detail
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["loc"][1].as_str().unwrap_or_default().to_owned())
        .collect();
    places.sort();
    assert_eq!(places, ["a", "b", "c"], "{detail:#}");
}

#[test]
fn arguments_of_prompts_are_checked_as_those_of_tools_are() {
    let gateway = Gateway::single(&[], fixture(&[]));
    let get = |arguments: Value| gateway.call("/prompts/greet", &arguments);
    assert_eq!(
        get(json!({})).expect(422).detail(),
        json!([{"type": "missing", "loc": ["body", "name"], "msg": "Field required", "input": {}}])
    );
    let twice = gateway
        .request("POST", "/prompts/greet")
        .header("Content-Type", "application/json")
        .body(r#"{"name":"Ada","name":"Bob"}"#)
        .send();
    assert_eq!(
        twice.expect(422).detail()[0]["loc"],
        json!(["body", "name"])
    );
    let number = get(json!({"name": 1815, "unknown": null})).expect(200);
    assert!(number.text().contains("Greet 1815."), "{number}");
}

#[test]
fn strict_validation_coerces_nothing_and_off_validates_nothing() {
    let strict = start(&["--validate", "strict"]);
    strict.call_text("/typed", r#"{"text":7}"#).expect(422);
    arguments_sent(&strict.call_text("/typed", r#"{"text":"7"}"#));
    let off = start(&["--validate", "off"]);
    let sent = arguments_sent(&off.call_text("/typed", r#"{"count":"x","ratio":null}"#));
    assert_eq!(sent, r#"{"count":"x","ratio":null}"#);
}

// Answers

#[test]
fn content_becomes_a_value() {
    let gateway = start(&[]);
    for (result, value) in [
        // One text item.
        (
            r#"{"content":[{"type":"text","text":"hello"}]}"#,
            r#""hello""#,
        ),
        (r#"{"content":[{"type":"text","text":""}]}"#, r#""""#),
        (
            r#"{"content":[{"type":"text","text":"{\"b\": 1, \"a\": 1.10}"}]}"#,
            r#"{"b": 1, "a": 1.10}"#,
        ),
        (r#"{"content":[{"type":"text","text":"12"}]}"#, "12"),
        (
            r#"{"content":[{"type":"text","text":"123456789012345678901234567890"}]}"#,
            "123456789012345678901234567890",
        ),
        (r#"{"content":[{"type":"text","text":"null"}]}"#, "null"),
        // Looks like JSON, and is none.
        (r#"{"content":[{"type":"text","text":"NaN"}]}"#, r#""NaN""#),
        (
            r#"{"content":[{"type":"text","text":"-Infinity"}]}"#,
            r#""-Infinity""#,
        ),
        (
            r#"{"content":[{"type":"text","text":"{'a': 1}"}]}"#,
            r#""{'a': 1}""#,
        ),
        (
            r#"{"content":[{"type":"text","text":"{} trailing"}]}"#,
            r#""{} trailing""#,
        ),
        (
            r#"{"content":[{"type":"text","text":"0123"}]}"#,
            r#""0123""#,
        ),
        // Several, none.
        (
            r#"{"content":[{"type":"text","text":"a"},{"type":"text","text":"[1]"}]}"#,
            r#"["a",[1]]"#,
        ),
        (r#"{"content":[]}"#, "[]"),
        (
            r#"{"content":[],"structuredContent":{"n":1.0}}"#,
            r#"{"n":1.0}"#,
        ),
        // Text wins where no output schema was declared.
        (
            r#"{"content":[{"type":"text","text":"t"}],"structuredContent":{"n":1}}"#,
            r#""t""#,
        ),
        // Other kinds.
        (
            r#"{"content":[{"type":"image","data":"iVBORw0=","mimeType":"image/png"}]}"#,
            r#""data:image/png;base64,iVBORw0=""#,
        ),
        (
            r#"{"content":[{"type":"audio","data":"UklGRg==","mimeType":"audio/wav"}]}"#,
            r#""data:audio/wav;base64,UklGRg==""#,
        ),
        (
            r#"{"content":[{"type":"resource","resource":{"uri":"a:b","mimeType":"application/pdf","blob":"JVBERg=="}}]}"#,
            r#""data:application/pdf;base64,JVBERg==""#,
        ),
        (
            r#"{"content":[{"type":"resource","resource":{"uri":"a:b","text":"inside"}}]}"#,
            r#""inside""#,
        ),
        (
            r#"{"content":[{"type":"resource_link","uri":"a:b","name":"n","x":1.10}]}"#,
            r#"{"type":"resource_link","uri":"a:b","name":"n","x":1.10}"#,
        ),
        (
            r#"{"content":[{"type":"hologram","z":1,"a":[2]}]}"#,
            r#"{"type":"hologram","z":1,"a":[2]}"#,
        ),
    ] {
        let answer = gateway.answer(result).expect(200);
        assert_eq!(
            without_space(&answer.text()),
            without_space(value),
            "{result}"
        );
        assert_eq!(
            answer
                .header("content-type")
                .unwrap_or_default()
                .split(';')
                .next(),
            Some("application/json"),
            "{result}"
        );
    }
}

#[test]
fn structured_content_takes_the_place_of_text_where_an_output_schema_is_declared() {
    let integer = json!({"type": "integer"});
    let wrapper = json!({
        "type": "object", "properties": {"result": integer}, "required": ["result"],
    });
    let with = |name: &str, value: Value| {
        let mut schema = wrapper.clone();
        schema[name] = value;
        schema
    };
    let schemas = [
        (
            "plain",
            json!({"type": "object", "properties": {"n": integer}}),
        ),
        ("python", with("title", json!("raw_resultOutput"))),
        ("fastmcp", with("x-fastmcp-wrap-result", json!(true))),
        ("own", with("title", json!("Sum"))),
    ];
    let folders = schemas.each_ref().map(|_| tempfile::tempdir().unwrap());
    let servers: serde_json::Map<String, Value> = schemas
        .iter()
        .zip(&folders)
        .map(|((name, schema), folder)| {
            let tools = json!([{
                "name": "raw_result", "inputSchema": {"type": "object"}, "outputSchema": schema,
            }]);
            let command = with_tools(folder, &tools.to_string());
            ((*name).to_owned(), entry(&command))
        })
        .collect();
    let gateway = Launch::new()
        .config(&json!({"mcpServers": servers}))
        .start();
    let text = json!({"type": "text", "text": "t"});
    let image = json!({"type": "image", "data": "AA==", "mimeType": "image/png"});
    for (server, result, value) in [
        (
            "plain",
            json!({"content": [text], "structuredContent": {"n": 7}}),
            r#"{"n":7}"#,
        ),
        ("plain", json!({"content": [text]}), r#""t""#),
        (
            "plain",
            json!({"content": [text, image], "structuredContent": {"n": 7}}),
            r#"[{"n":7},"data:image/png;base64,AA=="]"#,
        ),
        (
            "python",
            json!({"content": [text], "structuredContent": {"result": 7}}),
            "7",
        ),
        (
            "fastmcp",
            json!({"content": [text], "structuredContent": {"result": [1, 2]}}),
            "[1,2]",
        ),
        (
            "own",
            json!({"content": [text], "structuredContent": {"result": 7}}),
            r#"{"result":7}"#,
        ),
    ] {
        let arguments = json!({"result": result.to_string()});
        let answer = gateway
            .call(&format!("/{server}/raw_result"), &arguments)
            .expect(200);
        assert_eq!(without_space(&answer.text()), value, "{server}: {result}");
    }
}

/// JSON text without white space; good enough where no string holds any.
fn without_space(text: &str) -> String {
    let mut inside = false;
    let mut before = ' ';
    text.chars()
        .filter(|&c| {
            if c == '"' && before != '\\' {
                inside = !inside;
            }
            before = c;
            inside || !c.is_whitespace()
        })
        .collect()
}

#[test]
fn accept_chooses_the_form_of_the_answer() {
    let gateway = start(&[]);
    let ask = |accept: &str, result: &str| {
        gateway
            .request("POST", "/raw_result")
            .header("Accept", accept)
            .json(&json!({ "result": result }))
            .send()
    };
    let whole = r#"{"content":[{"type":"text","text":"t"}],"_meta":{"a/b":1.10},"isError":false,"new":true}"#;
    let answer = ask("application/vnd.mcp.result+json", whole).expect(200);
    assert_eq!(
        answer.header("content-type"),
        Some("application/vnd.mcp.result+json")
    );
    assert_eq!(answer.text(), whole);

    let image = r#"{"content":[{"type":"image","data":"iVBORw0KGgo=","mimeType":"image/png"}]}"#;
    for accept in ["image/*", "image/png", "image/webp, image/*;q=0.8"] {
        let answer = ask(accept, image).expect(200);
        assert_eq!(answer.header("content-type"), Some("image/png"), "{accept}");
        assert_eq!(answer.body, b"\x89PNG\r\n\x1a\n", "{accept}");
    }
    let audio = r#"{"content":[{"type":"audio","data":"UklGRg==","mimeType":"audio/wav"}]}"#;
    assert_eq!(ask("audio/*", audio).expect(200).body, b"RIFF");
    let blob = r#"{"content":[{"type":"resource","resource":{"uri":"a:b","mimeType":"application/pdf","blob":"JVBERg=="}}]}"#;
    let answer = ask("application/pdf", blob).expect(200);
    assert_eq!(answer.header("content-type"), Some("application/pdf"));
    assert_eq!(answer.body, b"%PDF");

    for accept in ["*/*", "application/json", "text/html, */*;q=0.1"] {
        let answer = ask(accept, image).expect(200);
        assert_eq!(
            answer.json(),
            "data:image/png;base64,iVBORw0KGgo=",
            "{accept}"
        );
    }
}

#[test]
fn an_image_that_says_it_is_a_page_is_no_page() {
    let gateway = start(&[]);
    // "<script>alert(1)</script>"
    let page = r#"{"content":[{"type":"image","data":"PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==","mimeType":"text/html"}]}"#;
    let answer = gateway
        .request("POST", "/raw_result")
        .header("Accept", "text/html,image/*")
        .json(&json!({ "result": page }))
        .send();
    let kind = answer.header("content-type").unwrap_or_default().to_owned();
    let harmless = !kind.starts_with("text/html")
        || answer
            .header("content-disposition")
            .is_some_and(|how| how.starts_with("attachment"))
        || answer
            .header("content-security-policy")
            .is_some_and(|how| how.contains("sandbox"));
    assert!(harmless, "{answer}");
    assert_eq!(
        answer.header("x-content-type-options"),
        Some("nosniff"),
        "{answer}"
    );
}

#[test]
fn events_end_with_a_result_or_an_error() {
    let gateway = Gateway::single(&[], fixture(&[]));
    let ask = |tool: &str, arguments: &Value| {
        gateway
            .request("POST", tool)
            .header("Accept", "text/event-stream")
            .json(arguments)
            .send()
    };
    let answer = ask("/progress", &json!({"steps": 3, "ms": 20})).expect(200);
    assert_eq!(
        answer
            .header("content-type")
            .unwrap_or_default()
            .split(';')
            .next(),
        Some("text/event-stream")
    );
    let kinds = event_kinds(&answer.text());
    assert_eq!(
        kinds.iter().filter(|kind| *kind == "progress").count(),
        3,
        "{answer}"
    );
    assert_eq!(kinds.last().map(String::as_str), Some("result"), "{answer}");

    let answer = ask("/rpc_error", &json!({"code": -32000, "message": "no luck"}));
    assert_eq!(event_kinds(&answer.text()), ["error"], "{answer}");
    assert!(answer.text().contains("no luck"), "{answer}");
}

#[test]
fn large_answers_and_documents_are_compressed_where_the_caller_asks() {
    let gateway = start(&[]);
    let result = json!({"content": [{"type": "text", "text": "long ".repeat(20_000)}]}).to_string();
    let plain = gateway.get("/openapi.json").expect(200);
    assert_eq!(plain.header("content-encoding"), None);
    for (coding, magic) in [
        ("gzip", Some(&b"\x1f\x8b"[..])),
        ("br", None),
        ("zstd", Some(&b"\x28\xb5\x2f\xfd"[..])),
    ] {
        let document = gateway
            .request("GET", "/openapi.json")
            .header("Accept-Encoding", coding)
            .send()
            .expect(200);
        let call = gateway
            .request("POST", "/raw_result")
            .header("Accept-Encoding", coding)
            .json(&json!({ "result": result }))
            .send()
            .expect(200);
        for answer in [&document, &call] {
            assert_eq!(answer.header("content-encoding"), Some(coding));
            assert!(
                answer
                    .headers_joined("vary")
                    .to_lowercase()
                    .contains("accept-encoding")
            );
            if let Some(magic) = magic {
                assert!(answer.body.starts_with(magic), "{coding}");
            }
        }
        assert!(document.body.len() < plain.body.len(), "{coding}");
        assert!(
            call.body.len() < 10_000,
            "{coding}: {} bytes",
            call.body.len()
        );
        if coding == "gzip" {
            let mut text = Vec::new();
            std::io::Read::read_to_end(
                &mut flate2::read::GzDecoder::new(document.body.as_slice()),
                &mut text,
            )
            .unwrap();
            assert_eq!(text, plain.body);
        }
    }
}

// Errors

#[test]
fn a_tool_that_fails_is_422_with_its_text() {
    let gateway = start(&[]);
    let failed = r#"{"isError":true,"content":[{"type":"text","text":"no such city"}]}"#;
    assert_eq!(
        gateway.answer(failed).expect(422).detail(),
        json!({"message": "no such city"})
    );
    let twice =
        r#"{"isError":true,"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}"#;
    let detail = gateway.answer(twice).expect(422).detail();
    assert!(detail["message"].is_string(), "{detail:#}");
    assert_eq!(
        detail["content"].as_array().map(Vec::len),
        Some(2),
        "{detail:#}"
    );
    let silent = r#"{"isError":true,"content":[]}"#;
    let detail = gateway.answer(silent).expect(422).detail();
    assert!(detail["message"].is_string(), "{detail:#}");
}

#[test]
fn the_status_of_failed_tools_can_be_mcpos() {
    let gateway = start(&["--tool-error-status", "500"]);
    let failed = r#"{"isError":true,"content":[{"type":"text","text":"no such city"}]}"#;
    assert_eq!(
        gateway.answer(failed).expect(500).detail(),
        json!({"message": "no such city"})
    );
    // Only that: arguments that don't fit stay what they are.
    gateway.call_text("/many", "{}").expect(422);
}

#[test]
fn upstream_errors_keep_their_code_and_get_a_status() {
    let gateway = Gateway::single(&[], fixture(&[]));
    for (code, status) in [
        (-32700, 400),
        (-32600, 400),
        (-32601, 404),
        (-32002, 404),
        (-32602, 422),
        (-32042, 409),
        (-32603, 502),
        (-32000, 502),
        (-32099, 502),
        (17, 502),
    ] {
        let answer = gateway
            .call(
                "/rpc_error",
                &json!({"code": code, "message": "as it came", "data": {"why": [1]}}),
            )
            .expect(status);
        let detail = answer.detail();
        assert_eq!(detail["message"], "as it came", "{code}");
        assert_eq!(detail["code"], code);
        assert_eq!(detail["data"], json!({"why": [1]}), "{code}");
    }
}

#[test]
fn a_request_id_is_made_or_taken_over() {
    let gateway = start(&[]);
    let one = gateway.get("/health").expect(200);
    let two = gateway.get("/health").expect(200);
    let made = one.header("x-request-id").expect("an id").to_owned();
    assert!(!made.is_empty());
    assert_ne!(Some(made.as_str()), two.header("x-request-id"));
    let hostile = gateway
        .request("GET", "/health")
        .header("X-Request-Id", &"x".repeat(5_000))
        .send();
    assert!(
        hostile
            .header("x-request-id")
            .is_none_or(|id| id.len() < 300),
        "{hostile}"
    );
}

#[test]
fn several_calls_on_one_connection_are_answered() {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    let gateway = start(&[]);
    gateway.call_text("/free", "{}").expect(200);
    let mut stream = std::net::TcpStream::connect(gateway.address).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    for turn in 0..3 {
        let body = format!("{{\"turn\":{turn}}}");
        write!(
            stream,
            "POST /free HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            gateway.address,
            body.len()
        )
        .unwrap();
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(
                reader.read_line(&mut line).unwrap() > 0,
                "the connection ended"
            );
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut answer = vec![0; length];
        reader.read_exact(&mut answer).unwrap();
        assert!(
            String::from_utf8_lossy(&answer).contains(&body),
            "turn {turn}"
        );
    }
}

#[test]
fn a_caller_that_never_ends_its_head_is_let_go() {
    use std::io::{Read as _, Write as _};
    let gateway = start(&["--header-timeout", "500ms"]);
    let mut stream = std::net::TcpStream::connect(gateway.address).unwrap();
    stream.set_read_timeout(Some(crate::gateway::SOON)).unwrap();
    stream.write_all(b"GET /health HTTP/1.1\r\nHost:").unwrap();
    let mut rest = Vec::new();
    stream
        .read_to_end(&mut rest)
        .expect("the gateway ends the connection");
    assert!(
        !rest.starts_with(b"HTTP/1.1 200"),
        "{}",
        String::from_utf8_lossy(&rest)
    );
}

#[test]
fn input_required_is_offered_to_callers_that_ask_for_it_alone() {
    let gateway = Gateway::single(&[], fixture(&["--era", "stateless"]));
    gateway.call("/elicit", &json!({})).expect(422).detail();
    let ask = |body: &Value| {
        gateway
            .request("POST", "/elicit")
            .header("Content-Type", "application/vnd.mcp.call+json")
            .body(body.to_string())
            .send()
    };
    let asked = ask(&json!({"arguments": {}})).expect(409);
    assert_eq!(
        asked.header("content-type"),
        Some("application/vnd.mcp.input-required+json")
    );
    let question = asked.json();
    let requests = question["inputRequests"]
        .as_object()
        .expect("inputRequests");
    let responses: serde_json::Map<_, _> = requests
        .keys()
        .map(|key| {
            (
                key.clone(),
                json!({"action": "accept", "content": {"name": "Ada"}}),
            )
        })
        .collect();
    let mut again = json!({"arguments": {}, "inputResponses": responses});
    if let Some(state) = question.get("requestState") {
        again["requestState"] = state.clone();
    }
    let answer = ask(&again).expect(200);
    assert_eq!(
        answer.json(),
        json!({"action": "accept", "content": {"name": "Ada"}})
    );
}
