//! Headers of callers, forwarded to servers that FastMCP makes: they are really sent, and each
//! identity has a connection, a catalog and documents of its own.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::{Value, json};

use crate::gateway::{Gateway, Launch, StateFile, peer, server_in, wait_until};
use crate::http::Response;
use crate::remote::{Listening, free_port};

const KEY: &str = "top-secret";

fn fastmcp(transport: &str, state: &StateFile, tokens: &[&str]) -> Listening {
    fastmcp_at(free_port(), transport, state, tokens)
}

fn fastmcp_at(port: u16, transport: &str, state: &StateFile, tokens: &[&str]) -> Listening {
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/python_server.py"
    );
    let python = peer("fastmcp/bin/python");
    Listening::start_at(port, |port| {
        let mut command = Command::new(python);
        command
            .args(["-B", script, "fastmcp", transport, &port.to_string()])
            .arg(state.path())
            .args(tokens);
        command
    })
}

/// A gateway with one server, `python`, and these members of its entry.
fn forwarding_to(url: &str, forwarding: &Value, entry: &Value) -> Gateway {
    let mut python = json!({"url": url, "client_header_forwarding": forwarding});
    python
        .as_object_mut()
        .unwrap()
        .extend(entry.as_object().unwrap().clone());
    Launch::new()
        .key(KEY)
        .config(&json!({"mcpServers": {"python": python}}))
        .start()
}

fn as_caller(gateway: &Gateway, method: &str, target: &str, headers: &[(&str, &str)]) -> Response {
    let request = gateway.request(method, target);
    let request = headers.iter().fold(request, |request, (name, value)| {
        request.header(name, value)
    });
    match method {
        "POST" => request.json(&json!({})).send(),
        _ => request.send(),
    }
}

/// The headers that the server sees in a call with these.
#[track_caller]
fn seen(gateway: &Gateway, headers: &[(&str, &str)]) -> BTreeMap<String, String> {
    let answer = as_caller(gateway, "POST", "/python/seen", headers).expect(200);
    serde_json::from_value(answer.json()).unwrap()
}

fn identities(gateway: &Gateway) -> Value {
    let status = gateway.document("/status");
    server_in(&status, "python").unwrap()["identities"].clone()
}

#[track_caller]
fn callers_are_told_apart(transport: &str, path: &str, entry: &Value, version: &str) {
    let state = StateFile::new();
    let server = fastmcp(transport, &state, &[]);
    let gateway = forwarding_to(
        &server.url(path),
        &json!({
            "enabled": true,
            "whitelist": ["X-User*", "Authorization", "Cookie", "X-API-Key"],
            "debug_headers": true,
        }),
        entry,
    );
    let ada = [
        ("X-User", "ada"),
        ("X-Other", "not this"),
        ("Cookie", "session=1"),
        ("X-API-Key", "not this"),
        ("X-Upstream-Authorization", "Bearer for-them"),
    ];
    let first = seen(&gateway, &ada);
    assert_eq!(first["x-user"], "ada", "{first:?}");
    assert_eq!(first["authorization"], "Bearer for-them", "{first:?}");
    for name in ["x-other", "cookie", "x-api-key", "x-upstream-authorization"] {
        assert!(!first.contains_key(name), "{name} passed: {first:?}");
    }
    let all = format!("{first:?}");
    assert!(!all.contains(KEY), "{all}");

    let bob = seen(&gateway, &[("x-user", "bob")]);
    assert_eq!(bob["x-user"], "bob");
    assert!(!bob.contains_key("authorization"), "{bob:?}");
    let nobody = seen(&gateway, &[("X-Other", "not this")]);
    assert!(!nobody.contains_key("x-user"), "{nobody:?}");
    let again = seen(&gateway, &ada);
    let session = |seen: &BTreeMap<String, String>| seen.get("mcp-session-id").cloned();
    if version != "2026-07-28" && transport != "sse" {
        assert_eq!(session(&first), session(&again));
        let mut sessions = vec![session(&first), session(&bob), session(&nobody)];
        assert!(sessions.iter().all(Option::is_some), "{sessions:?}");
        sessions.sort();
        sessions.dedup();
        assert_eq!(sessions.len(), 3, "{sessions:?}");
    }
    assert_eq!(identities(&gateway), 2);
    let status = gateway.document("/status");
    let python = server_in(&status, "python").unwrap();
    assert_eq!(python["protocolVersion"], version, "{python:#}");
    let log = gateway.log();
    assert!(log.contains("x-user"), "{log}");
    for secret in ["for-them", "ada", "session=1", "not this"] {
        assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
    }
}

