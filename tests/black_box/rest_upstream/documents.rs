//! What becomes of an API's documents.

use serde_json::{Value, json};

use super::Api;
use crate::gateway::{Gateway, Launch, server_in, wait_until};

/// A document with one operation.
fn document(operation: &str) -> String {
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Other", "version": "2"},
        "servers": [{"url": "/v1"}],
        "paths": {"/mirror/it": {"get": {"operationId": operation, "responses": {}}}}
    })
    .to_string()
}

/// A document with one operation, whose answer holds what it calls an item.
fn with_items(operation: &str, item: &Value) -> Value {
    let schema = json!({"type": "array", "items": {"$ref": "#/components/schemas/Item"}});
    let content = json!({"application/json": {"schema": schema}});
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Items", "version": "1"},
        "servers": [{"url": "https://api.example"}],
        "paths": {"/items": {"get": {"operationId": operation, "responses": {
            "200": {"description": "All.", "content": content}
        }}}},
        "components": {"schemas": {"Item": item}}
    })
}

#[test]
fn what_apis_of_a_group_call_alike_is_told_apart_in_documents() {
    let book = json!({"type": "object", "properties": {"isbn": {"type": "string"}}});
    let tree = json!({"type": "object", "properties": {"height": {"type": "integer"}}});
    let api = |operation, item| json!({"type": "openapi", "spec": with_items(operation, item)});
    let config = json!({
        "mcpServers": {"books": api("list", &book), "trees": api("list", &tree)},
        "groups": {"both": {"servers": ["books", "trees"]}}
    });
    let gateway = Launch::new().config(&config).start();
    for api in ["books", "trees"] {
        wait_until("the API is known", || gateway.state_of(api) == "ready");
    }
    let documents = [
        ("/both/openapi.json", "/books__list", "/trees__list"),
        ("/openapi.json", "/books/list", "/trees/list"),
    ];
    for (target, books, trees) in documents {
        let document = gateway.document(target);
        for (path, item) in [(books, &book), (trees, &tree)] {
            let response = &document["paths"][path]["post"]["responses"]["200"];
            let schema = &response["content"]["application/json"]["schema"];
            let pointer = schema["items"]["$ref"].as_str().unwrap();
            let found = document.pointer(pointer.strip_prefix('#').unwrap());
            assert_eq!(found, Some(item), "{path} in {target}: {pointer}");
        }
    }
}

fn has(gateway: &Gateway, tool: &str) -> bool {
    let document = gateway.document("/rest/openapi.json");
    document["paths"].get(format!("/{tool}")).is_some()
}

fn server(gateway: &Gateway) -> Value {
    let status = gateway.get("/status").json();
    server_in(&status, "rest").unwrap().clone()
}

#[test]
fn a_document_that_changes_swaps_the_tools_and_one_that_fails_keeps_them() {
    let api = Api::start(&[]);
    let gateway = api.gateway(&json!({"refreshInterval": "50ms"}));
    assert!(has(&gateway, "styles"));
    let same = || api.request("GET", "/asked").send().json()["same"].as_u64();
    wait_until("the document is still the same", || same() > Some(1));

    api.puts("{\"openapi\": ");
    gateway.wait_for_log("what was read before is kept");
    wait_until("the status says so", || {
        !server(&gateway)["stale"].is_null()
    });
    let stale = server(&gateway)["stale"].clone();
    let error = stale["error"].as_str().unwrap();
    assert!(error.contains("can't be used: it is no "), "{error}");
    assert!(stale["since"].is_string(), "{stale}");
    assert_eq!(server(&gateway)["state"], "ready");
    assert!(has(&gateway, "styles"));
    gateway
        .call("/rest/text", &json!({"body": "x"}))
        .expect(200);

    api.puts(&document("other"));
    wait_until("the tools are other ones", || has(&gateway, "other"));
    assert!(!has(&gateway, "styles"));
    wait_until("nothing is stale", || server(&gateway)["stale"].is_null());
    let asked = gateway.call("/rest/other", &json!({})).expect(200).json();
    assert_eq!(asked["target"], "/v1/mirror/it");

    api.puts("");
    gateway.wait_for_log("500 Internal Server Error");
    gateway.call("/rest/other", &json!({})).expect(200);
}

