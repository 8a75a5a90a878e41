//! Several servers together: `/mcp` for all, and `/{group}/mcp`.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::callers::{Caller as _, Client, Sse, initialize, member};
use crate::gateway::{Gateway, Launch, StateFile, entry, fixture, with_tools};

fn names(client: &Client<'_>, method: &str, items: &str) -> Vec<String> {
    let listed = client.ask(method, "", "").value();
    let items = listed[items].as_array().unwrap();
    let names = items.iter().map(|item| item["name"].as_str().unwrap());
    names.map(str::to_owned).collect()
}

fn tool_names(client: &Client<'_>) -> Vec<String> {
    names(client, "tools/list", "tools")
}

/// The fixture, whose resources say that they are this server's.
fn server_of(folder: &tempfile::TempDir, name: &str) -> Vec<String> {
    let content = json!({"uri": "fixture://small", "text": format!("of {name}")});
    let read = json!({"contents": [content]});
    let path = folder.path().join(format!("{name}.json"));
    std::fs::write(&path, json!({"resources/read": read}).to_string()).unwrap();
    fixture(&["--answers-file", path.to_str().unwrap()])
}

fn two(folder: &tempfile::TempDir) -> Value {
    json!({"one": entry(&server_of(folder, "one")), "two": entry(&server_of(folder, "two"))})
}

