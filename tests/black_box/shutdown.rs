//! How the gateway ends.

use std::io::Read as _;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::json;

use crate::gateway::{Gateway, Launch, SOON, StateFile, wait_until, wait_until_gone};

#[test]
fn either_signal_ends_it_with_code_0() {
    for signal in [Signal::TERM, Signal::INT] {
        let state = StateFile::new();
        let mut gateway = Gateway::single(&[], state.fixture(&[]));
        gateway.call("/echo_raw", &json!({})).expect(200);
        gateway.signal(signal);
        assert_eq!(gateway.wait_for_end(SOON).code(), Some(0), "{signal:?}");
        wait_until_gone(&state.pids("start "));
    }
}

#[test]
fn a_signal_ends_it_while_servers_still_start() {
    let state = StateFile::new();
    let mut gateway = Gateway::single(&[], state.fixture(&["--start-delay", "30000"]));
    state.wait_for("start ", 1);
    let started = Instant::now();
    gateway.signal(Signal::TERM);
    assert_eq!(gateway.wait_for_end(SOON).code(), Some(0));
    assert!(
        started.elapsed() < Duration::from_secs(25),
        "{:?}",
        started.elapsed()
    );
    wait_until_gone(&state.pids("start "));
}

#[test]
fn calls_in_flight_end_and_readiness_turns_503() {
    let state = StateFile::new();
    let mut gateway = Gateway::single(&[], state.fixture(&[]));
    gateway.call("/echo_raw", &json!({})).expect(200);
    // A connection that is open already can still ask for readiness.
    let mut watcher = KeptOpen::new(&gateway);
    assert_eq!(watcher.get("/ready"), 200);
    let mut call = gateway
        .request("POST", "/sleep")
        .json(&json!({"ms": 2000}))
        .open();
    state.wait_for("call sleep", 1);
    gateway.signal(Signal::TERM);
    wait_until("no new connection is accepted", || {
        TcpStream::connect(gateway.address).is_err()
    });
    let ready = watcher.get("/ready");
    assert!(ready == 503 || ready == 0, "readiness is {ready}");
    let mut answer = String::new();
    call.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("slept 2000 ms"), "{answer}");
    assert_eq!(gateway.wait_for_end(SOON).code(), Some(0));
    wait_until_gone(&state.pids("start "));
}

#[test]
fn a_call_that_does_not_end_is_ended_at_the_shutdown_deadline() {
    let state = StateFile::new();
    let mut gateway = Gateway::single(&["--shutdown-timeout", "700ms"], state.fixture(&[]));
    gateway.call("/echo_raw", &json!({})).expect(200);
    let mut call = gateway.request("POST", "/never").json(&json!({})).open();
    state.wait_for("call never", 1);
    let started = Instant::now();
    gateway.signal(Signal::TERM);
    let mut answer = String::new();
    let _ = call.read_to_string(&mut answer);
    assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(gateway.wait_for_end(SOON).code(), Some(0));
    let took = started.elapsed();
    assert!(took >= Duration::from_millis(600), "{took:?}");
    assert!(took < Duration::from_secs(20), "{took:?}");
    wait_until_gone(&state.pids("start "));
}

#[test]
fn a_second_signal_ends_it_at_once_with_the_code_of_that_signal() {
    for (second, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let state = StateFile::new();
        let mut gateway = Launch::new()
            .flags(["--shutdown-timeout", "120s"])
            .server(state.fixture(&["--ignore-eof", "--ignore-sigterm"]))
            .start();
        gateway.call("/echo_raw", &json!({})).expect(200);
        let _call = gateway.request("POST", "/never").json(&json!({})).open();
        state.wait_for("call never", 1);
        gateway.signal(Signal::TERM);
        wait_until("the first signal is taken", || {
            TcpStream::connect(gateway.address).is_err()
        });
        let started = Instant::now();
        gateway.signal(second);
        let status = gateway.wait_for_end(SOON);
        assert_eq!(status.code(), Some(code), "{second:?}");
        assert!(
            started.elapsed() < Duration::from_secs(10),
            "{:?}",
            started.elapsed()
        );
        wait_until_gone(&state.pids("start "));
    }
}

/// A connection that several requests are sent on.
struct KeptOpen {
    stream: TcpStream,
    host: String,
}

impl KeptOpen {
    fn new(gateway: &Gateway) -> Self {
        let stream = TcpStream::connect(gateway.address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        Self {
            stream,
            host: gateway.address.to_string(),
        }
    }

    /// The status of an answer; 0 where the connection has been closed.
    fn get(&mut self, target: &str) -> u16 {
        use std::io::Write as _;
        let request = format!("GET {target} HTTP/1.1\r\nHost: {}\r\n\r\n", self.host);
        if self.stream.write_all(request.as_bytes()).is_err() {
            return 0;
        }
        let mut buffer = [0; 8192];
        let read = self.stream.read(&mut buffer).unwrap_or_default();
        let text = String::from_utf8_lossy(&buffer[..read]).into_owned();
        text.strip_prefix("HTTP/1.1 ")
            .and_then(|rest| rest.get(..3)?.parse().ok())
            .unwrap_or_default()
    }
}
