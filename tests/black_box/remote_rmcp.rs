//! An rmcp server over streamable HTTP: both eras, sessions or none, questions to callers.

use std::process::Command;

use serde_json::{Value, json};

use crate::gateway::{Gateway, Launch, example, server_in};
use crate::http::Response;
use crate::remote::Listening;

fn rmcp(mode: &str) -> Listening {
    let program = example("rmcp-server");
    Listening::start(|port| {
        let mut command = Command::new(program);
        command.arg(port.to_string()).arg(mode);
        command
    })
}

fn gateway(server: &Listening, version: Option<&str>) -> Gateway {
    let mut entry = json!({"url": server.url("/mcp")});
    if let Some(version) = version {
        entry["protocolVersion"] = json!(version);
    }
    Launch::new()
        .config(&json!({"mcpServers": {"rmcp": entry}}))
        .start()
}

#[test]
fn it_works_in_every_version_and_manner() {
    for (mode, version) in [
        ("sessions", "2026-07-28"),
        ("sessions", "2025-11-25"),
        ("sessions", "2025-03-26"),
        ("stateless", "2025-06-18"),
        ("json", "2026-07-28"),
        ("json", "2025-11-25"),
    ] {
        let server = rmcp(mode);
        // The newest is found out.
        let pinned = (version != "2026-07-28").then_some(version);
        let gateway = gateway(&server, pinned);
        let said = gateway.value("/rmcp/echo", &json!({"message": "hi", "region": "a é"}));
        let header = match pinned {
            None => "header Some(\"=?base64?YSDDqQ==?=\")",
            Some(_) => "header None",
        };
        assert_eq!(
            said,
            format!("Echo: hi, Some(\"a é\"), {header}"),
            "{mode} {version}"
        );
        let events = gateway
            .request("POST", "/rmcp/steps")
            .header("Accept", "text/event-stream")
            .send()
            .expect(200)
            .text();
        assert!(events.contains("data: \"3 steps\""), "{events}");
        if mode == "sessions" {
            assert_eq!(events.matches("event: progress").count(), 3, "{events}");
        }
        let status = gateway.document("/status");
        let found = server_in(&status, "rmcp").unwrap();
        assert_eq!(found["protocolVersion"], version, "{mode}");
    }
}

fn ask(gateway: &Gateway, call: &Value) -> Response {
    gateway
        .request("POST", "/rmcp/ask")
        .header("Content-Type", "application/vnd.mcp.call+json")
        .body(call.to_string())
        .send()
}

#[test]
fn a_question_reaches_a_caller_who_offered_to_answer_and_no_other() {
    for version in ["2026-07-28", "2025-11-25"] {
        let server = rmcp("sessions");
        let gateway = gateway(&server, Some(version));
        let asked = ask(&gateway, &json!({"arguments": {}})).expect(409).json();
        let requests = asked["inputRequests"].as_object().unwrap();
        let (name, request) = requests.iter().next().unwrap();
        assert_eq!(request["method"], "elicitation/create", "{asked:#}");
        let mut again = json!({
            "arguments": {},
            "inputResponses": {name: {"action": "accept", "content": {"name": "Ada"}}},
        });
        if let Some(state) = asked.get("requestState") {
            again["requestState"] = state.clone();
        }
        let greeted = ask(&gateway, &again).expect(200).text();
        assert!(greeted.contains("Ada"), "{version}: {greeted}");

        let refused = gateway.call("/rmcp/ask", &json!({}));
        assert!(refused.status >= 400, "{version}: {refused}");
    }
}