#[test]
fn callers_are_told_apart_in_the_stateless_era() {
    callers_are_told_apart("streamable-http", "/mcp", &json!({}), "2026-07-28");
}

#[test]
fn callers_are_told_apart_in_the_legacy_era() {
    let pinned = json!({"protocolVersion": "2025-06-18"});
    callers_are_told_apart("streamable-http", "/mcp", &pinned, "2025-06-18");
}

#[test]
fn callers_are_told_apart_over_sse() {
    callers_are_told_apart("sse", "/sse", &json!({"type": "sse"}), "2025-11-25");
}

#[test]
fn what_is_listed_for_one_identity_is_documented_and_callable_for_it_alone() {
    let state = StateFile::new();
    let server = fastmcp("streamable-http", &state, &[]);
    let gateway = forwarding_to(
        &server.url("/mcp"),
        &json!({"enabled": true, "whitelist": ["X-User", "X-Role"]}),
        &json!({}),
    );
    let admin = [("X-Role", "admin"), ("X-User", "ada")];
    let user = [("X-User", "bob")];
    for target in ["/python/openapi.json", "/openapi.json"] {
        let path = if target == "/openapi.json" {
            "/python/reign"
        } else {
            "/reign"
        };
        for _ in 0..2 {
            let ada = as_caller(&gateway, "GET", target, &admin).expect(200);
            assert!(ada.json()["paths"].get(path).is_some(), "{target}: {ada}");
            assert_eq!(ada.header("cache-control"), Some("private, no-cache"));
            let tag = ada.header("etag").unwrap().to_owned();
            let bob = [("If-None-Match", tag.as_str()), ("X-User", "bob")];
            let bob = as_caller(&gateway, "GET", target, &bob).expect(200);
            assert!(bob.json()["paths"].get(path).is_none(), "{target}: {bob}");
            let nobody = as_caller(&gateway, "GET", target, &[]).expect(200);
            assert!(
                nobody.json()["paths"].get(path).is_none(),
                "{target}: {nobody}"
            );
        }
    }
    let reigned = as_caller(&gateway, "POST", "/python/reign", &admin).expect(200);
    assert_eq!(reigned.json(), "reigned");
    as_caller(&gateway, "POST", "/python/reign", &user).expect(404);
    as_caller(&gateway, "POST", "/python/reign", &[]).expect(404);
    // One connection each, with one list each.
    assert_eq!(state.count("listed for ada"), 1, "{:?}", state.lines());
    assert_eq!(state.count("listed for bob"), 1, "{:?}", state.lines());
}

#[test]
fn who_has_no_key_sees_documents_of_callers_without_headers() {
    let state = StateFile::new();
    let server = fastmcp("streamable-http", &state, &[]);
    let forwarding = json!({"enabled": true, "whitelist": ["X-Role"]});
    let python = json!({"url": server.url("/mcp"), "client_header_forwarding": forwarding});
    let gateway = Launch::new()
        .key(KEY)
        .flags(["--public-docs"])
        .config(&json!({"mcpServers": {"python": python}}))
        .start();
    for target in ["/python/openapi.json", "/openapi.json"] {
        let request = gateway.anonymous("GET", target).header("X-Role", "admin");
        let document = request.send().expect(200).text();
        assert!(document.contains("echo"), "{document}");
        assert!(!document.contains("reign"), "{document}");
    }
    assert_eq!(identities(&gateway), 0);
}

#[test]
fn an_identity_whose_session_the_server_forgets_gets_another() {
    let state = StateFile::new();
    let server = fastmcp("streamable-http", &state, &[]);
    let port = server.port;
    let gateway = forwarding_to(
        &server.url("/mcp"),
        &json!({"enabled": true, "whitelist": ["X-User"]}),
        &json!({"protocolVersion": "2025-11-25"}),
    );
    let ada = [("X-User", "ada")];
    let before = seen(&gateway, &ada);
    drop(server);
    let _server = fastmcp_at(port, "streamable-http", &state, &[]);
    let after = seen(&gateway, &ada);
    assert_eq!(after["x-user"], "ada");
    assert_ne!(after["mcp-session-id"], before["mcp-session-id"]);
}