#[test]
fn a_document_in_a_file_that_only_its_author_can_mend_is_tried_again_when_that_was_done() {
    let api = Api::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("openapi.json");
    std::fs::write(&file, document("it")).unwrap();
    let gateway = Launch::new()
        .config(&json!({"mcpServers": {"rest": {
            "type": "openapi", "spec": file, "refreshInterval": "50ms", "allowPrivateNetworks": true
        }}}))
        .start();
    gateway.wait_for_log("it is down until that is mended");
    let down = server(&gateway);
    assert_eq!(down["state"], "failed", "{down}");
    assert_eq!(down["retryAt"], Value::Null, "{down}");
    assert_eq!(down["starts"], 1, "{down}");
    let error = down["error"].as_str().unwrap();
    assert!(
        error.ends_with("at which host the API is: give its base URL as `url`"),
        "{error}"
    );
    // No call waits for what does not come by itself.
    let refused = gateway.call("/rest/it", &json!({})).expect(503);
    assert!(
        refused.text().contains("is down until somebody mends it"),
        "{refused}"
    );
    assert_eq!(server(&gateway)["starts"], 1);

    let mended = document("it").replace("/v1", &api.server.url("/v1"));
    std::fs::write(&file, mended).unwrap();
    wait_until("the server is up", || gateway.state_of("rest") == "ready");
    gateway.call("/rest/it", &json!({})).expect(200);
}

