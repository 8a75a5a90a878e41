//! An rmcp server over streamable HTTP: both eras, sessions or none, questions to callers.

use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::gateway::{Gateway, Launch, example, server_in, wait_until};
use crate::http::Response;
use crate::remote::Listening;

fn rmcp(mode: &str) -> Listening {
    rmcp_with(&[mode])
}

fn rmcp_with(words: &[&str]) -> Listening {
    let program = example("rmcp-server");
    Listening::start(|port| {
        let mut command = Command::new(program);
        command.arg(port.to_string()).args(words);
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

#[test]
fn a_tool_with_an_invalid_header_annotation_is_left_out_where_annotations_count() {
    let server = rmcp("sessions");
    for (version, status) in [("2026-07-28", 404), ("2025-11-25", 200)] {
        let gateway = gateway(&server, Some(version));
        let called = gateway.call("/rmcp/wrong", &json!({"text": "x"}));
        assert_eq!(called.status, status, "{version}: {called}");
        gateway.value("/rmcp/echo", &json!({"message": "x"}));
        let status = gateway.document("/status");
        let warnings = server_in(&status, "rmcp").unwrap()["warnings"].to_string();
        assert_eq!(warnings.contains("not a token"), version == "2026-07-28");
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

/// A certificate for `localhost` that nobody vouches for, and its key: the paths of both.
fn certificate(folder: &TempDir, name: &str) -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let write = |kind: &str, text: String| {
        let path = folder.path().join(format!("{name}-{kind}.pem"));
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let certificate = write("certificate", made.cert.pem());
    (certificate, write("key", made.signing_key.serialize_pem()))
}

fn https_gateway(server: &Listening, mut entry: Value) -> Gateway {
    entry["url"] = json!(format!("https://localhost:{}/mcp", server.port));
    Launch::new()
        .config(&json!({"mcpServers": {"rmcp": entry}}))
        .start()
}

#[test]
fn a_certificate_is_trusted_by_a_file_and_nothing_else_but_the_users_own_risk() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = certificate(&folder, "server");
    let server = rmcp_with(&["sessions", &certificate, &key]);

    let trusting = https_gateway(&server, json!({"caFile": certificate}));
    let version = trusting.value("/rmcp/http_version", &json!({}));
    assert_eq!(version, "HTTP/2.0", "it is offered, so it is spoken");

    let doubting = https_gateway(&server, json!({}));
    doubting.wait_for_log("invalid peer certificate");
    wait_until("it is not trusted", || {
        doubting.state_of("rmcp") == "failed"
    });

    let careless = https_gateway(&server, json!({"insecureSkipVerify": true}));
    careless.value("/rmcp/echo", &json!({"message": "hi"}));
    careless.wait_for_log("certificates of this server are not checked");
}

#[test]
fn a_client_certificate_is_shown_to_a_server_that_wants_one() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate_file, key) = certificate(&folder, "server");
    let (client, client_key) = certificate(&folder, "client");
    let server = rmcp_with(&["sessions", &certificate_file, &key, &client]);
    let known = https_gateway(
        &server,
        json!({"caFile": certificate_file, "clientCert": client, "clientKey": client_key}),
    );
    known.value("/rmcp/echo", &json!({"message": "hi"}));
    let unknown = https_gateway(&server, json!({"caFile": certificate_file}));
    wait_until("it is refused", || unknown.state_of("rmcp") == "failed");
}

#[test]
fn another_ca_file_makes_connections_new() {
    let folder = tempfile::tempdir().unwrap();
    let (right, key) = certificate(&folder, "server");
    let (wrong, _) = certificate(&folder, "stranger");
    let server = rmcp_with(&["sessions", &right, &key]);
    let trusted = folder.path().join("trusted.pem");
    std::fs::copy(wrong, &trusted).unwrap();
    // The path is relative to the file that names it.
    let url = format!("https://localhost:{}/mcp", server.port);
    let config = json!({"mcpServers": {"rmcp": {"url": url, "caFile": "trusted.pem"}}});
    let file = folder.path().join("config.json");
    std::fs::write(&file, config.to_string()).unwrap();
    let gateway = Launch::new()
        .flags(["--config", file.to_str().unwrap(), "--hot-reload"])
        .start();
    wait_until("the server is not trusted", || {
        gateway.state_of("rmcp") == "failed"
    });
    std::fs::copy(right, &trusted).unwrap();
    wait_until("the server is trusted", || {
        gateway.state_of("rmcp") == "ready"
    });
    gateway.value("/rmcp/echo", &json!({"message": "hi"}));
    std::fs::write(&trusted, "nonsense").unwrap();
    gateway.wait_for_log("it holds no certificate in PEM form");
    gateway.value("/rmcp/echo", &json!({"message": "hi"}));
    std::fs::remove_file(&trusted).unwrap();
    gateway.wait_for_log("config.json:1:");
}
