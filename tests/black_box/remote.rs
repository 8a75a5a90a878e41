//! Servers over HTTP that nobody here wrote: each SDK, transport and era does through REST what
//! the same server does as a child process.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::gateway::{Gateway, Launch, StateFile, fixture, peer, server_in, wait_until};

/// A server that listens, ended when it is dropped.
pub struct Listening {
    child: Child,
    pub port: u16,
}

impl Listening {
    /// Starts a command that listens on a port of its choice, given to it by `command`.
    #[track_caller]
    pub fn start(command: impl FnOnce(u16) -> Command) -> Self {
        let port = free_port();
        Self::start_at(port, command)
    }

    #[track_caller]
    pub fn start_at(port: u16, command: impl FnOnce(u16) -> Command) -> Self {
        let child = command(port)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        wait_until("the server listens", || TcpStream::connect(address).is_ok());
        Self { child, port }
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("the server still runs");
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// One row of the table: a server, how it is configured, and what it turns out to speak.
struct Row {
    /// The Python environment, and the words of `python_server.py`.
    environment: &'static str,
    words: &'static [&'static str],
    /// Members of the entry beside `url`.
    entry: Value,
    path: &'static str,
    version: &'static str,
}

impl Row {
    fn start(&self, state: &StateFile) -> Listening {
        let script = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/fixtures/python_server.py"
        );
        let python = peer(&format!("{}/bin/python", self.environment));
        Listening::start(|port| {
            let mut command = Command::new(python);
            let (first, last) = self.words.split_at(2);
            command
                .args(["-B", script])
                .args(first)
                .arg(port.to_string())
                .arg(state.path())
                .args(last);
            command
        })
    }
}

/// The one table of tests: whatever carries the calls, REST callers see the same.
#[track_caller]
fn works_over(row: &Row) {
    let state = StateFile::new();
    let server = row.start(&state);
    let mut entry = row.entry.clone();
    entry["url"] = json!(server.url(row.path));
    let gateway = Launch::new()
        .config(&json!({"mcpServers": {"python": entry}}))
        .start();
    let said = gateway.value("/python/echo", &json!({"message": "»hello«"}));
    assert_eq!(said, "Echo: »hello«");
    assert_eq!(
        gateway.value("/python/add", &json!({"a": 2, "b": "40"})),
        42
    );
    let failed = gateway.call("/python/fail", &json!({})).expect(422);
    // The newer SDK keeps to itself why.
    let text = failed.text();
    assert!(text.contains("Error") && text.contains("fail"), "{failed}");
    gateway.call("/python/add", &json!({"a": 2})).expect(422);

    let events = gateway
        .request("POST", "/python/steps")
        .header("Accept", "text/event-stream")
        .json(&json!({"count": 3}))
        .send()
        .expect(200)
        .text();
    // A server that answers with JSON has no way to tell its progress.
    if !row.words.contains(&"json") {
        assert_eq!(events.matches("event: progress").count(), 3, "{events}");
    }
    assert!(events.contains("data: \"3 steps\""), "{events}");

    let resources = gateway.document("/python/resources");
    assert!(resources.to_string().contains("demo://note"), "{resources}");
    let note = gateway.get("/python/resources/read?uri=demo%3A%2F%2Fnote");
    assert_eq!(note.expect(200).json(), "a note");
    let prompt = gateway.value("/python/prompts/greet", &json!({"name": "Ada"}));
    assert!(prompt.to_string().contains("Greet Ada."), "{prompt}");

    // The SDK does not notice that it is hung up on while it has a JSON answer to give.
    if !(row.words.contains(&"json") && row.version == "2026-07-28") {
        let hanging_up = gateway
            .request("POST", "/python/sleep")
            .json(&json!({"seconds": 60}))
            .open();
        state.wait_for("sleep began", 1);
        drop(hanging_up);
        state.wait_for("sleep cancelled", 1);
    }

    let status = gateway.document("/status");
    let python = server_in(&status, "python").unwrap();
    assert_eq!(python["protocolVersion"], row.version, "{python:#}");
    assert_eq!(python["starts"], 1, "{python:#}");
}

