//! `OpenAPI` documents: every one must pass openapi-spec-validator, and say what the contract
//! promises.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::gateway::{Gateway, Launch, entry, fixture, peer, run_to_end, with_tools};
use crate::real_servers::resolve;

/// Fetches a document, validates it, and gives it.
#[track_caller]
pub fn assert_valid(gateway: &Gateway, target: &str, name: &str) -> Value {
    let answer = gateway.get(target).expect(200);
    validate(&[(name.to_owned(), answer.text())]);
    answer.json()
}

/// Validates documents with openapi-spec-validator. They stay in `target/test-documents`.
#[track_caller]
pub fn validate(documents: &[(String, String)]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-documents");
    std::fs::create_dir_all(&folder).unwrap();
    let mut command = Command::new(peer("tools/bin/openapi-spec-validator"));
    command
        .args(["--validation-errors", "all"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for (name, text) in documents {
        let path = folder.join(format!("{name}.json"));
        std::fs::write(&path, text).unwrap();
        command.arg(path);
    }
    let finished = run_to_end(command);
    assert_eq!(
        finished.code,
        Some(0),
        "openapi-spec-validator: {}{}",
        finished.stdout,
        finished.stderr
    );
}

/// The operation ids of all tools, sorted: those of `POST` operations that are no prompts.
pub fn operation_ids(document: &Value) -> Vec<String> {
    let mut ids: Vec<_> = document["paths"]
        .as_object()
        .expect("paths")
        .iter()
        .filter(|(path, _)| !path.contains("/prompts"))
        .filter_map(|(_, item)| item["post"]["operationId"].as_str())
        .map(str::to_owned)
        .collect();
    ids.sort();
    ids
}

struct Published {
    gateway: Gateway,
    _folder: tempfile::TempDir,
}

/// A gateway in front of a server that offers these tools.
#[track_caller]
fn publish(flags: &[&str], tools: &Value) -> Published {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Gateway::single(flags, with_tools(&folder, &tools.to_string()));
    Published {
        gateway,
        _folder: folder,
    }
}

impl Published {
    #[track_caller]
    fn document(&self, name: &str) -> Value {
        assert_valid(&self.gateway, "/openapi.json", name)
    }
}

/// The schema of a tool's body, references at its root followed.
fn body_of<'a>(document: &'a Value, path: &str) -> &'a Value {
    resolve(
        document,
        &document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"],
    )
}

#[test]
fn an_operation_says_what_the_tool_says() {
    let published = publish(
        &[],
        &json!([
            {
                "name": "look_up-word",
                "description": "Looks a word up.\n\nIn *all* books.",
                "inputSchema": {"type": "object", "properties": {"word": {"type": "string"}}},
                "annotations": {"readOnlyHint": true, "x-own": 1},
            },
            {"name": "b", "title": "A title", "inputSchema": {"type": "object", "properties": {}}},
        ]),
    );
    let document = published.document("operation");
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let operation = &document["paths"]["/look_up-word"]["post"];
    assert_eq!(operation["operationId"], "look_up-word");
    assert_eq!(operation["summary"], "Look Up-Word");
    assert_eq!(
        operation["description"],
        "Looks a word up.\n\nIn *all* books."
    );
    assert_eq!(
        operation["x-mcp-annotations"],
        json!({"readOnlyHint": true, "x-own": 1})
    );
    assert!(operation["requestBody"].is_object());
    assert_eq!(document["paths"]["/b"]["post"]["summary"], "A title");
    assert!(document["paths"]["/b"]["post"].get("requestBody").is_none());
    assert_eq!(document["info"]["title"], "fixture-server");
    assert_eq!(document["info"]["version"], "1.0.0");
}

#[test]
fn flags_win_over_what_the_server_says_of_itself() {
    let published = publish(
        &[
            "--name",
            "Words",
            "--description",
            "All words.",
            "--version",
            "9.9",
        ],
        &json!([{"name": "a", "inputSchema": {"type": "object"}}]),
    );
    let info = &published.document("info")["info"];
    assert_eq!(info["title"], "Words");
    assert_eq!(info["version"], "9.9");
    assert!(
        info["description"].as_str().unwrap().contains("All words."),
        "{info:#}"
    );
}