#[test]
fn a_server_that_wants_credentials_serves_those_who_bring_them() {
    let state = StateFile::new();
    let server = fastmcp("streamable-http", &state, &["ada-token"]);
    let gateway = forwarding_to(
        &server.url("/mcp"),
        &json!({"enabled": true, "whitelist": ["X-User"], "credentialHeader": "X-Their-Key"}),
        &json!({}),
    );
    wait_until("the state says so", || {
        gateway.state_of("python") == "credentials required"
    });
    gateway.get("/ready").expect(200);
    let ada = seen(&gateway, &[("X-Their-Key", "Bearer ada-token")]);
    assert_eq!(ada["authorization"], "Bearer ada-token");
    for headers in [&[][..], &[("X-Their-Key", "Bearer wrong-token")]] {
        let refused = as_caller(&gateway, "POST", "/python/seen", headers).expect(503);
        assert_eq!(
            refused.detail()["state"],
            "credentials required",
            "{refused}"
        );
    }
    // A refused one is not kept: it holds no place.
    wait_until("it is gone", || identities(&gateway) == 1);
    assert_eq!(gateway.state_of("python"), "credentials required");
    assert!(!gateway.log().contains("-token"), "{}", gateway.log());
}

#[test]
fn a_callers_credentials_take_the_place_of_the_configs_for_that_caller_alone() {
    let state = StateFile::new();
    let server = fastmcp("streamable-http", &state, &["ada-token", "our-token"]);
    let credentials = ("X-Upstream-Authorization", "Bearer ada-token");
    let enabled = json!({"enabled": true, "whitelist": ["X-User"]});
    let headers = json!({"headers": {"Authorization": "Bearer our-token", "X-Team": "blue"}});
    let gateway = forwarding_to(&server.url("/mcp"), &enabled, &headers);
    for (sent, authorization) in [
        (&[][..], "Bearer our-token"),
        (&[("X-User", "bob")], "Bearer our-token"),
        (&[credentials], "Bearer ada-token"),
    ] {
        let seen = seen(&gateway, sent);
        assert_eq!(seen["authorization"], authorization, "{sent:?}");
        assert_eq!(seen["x-team"], "blue", "{sent:?}");
    }
    // Nobody has logged in; who brings credentials needs no login.
    let gateway = forwarding_to(&server.url("/mcp"), &enabled, &json!({"oauth": {}}));
    let ada = seen(&gateway, &[credentials]);
    assert_eq!(ada["authorization"], "Bearer ada-token");
    assert_ne!(gateway.state_of("python"), "ready");
}

#[test]
fn the_number_of_identities_is_bounded_and_the_longest_idle_makes_room() {
    let state = StateFile::new();
    let server = fastmcp("streamable-http", &state, &[]);
    let gateway = forwarding_to(
        &server.url("/mcp"),
        &json!({"enabled": true, "whitelist": ["X-User"], "maxIdentities": 2}),
        &json!({"protocolVersion": "2025-11-25"}),
    );
    let session = |user: &str| seen(&gateway, &[("X-User", user)])["mcp-session-id"].clone();
    let (ada, bob) = (session("ada"), session("bob"));
    assert_eq!(session("ada"), ada);
    session("cy");
    assert_eq!(identities(&gateway), 2);
    assert_eq!(session("ada"), ada);
    assert_ne!(session("bob"), bob);
    // While both are in a call, there is no room.
    let begin_sleeping = |user: &str| {
        let request = gateway.request("POST", "/python/sleep");
        let request = request.header("X-User", user);
        request.json(&json!({"seconds": 60})).open()
    };
    let under_way = [begin_sleeping("ada"), begin_sleeping("bob")];
    state.wait_for("sleep began", 2);
    let full = as_caller(&gateway, "POST", "/python/seen", &[("X-User", "cy")]).expect(503);
    assert!(full.text().contains("maxIdentities"), "{full}");
    assert!(full.header("retry-after").is_some(), "{full}");
    seen(&gateway, &[]);
    drop(under_way);
    state.wait_for("sleep cancelled", 2);
    wait_until("there is room again", || {
        as_caller(&gateway, "POST", "/python/seen", &[("X-User", "cy")]).status == 200
    });
}

#[test]
fn an_identity_that_nobody_uses_ends_and_is_begun_anew() {
    let state = StateFile::new();
    let server = fastmcp("streamable-http", &state, &[]);
    let gateway = forwarding_to(
        &server.url("/mcp"),
        &json!({"enabled": true, "whitelist": ["X-User"], "idleTimeout": "1s"}),
        &json!({}),
    );
    let ada = [("X-User", "ada")];
    seen(&gateway, &ada);
    assert_eq!(identities(&gateway), 1);
    wait_until("it has ended", || identities(&gateway) == 0);
    assert_eq!(seen(&gateway, &ada)["x-user"], "ada");
    assert_eq!(state.count("listed for ada"), 2, "{:?}", state.lines());
}
