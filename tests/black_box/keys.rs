//! Who may call: keys, Basic for browsers, open mode, CORS.

use serde_json::{Value, json};

use crate::gateway::{Gateway, Launch, entry, fixture};

const KEY: &str = "correct-horse-battery";

fn with_key(flags: &[&str]) -> Gateway {
    Launch::new()
        .key(KEY)
        .flags(flags)
        .config(&json!({"mcpServers": {"one": entry(&fixture(&[]))}}))
        .start()
}

/// Every kind of route there is, and a few that there are not.
const ROUTES: [(&str, &str); 20] = [
    ("POST", "/one/echo_raw"),
    ("POST", "/one/call/echo_raw"),
    ("POST", "/one/no_such_tool"),
    ("GET", "/one/openapi.json"),
    ("GET", "/one/openapi.yaml"),
    ("GET", "/openapi.json"),
    ("GET", "/openapi.yaml"),
    ("GET", "/docs"),
    ("GET", "/one/docs"),
    ("GET", "/one/resources"),
    ("GET", "/one/resources/read?uri=a:b"),
    ("GET", "/one/resources/templates"),
    ("GET", "/one/prompts"),
    ("POST", "/one/prompts/x"),
    ("POST", "/one/prompts/x/complete"),
    ("POST", "/one/resources/templates/complete"),
    ("GET", "/status"),
    ("GET", "/metrics"),
    ("GET", "/nowhere"),
    ("PUT", "/one/echo_raw"),
];

#[test]
fn every_route_demands_the_key_but_health_and_readiness() {
    let gateway = with_key(&[]);
    gateway.call("/one/echo_raw", &json!({})).expect(200);
    for (method, target) in ROUTES {
        let answer = gateway.anonymous(method, target).send().expect(401);
        assert_eq!(answer.detail(), "Missing or invalid Authorization header");
        let challenge = answer.headers_joined("www-authenticate");
        assert!(
            challenge.contains("Bearer"),
            "{method} {target}: {challenge}"
        );
        assert!(
            challenge.contains("Basic realm="),
            "{method} {target}: {challenge}"
        );
        assert!(answer.header("x-request-id").is_some(), "{method} {target}");
    }
    for target in ["/health", "/ready"] {
        let answer = gateway.anonymous("GET", target).send().expect(200);
        assert!(
            answer.body.len() < 100,
            "{target} says no more than that: {answer}"
        );
        assert!(
            !answer.text().contains("one"),
            "{target} names no server: {answer}"
        );
    }
}

#[test]
fn each_challenge_is_a_header_line_of_its_own() {
    // Chromium reads only the first challenge of a line, knows no Bearer, and would not ask.
    let gateway = with_key(&[]);
    let answer = gateway.anonymous("GET", "/docs").send().expect(401);
    let challenges: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| name == "www-authenticate")
        .map(|(_, value)| value.split(' ').next().unwrap_or_default())
        .collect();
    assert_eq!(challenges, ["Bearer", "Basic"], "{answer}");
}

#[test]
fn a_wrong_bearer_key_is_403_and_a_wrong_basic_password_401() {
    let gateway = with_key(&[]);
    for wrong in [
        "x",
        "correct-horse-batter",
        "correct-horse-battery-",
        "CORRECT-HORSE-BATTERY",
    ] {
        let answer = gateway
            .anonymous("POST", "/one/echo_raw")
            .bearer(wrong)
            .json(&json!({}))
            .send()
            .expect(403);
        assert_eq!(answer.detail(), "Invalid API key");
        gateway
            .anonymous("GET", "/one/openapi.json")
            .basic("anybody", wrong)
            .send()
            .expect(401)
            .detail();
    }
    for header in [
        "",
        "Bearer",
        "Bearer ",
        "Digest abc",
        "Basic !!!",
        "Basic bm9jb2xvbg==",
    ] {
        gateway
            .anonymous("GET", "/one/openapi.json")
            .header("Authorization", header)
            .send()
            .expect(401)
            .detail();
    }
    gateway.get("/one/openapi.json").expect(200);
    gateway
        .anonymous("GET", "/one/openapi.json")
        .header("authorization", &format!("bearer {KEY}"))
        .send()
        .expect(200);
}

