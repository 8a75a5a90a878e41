//! A caller that hangs up cancels what it asked for, on the server too.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::callers::{Caller as _, Client, STATELESS, Spawned, Sse, message, stateless_meta};
use crate::gateway::{Gateway, Launch, StateFile, wait_until, wait_until_gone};
use crate::tls;

/// How long it may take until the server knows.
const PROMPTLY: Duration = Duration::from_secs(1);

const NEVER: &str = r#""name":"never","arguments":{}"#;
const ENDLESS: &str = r#""name":"progress","arguments":{"steps":100000,"ms":50}"#;
const TOKEN: &str = r#""progressToken":1"#;

#[track_caller]
fn is_cancelled_promptly(state: &StateFile, since: Instant) {
    state.wait_for("cancelled ", 1);
    let took = since.elapsed();
    assert!(took < PROMPTLY, "it took {took:?}");
    assert_eq!(state.count("cancelled "), 1, "{:?}", state.lines());
}

#[test]
fn a_stateless_caller_that_hangs_up_cancels() {
    for era in ["legacy", "stateless"] {
        // Before an answer has begun, and in a stream.
        for call in [NEVER, ENDLESS] {
            let state = StateFile::new();
            let gateway = Gateway::single(&[], state.fixture(&["--era", era]));
            let client = Client::stateless(&gateway, "/mcp", "{}");
            let request = client.post(&client.message("tools/call", call, TOKEN));
            let connection = request.open();
            state.wait_for("call ", 1);
            drop(connection);
            is_cancelled_promptly(&state, Instant::now());
            assert_eq!(client.call("echo_raw", "{}").text(), "{}");
        }
    }
}

#[test]
fn a_session_whose_answer_has_not_begun_cancels_by_hanging_up() {
    let state = StateFile::new();
    let gateway = Gateway::single(&[], state.fixture(&[]));
    let client = Client::session(&gateway, "/mcp", "{}");
    let connection = client.post(&client.message("tools/call", NEVER, "")).open();
    state.wait_for("call never", 1);
    drop(connection);
    is_cancelled_promptly(&state, Instant::now());
    assert_eq!(client.call("echo_raw", "{}").text(), "{}");
}