#[test]
fn operation_ids_are_unique_and_short_enough_for_models() {
    let long = "x".repeat(90);
    let names = [
        "a.b".to_owned(),
        "a/b".to_owned(),
        "a_b".to_owned(),
        "größe".to_owned(),
        format!("{long}1"),
        format!("{long}2"),
    ];
    let tools: Vec<_> = names
        .iter()
        .map(|name| json!({"name": name, "inputSchema": {"type": "object"}}))
        .collect();
    let published = publish(&[], &json!(tools));
    let ids = operation_ids(&published.document("operation-ids"));
    assert_eq!(ids.len(), names.len());
    for id in &ids {
        assert!(!id.is_empty() && id.len() <= 64, "{id}");
        assert!(
            id.chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-'),
            "{id}"
        );
    }
    let mut unique = ids.clone();
    unique.dedup();
    assert_eq!(unique, ids);
    assert!(
        ids.contains(&"a_b".to_owned()),
        "the tool of that very name keeps it: {ids:?}"
    );
}

#[test]
fn operation_ids_can_be_mcpos() {
    let published = publish(
        &["--operation-ids", "mcpo"],
        &json!([{"name": "get_time", "inputSchema": {"type": "object"}}]),
    );
    assert_eq!(
        operation_ids(&published.document("mcpo-ids")),
        ["tool_get_time_post"]
    );
}

#[test]
fn schemas_keep_every_keyword() {
    let properties = json!({
        "email": {"type": "string", "format": "email", "pattern": "@", "maxLength": 80},
        "level": {"type": "integer", "minimum": 1, "maximum": 9, "default": 5, "examples": [3]},
        "kind": {"enum": ["a", "b"]},
        "fixed": {"const": 7},
        "choice": {"oneOf": [{"type": "string"}, {"type": "null"}]},
        "list": {"type": "array", "items": {"type": "number", "multipleOf": 0.5}, "minItems": 1},
        "x-own": {"x-note": "kept"},
    });
    let published = publish(
        &[],
        &json!([{"name": "a", "inputSchema": {
            "type": "object", "properties": properties, "required": ["kind"],
            "additionalProperties": false,
        }}]),
    );
    let document = published.document("keywords");
    let body = body_of(&document, "/a");
    assert_eq!(body["properties"], properties);
    assert_eq!(body["required"], json!(["kind"]));
    assert_eq!(body["additionalProperties"], false);
}

#[test]
fn older_dialects_are_translated() {
    let published = publish(
        &[],
        &json!([{"name": "a", "inputSchema": {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "type": "object",
            "properties": {
                "pair": {"type": "array", "items": [{"type": "string"}, {"type": "integer"}],
                         "additionalItems": false},
                "child": {"$ref": "#/definitions/Child"},
            },
            "definitions": {"Child": {"type": "object", "properties": {"n": {"type": "integer"}}}},
        }}]),
    );
    let document = published.document("draft-07");
    let body = body_of(&document, "/a");
    assert_eq!(
        body["properties"]["pair"]["prefixItems"],
        json!([{"type": "string"}, {"type": "integer"}])
    );
    assert_eq!(body["properties"]["pair"]["items"], false);
    let reference = body["properties"]["child"]["$ref"]
        .as_str()
        .expect("a reference");
    assert!(
        reference.starts_with("#/components/schemas/"),
        "{reference}"
    );
    assert_eq!(
        resolve(&document, &body["properties"]["child"])["properties"]["n"]["type"],
        "integer"
    );
    assert!(body.get("definitions").is_none(), "{body:#}");
}

#[test]
fn definitions_of_two_tools_with_one_name_stay_apart() {
    let tool = |name: &str, kind: &str| {
        json!({"name": name, "inputSchema": {
            "type": "object",
            "properties": {"item": {"$ref": "#/$defs/Item"}},
            "$defs": {"Item": {"type": kind}},
        }})
    };
    let published = publish(&[], &json!([tool("a", "string"), tool("b", "integer")]));
    let document = published.document("definitions");
    for (path, kind) in [("/a", "string"), ("/b", "integer")] {
        let item = resolve(&document, &body_of(&document, path)["properties"]["item"]);
        assert_eq!(item["type"], kind, "{path}");
    }
}