#[test]
fn what_is_chosen_in_vain_is_told_in_the_status_and_the_log() {
    let api = Api::start(&[]);
    let gateway = api.gateway(&json!({
        "operations": {"exclude": ["mirrored"]},
        "disabledTools": ["stiles"]
    }));
    gateway.wait_for_log("no operation fits the filter");
    let warnings = server(&gateway)["warnings"].clone();
    let told: Vec<&str> = warnings
        .as_array()
        .unwrap()
        .iter()
        .map(|warning| warning["message"].as_str().unwrap())
        .collect();
    assert!(
        told.contains(&r#"no operation fits the filter {"operationId":"mirrored"} of `exclude`"#),
        "{told:?}"
    );
    assert!(
        told.iter()
            .any(|message| message.ends_with("did you mean `styles`?")),
        "{told:?}"
    );
}

#[test]
fn a_document_leads_to_no_private_address_that_it_did_not_come_from() {
    let api = Api::start(&[]);
    let inline = json!({
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "servers": [{"url": api.server.url("/v1")}],
        "paths": {"/mirror/it": {"get": {"operationId": "it", "responses": {}}}}
    });
    let entry = |more: Value| {
        let mut entry = json!({"type": "openapi", "spec": inline});
        let more = more.as_object().unwrap().clone();
        entry.as_object_mut().unwrap().extend(more);
        entry
    };
    let gateway = Launch::new()
        .config(&json!({"mcpServers": {
            "refused": entry(json!({})),
            "allowed": entry(json!({"allowPrivateNetworks": true})),
            "named": entry(json!({"url": api.server.url("/v1")}))
        }}))
        .start();
    gateway.call("/allowed/it", &json!({})).expect(200);
    gateway.call("/named/it", &json!({})).expect(200);
    wait_until("the server has failed", || {
        gateway.state_of("refused") == "failed"
    });
    let status = gateway.get("/status").json();
    let error = server_in(&status, "refused").unwrap()["error"].to_string();
    assert!(error.contains("allowPrivateNetworks"), "{error}");
}

#[test]
fn what_the_config_gives_is_demanded_of_nobody_and_sent_all_the_same() {
    let api = Api::start(&[]);
    let parameter = |name: &str, place: &str| json!({"name": name, "in": place, "required": true, "schema": {"type": "string"}});
    let spec = json!({
        "openapi": "3.0.3",
        "info": {"title": "t", "version": "1"},
        "paths": {"/mirror/it": {
            "parameters": [
                parameter("X-API-Key", "header"), parameter("X-Team", "header"),
                parameter("api_key", "query"), parameter("sid", "cookie"),
                parameter("Authorization", "header"), parameter("accept", "header"),
                parameter("Content-Type", "header")
            ],
            "get": {"operationId": "it", "responses": {"200": {"description": "it"}}}
        }}
    });
    let key = |name: &str, place: &str| json!({"type": "apiKey", "in": place, "name": name, "key": "s3cret-k3y"});
    let entry = |auth: Value, headers: Value| json!({"type": "openapi", "spec": spec, "url": api.server.url("/v1"), "auth": auth, "headers": headers});
    let cases = [
        ("none", json!({"type": "none"}), json!({}), [true; 4]),
        (
            "header",
            key("x-api-key", "header"),
            json!({}),
            [false, true, true, true],
        ),
        (
            "query",
            key("api_key", "query"),
            json!({}),
            [true, true, false, true],
        ),
        (
            "cookie",
            key("sid", "cookie"),
            json!({}),
            [true, true, true, false],
        ),
        (
            "fixed",
            json!({"type": "none"}),
            json!({"x-TEAM": "s3cret-k3y", "x-api-key": "s3cret-k3y"}),
            [false, false, true, true],
        ),
    ];
    let servers: serde_json::Map<String, Value> = cases
        .iter()
        .map(|(name, auth, headers, _)| ((*name).to_owned(), entry(auth.clone(), headers.clone())))
        .collect();
    let gateway = Launch::new()
        .config(&json!({"mcpServers": servers}))
        .start();
    for (server, _, _, asked) in cases {
        let target = format!("/{server}/openapi.json");
        let document =
            crate::documents::assert_valid(&gateway, &target, &format!("supplied-{server}"));
        let body = &document["paths"]["/it"]["post"]["requestBody"];
        let body = &body["content"]["application/json"]["schema"];
        let names = ["X-API-Key", "X-Team", "api_key", "sid"];
        let wanted: Vec<&str> = names
            .iter()
            .zip(asked)
            .filter(|(_, asked)| *asked)
            .map(|(name, _)| *name)
            .collect();
        assert_eq!(body["required"], json!(wanted), "{server}");
        let arguments: serde_json::Map<String, Value> = wanted
            .iter()
            .map(|name| ((*name).to_owned(), json!("given")))
            .collect();
        let properties = body["properties"].as_object().unwrap();
        assert!(properties.keys().eq(arguments.keys()), "{server}: {body}");

        let path = format!("/{server}/it");
        let refused = gateway.call(&path, &json!({})).expect(422).detail();
        assert_eq!(refused.as_array().unwrap().len(), wanted.len(), "{refused}");
        let seen = gateway
            .call(&path, &Value::Object(arguments))
            .expect(200)
            .json();
        let sent = seen.to_string();
        assert_eq!(
            sent.matches("given").count(),
            wanted.len(),
            "{server}: {sent}"
        );
        assert_eq!(
            sent.matches("s3cret-k3y").count(),
            names.len() - wanted.len(),
            "{server}: {sent}"
        );
    }
}

#[test]
fn a_document_says_what_it_demands_and_what_it_is() {
    let api = Api::start(&[]);
    let mut entry = api.entry(&json!({}));
    entry.as_object_mut().unwrap().remove("auth");
    let gateway = Launch::new()
        .config(&json!({"mcpServers": {"rest": entry}}))
        .start();
    gateway
        .call("/rest/text", &json!({"body": "x"}))
        .expect(200);
    let server = server(&gateway);
    assert_eq!(server["serverInfo"]["name"], "Mirror");
    let warnings = server["warnings"].to_string();
    assert!(warnings.contains("demanded by"), "{warnings}");
    assert!(warnings.contains("X-Key"), "{warnings}");
    gateway.wait_for_log("demanded by");
    let document = gateway.document("/rest/openapi.json");
    assert_eq!(document["info"]["title"], "Mirror");
}