#[test]
fn a_browser_gets_in_with_any_name_and_the_key_as_password() {
    let gateway = with_key(&[]);
    for user in ["", "admin", "näme"] {
        gateway
            .anonymous("GET", "/one/docs")
            .basic(user, KEY)
            .send()
            .expect(200);
    }
}

#[test]
fn a_call_with_basic_must_come_from_our_own_pages() {
    let gateway = with_key(&[]);
    let own = format!("http://{}", gateway.address);
    for (name, value, status) in [
        ("Origin", own.as_str(), 200),
        ("Sec-Fetch-Site", "same-origin", 200),
        ("Sec-Fetch-Site", "none", 200),
        ("Sec-Fetch-Site", "cross-site", 403),
        ("Sec-Fetch-Site", "same-site", 403),
        ("Origin", "https://elsewhere.example", 403),
        ("Origin", "null", 403),
        ("X-Nothing", "x", 403),
    ] {
        let answer = gateway
            .anonymous("POST", "/one/echo_raw")
            .basic("me", KEY)
            .header(name, value)
            .json(&json!({}))
            .send();
        assert_eq!(answer.status, status, "{name}: {value}: {answer}");
    }
}

#[test]
fn public_docs_opens_documents_and_pages_alone() {
    let gateway = with_key(&["--public-docs"]);
    gateway.call("/one/echo_raw", &json!({})).expect(200);
    for (method, target) in ROUTES {
        let answer = gateway.anonymous(method, target).send();
        if target.contains("openapi") || target.contains("docs") {
            assert_eq!(answer.status, 200, "{target}: {answer}");
        } else {
            assert_eq!(answer.status, 401, "{method} {target}: {answer}");
        }
    }
}

#[test]
fn the_key_can_come_from_a_file_or_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    std::fs::write(&file, format!("{KEY}\n")).unwrap();
    let from_file = Launch::new()
        .flags(["--api-key-file", file.to_str().unwrap()])
        .server(fixture(&[]))
        .start();
    let mut gateways = vec![from_file];
    for name in ["VICEVERSA_API_KEY", "MCPO_API_KEY"] {
        gateways.push(Launch::new().env(name, KEY).server(fixture(&[])).start());
    }
    for gateway in gateways {
        gateway.anonymous("GET", "/openapi.json").send().expect(401);
        gateway
            .anonymous("GET", "/openapi.json")
            .bearer(KEY)
            .send()
            .expect(200);
    }
}

#[test]
fn the_key_shows_up_nowhere() {
    let gateway = Launch::new()
        .key(KEY)
        .flags(["--log-level", "trace"])
        .config(&json!({"mcpServers": {"one": entry(&fixture(&[]))}}))
        .start();
    gateway.call("/one/echo_raw", &json!({})).expect(200);
    gateway
        .anonymous("GET", "/status")
        .bearer("some-wrong-key")
        .send();
    for target in ["/status", "/openapi.json", "/one/openapi.json", "/docs"] {
        assert!(!gateway.get(target).text().contains(KEY), "{target}");
    }
    let log = gateway.log();
    assert!(
        !log.contains(KEY) && !log.contains("some-wrong-key"),
        "{log}"
    );
}

