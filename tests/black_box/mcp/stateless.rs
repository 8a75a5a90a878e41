//! Callers of MCP 2026-07-28: what their requests must say, and what their results do.

use serde_json::{Value, json};

use super::callers::{Answer, Caller as _, Client, STATELESS, message, stateless_meta};
use crate::gateway::{Gateway, fixture, with_tools};
use crate::http::{Request, Response};

const CALL: &str = r#""name":"echo_raw","arguments":{"a":1}"#;

fn error(response: &Response) -> i64 {
    let body = response.json();
    let code = body["error"]["code"].as_i64();
    code.unwrap_or_else(|| panic!("no error: {response}"))
}

/// A call with these headers beside those that any request has.
fn with(gateway: &Gateway, headers: &[(&str, &str)], body: &str) -> Response {
    let request = gateway.request("POST", "/mcp").json_text(body);
    let add = |request: Request, (name, value): &(&str, &str)| request.header(name, value);
    headers.iter().fold(request, add).send()
}

#[test]
fn headers_that_do_not_repeat_the_body_are_refused() {
    let gateway = Gateway::single(&[], fixture(&[]));
    let body = message("7", "tools/call", CALL, &stateless_meta("{}"));
    let version = ("MCP-Protocol-Version", STATELESS);
    let method = ("Mcp-Method", "tools/call");
    let name = ("Mcp-Name", "echo_raw");
    let encoded = "=?base64?ZWNob19yYXc=?=";
    for (headers, is_good) in [
        (vec![version, method, name], true),
        (vec![name, method, version], true),
        (vec![version, method, ("mcp-name", encoded)], true),
        (vec![method, name], false),
        (vec![version, name], false),
        (vec![version, method], false),
        (
            vec![("MCP-Protocol-Version", "2025-11-25"), method, name],
            false,
        ),
        (vec![version, ("Mcp-Method", "tools/list"), name], false),
        (vec![version, ("Mcp-Method", "TOOLS/CALL"), name], false),
        (vec![version, method, ("Mcp-Name", "Echo_raw")], false),
        (vec![version, method, ("Mcp-Name", "")], false),
        (vec![version, method, ("Mcp-Name", "=?base64?!?=")], false),
        (vec![version, method, name, name], false),
        (vec![version, method, method, name], false),
    ] {
        let answer = with(&gateway, &headers, &body);
        assert_eq!(answer.json()["id"], 7, "{headers:?}: {answer}");
        if is_good {
            assert!(
                answer.json().get("result").is_some(),
                "{headers:?}: {answer}"
            );
        } else {
            assert_eq!(
                (answer.status, error(&answer)),
                (400, -32020),
                "{headers:?}"
            );
        }
    }
    for (method, members, name) in [
        ("prompts/get", r#""name":"plain""#, "plain"),
        (
            "resources/read",
            r#""uri":"fixture://small""#,
            "fixture://small",
        ),
    ] {
        let body = message("7", method, members, &stateless_meta("{}"));
        let headers = [version, ("Mcp-Method", method)];
        let refused = with(&gateway, &headers, &body);
        assert_eq!((refused.status, error(&refused)), (400, -32020), "{method}");
        let headers = [version, ("Mcp-Method", method), ("Mcp-Name", name)];
        with(&gateway, &headers, &body).expect(200);
    }
}

#[test]
fn a_version_that_is_not_spoken_is_refused_with_those_that_are() {
    let gateway = Gateway::single(&[], fixture(&[]));
    let mut client = Client::stateless(&gateway, "/mcp", "{}");
    let body = client
        .message("tools/list", "", "")
        .replace(STATELESS, "2031-01-01");
    "2031-01-01".clone_into(&mut client.version);
    let request = client.request("POST").header("Mcp-Method", "tools/list");
    let refused = request.json_text(&body).send().expect(400);
    assert_eq!(error(&refused), -32022);
    let data = &refused.json()["error"]["data"];
    assert_eq!(data["requested"], "2031-01-01");
    let supported: Vec<String> = serde_json::from_value(data["supported"].clone()).unwrap();
    assert!(supported.contains(&STATELESS.to_owned()), "{supported:?}");
}

#[test]
fn a_request_that_does_not_say_who_asks_is_refused() {
    let gateway = Gateway::single(&[], fixture(&[]));
    let version = ("MCP-Protocol-Version", STATELESS);
    let method = ("Mcp-Method", "tools/list");
    let named = r#""io.modelcontextprotocol/protocolVersion":"2026-07-28""#;
    for meta in [
        "",
        r#""a/b":1"#,
        r#""io.modelcontextprotocol/clientCapabilities":{}"#,
        named,
        &format!(r#"{named},"io.modelcontextprotocol/clientCapabilities":[]"#),
    ] {
        let body = message("7", "tools/list", "", meta);
        let refused = with(&gateway, &[version, method], &body).expect(400);
        assert_eq!(error(&refused), -32602, "{meta}: {refused}");
    }
}

#[test]
fn what_the_era_does_not_have_is_not_found() {
    let gateway = Gateway::single(&[], fixture(&[]));
    let client = Client::stateless(&gateway, "/mcp", "{}");
    for method in [
        "initialize",
        "ping",
        "logging/setLevel",
        "resources/subscribe",
        "resources/unsubscribe",
        "tasks/list",
        "tasks/result",
        "no/such",
    ] {
        let request = client.post(&client.message(method, "", ""));
        let refused = request.send().expect(404);
        assert_eq!(error(&refused), -32601, "{method}");
    }
    // Nobody waits for answers to these.
    let notification = r#"{"jsonrpc":"2.0","method":"notifications/whatever"}"#;
    client.post(notification).send().expect(202);
    let response = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
    client.post(response).send().expect(400);
    // The era has neither streams to take up nor sessions to end.
    let stream = client.request("GET").header("Accept", "text/event-stream");
    assert!(matches!(stream.send().status, 400 | 405));
    assert!(matches!(client.request("DELETE").send().status, 400 | 405));
}

#[test]
fn results_say_how_long_they_stay_true_whatever_the_server_speaks() {
    for era in ["legacy", "stateless"] {
        let gateway = Gateway::single(&[], fixture(&["--era", era]));
        let client = Client::stateless(&gateway, "/mcp", "{}");
        let small = r#""uri":"fixture://small""#;
        for (method, members) in [
            ("server/discover", ""),
            ("tools/list", ""),
            ("prompts/list", ""),
            ("resources/list", ""),
            ("resources/templates/list", ""),
            ("resources/read", small),
        ] {
            let result = client.ask(method, members, "").value();
            assert_eq!(result["resultType"], "complete", "{method}: {result}");
            assert!(result["ttlMs"].is_u64(), "{method}: {result}");
            let scope = result["cacheScope"].as_str().unwrap();
            if era == "legacy" {
                assert_eq!(
                    (scope, &result["ttlMs"]),
                    ("private", &json!(0)),
                    "{method}"
                );
            }
        }
        let called = client.call("echo_raw", "{}").value();
        assert_eq!(called["resultType"], "complete", "{called}");
        assert!(called.get("ttlMs").is_none(), "{called}");
    }
}

#[test]
fn every_request_of_this_era_says_by_itself_what_it_needs() {
    let gateway = Gateway::single(&[], fixture(&["--era", "stateless"]));
    let client = Client::stateless(&gateway, "/mcp", "{}");
    let logged = |answer: &Answer| {
        let mut said = answer.said.iter();
        said.any(|text| text.contains("notifications/message"))
    };
    let log = r#""name":"log","arguments":{"level":"info"}"#;
    let level = |level: &str| format!(r#""io.modelcontextprotocol/logLevel":"{level}""#);
    assert!(!logged(&client.ask("tools/call", log, "")));
    assert!(logged(&client.ask("tools/call", log, &level("debug"))));
    assert!(logged(&client.ask("tools/call", log, &level("info"))));
    assert!(!logged(&client.ask("tools/call", log, &level("error"))));
}

#[test]
fn arguments_that_a_tool_wants_in_headers_must_stand_there() {
    let folder = tempfile::tempdir().unwrap();
    let tools = json!([{"name": "near", "inputSchema": {"type": "object", "properties": {
        "region": {"type": "string", "x-mcp-header": "Region"},
        "count": {"type": "integer", "x-mcp-header": "Count"},
        "free": {"type": "string"},
    }}}]);
    let gateway = Gateway::single(&[], with_tools(&folder, &tools.to_string()));
    let call = |arguments: &str, headers: &[(&str, &str)]| {
        let members = format!(r#""name":"near","arguments":{arguments}"#);
        let body = message("7", "tools/call", &members, &stateless_meta("{}"));
        let own = [
            ("MCP-Protocol-Version", STATELESS),
            ("Mcp-Method", "tools/call"),
            ("Mcp-Name", "near"),
        ];
        with(&gateway, &[&own[..], headers].concat(), &body)
    };
    let region = ("Mcp-Param-Region", "eu");
    for (arguments, headers) in [
        (r#"{"region":"eu","free":"x"}"#, vec![region]),
        (
            r#"{"region":"eu"}"#,
            vec![("mcp-param-region", "=?base64?ZXU=?=")],
        ),
        (
            r#"{"region":"é"}"#,
            vec![("Mcp-Param-Region", "=?base64?w6k=?=")],
        ),
        (
            r#"{"region":"eu","count":12}"#,
            vec![region, ("Mcp-Param-Count", "12")],
        ),
        ("{}", vec![]),
        (r#"{"region":null}"#, vec![]),
    ] {
        let answer = call(arguments, &headers);
        assert_eq!(answer.status, 200, "{arguments} {headers:?}: {answer}");
    }
    for (arguments, headers) in [
        (r#"{"region":"eu"}"#, vec![]),
        (r#"{"region":"eu"}"#, vec![("Mcp-Param-Region", "us")]),
        (r#"{"region":"eu"}"#, vec![region, region]),
        (r#"{"region":"eu","count":12}"#, vec![region]),
        (
            r#"{"region":"eu","count":12}"#,
            vec![region, ("Mcp-Param-Count", "13")],
        ),
        ("{}", vec![region]),
        (
            r#"{"region":"eu"}"#,
            vec![("Mcp-Param-Region", "=?base64?ZX?=")],
        ),
    ] {
        let answer = call(arguments, &headers);
        assert_eq!(
            (answer.status, error(&answer)),
            (400, -32020),
            "{arguments} {headers:?}: {answer}"
        );
    }
}

#[test]
fn a_session_and_a_stateless_caller_see_the_same_tools() {
    let gateway = Gateway::single(&[], fixture(&[]));
    let tools = |client: &Client<'_>| -> Value {
        client.ask("tools/list", "", "").value()["tools"].clone()
    };
    let stateless = tools(&Client::stateless(&gateway, "/mcp", "{}"));
    assert_eq!(stateless, tools(&Client::session(&gateway, "/mcp", "{}")));
}
