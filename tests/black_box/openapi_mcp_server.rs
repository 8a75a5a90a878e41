//! The binary as awslabs' openapi-mcp-server: configured by that program's environment variables
//! alone. The API is the example `rest-api`, which shows what it was asked.

mod credentials;

use std::process::Stdio;

use serde_json::{Value, json};

use crate::gateway::{Gateway, Launch, peer, run_to_end};
use crate::rest_upstream::Api;

/// An API with a document of two tags. Whatever it is asked, it answers what that was.
#[track_caller]
pub fn api() -> Api {
    let api = Api::start(&[]);
    let answer = json!({"200": {"description": "What was asked.", "content": {
        "application/json": {"schema": {"type": "object", "properties": {
            "method": {"type": "string"},
            "body": {"type": "string", "maxLength": 3}
        }}}
    }}});
    let pet = json!([{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}]);
    let document = json!({
        "openapi": "3.0.3",
        "info": {"title": "Pets and orders", "version": "1"},
        "paths": {
            "/pets": {
                "get": {"operationId": "listPets", "tags": ["pet"], "responses": answer},
                "post": {"operationId": "addPet", "tags": ["pet", "admin"], "responses": answer,
                    "requestBody": {"content": {"text/plain": {"schema": {"type": "string"}}}}}
            },
            "/pets/{id}": {
                "get": {"operationId": "getPet", "tags": ["pet"], "parameters": pet, "responses": answer}
            },
            "/orders": {
                "get": {"operationId": "listOrders", "tags": ["order"], "responses": answer}
            }
        }
    });
    api.puts(&document.to_string());
    api
}

/// What starts the server for an API, but for what says how it serves.
pub fn variables(api: &Api) -> Vec<(&'static str, String)> {
    vec![
        ("API_NAME", "pets".to_owned()),
        ("API_BASE_URL", api.server.url("/v2")),
        ("API_SPEC_URL", api.server.url("/openapi.json")),
    ]
}

/// The server over HTTP, with more variables.
#[track_caller]
pub fn serve(api: &Api, more: &[(&str, &str)]) -> Gateway {
    let mut launch = Launch::new().without_port();
    let own = [("SERVER_HOST", "127.0.0.1"), ("SERVER_PORT", "0")];
    for (name, value) in variables(api) {
        launch = launch.env(name, &value);
    }
    for (name, value) in own.iter().chain(more) {
        launch = launch.env(name, value);
    }
    launch.start()
}

/// What the Python SDK's client sees of a server, and what `getPet` answers it.
#[track_caller]
fn seen_by_sdk(server: &[&str], tool: &str, environment: &[(&str, String)]) -> Value {
    let mut client = binary_of_client();
    client
        .args([tool, r#"{"id":"a b"}"#])
        .args(server)
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let finished = run_to_end(client);
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    serde_json::from_str(&finished.stdout).unwrap()
}

fn binary_of_client() -> std::process::Command {
    let mut client = std::process::Command::new(peer("py-old/bin/python"));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/sdk_client.py");
    client.args(["-B", script]);
    client
}

#[track_caller]
fn assert_serves_pets(seen: &Value, prefix: &str) {
    let mut tools: Vec<&str> = list(seen, "tools");
    tools.sort_unstable();
    let expected = ["addPet", "getPet", "listOrders", "listPets"];
    let expected = expected.map(|tool| format!("{prefix}{tool}"));
    assert_eq!(tools, expected);
    let prompts = list(seen, "prompts");
    assert!(
        prompts.contains(&&*format!("{prefix}getPet")),
        "{prompts:?}"
    );
    let asked = &seen["result"]["structuredContent"];
    assert_eq!(asked["method"], "GET", "{seen:#}");
    assert_eq!(asked["target"], "/v2/pets/a%20b", "{seen:#}");
}

fn list<'s>(seen: &'s Value, member: &str) -> Vec<&'s str> {
    let names = seen[member].as_array().unwrap().iter();
    names.map(|name| name.as_str().unwrap()).collect()
}

#[test]
fn with_sse_as_its_transport_it_serves_sse_to_the_python_sdk() {
    let api = api();
    let gateway = serve(&api, &[("SERVER_TRANSPORT", "sse")]);
    let url = format!("http://{}/sse", gateway.address);
    let seen = seen_by_sdk(&["sse", &url], "getPet", &[]);
    assert_eq!(seen["server"], "Pets and orders");
    assert_serves_pets(&seen, "");
}

#[test]
fn with_streamable_http_as_its_transport_it_serves_that_to_the_python_sdk() {
    let api = api();
    let more = [
        ("SERVER_TRANSPORT", "streamable-http"),
        ("SERVER_NAME", "Ours"),
    ];
    let gateway = serve(&api, &more);
    let url = format!("http://{}/mcp", gateway.address);
    let seen = seen_by_sdk(&["http", &url], "getPet", &[]);
    assert_eq!(seen["server"], "Ours");
    assert_serves_pets(&seen, "");
    assert_eq!(gateway.document("/openapi.json")["info"]["title"], "Ours");
}

