//! Real MCP servers, from PyPI and npm, driven through REST with effects that can be seen.

use serde_json::{Value, json};

use crate::documents::{assert_valid, operation_ids, validate};
use crate::gateway::{Gateway, Launch, entry, peer};

/// `prompts` or `resources`: the list of the answer, whether it comes bare or as MCP wraps it.
#[track_caller]
fn listed<'a>(answer: &'a Value, member: &str) -> &'a Vec<Value> {
    answer
        .as_array()
        .or_else(|| answer[member].as_array())
        .unwrap_or_else(|| panic!("no list of {member}: {answer:#}"))
}

fn time_server(generation: &str) -> Vec<String> {
    vec![
        peer(&format!("{generation}/bin/mcp-server-time")),
        "--local-timezone=America/New_York".to_owned(),
    ]
}

#[track_caller]
fn tells_the_time(gateway: &Gateway, at: &str) {
    let now = gateway.value(
        &format!("{at}/get_current_time"),
        &json!({"timezone": "Europe/Berlin"}),
    );
    assert_eq!(now["timezone"], "Europe/Berlin");
    let datetime = now["datetime"].as_str().expect("a datetime");
    assert!(
        datetime.contains("+01:00") || datetime.contains("+02:00"),
        "{datetime}"
    );

    let converted = gateway.value(
        &format!("{at}/convert_time"),
        &json!({"source_timezone": "UTC", "time": "12:00", "target_timezone": "Asia/Tokyo"}),
    );
    assert_eq!(converted["time_difference"], "+9.0h");

    let failed = gateway
        .call(
            &format!("{at}/get_current_time"),
            &json!({"timezone": "Nowhere/Atlantis"}),
        )
        .expect(422);
    let message = failed.detail()["message"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    assert!(message.contains("Nowhere/Atlantis"), "{message}");
}

#[test]
fn the_time_server_of_the_old_sdk_tells_the_time() {
    let gateway = Gateway::single(&["--api-key", "top-secret"], time_server("py-old"));
    tells_the_time(&gateway, "");
    let document = assert_valid(&gateway, "/openapi.json", "time-old");
    assert_eq!(
        operation_ids(&document),
        ["convert_time", "get_current_time"]
    );
    assert_eq!(document["info"]["title"], "mcp-time");
}

#[test]
fn the_time_server_of_the_new_sdk_tells_the_time() {
    let gateway = Gateway::single(&[], time_server("py-new"));
    tells_the_time(&gateway, "");
    let document = assert_valid(&gateway, "/openapi.json", "time-new");
    assert_eq!(
        operation_ids(&document),
        ["convert_time", "get_current_time"]
    );
}

#[test]
fn the_sqlite_server_makes_and_reads_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("test.db");
    let gateway = Gateway::single(
        &[],
        [
            &peer("py-old/bin/mcp-server-sqlite"),
            "--db-path",
            database.to_str().unwrap(),
        ],
    );
    let run = |tool: &str, query: &str| gateway.value(tool, &json!({ "query": query }));
    assert_eq!(
        run(
            "/create_table",
            "CREATE TABLE tea (name TEXT, minutes INTEGER)"
        ),
        "Table created successfully"
    );
    assert_eq!(
        run(
            "/write_query",
            "INSERT INTO tea VALUES ('Assam', 4), ('Sencha', 2)"
        ),
        "[{'affected_rows': 2}]"
    );
    assert_eq!(
        run("/read_query", "SELECT name FROM tea WHERE minutes < 3"),
        "[{'name': 'Sencha'}]"
    );
    // A tool without properties needs no body.
    let tables = gateway.request("POST", "/list_tables").send().expect(200);
    assert_eq!(tables.json(), "[{'name': 'tea'}]");
    assert!(database.exists());

    let memo = "memo://insights";
    let resources = gateway.document("/resources");
    assert_eq!(listed(&resources, "resources")[0]["uri"], memo);
    gateway.value("/append_insight", &json!({"insight": "green tea is quick"}));
    let read = gateway
        .get("/resources/read?uri=memo%3A%2F%2Finsights")
        .expect(200);
    assert!(read.text().contains("green tea is quick"), "{read}");
    let prompt = gateway.value("/prompts/mcp-demo", &json!({"topic": "tea"}));
    assert_eq!(prompt["description"], "Demo template for tea");

    let document = assert_valid(&gateway, "/openapi.json", "sqlite");
    assert!(
        document["paths"]["/list_tables"]["post"]
            .get("requestBody")
            .is_none()
    );
    assert!(
        document["paths"]["/read_query"]["post"]
            .get("requestBody")
            .is_some()
    );
}