#[test]
fn a_suspended_server_is_cancelled_by_who_hangs_up_on_its_question() {
    let state = StateFile::new();
    let gateway = Gateway::single(&["--resume-wait", "0"], state.fixture(&[]));
    let client = Client::session(&gateway, "/mcp", r#"{"elicitation":{}}"#);
    let stream = client.begin("tools/call", r#""name":"elicit","arguments":{}"#, "");
    stream.message_with("elicitation/create");
    let since = Instant::now();
    stream.hang_up();
    is_cancelled_promptly(&state, since);
}

/// A gateway over TLS, and a way to call its tools over HTTP/2.
struct OverTls {
    gateway: Gateway,
    client: reqwest::Client,
    runtime: tokio::runtime::Runtime,
}

impl OverTls {
    fn start(state: &StateFile) -> Self {
        let made = tls::self_signed();
        let gateway = Launch::new()
            .flags(["--ssl-certfile", made.certificate_file.to_str().unwrap()])
            .flags(["--ssl-keyfile", made.key_file.to_str().unwrap()])
            .server(state.fixture(&[]))
            .start();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        Self {
            gateway,
            client: tls::client(Some(&made.certificate)),
            runtime,
        }
    }

    /// Begins a call; the connection is the same for all.
    fn call(
        &self,
        id: &str,
        name: &str,
        members: &str,
    ) -> tokio::task::JoinHandle<reqwest::Result<reqwest::Response>> {
        let url = format!("https://localhost:{}/mcp", self.gateway.address.port());
        let meta = format!("{TOKEN},{}", stateless_meta("{}"));
        let request = self
            .client
            .post(&url)
            .header("MCP-Protocol-Version", STATELESS)
            .header("Mcp-Method", "tools/call")
            .header("Mcp-Name", name)
            .header("Accept", "application/json, text/event-stream")
            .header("Content-Type", "application/json")
            .body(message(id, "tools/call", members, &meta));
        self.runtime.spawn(async move { request.send().await })
    }

    fn answer(
        &self,
        call: tokio::task::JoinHandle<reqwest::Result<reqwest::Response>>,
    ) -> reqwest::Response {
        self.runtime.block_on(call).unwrap().unwrap()
    }
}

#[test]
fn a_caller_over_http_2_that_resets_a_stream_of_events_cancels() {
    let state = StateFile::new();
    let over_tls = OverTls::start(&state);
    let streaming = over_tls.answer(over_tls.call("1", "progress", ENDLESS));
    assert_eq!(streaming.version(), reqwest::Version::HTTP_2);
    state.wait_for("call progress", 1);
    let since = Instant::now();
    drop(streaming);
    is_cancelled_promptly(&state, since);
    let last = over_tls.call("2", "echo_raw", r#""name":"echo_raw","arguments":{}"#);
    assert_eq!(over_tls.answer(last).status(), 200);
}

#[test]
fn a_caller_over_http_2_whose_answer_has_not_begun_cancels_by_a_reset() {
    let state = StateFile::new();
    let over_tls = OverTls::start(&state);
    let call = over_tls.call("1", "never", NEVER);
    state.wait_for("call never", 1);
    call.abort();
    is_cancelled_promptly(&state, Instant::now());
}

#[test]
fn a_caller_over_sse_cancels_all_by_ending_its_stream() {
    let state = StateFile::new();
    let gateway = Gateway::single(&[], state.fixture(&[]));
    let client = Sse::open(&gateway, "/sse", "{}");
    for id in [1, 2] {
        let call = message(&id.to_string(), "tools/call", NEVER, "");
        client.send(&call);
    }
    state.wait_for("call never", 2);
    let since = Instant::now();
    let Sse {
        stream, messages, ..
    } = client;
    stream.hang_up();
    state.wait_for("cancelled ", 2);
    assert!(since.elapsed() < PROMPTLY, "{:?}", since.elapsed());
    // Its way for messages has gone with it.
    wait_until("the stream is forgotten", || {
        let late = gateway.request("POST", &messages).json_text("{}").send();
        late.status == 404
    });
}

#[test]
fn a_caller_over_stdio_that_ends_its_input_ends_everything() {
    for is_stateless in [true, false] {
        let state = StateFile::new();
        let mut client = Spawned::start(&[], &state.fixture(&[]));
        if !is_stateless {
            client = client.with_session("2025-11-25", "{}");
        }
        let meta = if is_stateless {
            stateless_meta("{}")
        } else {
            String::new()
        };
        client.send(&message("1", "tools/call", NEVER, &meta));
        // What is about to be answered still is.
        let short = r#""name":"sleep","arguments":{"ms":300}"#;
        client.send(&message("2", "tools/call", short, &meta));
        state.wait_for("call ", 2);
        client.close_input();
        let since = Instant::now();
        let answer = client.line().unwrap();
        assert!(answer.contains("slept 300 ms"), "{answer}");
        wait_until("the gateway ends", || client.has_ended());
        // Clients kill what has not ended after two seconds.
        assert!(since.elapsed() < 2 * PROMPTLY, "{:?}", since.elapsed());
        assert_eq!(client.line(), None);
        wait_until_gone(&state.pids("start "));
        assert_eq!(state.count("cancelled "), 1, "{:?}", state.lines());
    }
}

#[test]
fn a_call_over_stdio_is_cancelled_by_its_id() {
    let state = StateFile::new();
    let client = Spawned::start(&[], &state.fixture(&[]));
    client.send(&message(
        r#""x""#,
        "tools/call",
        NEVER,
        &stateless_meta("{}"),
    ));
    state.wait_for("call never", 1);
    let since = Instant::now();
    client
        .send(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"x"}}"#);
    is_cancelled_promptly(&state, since);
    let next = client.call("echo_raw", "{}");
    assert!(next.said.is_empty(), "{next:?}");
}

#[test]
fn a_gateway_over_stdio_that_is_told_to_end_does() {
    let state = StateFile::new();
    let mut client = Spawned::start(&[], &state.fixture(&[]));
    client.call("echo_raw", "{}");
    client.signal(Signal::TERM);
    wait_until("the gateway ends", || client.has_ended());
    wait_until_gone(&state.pids("start "));
}
