//! Who is let in, and what is no message.

use serde_json::{Value, json};

use super::callers::{Caller as _, Client, STATELESS, initialize, message, stateless_meta};
use crate::gateway::{Gateway, Launch, StateFile, fixture};
use crate::http::{Request, Response};

const ENDPOINTS: [(&str, &str); 5] = [
    ("POST", "/mcp"),
    ("GET", "/mcp"),
    ("DELETE", "/mcp"),
    ("GET", "/sse"),
    ("POST", "/messages"),
];

fn ping(request: Request) -> Request {
    request.json_text(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#)
}

fn code(response: &Response) -> i64 {
    let body = response.json();
    let code = body["error"]["code"].as_i64();
    code.unwrap_or_else(|| panic!("no JSON-RPC error: {response}"))
}

#[test]
fn foreign_pages_and_foreign_hosts_are_refused() {
    let open = Gateway::single(&[], fixture(&[]));
    let guarded = Launch::new()
        .key("top-secret")
        .flags(["--cors-allow-origins", "https://good.example"])
        .server(fixture(&[]))
        .start();
    for (method, path) in ENDPOINTS {
        for gateway in [&open, &guarded] {
            for origin in [
                "https://evil.example",
                "null",
                "http://localhost.evil.example",
            ] {
                let request = gateway.request(method, path).header("Origin", origin);
                ping(request).send().expect(403);
            }
        }
        // Another name for this machine, by which a page could have been loaded.
        let request = open.request(method, path).header("Host", "evil.example");
        ping(request).send().expect(403);
    }
    let post = |gateway: &Gateway| ping(gateway.request("POST", "/mcp"));
    post(&guarded)
        .header("Origin", "https://good.example")
        .send()
        .expect(200);
    let own = format!("http://{}", open.address);
    post(&open).header("Origin", &own).send().expect(200);
}

#[test]
fn without_the_key_there_is_nothing_but_a_challenge() {
    let gateway = Launch::new().key("top-secret").server(fixture(&[])).start();
    for (method, path) in ENDPOINTS {
        for key in [None, Some("wrong"), Some("")] {
            let request = gateway.anonymous(method, path);
            let request = match key {
                Some(key) => request.bearer(key),
                None => request,
            };
            let refused = ping(request).send().expect(401);
            let challenge = refused.headers_joined("www-authenticate");
            assert!(challenge.contains("Bearer"), "{refused}");
            assert!(!refused.text().contains("fixture"), "{refused}");
        }
    }
    ping(gateway.request("POST", "/mcp")).send().expect(200);
}

#[test]
fn bodies_of_the_wrong_size_or_kind_are_refused() {
    let gateway = Gateway::single(&["--max-body-size", "64KiB"], fixture(&[]));
    for path in ["/mcp", "/messages"] {
        let large = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":{{"x":"{}"}}}}"#,
            "x".repeat(70_000)
        );
        let refused = gateway.request("POST", path).json_text(&large).send();
        assert!(code(&refused.expect(413)) < 0);
        let text = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
        for kind in [
            "text/plain",
            "application/xml",
            "application/x-www-form-urlencoded",
        ] {
            let request = gateway.request("POST", path).header("Content-Type", kind);
            assert!(code(&request.body(text).send().expect(415)) < 0);
        }
        for kind in [
            "application/json",
            "application/json; charset=utf-8",
            "APPLICATION/JSON",
        ] {
            let request = gateway.request("POST", path).header("Content-Type", kind);
            request.body(text).send().expect(200);
        }
    }
    for accept in ["image/png", "text/html, application/xml"] {
        let request = gateway.request("POST", "/mcp").header("Accept", accept);
        let refused = ping(request).send();
        // `text/html` is no event stream.
        assert!(code(&refused.expect(406)) < 0);
        let request = gateway.request("GET", "/mcp").header("Accept", accept);
        request.send().expect(406);
    }
    gateway.request("GET", "/mcp").send().expect(406);
    gateway.request("PUT", "/mcp").send().expect(405);
    let sse = gateway.request("POST", "/sse").json_text("{}").send();
    assert!(matches!(sse.status, 404 | 405), "{sse}");
}

#[test]
fn what_is_no_message_is_answered_by_an_error_that_says_so() {
    let gateway = Gateway::single(&[], fixture(&[]));
    let twice = [
        r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"pid","name":"die","arguments":{}}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"pid"},"params":{"name":"die"}}"#,
    ];
    for path in ["/mcp", "/messages"] {
        for (body, codes) in [
            ("", &[-32700, -32600][..]),
            ("{", &[-32700]),
            ("\u{0}", &[-32700]),
            ("nonsense", &[-32700]),
            ("7", &[-32600]),
            ("\"text\"", &[-32600]),
            ("null", &[-32600]),
            ("{}", &[-32600]),
            (r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#, &[-32600]),
            (r#"{"jsonrpc":"2.0","id":1,"method":7}"#, &[-32600]),
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}"#,
                &[-32600, -32602],
            ),
            (twice[0], &[-32700, -32600, -32602]),
            (twice[1], &[-32700, -32600, -32602]),
            (twice[2], &[-32700, -32600, -32602]),
            (twice[3], &[-32700, -32600, -32602]),
        ] {
            let refused = gateway.request("POST", path).json_text(body).send();
            let shown: String = body.chars().take(100).collect();
            assert_eq!(refused.status, 400, "{path} {shown}: {refused}");
            assert!(codes.contains(&code(&refused)), "{path} {shown}: {refused}");
        }
    }
    ping(gateway.request("POST", "/mcp")).send().expect(200);
}

