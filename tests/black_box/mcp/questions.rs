//! What servers ask the clients of sessions: elicitation, sampling, roots.

use serde_json::{Value, json};

use super::callers::{Caller as _, Client, Sse, member};
use crate::gateway::{Gateway, StateFile, fixture};

const ASKABLE: &str = r#"{"elicitation":{},"sampling":{},"roots":{"listChanged":true}}"#;

#[test]
fn a_question_comes_on_the_stream_of_its_call_and_is_answered_by_a_post() {
    let state = StateFile::new();
    let gateway = Gateway::single(&[], state.fixture(&[]));
    let client = Client::session(&gateway, "/mcp", ASKABLE);
    let questions = [
        (
            "elicitation/create",
            json!({"message": "Who?", "requestedSchema": {"type": "object", "properties": {}}, "x": 1.5}),
            r#"{"action":"accept","content":{"name":"Ada","n":1.10},"unknown":1e400}"#,
        ),
        (
            "sampling/createMessage",
            json!({"messages": [], "maxTokens": 5, "x": 1.5}),
            r#"{"role":"assistant","model":"m","content":{"type":"text","text":"hi"}}"#,
        ),
        (
            "roots/list",
            json!({}),
            r#"{"roots":[{"uri":"file:///a"}]}"#,
        ),
    ];
    for (method, params, result) in questions {
        let arguments = json!({"method": method, "params": params});
        let members = format!(r#""name":"ask_client","arguments":{arguments}"#);
        let stream = client.begin("tools/call", &members, "").expect(200);
        let asked = stream.message_with(method);
        let sent: Value = serde_json::from_str(&asked).unwrap();
        assert_eq!(sent["params"], params, "{asked}");
        client.answer(&asked, result);
        let response = stream.message().unwrap();
        let text: Value = serde_json::from_str(&response).unwrap();
        assert_eq!(text["result"]["content"][0]["text"], result, "{response}");
    }
    // Served alone, in one process for the whole session.
    assert_eq!(state.count("start "), 2, "{:?}", state.lines());
    client.request("DELETE").send().expect(204);
    state.wait_for("eof", 1);
}

#[test]
fn a_client_that_refuses_is_quoted_and_one_that_declared_nothing_is_not_asked() {
    let gateway = Gateway::single(&[], fixture(&[]));
    let client = Client::session(&gateway, "/mcp", ASKABLE);
    let elicit = r#""name":"elicit","arguments":{}"#;
    let stream = client.begin("tools/call", elicit, "").expect(200);
    let asked = stream.message_with("elicitation/create");
    let id = member(&asked, "id").unwrap();
    let refusal = format!(
        r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-1,"message":"User rejected","data":{{"n":1.10}}}}}}"#
    );
    client.post(&refusal).send().expect(202);
    let response = stream.message().unwrap();
    assert!(response.contains("User rejected"), "{response}");

    let silent = Client::session(&gateway, "/mcp", "{}");
    let answer = silent.call("elicit", "{}");
    assert_eq!(answer.value()["isError"], true, "{answer:?}");
}

#[test]
fn answers_of_another_session_are_nobodys() {
    let gateway = Gateway::single(&[], fixture(&[]));
    let client = Client::session(&gateway, "/mcp", ASKABLE);
    let other = Client::session(&gateway, "/mcp", ASKABLE);
    let elicit = r#""name":"elicit","arguments":{}"#;
    let stream = client.begin("tools/call", elicit, "").expect(200);
    let asked = stream.message_with("elicitation/create");
    other.answer(
        &asked,
        r#"{"action":"accept","content":{"name":"Mallory"}}"#,
    );
    client.answer(&asked, r#"{"action":"accept","content":{"name":"Ada"}}"#);
    let response = stream.message().unwrap();
    assert!(response.contains("Ada"), "{response}");
    assert!(!response.contains("Mallory"), "{response}");
}

#[test]
fn a_server_of_the_stateless_era_asks_a_session_by_a_request_of_ours() {
    let gateway = Gateway::single(&[], fixture(&["--era", "stateless"]));
    let client = Client::session(&gateway, "/mcp", ASKABLE);
    let elicit = r#""name":"elicit","arguments":{"message":"Your name?"}"#;
    let stream = client.begin("tools/call", elicit, "").expect(200);
    let asked = stream.message_with("elicitation/create");
    assert!(asked.contains("Your name?"), "{asked}");
    let answer = r#"{"action":"accept","content":{"name":"Ada","n":1.10}}"#;
    client.answer(&asked, answer);
    let response: Value = serde_json::from_str(&stream.message().unwrap()).unwrap();
    assert_eq!(response["result"]["content"][0]["text"], answer);
}

#[test]
fn questions_over_sse_come_on_the_stream() {
    for era in ["legacy", "stateless"] {
        let gateway = Gateway::single(&[], fixture(&["--era", era]));
        let client = Sse::open(&gateway, "/sse", ASKABLE);
        client.send(
            r#"{"jsonrpc":"2.0","id":"e","method":"tools/call","params":{"name":"elicit","arguments":{}}}"#,
        );
        let asked = client.stream.message_with("elicitation/create");
        let id = member(&asked, "id").unwrap();
        client.send(&format!(
            r#"{{"jsonrpc":"2.0","id":{id},"result":{{"action":"decline"}}}}"#
        ));
        let response = client.stream.message_with(r#""id":"e""#);
        assert!(response.contains("decline"), "{era}: {response}");
    }
}
