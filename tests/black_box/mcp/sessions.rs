//! Sessions of callers of the legacy era: whose they are, how they end, and what belongs to none of
//! their requests.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::callers::{Answer, Caller, Client, NEWEST_LEGACY, initialize, member};
use super::events::Answering;
use crate::gateway::{Gateway, Launch, StateFile, entry, fixture, wait_until};
use crate::http::Response;

fn ping(client: &Client<'_>) -> Response {
    client.post(&client.message("ping", "", "")).send()
}

#[test]
fn ids_are_long_random_and_of_visible_ascii() {
    let gateway = Gateway::single(&[], fixture(&[]));
    let ids: Vec<String> = (0..20)
        .map(|_| Client::session(&gateway, "/mcp", "{}").session.unwrap())
        .collect();
    for id in &ids {
        assert!(id.len() >= 32, "{id}");
        assert!(id.bytes().all(|byte| byte.is_ascii_graphic()), "{id}");
    }
    // Sealed with a nonce: the beginnings differ too, not only a counter at the end.
    let beginnings: HashSet<&str> = ids.iter().map(|id| &id[..12]).collect();
    assert_eq!(beginnings.len(), ids.len(), "{ids:?}");
}

#[test]
fn a_session_is_nobody_elses_on_no_other_route_and_ends_for_good() {
    let keys = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(keys.path(), "second-key\n").unwrap();
    let gateway = Launch::new()
        .key("first-key")
        .flags(["--api-key-file", keys.path().to_str().unwrap()])
        .config(&json!({"mcpServers": {"one": entry(&fixture(&[])), "two": entry(&fixture(&[]))}}))
        .start();
    let mut client = Client::session(&gateway, "/one/mcp", "{}");
    ping(&client).expect(200);
    let with = |key: &str, path: &str| {
        let mut other = Client::stateless(&gateway, path, "{}").with_key(key);
        NEWEST_LEGACY.clone_into(&mut other.version);
        other.session.clone_from(&client.session);
        other
    };
    for (key, path, status) in [
        ("second-key", "/one/mcp", 404),
        ("first-key", "/two/mcp", 404),
        ("first-key", "/mcp", 404),
        ("third-key", "/one/mcp", 401),
        ("first-key", "/one/mcp", 200),
    ] {
        let stranger = with(key, path);
        ping(&stranger).expect(status);
        if status != 200 {
            let stream = stranger
                .request("GET")
                .header("Accept", "text/event-stream")
                .send();
            stream.expect(status);
            stranger.request("DELETE").send().expect(status);
        }
    }
    ping(&client).expect(200);
    let id = client.session.clone().unwrap();
    for changed in [
        format!("{id}A"),
        id[1..].to_owned(),
        "nonsense".to_owned(),
        "A".repeat(10_000),
    ] {
        client.session = Some(changed);
        let refused = ping(&client);
        assert!(matches!(refused.status, 404 | 431 | 400), "{refused}");
    }
    client.session = Some(id);
    client.request("DELETE").send().expect(204);
    ping(&client).expect(404);
    client.request("DELETE").send().expect(404);
    client.session = None;
    client.request("DELETE").send().expect(400);
    // Nothing keeps the caller from beginning anew.
    client.begin_session();
    ping(&client).expect(200);
}