fn deep_array() -> String {
    format!("{}{}", "[".repeat(10_000), "]".repeat(10_000))
}

#[test]
fn bytes_that_are_no_text_are_no_json() {
    let gateway = Gateway::single(&[], fixture(&[]));
    for path in ["/mcp", "/messages"] {
        let request = gateway.request("POST", path);
        let request = request.header("Content-Type", "application/json");
        let refused = request.body(b"\"\xff\xfe\"".to_vec()).send();
        assert_eq!((refused.status, code(&refused)), (400, -32700), "{refused}");
    }
}

#[test]
fn nesting_without_end_harms_nobody() {
    let state = StateFile::new();
    let gateway = Gateway::single(&[], state.fixture(&[]));
    let deep = deep_array();
    let object = format!("{}1{}", r#"{"a":"#.repeat(10_000), "}".repeat(10_000));
    let session = Client::session(&gateway, "/mcp", "{}");
    let stateless = Client::stateless(&gateway, "/mcp", "{}");
    for client in [&session, &stateless] {
        for (method, members) in [
            ("ping", format!(r#""x":{deep}"#)),
            ("tools/list", format!(r#""x":{object}"#)),
            (
                "tools/call",
                format!(r#""name":"echo_raw","arguments":{{"value":{deep}}}"#),
            ),
            (
                "tools/call",
                format!(r#""name":"echo_raw","arguments":{object}"#),
            ),
            ("completion/complete", format!(r#""ref":{object}"#)),
            (
                "subscriptions/listen",
                format!(r#""notifications":{object}"#),
            ),
        ] {
            for meta in [String::new(), format!(r#""a/b":{deep}"#)] {
                // It may be passed on or refused.
                let answering = client.begin(method, &members, &meta);
                let answer = answering.message().unwrap();
                assert!(answer.contains("jsonrpc"), "{method}: {answer}");
            }
        }
    }
    for body in [deep, object] {
        let refused = gateway.request("POST", "/messages").json_text(&body).send();
        refused.expect(400);
    }
    assert_eq!(session.call("echo_raw", "{}").text(), "{}");
    assert_eq!(state.count("start "), 1, "the server has not died of it");
}

#[test]
fn an_id_that_is_none_is_not_echoed() {
    let gateway = Gateway::single(&[], fixture(&[]));
    // An array is a batch where those are known, and nothing that can be used.
    let batch = gateway.request("POST", "/mcp").json_text(&deep_array());
    let batch = batch.send();
    assert!(matches!(batch.status, 200 | 400), "{batch}");
    assert!(batch.body.len() < 1000, "{} bytes", batch.body.len());
    let message = gateway.request("POST", "/messages");
    message.json_text(&deep_array()).send().expect(400);
    let client = Client::of_version(&gateway, "/mcp", "{}", "2025-03-26");
    for body in [
        r#"{"jsonrpc":"2.0","id":{"a":1},"method":7}"#,
        r#"{"jsonrpc":"2.0","id":[1],"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":true}"#,
        "[[5]]",
        r#"["5"]"#,
    ] {
        let mut refused = client.post(body).send().json();
        if refused.is_array() {
            refused = refused[0].take();
        }
        assert_eq!(refused["id"], Value::Null, "{body}: {refused}");
        assert!(refused["error"]["code"].is_i64(), "{body}: {refused}");
    }
}

#[test]
fn members_that_stand_twice_in_arguments_are_refused_before_the_server_sees_them() {
    let gateway = Gateway::single(&[], fixture(&[]));
    for client in [
        Client::session(&gateway, "/mcp", "{}"),
        Client::stateless(&gateway, "/mcp", "{}"),
    ] {
        let answer = client.call("echo_raw", r#"{"value":1,"value":2}"#);
        let refused = answer.response.contains("error") || answer.response.contains("isError");
        assert!(refused, "{answer:?}");
        assert!(!answer.response.contains(r#"{\"value\":1"#), "{answer:?}");
    }
    let meta = format!(
        r#"{},"io.modelcontextprotocol/protocolVersion":"2025-11-25""#,
        stateless_meta("{}")
    );
    let refused = gateway
        .request("POST", "/mcp")
        .header("MCP-Protocol-Version", STATELESS)
        .header("Mcp-Method", "tools/list")
        .json_text(&message("1", "tools/list", "", &meta))
        .send();
    refused.expect(400);
}

#[test]
fn an_error_of_initialize_is_no_session() {
    let gateway = Gateway::single(&[], fixture(&[]));
    for params in [json!({}), json!({"protocolVersion": 7, "capabilities": {}})] {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params});
        let refused = gateway.request("POST", "/mcp").json(&body).send();
        assert_eq!(code(&refused), -32602, "{refused}");
        assert!(refused.header("mcp-session-id").is_none(), "{refused}");
    }
    let client = Client::session(&gateway, "/mcp", "{}");
    let again = client.post(&initialize("2025-11-25", "{}")).send();
    let again: Value = again.json();
    assert_eq!(again["error"]["code"], -32600, "{again}");
}
