//! `subscriptions/listen` of MCP 2026-07-28.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;

use super::callers::{Caller as _, Client, Spawned, message, stateless_meta};
use super::events::Answering;
use crate::gateway::{Gateway, SOON, StateFile, fixture};

const ID: &str = "io.modelcontextprotocol/subscriptionId";

/// A subscription, and what was acknowledged.
#[track_caller]
fn listen(client: &Client<'_>, wanted: &str) -> (Answering, Value) {
    let members = format!(r#""notifications":{wanted}"#);
    let stream = client
        .begin("subscriptions/listen", &members, "")
        .expect(200);
    let first: Value = serde_json::from_str(&stream.message().unwrap()).unwrap();
    assert_eq!(first["method"], "notifications/subscriptions/acknowledged");
    (stream, first["params"].clone())
}

#[test]
fn a_client_that_spawned_us_waits_for_a_server_that_fails_at_first() {
    let state = StateFile::new();
    let late = state.fixture(&["--exit-at-start", "1", "--exit-first", "2"]);
    let client = Spawned::start(&[], &late).with_session("2025-11-25", "{}");
    assert_eq!(client.call("echo_raw", "{}").text(), "{}");
}

#[test]
fn only_what_is_wanted_and_can_be_told_is_acknowledged() {
    let gateway = Gateway::single(&[], fixture(&["--list-changed", "--subscribable"]));
    let client = Client::stateless(&gateway, "/mcp", "{}");
    let all = r#"{"toolsListChanged":true,"promptsListChanged":true,"resourcesListChanged":true,"resourceSubscriptions":["fixture://small","fixture://big"],"unknown":true}"#;
    let (_stream, params) = listen(&client, all);
    let honoured = &params["notifications"];
    assert_eq!(honoured["toolsListChanged"], true, "{params}");
    assert_eq!(honoured["resourceSubscriptions"][0], "fixture://small");
    // The server does not say when these change.
    assert!(honoured.get("promptsListChanged").is_none(), "{params}");
    assert!(honoured.get("resourcesListChanged").is_none(), "{params}");
    assert!(honoured.get("unknown").is_none(), "{params}");
    let (_stream, params) = listen(&client, r#"{"toolsListChanged":false}"#);
    assert_eq!(params["notifications"], serde_json::json!({}));
    let wrong = client.ask("subscriptions/listen", "", "");
    assert_eq!(wrong.code(), -32602);
}

#[test]
fn each_subscription_hears_what_it_asked_for_under_its_own_id() {
    for era in ["legacy", "stateless"] {
        let state = StateFile::new();
        let flags = ["--era", era, "--list-changed", "--subscribable"];
        let gateway = Gateway::single(&[], state.fixture(&flags));
        let client = Client::stateless(&gateway, "/mcp", "{}");
        let (tools, first) = listen(&client, r#"{"toolsListChanged":true}"#);
        let (resources, second) =
            listen(&client, r#"{"resourceSubscriptions":["fixture://small"]}"#);
        let ids = [&first, &second].map(|params| params["_meta"][ID].clone());
        assert_ne!(ids[0], ids[1], "{ids:?}");
        state.wait_for("subscribe fixture://small", 1);
        client.call("change_tools", r#"{"add":"another"}"#);
        client.call("update_resource", r#"{"uri":"fixture://small","more":[1]}"#);
        client.call("update_resource", r#"{"uri":"fixture://big"}"#);
        let told: Value = serde_json::from_str(&tools.message().unwrap()).unwrap();
        assert_eq!(told["method"], "notifications/tools/list_changed", "{told}");
        assert_eq!(told["params"]["_meta"][ID], ids[0], "{told}");
        let told: Value = serde_json::from_str(&resources.message().unwrap()).unwrap();
        assert_eq!(told["method"], "notifications/resources/updated", "{told}");
        assert_eq!(told["params"]["uri"], "fixture://small", "{told}");
        assert_eq!(told["params"]["more"][0], 1, "{told}");
        assert_eq!(told["params"]["_meta"][ID], ids[1], "{told}");
        resources.is_silent_for(Duration::from_millis(200));
        tools.is_silent_for(Duration::from_millis(50));
    }
}

#[test]
fn a_subscription_that_nobody_holds_any_more_ends_upstream() {
    let state = StateFile::new();
    let gateway = Gateway::single(&[], state.fixture(&["--subscribable"]));
    let client = Client::stateless(&gateway, "/mcp", "{}");
    let (stream, _) = listen(&client, r#"{"resourceSubscriptions":["fixture://small"]}"#);
    state.wait_for("subscribe ", 1);
    stream.hang_up();
    state.wait_for("unsubscribe fixture://small", 1);
}

#[test]
fn subscriptions_end_with_a_result_when_the_gateway_stops() {
    let mut gateway = Gateway::single(&[], fixture(&["--list-changed"]));
    let client = Client::stateless(&gateway, "/mcp", "{}");
    let (stream, params) = listen(&client, r#"{"toolsListChanged":true}"#);
    let began = Instant::now();
    gateway.signal(Signal::TERM);
    let last: Value = serde_json::from_str(&stream.message().unwrap()).unwrap();
    assert_eq!(last["result"]["resultType"], "complete", "{last}");
    assert_eq!(last["result"]["_meta"][ID], params["_meta"][ID], "{last}");
    assert_eq!(stream.message(), None);
    assert_eq!(gateway.wait_for_end(SOON).code(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[test]
fn over_stdio_a_subscription_is_cancelled_by_its_id() {
    let client = Spawned::start(&[], &fixture(&["--list-changed"]));
    let wanted = r#""notifications":{"toolsListChanged":true}"#;
    let meta = stateless_meta("{}");
    client.send(&message(r#""sub""#, "subscriptions/listen", wanted, &meta));
    let first = client.line().unwrap();
    assert!(first.contains("acknowledged"), "{first}");
    let changed = client.call("change_tools", r#"{"add":"another"}"#);
    let told = match changed.said.first() {
        Some(told) => told.clone(),
        None => client.line().unwrap(),
    };
    assert!(
        told.contains("tools/list_changed") && told.contains("\"sub\""),
        "{told}"
    );
    client.send(
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"sub"}}"#,
    );
    let again = client.call("change_tools", r#"{"add":"one more"}"#);
    assert!(again.said.is_empty(), "{again:?}");
    let last = client.call("echo_raw", "{}");
    assert!(last.said.is_empty(), "{last:?}");
}