#[test]
fn without_a_key_loopback_is_open_to_local_programs_alone() {
    let gateway = Gateway::single(&[], fixture(&[]));
    gateway.call("/echo_raw", &json!({})).expect(200);
    let port = gateway.address.port();
    for host in [
        format!("localhost:{port}"),
        format!("127.0.0.1:{port}"),
        format!("[::1]:{port}"),
    ] {
        gateway
            .anonymous("GET", "/openapi.json")
            .header("Host", &host)
            .send()
            .expect(200);
    }
    for host in [
        "evil.example",
        "evil.example:80",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
    ] {
        for (method, target) in [("GET", "/openapi.json"), ("POST", "/echo_raw")] {
            gateway
                .anonymous(method, target)
                .header("Host", host)
                .send()
                .expect(403)
                .detail();
        }
    }
    for (origin, status) in [
        (format!("http://127.0.0.1:{port}"), 200),
        ("https://evil.example".to_owned(), 403),
        (format!("http://127.0.0.1.evil.example:{port}"), 403),
        ("null".to_owned(), 403),
    ] {
        let answer = gateway
            .anonymous("POST", "/echo_raw")
            .header("Origin", &origin)
            .json(&json!({}))
            .send();
        assert_eq!(answer.status, status, "{origin}: {answer}");
    }
    // No CORS for anybody.
    let answer = gateway
        .anonymous("GET", "/health")
        .header("Origin", "https://evil.example")
        .send();
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

#[test]
fn on_any_other_address_a_key_is_made_printed_once_and_demanded() {
    let gateway = Gateway::single(&["--host", "0.0.0.0"], fixture(&[]));
    gateway.wait_for_log("curl");
    let log = gateway.log();
    let line = log
        .lines()
        .find(|line| line.contains("curl "))
        .expect("a curl line");
    let key: String = line
        .split_once("Bearer ")
        .expect("the line carries the key")
        .1
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || "-_.~+/=".contains(*c))
        .collect();
    assert!(key.len() >= 20, "{line}");
    gateway.anonymous("GET", "/openapi.json").send().expect(401);
    gateway
        .anonymous("GET", "/openapi.json")
        .bearer(&key)
        .send()
        .expect(200);
    // The printed line works as it is.
    let start = line.find("curl ").unwrap();
    let output = std::process::Command::new("bash")
        .args([
            "-c",
            &format!(
                "{} --silent --show-error --fail --max-time 30",
                &line[start..]
            ),
        ])
        .output()
        .unwrap();
    assert!(output.status.success(), "{line}: {output:?}");

    let again = Gateway::single(&["--host", "0.0.0.0"], fixture(&[]));
    again
        .anonymous("GET", "/openapi.json")
        .bearer(&key)
        .send()
        .expect(403);
}

#[test]
fn a_json_log_stays_json_when_a_key_is_made() {
    let gateway = Gateway::single(&["--host", "0.0.0.0", "--log-format", "json"], fixture(&[]));
    gateway.wait_for_log("No key was configured");
    let log = gateway.log();
    let events: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("JSON: {line}")))
        .collect();
    let named = |event: &&Value| event.get("key").is_some();
    let notice = events.iter().find(named).expect("the key is told");
    assert!(notice["timestamp"].is_string() && notice["level"] == "WARN");
    let key = notice["key"].as_str().unwrap();
    assert_eq!(log.matches(key).count(), 1, "{log}");
    gateway
        .anonymous("GET", "/openapi.json")
        .bearer(key)
        .send()
        .expect(200);
}

#[test]
fn localhost_by_name_is_open_as_its_address_is() {
    let gateway = Gateway::single(&["--host", "localhost"], fixture(&[]));
    assert!(!gateway.log().contains("No key"), "{}", gateway.log());
    for (host, status) in [
        ("localhost", 200),
        ("localhost:1", 200),
        ("127.9.9.9:65535", 200),
        ("[::1]:80", 200),
        ("192.0.2.1", 403),
    ] {
        gateway
            .anonymous("GET", "/openapi.json")
            .header("Host", host)
            .send()
            .expect(status);
    }
}

#[test]
fn the_access_log_tells_which_key_was_used() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    std::fs::write(&file, "another-key").unwrap();
    let gateway = Launch::new()
        .key(KEY)
        .flags(["--api-key-file", file.to_str().unwrap()])
        .server(fixture(&[]))
        .start();
    gateway.get("/status").expect(200);
    gateway
        .anonymous("GET", "/status")
        .bearer("another-key")
        .send()
        .expect(200);
    for name in ["key-1", "key-2"] {
        gateway.wait_for_log(&format!("caller=\"{name}\""));
    }
}

#[test]
fn allow_unauthenticated_opens_any_address_with_a_warning() {
    let gateway = Gateway::single(
        &["--host", "0.0.0.0", "--allow-unauthenticated"],
        fixture(&[]),
    );
    gateway.anonymous("GET", "/openapi.json").send().expect(200);
    let log = gateway.log();
    assert!(
        log.to_lowercase().contains("warn") && log.contains("--allow-unauthenticated"),
        "{log}"
    );
}