#[test]
fn the_git_server_commits_to_a_repository_and_shows_its_log() {
    let folder = tempfile::tempdir().unwrap();
    let repository = folder.path().to_str().unwrap();
    let git = |arguments: &[&str]| {
        let output = std::process::Command::new("git")
            .args(["-C", repository])
            .args(arguments)
            .output()
            .expect("git runs");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    git(&["init", "--quiet", "--initial-branch=main"]);
    git(&["config", "user.name", "Ada"]);
    git(&["config", "user.email", "ada@example.org"]);
    std::fs::write(folder.path().join("notes.txt"), "one\n").unwrap();

    let gateway = Gateway::single(&[], [peer("py-new/bin/mcp-server-git")]);
    let status = gateway.value("/git_status", &json!({"repo_path": repository}));
    assert!(status.as_str().unwrap().contains("notes.txt"), "{status}");
    gateway.value(
        "/git_add",
        &json!({"repo_path": repository, "files": ["notes.txt"]}),
    );
    let committed = gateway.value(
        "/git_commit",
        &json!({"repo_path": repository, "message": "Note one thing"}),
    );
    let hash = git(&["rev-parse", "HEAD"]);
    assert!(
        committed.as_str().unwrap().contains(hash.trim()),
        "{committed}"
    );
    // `max_count` as text: what models send, and what the schema's one type makes of it.
    let log = gateway.value(
        "/git_log",
        &json!({"repo_path": repository, "max_count": "1"}),
    );
    assert!(log.as_str().unwrap().contains("Note one thing"), "{log}");
    assert_eq!(git(&["log", "--format=%s"]).trim(), "Note one thing");

    let document = assert_valid(&gateway, "/openapi.json", "git");
    assert_eq!(operation_ids(&document).len(), 12);
}

#[test]
fn the_memory_server_keeps_entities_and_relations() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("memory.jsonl");
    let memory = json!({
        "command": peer("npm/node_modules/.bin/mcp-server-memory"),
        "env": {"MEMORY_FILE_PATH": file},
    });
    let gateway = Launch::new()
        .config(&json!({"mcpServers": {"memory": memory}}))
        .start();
    gateway.value(
        "/memory/create_entities",
        &json!({"entities": [
            {"name": "Ada", "entityType": "person", "observations": ["wrote the first program"]},
            {"name": "Engine", "entityType": "machine", "observations": []},
        ]}),
    );
    gateway.value(
        "/memory/create_relations",
        &json!({"relations": [{"from": "Ada", "to": "Engine", "relationType": "programs"}]}),
    );
    let found = gateway.value("/memory/search_nodes", &json!({"query": "first program"}));
    assert_eq!(found["entities"][0]["name"], "Ada");
    let graph = gateway.value("/memory/read_graph", &json!({}));
    assert_eq!(graph["relations"][0]["relationType"], "programs");
    assert!(
        std::fs::read_to_string(&file)
            .unwrap()
            .contains("wrote the first program")
    );
    let document = assert_valid(&gateway, "/memory/openapi.json", "memory");
    assert_eq!(operation_ids(&document).len(), 9);

    let missing = gateway
        .call(
            "/memory/create_entities",
            &json!({"entities": [{"name": "Ada"}]}),
        )
        .expect(422)
        .detail();
    let places: Vec<_> = missing
        .as_array()
        .expect("FastAPI's list")
        .iter()
        .map(|error| error["loc"].clone())
        .collect();
    assert!(
        places.contains(&json!(["body", "entities", 0, "entityType"])),
        "{missing:#}"
    );
    assert!(
        places.contains(&json!(["body", "entities", 0, "observations"])),
        "{missing:#}"
    );
}