macro_rules! table {
    ($($name:ident: $environment:literal $words:expr, $entry:tt at $path:literal, $version:literal;)*) => {
        $(#[test]
        fn $name() {
            works_over(&Row {
                environment: $environment,
                words: &$words,
                entry: json!($entry),
                path: $path,
                version: $version,
            });
        })*
    };
}

table! {
    the_old_sdk_works_over_sse: "py-old" ["sdk1", "sse"], {"type": "sse"} at "/sse", "2025-11-25";
    the_old_sdk_works_over_streamable_http: "py-old" ["sdk1", "streamable-http"],
        {"type": "streamable-http"} at "/mcp", "2025-11-25";
    the_old_sdk_works_with_json_answers: "py-old" ["sdk1", "streamable-http", "json"],
        {} at "/mcp", "2025-11-25";
    sse_is_found_without_a_type: "py-new" ["sdk2", "sse"], {} at "/sse", "2025-11-25";
    the_new_sdk_works_in_the_stateless_era: "py-new" ["sdk2", "streamable-http"],
        {"type": "http"} at "/mcp", "2026-07-28";
    the_new_sdk_works_with_json_answers: "py-new" ["sdk2", "streamable-http", "json"],
        {} at "/mcp", "2026-07-28";
    the_new_sdk_works_in_a_version_that_is_pinned: "py-new" ["sdk2", "streamable-http"],
        {"protocolVersion": "2025-06-18"} at "/mcp", "2025-06-18";
    fastmcp_works_over_sse: "fastmcp" ["fastmcp", "sse"], {"type": "sse"} at "/sse", "2025-11-25";
    fastmcp_works_over_streamable_http: "fastmcp" ["fastmcp", "streamable-http"],
        {} at "/mcp/", "2026-07-28";
    a_redirect_within_the_origin_is_followed: "fastmcp" ["fastmcp", "streamable-http"],
        {} at "/mcp", "2026-07-28";
}

#[test]
fn a_log_message_on_the_stream_of_a_call_reaches_its_caller_alone() {
    let state = StateFile::new();
    let row = Row {
        environment: "py-old",
        words: &["sdk1", "streamable-http"],
        entry: Value::Null,
        path: "/mcp",
        version: "",
    };
    let server = row.start(&state);
    let gateway = Gateway::single(&[], [server.url("/mcp")]);
    let events = |tool: &str, arguments: &Value| {
        let request = gateway.request("POST", tool);
        let request = request.header("Accept", "text/event-stream");
        request.json(arguments).send().expect(200).text()
    };
    let (talk, steps) = std::thread::scope(|scope| {
        let steps = scope.spawn(|| events("/steps", &json!({"count": 20})));
        (events("/talk", &json!({})), steps.join().unwrap())
    });
    assert!(talk.contains("event: message"), "{talk}");
    assert!(talk.contains("a word"), "{talk}");
    assert!(!steps.contains("event: message"), "{steps}");
}

#[test]
fn a_tool_that_is_added_shows_in_the_document_whatever_carries_the_news() {
    for (environment, words, path) in [
        ("py-old", &["sdk1", "sse"], "/sse"),
        ("py-old", &["sdk1", "streamable-http"], "/mcp"),
        ("py-new", &["sdk2", "streamable-http"], "/mcp"),
    ] {
        let state = StateFile::new();
        let row = Row {
            environment,
            words,
            entry: Value::Null,
            path,
            version: "",
        };
        let server = row.start(&state);
        let gateway = Gateway::single(&[], [server.url(path)]);
        gateway.value("/grow", &json!({}));
        wait_until("the tool is documented", || {
            gateway.document("/openapi.json")["paths"]
                .get("/grown")
                .is_some()
        });
        assert_eq!(gateway.value("/grown", &json!({})), "grown", "{words:?}");
    }
}