#[test]
fn a_recursive_schema_stays_recursive_unless_asked_to_be_cut() {
    let tree = json!([{"name": "plant", "inputSchema": {
        "type": "object",
        "properties": {"tree": {"$ref": "#/$defs/Node"}, "self": {"$ref": "#"}},
        "$defs": {"Node": {"type": "object", "properties": {
            "name": {"type": "string"},
            "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
        }}},
    }}]);
    let published = publish(&[], &tree);
    let document = published.document("recursive");
    let node = resolve(
        &document,
        &body_of(&document, "/plant")["properties"]["tree"],
    );
    let again = resolve(&document, &node["properties"]["children"]["items"]);
    assert_eq!(node, again);
    let call = published.gateway.call(
        "/plant",
        &json!({"tree": {"name": "a", "children": [{"name": "b"}]}}),
    );
    assert_eq!(call.status, 200, "{call}");
    let wrong = published
        .gateway
        .call(
            "/plant",
            &json!({"tree": {"name": "a", "children": [{"name": {}}]}}),
        )
        .expect(422)
        .detail();
    assert_eq!(
        wrong[0]["loc"],
        json!(["body", "tree", "children", 0, "name"]),
        "{wrong:#}"
    );

    let cut = assert_valid(
        &published.gateway,
        "/openapi.json?recursion=cut",
        "recursion-cut",
    );
    let always = publish(&["--recursion", "cut"], &tree);
    for document in [cut, always.document("recursion-always-cut")] {
        let depth = depth_of(&document, body_of(&document, "/plant"), 0);
        assert!(depth < 40, "recursion goes on: {document:#}");
    }
}

/// How deep a reader gets that follows every reference, stopped at 40.
fn depth_of(document: &Value, schema: &Value, depth: usize) -> usize {
    if depth >= 40 {
        return depth;
    }
    let schema = resolve(document, schema);
    match schema {
        Value::Object(members) => members
            .values()
            .map(|member| depth_of(document, member, depth + 1))
            .max()
            .unwrap_or(depth),
        Value::Array(items) => items
            .iter()
            .map(|item| depth_of(document, item, depth + 1))
            .max()
            .unwrap_or(depth),
        _ => depth,
    }
}

#[test]
fn a_union_at_the_root_also_shows_the_merged_properties() {
    let published = publish(
        &[],
        &json!([{"name": "either", "inputSchema": {
            "type": "object",
            "oneOf": [
                {"properties": {"city": {"type": "string"}}, "required": ["city"]},
                {"properties": {"zip": {"type": "string"}}, "required": ["zip"]},
            ],
        }}]),
    );
    let document = published.document("union");
    let body = body_of(&document, "/either");
    assert_eq!(body["oneOf"].as_array().map(Vec::len), Some(2), "{body:#}");
    assert!(body["properties"]["city"].is_object(), "{body:#}");
    assert!(body["properties"]["zip"].is_object(), "{body:#}");
    assert_eq!(
        published
            .gateway
            .call("/either", &json!({"zip": "1"}))
            .status,
        200
    );
    published.gateway.call("/either", &json!({})).expect(422);
}

#[test]
fn a_broken_schema_takes_nothing_else_down() {
    let published = publish(
        &[],
        &json!([
            {"name": "nonsense", "inputSchema": {"type": "object", "properties": {"a": {"type": 7}}}},
            {"name": "dangling", "inputSchema": {"type": "object", "properties": {
                "a": {"$ref": "#/$defs/Nowhere"}}}},
            {"name": "remote", "inputSchema": {"type": "object", "properties": {
                "a": {"$ref": "http://127.0.0.1:9/schema.json"}}}},
            {"name": "text", "inputSchema": "not a schema"},
            {"name": "absent"},
            {"name": "pattern", "inputSchema": {"type": "object", "properties": {
                "a": {"type": "string", "pattern": "("}}}},
            {"name": "fine", "inputSchema": {"type": "object", "properties": {
                "a": {"type": "string"}}}},
        ]),
    );
    let document = published.document("broken");
    assert_eq!(
        body_of(&document, "/fine")["properties"]["a"]["type"],
        "string"
    );
    for tool in ["fine", "nonsense", "dangling"] {
        let answer = published
            .gateway
            .call(&format!("/{tool}"), &json!({"a": "x"}));
        assert_eq!(answer.status, 200, "{tool}: {answer}");
    }
    let status = published.gateway.get("/status").expect(200).text();
    for tool in ["nonsense", "dangling"] {
        assert!(status.contains(tool), "/status warns of {tool}: {status}");
    }
}