#[test]
fn the_filesystem_server_writes_and_reads_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let file = root.join("letter.txt");
    let gateway = Gateway::single(
        &[],
        [
            &peer("npm/node_modules/.bin/mcp-server-filesystem"),
            root.to_str().unwrap(),
        ],
    );
    let text = "Dear reader,\n\tit rains — since «Monday».\n";
    gateway.value("/write_file", &json!({"path": file, "content": text}));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    let read = gateway.value("/read_text_file", &json!({"path": file}));
    assert_eq!(read, json!({"content": text}));
    let tree = gateway.value("/directory_tree", &json!({"path": root}));
    assert!(
        tree["content"].as_str().unwrap().contains("letter.txt"),
        "{tree}"
    );
    let refused = gateway
        .call("/read_text_file", &json!({"path": "/etc/passwd"}))
        .expect(422)
        .detail();
    assert!(
        refused["message"]
            .as_str()
            .unwrap()
            .contains("Access denied"),
        "{refused}"
    );
    let document = assert_valid(&gateway, "/openapi.json", "filesystem");
    assert_eq!(operation_ids(&document).len(), 14);
}

#[test]
fn the_everything_server_gives_every_kind_of_content() {
    let gateway = Gateway::single(&[], everything());
    gives_every_kind_of_content(&gateway);

    let document = assert_valid(&gateway, "/openapi.json", "everything");
    let operation = &document["paths"]["/get-annotated-message"]["post"];
    let content = &operation["requestBody"]["content"]["application/json"]["schema"];
    assert_eq!(
        resolve(&document, content)["properties"]["messageType"]["enum"],
        json!(["error", "success", "debug"])
    );
    assert_eq!(
        operation["x-mcp-annotations"]["readOnlyHint"], true,
        "{operation:#}"
    );
}

/// What the everything server answers, whatever carries the calls.
#[track_caller]
pub fn gives_every_kind_of_content(gateway: &Gateway) {
    assert_eq!(
        gateway.value("/echo", &json!({"message": "hello"})),
        "Echo: hello"
    );
    assert_eq!(
        gateway.value("/get-sum", &json!({"a": 2, "b": "40"})),
        "The sum of 2 and 40 is 42."
    );
    let image = gateway.value("/get-tiny-image", &json!({}));
    let image = image.as_array().expect("several items make a list");
    assert!(
        image[1]
            .as_str()
            .unwrap()
            .starts_with("data:image/png;base64,iVBORw0KGgo"),
        "{image:?}"
    );
    let weather = gateway.value("/get-structured-content", &json!({"location": "Chicago"}));
    assert_eq!(weather["humidity"], 82);
    let links = gateway.value("/get-resource-links", &json!({"count": 2}));
    assert_eq!(links[1]["type"], "resource_link");
    assert_eq!(links[1]["uri"], "demo://resource/dynamic/blob/1");
    let blob = gateway.value(
        "/get-resource-reference",
        &json!({"resourceType": "Blob", "resourceId": 1}),
    );
    assert!(
        blob[1]
            .as_str()
            .unwrap()
            .starts_with("data:text/plain;base64,"),
        "{blob}"
    );
    let text = gateway.value(
        "/get-resource-reference",
        &json!({"resourceType": "Text", "resourceId": 1}),
    );
    assert!(
        text[1]
            .as_str()
            .unwrap()
            .starts_with("Resource 1: This is a plaintext resource"),
        "{text}"
    );
    let wrong = gateway
        .call("/get-annotated-message", &json!({"messageType": "shout"}))
        .expect(422)
        .detail();
    assert_eq!(wrong[0]["loc"], json!(["body", "messageType"]), "{wrong:#}");
}

