//! Elicitation of callers without sessions: what a server of either era asks becomes
//! `input_required`, and the answers find the call that waits for them.

use serde_json::{Value, json};

use super::callers::{Answer, Caller as _, Client};
use crate::gateway::{Gateway, Launch, StateFile, entry, fixture};

const ASKABLE: &str = r#"{"elicitation":{}}"#;

/// What was asked: the name of the only question, its request, and the state.
#[track_caller]
fn asked(answer: &Answer) -> (String, Value, Value) {
    let result = answer.value();
    assert_eq!(result["resultType"], "input_required", "{answer:?}");
    let requests = result["inputRequests"].as_object().unwrap();
    assert_eq!(requests.len(), 1, "{answer:?}");
    let (name, request) = requests.iter().next().unwrap();
    let state = result["requestState"].clone();
    assert!(state.is_string(), "{answer:?}");
    (name.clone(), request.clone(), state)
}

/// The call again, with the answer to its question.
fn go_on(client: &Client<'_>, arguments: &str, answers: &Value, state: &Value) -> Answer {
    let members = format!(
        r#""name":"elicit","arguments":{arguments},"inputResponses":{answers},"requestState":{state}"#
    );
    client.ask("tools/call", &members, "")
}

fn named(name: &str) -> Value {
    json!({"action": "accept", "content": {"name": name}})
}

#[test]
fn what_a_server_asks_is_answered_with_the_next_request() {
    for era in ["legacy", "stateless"] {
        let state_file = StateFile::new();
        let gateway = Gateway::single(&[], state_file.fixture(&["--era", era]));
        let client = Client::stateless(&gateway, "/mcp", ASKABLE);
        let arguments = r#"{"message":"Your name?"}"#;
        let (name, request, state) = asked(&client.call("elicit", arguments));
        assert_eq!(request["method"], "elicitation/create", "{request}");
        assert_eq!(request["params"]["message"], "Your name?", "{request}");
        let answers = json!({ &name: named("Ada") });
        let text = go_on(&client, arguments, &answers, &state).text();
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), named("Ada"));
        if era == "legacy" {
            // It went on, and was not begun anew; and its state is used up.
            assert_eq!(state_file.count("call elicit"), 1);
            assert_eq!(go_on(&client, arguments, &answers, &state).code(), -32602);
        }
    }
}

#[test]
fn a_server_may_ask_twice() {
    let gateway = Gateway::single(&[], fixture(&[]));
    let client = Client::stateless(&gateway, "/mcp", ASKABLE);
    let arguments = r#"{"times":2}"#;
    let (name, _, first) = asked(&client.call("elicit", arguments));
    let answers = json!({ name: named("Ada") });
    let (name, _, second) = asked(&go_on(&client, arguments, &answers, &first));
    assert_ne!(first, second);
    let answers = json!({ name: named("Bob") });
    let text = go_on(&client, arguments, &answers, &second).text();
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), named("Bob"));
}

#[test]
fn a_state_is_good_for_its_caller_and_its_call_alone() {
    let keys = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(keys.path(), "second-key").unwrap();
    let gateway = Launch::new()
        .key("first-key")
        .flags(["--api-key-file", keys.path().to_str().unwrap()])
        .server(fixture(&[]))
        .start();
    let client = Client::stateless(&gateway, "/mcp", ASKABLE);
    let (name, _, state) = asked(&client.call("elicit", "{}"));
    let answers = json!({ &name: named("Ada") });
    let mallory = Client::stateless(&gateway, "/mcp", ASKABLE).with_key("second-key");
    assert_eq!(go_on(&mallory, "{}", &answers, &state).code(), -32602);
    let text = state.as_str().unwrap();
    let last = if text.ends_with('A') { 'B' } else { 'A' };
    for wrong in [
        json!(format!("{}{last}", &text[..text.len() - 1])),
        json!(&text[1..]),
        json!("nonsense"),
        json!(""),
        json!(7),
    ] {
        let refused = go_on(&client, "{}", &answers, &wrong);
        assert_eq!(refused.code(), -32602, "{wrong}: {refused:?}");
    }
    // Another call, and one without the answer.
    let other = go_on(&client, r#"{"message":"other"}"#, &answers, &state);
    assert_eq!(other.code(), -32602, "{other:?}");
    let without = go_on(&client, "{}", &json!({}), &state);
    assert_eq!(without.code(), -32602, "{without:?}");
    let other = go_on(&client, "{}", &json!({"other": named("Ada")}), &state);
    assert_eq!(other.code(), -32602, "{other:?}");
    // All that has harmed nothing.
    let text = go_on(&client, "{}", &answers, &state).text();
    assert!(text.contains("Ada"), "{text}");
}

#[test]
fn who_can_not_be_asked_is_not_asked() {
    let gateway = Gateway::single(&[], fixture(&[]));
    let client = Client::stateless(&gateway, "/mcp", "{}");
    let answer = client.call("elicit", "{}");
    assert_eq!(answer.value()["isError"], true, "{answer:?}");
    let gateway = Gateway::single(&[], fixture(&["--era", "stateless"]));
    let client = Client::stateless(&gateway, "/mcp", "{}");
    let answer = client.call("elicit", "{}");
    assert_eq!(answer.value()["isError"], true, "{answer:?}");
}

#[test]
fn sampling_and_roots_of_a_legacy_server_are_asked_in_the_same_way() {
    let gateway = Gateway::single(&[], fixture(&[]));
    let client = Client::stateless(&gateway, "/mcp", r#"{"sampling":{},"roots":{}}"#);
    for (method, params, result) in [
        (
            "sampling/createMessage",
            json!({"messages": [], "maxTokens": 5}),
            r#"{"role":"assistant","model":"m","content":{"type":"text","text":"1.10"},"n":1.10}"#,
        ),
        ("roots/list", json!({}), r#"{"roots":[],"n":1e400}"#),
    ] {
        let arguments = json!({"method": method, "params": params});
        let answer = client.call("ask_client", &arguments.to_string());
        let (name, request, state) = asked(&answer);
        assert_eq!(request["method"], method, "{request}");
        let members = format!(
            r#""name":"ask_client","arguments":{arguments},"inputResponses":{{"{name}":{result}}},"requestState":{state}"#
        );
        assert_eq!(client.ask("tools/call", &members, "").text(), result);
    }
}

#[test]
fn a_call_right_after_the_server_died_waits_for_the_next() {
    let servers = json!({"one": entry(&fixture(&[])), "two": entry(&fixture(&[]))});
    let gateway = Launch::new()
        .config(&json!({ "mcpServers": servers }))
        .start();
    let client = Client::stateless(&gateway, "/mcp", ASKABLE);
    for _ in 0..2 {
        let die = r#""name":"one__die","arguments":{}"#;
        let meta = r#""progressToken":1,"io.modelcontextprotocol/logLevel":"debug""#;
        assert_eq!(client.ask("tools/call", die, meta).code(), -32012);
        asked(&client.call("one__elicit", "{}"));
    }
}