fn everything(transport: &str) -> Listening {
    let program = peer("npm/node_modules/.bin/mcp-server-everything");
    Listening::start(|port| {
        let mut command = Command::new(program);
        command.arg(transport).env("PORT", port.to_string());
        command
    })
}

/// What another test holds the same server to as a child process, over HTTP.
#[track_caller]
fn everything_works(server: &Listening, flags: &[&str], path: &str) {
    let gateway = Gateway::single(flags, [server.url(path)]);
    crate::real_servers::gives_every_kind_of_content(&gateway);
    let answer = gateway
        .request("POST", "/trigger-long-running-operation")
        .header("Accept", "text/event-stream")
        .json(&json!({"duration": 1, "steps": 4}))
        .send()
        .expect(200);
    let events = answer.text();
    assert_eq!(events.matches("event: progress").count(), 4, "{events}");
    let report = gateway
        .call(
            "/simulate-research-query",
            &json!({"topic": "spring tides"}),
        )
        .expect(200);
    assert!(report.text().contains("spring tides"), "{report}");
}

#[test]
fn the_everything_server_works_over_streamable_http() {
    let server = everything("streamableHttp");
    everything_works(&server, &["--type", "streamable-http"], "/mcp");
}

#[test]
fn the_everything_server_works_over_sse() {
    let server = everything("sse");
    everything_works(&server, &["--type", "sse"], "/sse");
}

#[test]
fn a_stdio_server_behind_supergateway_works() {
    let command = fixture(&[]).join(" ");
    let program = peer("npm/node_modules/.bin/supergateway");
    let server = Listening::start(|port| {
        let mut bridge = Command::new(program);
        bridge
            .args(["--stdio", &command, "--outputTransport", "streamableHttp"])
            .args(["--stateful", "--port", &port.to_string()]);
        bridge
    });
    let gateway = Gateway::single(&[], [server.url("/mcp")]);
    let raw = gateway.call_text("/echo_raw", r#"{"big":123456789012345678901234567890}"#);
    // The bridge itself rounds numbers.
    assert!(
        raw.expect(200)
            .text()
            .contains("\"big\":1.2345678901234568e+29")
    );
}

#[test]
fn a_proxy_of_the_environment_is_used() {
    let proxy = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let gateway = Launch::new()
        .env(
            "http_proxy",
            &format!("http://{}", proxy.local_addr().unwrap()),
        )
        .server(["http://mcp.example/mcp"])
        .start();
    let (mut connection, _) = proxy.accept().unwrap();
    let mut request = [0; 4096];
    let length = connection.read(&mut request).unwrap();
    let request = String::from_utf8_lossy(&request[..length]).into_owned();
    assert!(
        request.starts_with("POST http://mcp.example/mcp HTTP/1.1"),
        "{request}"
    );
    drop(gateway);
}

#[test]
fn headers_of_the_flag_reach_the_server_and_a_refusal_is_told_without_them() {
    let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}/mcp", server.local_addr().unwrap());
    let asked = std::thread::spawn(move || {
        let (mut connection, _) = server.accept().unwrap();
        let mut request = [0; 4096];
        let length = connection.read(&mut request).unwrap();
        let refusal = "HTTP/1.1 401 Unauthorized\r\ncontent-length: 9\r\n\r\nno entry!";
        connection.write_all(refusal.as_bytes()).unwrap();
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    let header = r#"{"Authorization": "Bearer top-secret", "X-Team": "blue"}"#;
    let gateway = Gateway::single(
        &["--type", "streamable-http", "--header", header],
        [url.clone()],
    );
    let asked = asked.join().unwrap();
    assert!(
        asked.contains("authorization: Bearer top-secret"),
        "{asked}"
    );
    assert!(asked.contains("x-team: blue"), "{asked}");
    assert!(asked.contains("mcp-method: server/discover"), "{asked}");
    assert!(asked.contains("user-agent: viceversa/"), "{asked}");
    gateway.wait_for_log("refuses access (401 Unauthorized): no entry!");
    assert!(!gateway.log().contains("top-secret"));
}