#[test]
fn without_arguments_it_serves_stdio_to_the_client_that_starts_it() {
    let api = api();
    let viceversa = env!("CARGO_BIN_EXE_viceversa");
    let mut environment = variables(&api);
    let seen = seen_by_sdk(&["stdio", viceversa], "getPet", &environment);
    assert_eq!(seen["server"], "Pets and orders");
    assert_serves_pets(&seen, "");
    environment.push(("SERVER_TRANSPORT", "stdio".to_owned()));
    environment.push(("SERVER_PORT", "1".to_owned()));
    environment.push(("SERVER_NAME", "Ours".to_owned()));
    let seen = seen_by_sdk(&["stdio", viceversa], "getPet", &environment);
    assert_eq!(seen["server"], "Ours");
    assert_serves_pets(&seen, "");
}

#[test]
fn a_document_in_a_file_is_served_too() {
    let api = api();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pets.json");
    let document = api.request("GET", "/openapi.json").send().expect(200);
    std::fs::write(&path, document.body).unwrap();
    let environment = [
        ("API_SPEC_PATH", path.to_str().unwrap().to_owned()),
        ("API_BASE_URL", api.server.url("/v2/")),
    ];
    let viceversa = env!("CARGO_BIN_EXE_viceversa");
    let seen = seen_by_sdk(&["stdio", viceversa], "getPet", &environment);
    assert_serves_pets(&seen, "");
}

#[test]
fn tags_choose_what_is_served() {
    let api = api();
    let tools = |more: &[(&str, &str)]| {
        let document = serve(&api, more).document("/openapi.json");
        let mut tools = crate::documents::operation_ids(&document);
        tools.sort();
        tools
    };
    assert_eq!(tools(&[("INCLUDE_TAGS", "order")]), ["listOrders"]);
    assert_eq!(
        tools(&[("INCLUDE_TAGS", "pet,order"), ("EXCLUDE_TAGS", "admin")]),
        ["getPet", "listOrders", "listPets"]
    );
    assert_eq!(tools(&[("EXCLUDE_TAGS", "pet")]), ["listOrders"]);
}

#[test]
fn prompts_can_be_left_out() {
    let api = api();
    let prompts = |more: &[(&str, &str)]| serve(&api, more).get("/prompts").expect(200).text();
    assert!(prompts(&[]).contains("getPet"));
    let without = prompts(&[("ENABLE_OPERATION_PROMPTS", "false")]);
    assert!(!without.contains("getPet"), "{without}");
}

#[test]
fn each_of_several_apis_is_a_server_with_credentials_of_its_own() {
    let api = api();
    let additional = json!([{
        "name": "partners",
        "spec_url": api.server.url("/openapi.json"),
        "base_url": api.server.url("/partners"),
        "auth_type": "bearer",
        "auth_token": "of-partners"
    }]);
    let more = [
        ("ADDITIONAL_SPECS", &*additional.to_string()),
        ("AUTH_TYPE", "bearer"),
        ("AUTH_TOKEN", "of-pets"),
    ];
    let gateway = serve(&api, &more);
    for (server, target, token) in [
        ("pets", "/v2/pets/7", "Bearer of-pets"),
        ("partners", "/partners/pets/7", "Bearer of-partners"),
    ] {
        let asked = gateway.value(&format!("/{server}/getPet"), &json!({"id": "7"}));
        assert_eq!(asked["target"], target);
        assert_eq!(asked["headers"]["authorization"], token);
    }
    let url = format!("http://{}/mcp", gateway.address);
    let seen = seen_by_sdk(&["http", &url], "pets__getPet", &[]);
    let tools = list(&seen, "tools");
    assert_eq!(tools.len(), 8, "{tools:?}");
    assert!(tools.contains(&"partners__getPet"), "{tools:?}");
}

#[test]
fn answers_are_checked_as_wanted() {
    let api = api();
    for (how, warns, status) in [
        ("true", true, 200),
        ("false", false, 200),
        ("strict", true, 502),
    ] {
        let gateway = serve(&api, &[("VALIDATE_OUTPUT", how)]);
        // The document says that no body has more than three letters.
        let called = gateway.call("/addPet", &json!({"body": "four"}));
        assert_eq!(called.status, status, "{how}: {called}");
        let result = gateway
            .request("POST", "/addPet")
            .header("Accept", "application/vnd.mcp.result+json")
            .json(&json!({"body": "four"}))
            .send();
        let warned = result.text().contains("viceversa/warnings");
        assert_eq!(warned, warns && status == 200, "{how}: {result}");
    }
}