#[test]
fn arguments_of_prompts_and_resource_templates_are_completed() {
    let gateway = Gateway::single(&[], everything());
    let prompt = gateway.value(
        "/prompts/completable-prompt/complete",
        &json!({"argument": {"name": "department", "value": "Eng"}}),
    );
    assert_eq!(prompt["completion"]["values"], json!(["Engineering"]));
    let dependent = gateway.value(
        "/prompts/completable-prompt/complete",
        &json!({
            "argument": {"name": "name", "value": "B"},
            "context": {"arguments": {"department": "Engineering"}},
        }),
    );
    assert_eq!(dependent["completion"]["values"], json!(["Bob"]));
    let template = gateway.value(
        "/resources/templates/complete",
        &json!({
            "uri": "demo://resource/dynamic/text/{resourceId}",
            "argument": {"name": "resourceId", "value": "7"},
        }),
    );
    assert_eq!(template["completion"]["values"], json!(["7"]));

    let argument = json!({"argument": {"name": "department", "value": "E"}});
    gateway
        .call("/prompts/no-such-prompt/complete", &argument)
        .expect(404);
    let violations = gateway.call("/resources/templates/complete", &argument);
    assert_eq!(
        violations.expect(422).detail()[0]["loc"],
        json!(["body", "uri"])
    );
    let violations = gateway.call("/prompts/completable-prompt/complete", &json!({"ref": 1}));
    let violations = violations.expect(422).detail();
    assert_eq!(violations.as_array().unwrap().len(), 2, "{violations:#}");
}

#[test]
fn the_everything_server_offers_prompts_and_resources_over_rest() {
    let gateway = Launch::new()
        .key("k")
        .config(&json!({"mcpServers": {"everything": entry(&everything())}}))
        .start();
    let prompts = gateway.document("/everything/prompts");
    let names: Vec<_> = listed(&prompts, "prompts")
        .iter()
        .map(|prompt| prompt["name"].as_str().unwrap())
        .collect();
    assert!(names.contains(&"args-prompt"), "{names:?}");
    let prompt = gateway.value("/everything/prompts/args-prompt", &json!({"city": "Rome"}));
    assert_eq!(
        prompt["messages"][0]["content"]["text"],
        "What's weather in Rome?"
    );
    let resources = gateway.document("/everything/resources");
    assert!(
        listed(&resources, "resources")
            .iter()
            .any(|resource| resource["name"] == "architecture.md"),
        "{resources:#}"
    );
    let templates = gateway.document("/everything/resources/templates");
    assert!(
        listed(&templates, "resourceTemplates")
            .iter()
            .any(|template| template["uriTemplate"] == "demo://resource/dynamic/text/{resourceId}"),
        "{templates:#}"
    );
    let read = gateway
        .get("/everything/resources/read?uri=demo%3A%2F%2Fresource%2Fdynamic%2Ftext%2F7")
        .expect(200);
    assert!(
        read.text()
            .contains("Resource 7: This is a plaintext resource"),
        "{read}"
    );

    gateway
        .anonymous("GET", "/everything/prompts")
        .send()
        .expect(401);
    gateway
        .call("/everything/prompts/no-such-prompt", &json!({}))
        .expect(404)
        .detail();
    gateway
        .get("/everything/resources/read?uri=demo%3A%2F%2Fnowhere")
        .expect(404)
        .detail();
    gateway
        .get("/everything/resources/read")
        .expect(422)
        .detail();
}

#[test]
fn a_tool_that_must_run_as_a_task_is_polled_to_its_end() {
    let gateway = Gateway::single(&[], everything());
    let report = gateway
        .call(
            "/simulate-research-query",
            &json!({"topic": "spring tides"}),
        )
        .expect(200);
    assert!(report.text().contains("spring tides"), "{report}");
}