#[test]
fn a_session_that_nobody_uses_expires_and_one_in_use_does_not() {
    let gateway = Gateway::single(&["--session-idle-timeout", "1s"], fixture(&[]));
    let idle = Client::session(&gateway, "/mcp", "{}");
    let listening = Client::session(&gateway, "/mcp", "{}");
    let stream = listening.listen(None).expect(200);
    let calling = Client::session(&gateway, "/mcp", "{}");
    let began = Instant::now();
    assert_eq!(
        calling.call("sleep", r#"{"ms":2500}"#).text(),
        "slept 2500 ms"
    );
    assert!(began.elapsed() >= Duration::from_secs(2));
    // Only looking would be using it.
    ping(&idle).expect(404);
    ping(&listening).expect(200);
    ping(&calling).expect(200);
    drop(stream);
    // With its stream gone it expires as well; each look keeps it for another second.
    let ended = Instant::now() + Duration::from_millis(2500);
    wait_until("it had time to expire", || Instant::now() > ended);
    ping(&listening).expect(404);
}

#[test]
fn a_caller_has_no_more_sessions_than_it_may_and_others_have_their_own() {
    let keys = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(keys.path(), "second-key").unwrap();
    let gateway = Launch::new()
        .key("first-key")
        .flags(["--api-key-file", keys.path().to_str().unwrap()])
        .flags(["--max-sessions", "2"])
        .server(fixture(&[]))
        .start();
    let first = Client::session(&gateway, "/mcp", "{}");
    let _second = Client::session(&gateway, "/mcp", "{}");
    let third = initialize("2025-06-18", "{}");
    let refused = gateway.request("POST", "/mcp").json_text(&third);
    let refused = refused.send().json();
    assert_eq!(refused["error"]["code"], -32011, "{refused}");
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(message.contains("--max-sessions"), "{message}");
    let mut other = Client::stateless(&gateway, "/mcp", "{}").with_key("second-key");
    NEWEST_LEGACY.clone_into(&mut other.version);
    other.begin_session();
    first.request("DELETE").send().expect(204);
    Client::session(&gateway, "/mcp", "{}");
}

#[test]
fn each_client_gets_the_version_that_it_asks_for_or_the_newest() {
    let gateway = Gateway::single(&[], fixture(&[]));
    for (asked, spoken) in [
        ("2024-11-05", "2024-11-05"),
        ("2025-03-26", "2025-03-26"),
        ("2025-06-18", "2025-06-18"),
        ("2025-11-25", "2025-11-25"),
        ("2026-07-28", "2025-11-25"),
        ("1999-01-01", "2025-11-25"),
    ] {
        let body = initialize(asked, "{}");
        let answer = gateway.request("POST", "/mcp").json_text(&body).send();
        let answer = answer.expect(200).json();
        assert_eq!(answer["result"]["protocolVersion"], spoken, "{answer}");
        assert_eq!(answer["result"]["serverInfo"]["name"], "fixture-server");
    }
}

#[test]
fn a_batch_is_answered_as_one_in_a_session_of_2025_03_26() {
    let gateway = Gateway::single(&[], fixture(&[]));
    let client = Client::of_version(&gateway, "/mcp", "{}", "2025-03-26");
    let batch = r#"[{"jsonrpc":"2.0","id":"a","method":"ping"},
        {"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"none"}},
        {"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo_raw","arguments":{"n":1.10}}},
        {"jsonrpc":"2.0","id":3,"method":"no/such/method"},
        {"jsonrpc":"1.0","id":4}]"#;
    let answers = client.post(batch).send().expect(200);
    let answers: Vec<Value> = serde_json::from_slice(&answers.body).unwrap();
    let find = |id: Value| {
        let mut answers = answers.iter();
        answers.find(|answer| answer["id"] == id).unwrap()
    };
    assert_eq!(answers.len(), 4, "{answers:?}");
    assert_eq!(find(json!("a"))["result"], json!({}));
    assert_eq!(
        find(json!(2))["result"]["content"][0]["text"],
        r#"{"n":1.10}"#
    );
    assert_eq!(find(json!(3))["error"]["code"], -32601);
    assert_eq!(find(json!(4))["error"]["code"], -32600);
    let notifications = r#"[{"jsonrpc":"2.0","method":"notifications/initialized"}]"#;
    client.post(notifications).send().expect(202);
    client.post("[]").send().expect(400);
}