#[test]
fn tools_and_prompts_have_the_names_of_their_servers_before_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let config = json!({ "mcpServers": two(&folder) });
    for (flags, separator) in [(&[][..], "__"), (&["--name-separator", "-"][..], "-")] {
        let gateway = Launch::new().flags(flags).config(&config).start();
        let all = Client::session(&gateway, "/mcp", "{}");
        let tools = tool_names(&all);
        let prompts = names(&all, "prompts/list", "prompts");
        for server in ["one", "two"] {
            let name = format!("{server}{separator}echo_raw");
            assert!(tools.contains(&name), "{name} in {tools:?}");
            assert_eq!(all.call(&name, r#"{"n":1.10}"#).text(), r#"{"n":1.10}"#);
            let name = format!("{server}{separator}greet");
            assert!(prompts.contains(&name), "{name} in {prompts:?}");
            let greet = format!(r#""name":"{name}","arguments":{{"name":"Ada"}}"#);
            let got = all.ask("prompts/get", &greet, "").result();
            assert!(got.contains("Greet Ada."), "{got}");
        }
        assert_eq!(all.call("echo_raw", "{}").code(), -32602);
        assert_eq!(all.call("three__echo_raw", "{}").code(), -32602);
        let one = Client::stateless(&gateway, "/one/mcp", "{}");
        assert!(tool_names(&one).contains(&"echo_raw".to_owned()));
        assert_eq!(one.call("one__echo_raw", "{}").code(), -32602);
    }
}

#[test]
fn names_that_models_can_not_take_are_made_to_fit_and_called_under_those() {
    let folder = tempfile::tempdir().unwrap();
    let long = "l".repeat(80);
    let names = [long.as_str(), "files.read", "ünïcode tool", "plain"];
    let tools: Vec<Value> = names
        .iter()
        .map(|name| json!({"name": name, "title": name, "inputSchema": {"type": "object"}}))
        .collect();
    let command = with_tools(&folder, &json!(tools).to_string());
    let servers = json!({"my files": entry(&command), "a": entry(&command)});
    let gateway = Launch::new()
        .config(&json!({ "mcpServers": servers }))
        .start();
    let client = Client::stateless(&gateway, "/mcp", "{}");
    let listed = client.ask("tools/list", "", "").value();
    let listed = listed["tools"].as_array().unwrap();
    assert_eq!(listed.len(), 8);
    let mut seen = std::collections::HashSet::new();
    for tool in listed {
        let name = tool["name"].as_str().unwrap();
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        assert!(name.len() <= 64 && name.chars().all(fits), "{name}");
        assert!(seen.insert(name.to_owned()), "{name} is there twice");
        assert_eq!(client.call(name, r#"{"n":1.10}"#).text(), r#"{"n":1.10}"#);
    }
    assert!(seen.contains("a__plain"), "{seen:?}");
    // The same at the next start: models remember names.
    drop(gateway);
    let gateway = Launch::new()
        .config(&json!({ "mcpServers": servers }))
        .start();
    let again = tool_names(&Client::stateless(&gateway, "/mcp", "{}"));
    assert_eq!(
        again.into_iter().collect::<std::collections::HashSet<_>>(),
        seen
    );
}

#[test]
fn resources_that_two_servers_offer_under_one_uri_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Launch::new()
        .config(&json!({ "mcpServers": two(&folder) }))
        .start();
    let client = Client::session(&gateway, "/mcp", "{}");
    let listed = client.ask("resources/list", "", "").value();
    let uris: Vec<String> = listed["resources"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|resource| resource["name"] == "small")
        .map(|resource| resource["uri"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(uris.len(), 2, "{listed}");
    for (uri, server) in uris.iter().zip(["one", "two"]) {
        assert!(uri.starts_with(&format!("viceversa://{server}/")), "{uri}");
        let read = client.ask("resources/read", &format!(r#""uri":"{uri}""#), "");
        assert!(read.result().contains(&format!("of {server}")), "{read:?}");
    }
    let nowhere = client.ask("resources/read", r#""uri":"viceversa://three/fixture""#, "");
    assert_eq!(nowhere.code(), -32002, "{nowhere:?}");
    let stateless = Client::stateless(&gateway, "/mcp", "{}");
    let nowhere = stateless.ask("resources/read", r#""uri":"viceversa://three/fixture""#, "");
    assert_eq!(nowhere.code(), -32602, "{nowhere:?}");
}

#[test]
fn a_group_offers_what_its_patterns_select_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Launch::new()
        .config(&json!({
            "mcpServers": two(&folder),
            "groups": {"some": {
                "servers": ["one", "two"],
                "tools": ["one.echo_*", "two.pid", "!echo_request", "two.nothing", "!none_*"],
                "title": "Some of them",
            }},
        }))
        .start();
    let client = Client::session(&gateway, "/some/mcp", "{}");
    let mut tools = tool_names(&client);
    tools.sort();
    assert_eq!(tools, ["one__echo_raw", "two__pid"]);
    let status = gateway.get("/status").expect(200).json();
    let warnings = status["groups"][0]["warnings"].as_array().unwrap().iter();
    let about: Vec<_> = warnings.map(|warning| warning["about"].clone()).collect();
    assert_eq!(about, ["two.nothing", "!none_*"], "{status:#}");
    assert_eq!(client.call("one__echo_raw", "{}").text(), "{}");
    assert_eq!(client.call("one__echo_request", "{}").code(), -32602);
    assert_eq!(client.call("one__pid", "{}").code(), -32602);
    let sse = Sse::open(&gateway, "/some/sse", "{}");
    assert!(
        sse.messages.starts_with("/some/messages?"),
        "{}",
        sse.messages
    );
    assert_eq!(sse.call("one__echo_raw", "{}").text(), "{}");
    let discovered = Client::stateless(&gateway, "/some/mcp", "{}");
    let discovered = discovered.ask("server/discover", "", "").value();
    let info = &discovered["_meta"]["io.modelcontextprotocol/serverInfo"];
    assert_eq!(info["title"], "Some of them", "{discovered}");
    let none = Client::stateless(&gateway, "/none/mcp", "{}");
    none.post(&none.message("tools/list", "", ""))
        .send()
        .expect(404);
}

#[test]
fn overrides_are_what_mcp_callers_see_and_fixed_arguments_what_the_server_gets() {
    let folder = tempfile::tempdir().unwrap();
    let definition = json!([{"name": "raw", "description": "old", "x": 1.5, "inputSchema": {
        "type": "object", "required": ["zone", "text"],
        "properties": {"zone": {"type": "string"}, "secret": {}, "text": {"type": "string"}},
    }}]);
    let mut server = entry(&with_tools(&folder, &definition.to_string()));
    server["tools"] = json!({"raw": {
        "name": "renamed", "description": "new",
        "arguments": {"zone": {"fixed": "Europe/Berlin"}, "secret": {"hidden": true}},
    }});
    let gateway = Launch::new()
        .config(&json!({"mcpServers": {"one": server, "two": entry(&fixture(&[]))}}))
        .start();
    for (path, name) in [("/one/mcp", "renamed"), ("/mcp", "one__renamed")] {
        let client = Client::session(&gateway, path, "{}");
        let listed = client.ask("tools/list", "", "").value();
        let mut tools = listed["tools"].as_array().unwrap().iter();
        let tool = tools.find(|tool| tool["name"] == name).unwrap();
        assert_eq!(tool["description"], "new");
        assert_eq!(tool["x"], 1.5);
        assert_eq!(tool["inputSchema"]["required"], json!(["text"]));
        let properties = tool["inputSchema"]["properties"].as_object().unwrap();
        assert_eq!(properties.keys().collect::<Vec<_>>(), ["text"]);
        let sent: Value =
            serde_json::from_str(&client.call(name, r#"{"text":"t"}"#).text()).unwrap();
        assert_eq!(sent, json!({"text": "t", "zone": "Europe/Berlin"}));
        for arguments in [r#"{"text":"t","zone":"UTC"}"#, r#"{"text":"t","secret":1}"#] {
            let refused = client.call(name, arguments).value();
            assert_eq!(refused["isError"], true, "{refused}");
            assert!(!refused.to_string().contains("Berlin"), "{refused}");
        }
        let old = name.replace("renamed", "raw");
        assert_eq!(client.call(&old, r#"{"text":"t"}"#).code(), -32602);
    }
}

#[test]
fn a_search_finds_describes_and_calls_what_is_not_listed() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Launch::new()
        .config(&json!({ "mcpServers": two(&folder) }))
        .start();
    let client = Client::session(&gateway, "/mcp?discovery=search", "{}");
    assert_eq!(
        tool_names(&client),
        ["search_tools", "describe_tool", "call_tool"]
    );
    let query = r#"{"query":"environment as a JSON object","limit":2}"#;
    let found = client.call("search_tools", query).value();
    let found = found["structuredContent"]["tools"].as_array().unwrap();
    let found: Vec<&str> = found
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    assert_eq!(found.len(), 2);
    assert!(
        found.contains(&"one__env") && found.contains(&"two__env"),
        "{found:?}"
    );
    let described = client
        .call("describe_tool", r#"{"name":"one__env"}"#)
        .text();
    assert_eq!(member(&described, "name").unwrap(), r#""one__env""#);
    let through =
        r#"{"name":"one__echo_raw","arguments":{"n":1.10,"big":123456789012345678901234567890}}"#;
    assert_eq!(
        client.call("call_tool", through).text(),
        r#"{"n":1.10,"big":123456789012345678901234567890}"#
    );
    let stream = client.begin(
        "tools/call",
        r#""name":"call_tool","arguments":{"name":"two__progress","arguments":{"steps":2}}"#,
        r#""progressToken":1"#,
    );
    stream.message_with("step 2");
    let unknown = client
        .call("call_tool", r#"{"name":"one__ehco_raw"}"#)
        .value();
    assert_eq!(unknown["isError"], true);
    assert!(unknown.to_string().contains("echo_raw"), "{unknown}");
    assert_eq!(client.call("one__echo_raw", "{}").code(), -32602);
    let wrong = Client::stateless(&gateway, "/mcp?discovery=some", "{}");
    let wrong = wrong.post(&wrong.message("tools/list", "", "")).send();
    wrong.expect(400);
}

#[test]
fn servers_that_hang_or_are_down_hold_nobody_up_and_are_named() {
    let gateway = Launch::new()
        .config(&json!({"mcpServers": {
            "hangs": entry(&fixture(&["--never-ready"])),
            "down": {"command": "/no/such/program"},
            "works": entry(&fixture(&[])),
        }}))
        .flags(["--start-wait", "1s"])
        .start();
    let began = Instant::now();
    let client = Client::session(&gateway, "/mcp", "{}");
    for (method, items) in [("tools/list", "tools"), ("prompts/list", "prompts")] {
        let listed = client.ask(method, "", "").value();
        let missing = listed["_meta"]["viceversa/unavailable"].as_array().unwrap();
        let missing: Vec<&str> = missing
            .iter()
            .map(|it| it["server"].as_str().unwrap())
            .collect();
        assert_eq!(missing, ["hangs", "down"], "{listed}");
        let first = listed[items][0]["name"].as_str().unwrap();
        assert!(first.starts_with("works__"), "{first}");
    }
    client.ask("resources/list", "", "").result();
    assert_eq!(client.call("works__echo_raw", "{}").text(), "{}");
    let away = client.call("hangs__echo_raw", "{}");
    assert_eq!(away.code(), -32010);
    assert!(away.error().contains("hangs"), "{away:?}");
    let unknown = client.call("works__nothing", "{}");
    assert_eq!(unknown.code(), -32602);
    assert!(
        began.elapsed() < Duration::from_secs(8),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn a_server_that_comes_up_late_is_told_of() {
    let state = StateFile::new();
    let late = state.fixture(&["--exit-at-start", "1", "--exit-first", "2"]);
    let gateway = Launch::new()
        .config(&json!({"mcpServers": {"late": entry(&late), "works": entry(&fixture(&[]))}}))
        .start();
    let client = Client::session(&gateway, "/mcp", "{}");
    if !tool_names(&client).contains(&"late__pid".to_owned()) {
        let stream = client.listen(None).expect(200);
        stream.message_with("notifications/tools/list_changed");
    }
    assert!(tool_names(&client).contains(&"late__pid".to_owned()));
}

#[test]
fn a_call_waits_for_its_server_to_start() {
    let slow = fixture(&["--start-delay", "4000"]);
    let gateway = Launch::new()
        .config(&json!({"mcpServers": {"slow": entry(&slow), "works": entry(&fixture(&[]))}}))
        .start();
    let client = Client::stateless(&gateway, "/mcp", "{}");
    assert_eq!(client.call("slow__echo_raw", "{}").text(), "{}");
}

#[test]
fn a_single_server_is_the_whole_gateway() {
    let gateway = Gateway::single(&[], fixture(&[]));
    let client = Client::stateless(&gateway, "/mcp", "{}");
    assert!(tool_names(&client).contains(&"echo_raw".to_owned()));
}

#[test]
fn a_server_that_is_down_is_named_to_who_asks_for_it() {
    let gateway = Launch::new()
        .config(&json!({"mcpServers": {"down": {"command": "/no/such/program"}}}))
        .start();
    let stateless = Client::stateless(&gateway, "/down/mcp", "{}");
    let listen = r#""notifications":{"toolsListChanged":true}"#;
    let requests = [
        gateway
            .request("POST", "/down/mcp")
            .json_text(&initialize("2025-11-25", "{}")),
        stateless.post(&stateless.message("tools/list", "", "")),
        stateless.post(&stateless.message("subscriptions/listen", listen, "")),
    ];
    for request in requests {
        let error = request.send().json()["error"].take();
        assert_eq!(error["code"], -32010, "{error}");
        assert_eq!(error["data"]["server"], "down", "{error}");
    }
}