#[test]
fn what_is_odd_about_a_tool_is_told_and_harms_no_other() {
    let again = json!({"properties": {"a": {"$ref": "#/$defs/n"}}});
    let published = publish(
        &[],
        &json!([
            {"name": "endless", "inputSchema": {"type": "object", "allOf": [{"$ref": "#"}]}},
            {"name": "deep", "inputSchema": {"$ref": "#/$defs/n", "$defs": {
                "n": {"type": "object", "anyOf": [again, again]}}}},
            {"name": "answers", "inputSchema": {"type": "object"},
             "outputSchema": {"type": "objekt"}},
            {"name": "older", "inputSchema": {"type": "object", "properties": {
                "pair": {"type": "array", "items": [{"type": "integer"}, {"type": "string"}]}}}},
            {"name": "..", "inputSchema": {"type": "object"}},
            {"name": "fine", "inputSchema": {"type": "object"}},
        ]),
    );
    let document = published.document("odd");
    let paths = document["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 5, "{paths:?}");
    let pair = &body_of(&document, "/older")["properties"]["pair"];
    assert_eq!(pair["prefixItems"][0]["type"], "integer", "{pair}");
    let status = published.gateway.get("/status").expect(200).json();
    let warnings = status["servers"][0]["warnings"].as_array().unwrap();
    for (about, words) in [
        ("endless", "without end"),
        ("answers", "outputSchema is broken"),
        ("older", "draft-07"),
        ("..", "can't be a segment"),
    ] {
        let told = warnings.iter().any(|warning| {
            warning["about"] == about && warning["message"].as_str().unwrap().contains(words)
        });
        assert!(told, "{about}: {warnings:#?}");
    }
    let text = format!("{}1{}", r#"{"a":"#.repeat(100), "}".repeat(100));
    published.gateway.call_text("/deep", &text).expect(422);
    published.gateway.call("/fine", &json!({})).expect(200);
}

#[test]
fn the_answers_schema_is_the_tools_output_schema_unwrapped() {
    let published = publish(
        &[],
        &json!([
            {"name": "plain", "inputSchema": {"type": "object"},
             "outputSchema": {"type": "object", "properties": {"n": {"type": "integer"}}}},
            {"name": "wrapped", "inputSchema": {"type": "object"},
             "outputSchema": {"type": "object", "title": "wrappedOutput",
                "properties": {"result": {"type": "integer"}}, "required": ["result"]}},
        ]),
    );
    let document = published.document("output");
    let answer = |path: &str| {
        let content = &document["paths"][path]["post"]["responses"]["200"]["content"];
        resolve(&document, &content["application/json"]["schema"]).clone()
    };
    assert_eq!(answer("/plain")["properties"]["n"]["type"], "integer");
    assert_eq!(answer("/wrapped")["type"], "integer");
}

#[test]
fn the_document_says_which_credentials_are_demanded() {
    let tools = json!([{"name": "a", "inputSchema": {"type": "object"}}]);
    let open = publish(&[], &tools).document("open");
    assert!(
        open["components"].get("securitySchemes").is_none(),
        "{open:#}"
    );
    let closed = publish(&["--api-key", "very-secret"], &tools).document("closed");
    let kinds: Vec<_> = closed["components"]["securitySchemes"]
        .as_object()
        .expect("security schemes")
        .values()
        .map(|scheme| scheme["scheme"].as_str().unwrap_or_default().to_lowercase())
        .collect();
    assert!(kinds.contains(&"bearer".to_owned()), "{kinds:?}");
    assert!(
        closed.get("security").is_some() || closed["paths"]["/a"]["post"].get("security").is_some()
    );
    assert!(!closed.to_string().contains("very-secret"));
}

#[test]
fn the_yaml_document_is_the_json_document() {
    let published = publish(
        &[],
        &json!([{"name": "a", "description": "yes: no\n- x", "inputSchema": {
            "type": "object", "properties": {"on": {"const": "no"}, "n": {"default": "1.10"}}}}]),
    );
    let json = published.document("yaml");
    let yaml = published.gateway.get("/openapi.yaml").expect(200).text();
    let read: Value = serde_saphyr::from_str(&yaml).expect("YAML");
    assert_eq!(read, json);
}

#[test]
fn the_root_document_holds_all_servers_with_a_tag_each() {
    let folder = tempfile::tempdir().unwrap();
    let tools = r#"[{"name": "a", "inputSchema": {"type": "object"}}]"#;
    let command = entry(&with_tools(&folder, tools));
    let gateway = Launch::new()
        .config(&json!({"mcpServers": {"one": command, "two": command}}))
        .start();
    for server in ["one", "two"] {
        gateway
            .call(&format!("/{server}/a"), &json!({}))
            .expect(200);
    }
    let document = assert_valid(&gateway, "/openapi.json", "root");
    assert_eq!(operation_ids(&document), ["one__a", "two__a"]);
    assert_eq!(document["paths"]["/one/a"]["post"]["tags"], json!(["one"]));
    assert_eq!(document["paths"]["/two/a"]["post"]["tags"], json!(["two"]));
    let own = assert_valid(&gateway, "/one/openapi.json", "root-one");
    assert_eq!(operation_ids(&own), ["a"]);
}

#[test]
fn a_tool_disabled_in_the_config_is_neither_listed_nor_called() {
    let folder = tempfile::tempdir().unwrap();
    let tools = r#"[{"name": "a", "inputSchema": {"type": "object"}},
                    {"name": "b", "inputSchema": {"type": "object"}}]"#;
    for key in ["disabledTools", "disabled_tools"] {
        let mut server = entry(&with_tools(&folder, tools));
        server[key] = json!(["b"]);
        let gateway = Launch::new()
            .config(&json!({"mcpServers": {"one": server}}))
            .start();
        gateway.call("/one/a", &json!({})).expect(200);
        gateway.call("/one/b", &json!({})).expect(404);
        gateway.call("/one/call/b", &json!({})).expect(404);
        assert_eq!(
            operation_ids(&gateway.document("/one/openapi.json")),
            ["a"],
            "{key}"
        );
    }
}

#[test]
fn text_from_a_server_is_never_html_in_a_page() {
    let hostile = "</script><script>alert(1)</script><img src=x onerror=alert(2)>";
    let published = publish(
        &[],
        &json!([{"name": hostile, "title": hostile, "description": hostile,
                 "inputSchema": {"type": "object"}}]),
    );
    published.document("hostile");
    let page = published.gateway.get("/docs").expect(200).text();
    assert!(!page.contains("<script>alert(1)"), "{page}");
    assert!(!page.contains("<img src=x"), "{page}");
}

#[test]
fn the_docs_pages_need_nothing_from_elsewhere() {
    let gateway = Launch::new()
        .config(&json!({"mcpServers": {"one": entry(&fixture(&[]))}}))
        .start();
    for target in ["/docs", "/one/docs"] {
        let mut target = target.to_owned();
        let mut page = gateway.get(&target);
        if let Some(place) = page.header("location").map(str::to_owned) {
            // `docs` → `docs/` is a way to make relative links work.
            target = if place.starts_with('/') {
                place
            } else {
                format!("/{place}")
            };
            page = gateway.get(&target);
        }
        let text = page.expect(200).text();
        assert!(!text.contains("//cdn") && !text.contains("unpkg"), "{text}");
        let mut found = 0;
        for attribute in ["src=\"", "href=\""] {
            for rest in text.split(attribute).skip(1) {
                let link = rest.split('"').next().unwrap_or_default();
                if !["js", "css", "png"].contains(&link.rsplit('.').next().unwrap_or_default()) {
                    continue;
                }
                assert!(
                    !link.starts_with('/') && !link.contains("://"),
                    "{link} is not relative"
                );
                let base = target.rsplit_once('/').map_or("", |(base, _)| base);
                gateway
                    .get(&format!("{base}/{}", link.trim_start_matches("./")))
                    .expect(200);
                found += 1;
            }
        }
        assert!(found >= 2, "scripts and styles: {text}");
    }
}