#[test]
fn a_cancelled_call_is_cancelled_upstream_and_not_answered() {
    let state = StateFile::new();
    let gateway = Gateway::single(&[], state.fixture(&[]));
    let client = Client::session(&gateway, "/mcp", "{}");
    let body = client.message("tools/call", r#""name":"never","arguments":{}"#, "");
    let id = member(&body, "id").unwrap();
    let request = client.post(&body);
    let mut call = request.open();
    state.wait_for("call never", 1);
    // Of another session, and unknown: nothing happens.
    let other = Client::session(&gateway, "/mcp", "{}");
    other.notify("notifications/cancelled", &format!(r#""requestId":{id}"#));
    client.notify("notifications/cancelled", r#""requestId":"unknown""#);
    assert_eq!(state.count("cancelled"), 0);
    client.notify(
        "notifications/cancelled",
        &format!(r#""requestId":{id},"reason":"changed my mind""#),
    );
    state.wait_for("cancelled", 1);
    let mut answer = String::new();
    std::io::Read::read_to_string(&mut call, &mut answer).unwrap();
    assert!(!answer.contains("jsonrpc"), "{answer}");
    ping(&client).expect(200);
}

#[test]
fn the_level_that_a_session_sets_is_that_of_its_log_messages() {
    let gateway = Gateway::single(&[], fixture(&["--era", "stateless"]));
    let client = Client::session(&gateway, "/mcp", "{}");
    let logged = |answer: &Answer| {
        let mut said = answer.said.iter();
        said.any(|text| text.contains("notifications/message"))
    };
    let call = |level: &str| client.call("log", &format!(r#"{{"level":"{level}"}}"#));
    assert!(logged(&call("info")), "no level was set: all are told");
    client
        .ask("logging/setLevel", r#""level":"error""#, "")
        .result();
    assert!(!logged(&call("warning")));
    assert!(logged(&call("error")));
    assert!(logged(&call("emergency")));
    let wrong = client.ask("logging/setLevel", r#""level":"loud""#, "");
    assert_eq!(wrong.code(), -32602);
}

#[test]
fn subscriptions_are_shared_upstream_and_updates_come_as_they_were_sent() {
    let state = StateFile::new();
    let gateway = Gateway::single(&[], state.fixture(&["--subscribable"]));
    let one = Client::session(&gateway, "/mcp", "{}");
    let two = Client::session(&gateway, "/mcp", "{}");
    let uri = r#""uri":"fixture://small""#;
    let streams: Vec<Answering> = [&one, &two]
        .map(|client| {
            client.ask("resources/subscribe", uri, "").result();
            client.listen(None).expect(200)
        })
        .into();
    state.wait_for("subscribe fixture://small", 1);
    one.call(
        "update_resource",
        r#"{"uri":"fixture://small","more":{"n":1.5}}"#,
    );
    for stream in &streams {
        let told = stream.message_with("resources/updated");
        assert!(told.contains(r#""uri":"fixture://small""#), "{told}");
        assert!(told.contains(r#""more":{"n":1.5}"#), "{told}");
    }
    assert_eq!(state.count("subscribe "), 1);
    one.ask("resources/unsubscribe", uri, "").result();
    one.call("update_resource", r#"{"uri":"fixture://small"}"#);
    streams[1].message_with("resources/updated");
    streams[0].is_silent_for(Duration::from_millis(300));
    two.request("DELETE").send().expect(204);
    state.wait_for("unsubscribe fixture://small", 1);
}

#[test]
fn changed_tools_are_told_of_on_the_stream_that_belongs_to_no_request() {
    let gateway = Gateway::single(&[], fixture(&["--list-changed"]));
    let client = Client::session(&gateway, "/mcp", "{}");
    let stream = client.listen(None).expect(200);
    assert!(
        !client
            .ask("tools/list", "", "")
            .result()
            .contains("new_one")
    );
    client.call("change_tools", r#"{"add":"new_one"}"#);
    stream.message_with("notifications/tools/list_changed");
    assert!(
        client
            .ask("tools/list", "", "")
            .result()
            .contains("new_one")
    );
    assert_eq!(
        client.call("new_one", r#"{"a":1.10}"#).text(),
        r#"{"a":1.10}"#
    );
}
