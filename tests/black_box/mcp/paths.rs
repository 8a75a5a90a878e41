//! Where MCP is served: prefixes, other paths, and the settings of servers that were built with
//! FastMCP.

use std::process::Stdio;

use serde_json::{Value, json};

use super::callers::{Caller as _, Client, Sse, initialize, member};
use crate::gateway::{Gateway, Launch, binary, entry, fixture, run_to_end};

#[track_caller]
fn serves(gateway: &Gateway, mcp: &str, sse: &str, messages: &str) {
    let client = Client::stateless(gateway, mcp, "{}");
    assert_eq!(client.call("echo_raw", "{}").text(), "{}", "{mcp}");
    let client = Sse::open(gateway, sse, "{}");
    let (path, id) = client.messages.split_once("?sessionId=").unwrap();
    assert_eq!(path, messages);
    assert!(id.len() >= 32, "{id}");
    assert_eq!(client.call("echo_raw", "{}").text(), "{}", "{sse}");
}

#[test]
fn a_slash_at_the_end_makes_no_difference() {
    let servers = json!({"mcpServers": {"one": entry(&fixture(&[]))}});
    let gateway = Launch::new().config(&servers).start();
    for slash in ["", "/"] {
        let (mcp, sse) = (format!("/one/mcp{slash}"), format!("/one/sse{slash}"));
        serves(&gateway, &mcp, &sse, "/one/messages");
        let client = Client::stateless(&gateway, &format!("/mcp{slash}"), "{}");
        assert_eq!(client.call("one__echo_raw", "{}").text(), "{}");
        let client = Sse::open(&gateway, &format!("/sse{slash}"), "{}");
        assert!(
            client.messages.starts_with("/messages?"),
            "{}",
            client.messages
        );
        assert_eq!(client.call("one__echo_raw", "{}").text(), "{}");
    }
}

#[test]
fn a_prefix_stands_before_all_and_a_stripped_one_where_clients_are_sent_alone() {
    let gateway = Gateway::single(&["--path-prefix", "/tools/v1"], fixture(&[]));
    serves(
        &gateway,
        "/tools/v1/mcp",
        "/tools/v1/sse",
        "/tools/v1/messages",
    );
    gateway.get("/mcp").expect(404);

    let servers = json!({"mcpServers": {"my files": entry(&fixture(&[]))}});
    let gateway = Launch::new()
        .flags(["--root-path", "/behind", "--path-prefix", "/tools"])
        .config(&servers)
        .start();
    let request = gateway.request("GET", "/tools/my%20files/sse");
    let stream = super::events::Answering::to(&request).expect(200);
    let endpoint = stream.next().unwrap();
    assert_eq!(endpoint.kind.as_deref(), Some("endpoint"));
    let messages = endpoint
        .data
        .strip_prefix("/behind")
        .expect("the stripped path");
    assert!(
        messages.starts_with("/tools/my%20files/messages?"),
        "{messages}"
    );
    let request = gateway.request("POST", messages);
    request
        .json_text(&initialize("2024-11-05", "{}"))
        .send()
        .expect(202);
    let answer = stream.message().unwrap();
    assert!(member(&answer, "result").is_some(), "{answer}");
}

#[test]
fn the_older_transport_can_be_served_at_other_paths() {
    let flags = ["--sse-path", "/events/of/old", "--message-path", "post"];
    let gateway = Gateway::single(&flags, fixture(&[]));
    serves(&gateway, "/mcp", "/events/of/old", "/post");
    let stream = gateway
        .request("GET", "/sse")
        .header("Accept", "text/event-stream");
    stream.send().expect(404);
    let refused = Launch::new()
        .flags(["--sse-path", "/docs"])
        .server(fixture(&[]))
        .run_to_end();
    assert_eq!(refused.code, Some(64), "{refused:?}");
}

#[test]
fn the_variables_of_fastmcp_are_understood_where_ours_say_nothing() {
    let gateway = Launch::new()
        .without_port()
        .env("FASTMCP_PORT", "0")
        .env("FASTMCP_HOST", "127.0.0.1")
        .env("FASTMCP_SSE_PATH", "/old/sse/")
        .env("FASTMCP_MESSAGE_PATH", "/old/messages/")
        .env("FASTMCP_LOG_LEVEL", "WARNING")
        .env("FASTMCP_TRANSPORT", "sse")
        .env("LOG_LEVEL", "INFO")
        .server(fixture(&[]))
        .start();
    serves(&gateway, "/mcp", "/old/sse/", "/old/messages");
    let gateway = Launch::new()
        .env("FASTMCP_SSE_PATH", "/theirs")
        .env("VICEVERSA_SSE_PATH", "/ours")
        .server(fixture(&[]))
        .start();
    serves(&gateway, "/mcp", "/ours", "/messages");
}

#[test]
fn with_the_transport_stdio_of_fastmcp_the_bare_command_speaks_stdio() {
    let mut command = binary();
    command
        .env("FASTMCP_TRANSPORT", "stdio")
        .arg("--")
        .args(fixture(&[]))
        .stdin(Stdio::null());
    let finished = run_to_end(command);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(finished.stdout, "", "{finished:?}");
    assert!(!finished.stderr.contains("listening on"), "{finished:?}");
}

/// As the guide of a server that was built with FastMCP shows it: `requests.post(".../messages/",
/// json={"method": "tools/list"})`.
#[test]
fn a_message_without_a_stream_is_answered_at_once() {
    let gateway = Gateway::single(&[], fixture(&[]));
    for path in ["/messages/", "/messages"] {
        let post = |body: &Value| gateway.request("POST", path).json(body).send();
        let listed = post(&json!({"method": "tools/list"}));
        let listed = listed.expect(200).json();
        assert!(listed["result"]["tools"][0]["name"].is_string(), "{listed}");
        let listed = post(&json!({"jsonrpc": "2.0", "id": "a", "method": "tools/list"}));
        let listed = listed.expect(200).json();
        assert_eq!(listed["id"], "a");
        assert!(listed["result"]["tools"][0]["name"].is_string(), "{listed}");
        let call =
            json!({"method": "tools/call", "params": {"name": "echo_raw", "arguments": {"a": 1}}});
        let called = post(&call).expect(200).json();
        assert_eq!(called["result"]["content"][0]["text"], r#"{"a":1}"#);
        post(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).expect(202);
        let gone = gateway.request("POST", &format!("{path}?sessionId=gone"));
        gone.json(&json!({"jsonrpc": "2.0", "id": 1, "method": "ping"}))
            .send()
            .expect(404);
    }
}