#[test]
fn a_long_tool_tells_its_progress_as_events() {
    let gateway = Gateway::single(&[], everything());
    let answer = gateway
        .request("POST", "/trigger-long-running-operation")
        .header("Accept", "text/event-stream")
        .json(&json!({"duration": 1, "steps": 4}))
        .send()
        .expect(200);
    let kinds = event_kinds(&answer.text());
    assert!(
        kinds.iter().filter(|kind| *kind == "progress").count() >= 2,
        "{answer}"
    );
    assert_eq!(kinds.last().map(String::as_str), Some("result"), "{answer}");
}

#[test]
fn all_real_servers_run_side_by_side_from_one_config() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let at = |name: &str| root.join(name).to_str().unwrap().to_owned();
    let servers = json!({
        "time-old": entry(&time_server("py-old")),
        "time-new": entry(&time_server("py-new")),
        "git": entry(&[peer("py-new/bin/mcp-server-git")]),
        "sqlite": entry(&[
            peer("py-old/bin/mcp-server-sqlite"), "--db-path".to_owned(), at("all.db"),
        ]),
        "everything": entry(&everything()),
        "memory": {
            "command": peer("npm/node_modules/.bin/mcp-server-memory"),
            "env": {"MEMORY_FILE_PATH": at("memory.jsonl")},
        },
        "filesystem": entry(&[
            peer("npm/node_modules/.bin/mcp-server-filesystem"), at(""),
        ]),
    });
    let names: Vec<_> = servers.as_object().unwrap().keys().cloned().collect();
    let gateway = Launch::new()
        .key("top-secret")
        .config(&json!({"mcpServers": servers}))
        .start();
    tells_the_time(&gateway, "/time-old");
    tells_the_time(&gateway, "/time-new");
    gateway.value(
        "/sqlite/create_table",
        &json!({"query": "CREATE TABLE t (a)"}),
    );
    gateway.value(
        "/filesystem/write_file",
        &json!({"path": at("x.txt"), "content": "x"}),
    );
    assert_eq!(
        gateway.value("/everything/echo", &json!({"message": "x"})),
        "Echo: x"
    );
    gateway.call("/echo", &json!({"message": "x"})).expect(404);
    gateway
        .call("/time-old/echo", &json!({"message": "x"}))
        .expect(404);

    let mut files = Vec::new();
    let mut ids = Vec::new();
    for name in &names {
        let answer = gateway.get(&format!("/{name}/openapi.json")).expect(200);
        ids.extend(
            operation_ids(&answer.json())
                .iter()
                .map(|id| format!("{name}__{id}")),
        );
        files.push((format!("config-{name}"), answer.text()));
    }
    let whole = gateway.get("/openapi.json").expect(200);
    let mut in_root = operation_ids(&whole.json());
    in_root.sort();
    ids.sort();
    assert_eq!(
        in_root, ids,
        "the root document holds every tool of every server"
    );
    files.push(("config-root".to_owned(), whole.text()));
    validate(&files);
    for name in &names {
        assert_eq!(gateway.state_of(name), "ready", "{name}");
    }
}

fn everything() -> Vec<String> {
    vec![
        peer("npm/node_modules/.bin/mcp-server-everything"),
        "stdio".to_owned(),
    ]
}

/// The `event:` names of a stream, in order.
pub fn event_kinds(stream: &str) -> Vec<String> {
    stream
        .lines()
        .filter_map(|line| line.strip_prefix("event:"))
        .map(|kind| kind.trim().to_owned())
        .collect()
}

/// Follows a local reference, where there is one.
pub fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => document
            .pointer(reference.trim_start_matches('#'))
            .unwrap_or_else(|| panic!("{reference} leads nowhere")),
        None => schema,
    }
}