// CORS

#[test]
fn preflights_need_no_key_and_reflect_the_headers_asked_for() {
    let gateway = with_key(&[]);
    for target in ["/one/echo_raw", "/one/openapi.json", "/one/prompts/x"] {
        let answer = gateway
            .anonymous("OPTIONS", target)
            .header("Origin", "https://app.example")
            .header("Access-Control-Request-Method", "POST")
            .header(
                "Access-Control-Request-Headers",
                "authorization, content-type, x-own",
            )
            .send()
            .expect(204);
        let origin = answer
            .header("access-control-allow-origin")
            .unwrap_or_default();
        assert!(["*", "https://app.example"].contains(&origin), "{answer}");
        let headers = answer
            .headers_joined("access-control-allow-headers")
            .to_lowercase();
        for name in ["authorization", "content-type", "x-own"] {
            assert!(headers.contains(name), "{target}: {headers}");
        }
        assert!(
            answer
                .headers_joined("access-control-allow-methods")
                .contains("POST")
        );
        assert_eq!(
            answer.header("access-control-allow-credentials"),
            None,
            "{answer}"
        );
    }
}

#[test]
fn errors_carry_cors_headers_too() {
    let gateway = with_key(&[]);
    let cases = [
        gateway.anonymous("POST", "/one/echo_raw").json(&json!({})),
        gateway
            .anonymous("POST", "/one/echo_raw")
            .bearer("wrong")
            .json(&json!({})),
        gateway.request("POST", "/one/nowhere").json(&json!({})),
        gateway.request("PUT", "/one/echo_raw"),
        gateway.request("POST", "/one/echo_raw").json_text("{"),
        gateway
            .request("POST", "/one/rpc_error")
            .json(&json!({"code": -32000, "message": "m"})),
    ];
    for (request, status) in cases.into_iter().zip([401, 403, 404, 405, 422, 502]) {
        let answer = request
            .header("Origin", "https://app.example")
            .send()
            .expect(status);
        answer.detail();
        assert!(
            answer.header("access-control-allow-origin").is_some(),
            "{answer}"
        );
        let exposed = answer
            .headers_joined("access-control-expose-headers")
            .to_lowercase();
        for name in [
            "x-request-id",
            "mcp-session-id",
            "www-authenticate",
            "retry-after",
        ] {
            assert!(exposed.contains(name), "{name} is not exposed: {answer}");
        }
    }
}

#[test]
fn listed_origins_may_send_credentials_and_others_are_refused() {
    let gateway = with_key(&["--cors-allow-origins", "https://app.example"]);
    let call = |origin: &str| {
        gateway
            .request("POST", "/one/echo_raw")
            .header("Origin", origin)
            .json(&json!({}))
            .send()
    };
    let listed = call("https://app.example").expect(200);
    assert_eq!(
        listed.header("access-control-allow-origin"),
        Some("https://app.example")
    );
    assert_eq!(
        listed.header("access-control-allow-credentials"),
        Some("true")
    );
    assert!(
        listed
            .headers_joined("vary")
            .to_lowercase()
            .contains("origin"),
        "{listed}"
    );
    let foreign = call("https://app.example.evil.example").expect(403);
    foreign.detail();
    assert_eq!(
        foreign.header("access-control-allow-origin"),
        None,
        "{foreign}"
    );
    let own = format!("http://{}", gateway.address);
    assert_eq!(call(&own).status, 200);
}

#[test]
fn our_keys_do_not_reach_the_servers() {
    let gateway = Launch::new()
        .key(KEY)
        .env("VICEVERSA_API_KEY", KEY)
        .env("MCPO_API_KEY", KEY)
        .env("UNRELATED", "seen")
        .server(fixture(&[]))
        .start();
    let environment: Value = gateway.value("/env", &json!({}));
    let text = environment.to_string();
    assert!(!text.contains(KEY), "{text}");
    assert!(text.contains("UNRELATED"), "{text}");
}
