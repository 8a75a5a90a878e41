//! How servers are started, restarted, and kept apart from each other.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::gateway::{Gateway, Launch, SOON, StateFile, entry, fixture, server_in, wait_until};

#[test]
fn a_slow_server_delays_no_other() {
    let gateway = Launch::new()
        .config(&json!({"mcpServers": {
            "slow": entry(&fixture(&["--start-delay", "6000"])),
            "fast": entry(&fixture(&[])),
        }}))
        .start();
    let started = Instant::now();
    gateway.anonymous("GET", "/health").send().expect(200);
    gateway.call("/fast/echo_raw", &json!({})).expect(200);
    let took = started.elapsed();
    assert_eq!(gateway.state_of("slow"), "starting", "after {took:?}");
    // A call to the slow one waits for it.
    gateway.call("/slow/echo_raw", &json!({})).expect(200);
    assert_eq!(gateway.state_of("slow"), "ready");
}

#[test]
fn a_call_waits_for_a_starting_server_only_so_long() {
    let gateway = Gateway::single(
        &["--start-wait", "300ms"],
        fixture(&["--start-delay", "20000"]),
    );
    let started = Instant::now();
    let answer = gateway.call("/echo_raw", &json!({})).expect(503);
    let took = started.elapsed();
    assert!(
        took >= Duration::from_millis(300) && took < Duration::from_secs(15),
        "{took:?}"
    );
    let detail = answer.detail();
    assert_eq!(detail["state"], "starting", "{detail:#}");
    assert!(answer.header("retry-after").is_some(), "{answer}");
}

#[test]
fn a_process_that_is_started_again_says_its_warnings_in_the_log_again() {
    let state = StateFile::new();
    let mut server = entry(&state.fixture(&[]));
    server["disabledTools"] = json!(["no_such_tool"]);
    let gateway = Launch::new()
        .config(&json!({"mcpServers": {"time": server}}))
        .start();
    let told = || gateway.log().matches("disabledTools names it").count();
    wait_until("the server is up, and told of", || told() == 1);
    let first = state.pids("start ")[0];
    rustix::process::kill_process(first, rustix::process::Signal::KILL).unwrap();
    wait_until("another has said it too", || told() == 2);
}

#[test]
fn a_failed_server_answers_503_and_the_others_work() {
    let gateway = Launch::new()
        .config(&json!({"mcpServers": {
            "broken": entry(&fixture(&["--exit-at-start", "7"])),
            "missing": {"command": "/no/such/program-for-viceversa"},
            "fine": entry(&fixture(&[])),
        }}))
        .start();
    gateway.call("/fine/echo_raw", &json!({})).expect(200);
    for server in ["broken", "missing"] {
        wait_until("the server has failed", || {
            gateway.state_of(server) == "failed"
        });
        let answer = gateway
            .call(&format!("/{server}/anything"), &json!({}))
            .expect(503);
        let seconds: u64 = answer
            .header("retry-after")
            .and_then(|value| value.parse().ok())
            .unwrap_or_else(|| panic!("Retry-After in seconds: {answer}"));
        assert!((1..=60).contains(&seconds), "{seconds}");
        let detail = answer.detail();
        assert_eq!(detail["server"], server, "{detail:#}");
        assert_eq!(detail["state"], "failed", "{detail:#}");
        assert!(detail["message"].is_string(), "{detail:#}");
        gateway
            .get(&format!("/{server}/openapi.json"))
            .expect(503)
            .detail();
    }
    gateway.call("/fine/echo_raw", &json!({})).expect(200);
    let whole = gateway.document("/openapi.json");
    assert!(whole["paths"]["/fine/echo_raw"].is_object());
}

#[test]
fn what_a_server_last_wrote_to_stderr_is_for_the_log_and_callers_with_a_key_alone() {
    let gateway = Launch::new()
        .key("top-secret")
        .flags(["--public-docs"])
        .config(&json!({"mcpServers": {"broken": entry(&fixture(&["--exit-at-start", "7"]))}}))
        .start();
    wait_until("the server has failed", || {
        gateway.state_of("broken") == "failed"
    });
    let status = gateway.get("/status").expect(200).json();
    let shown = server_in(&status, "broken")
        .map(Value::to_string)
        .unwrap_or_default();
    assert!(shown.contains("exits at start with code 7"), "{shown}");
    gateway.wait_for_log("exits at start with code 7");
    for target in [
        "/docs",
        "/openapi.json",
        "/broken/docs",
        "/broken/openapi.json",
    ] {
        let status = if target.starts_with("/broken") {
            503
        } else {
            200
        };
        let shown = gateway.anonymous("GET", target).send().expect(status);
        assert!(!shown.text().contains("exits at start"), "{shown}");
    }
    let called = gateway.call("/broken/anything", &json!({})).expect(503);
    assert!(!called.text().contains("exits at start"), "{called}");
}

#[test]
fn a_program_that_does_not_exist_is_named() {
    let gateway = Launch::new()
        .config(&json!({"mcpServers": {"missing": {"command": "no-such-program-for-viceversa"}}}))
        .start();
    wait_until("the server has failed", || {
        gateway.state_of("missing") == "failed"
    });
    let status = gateway.get("/status").expect(200).json();
    let shown = server_in(&status, "missing")
        .map(Value::to_string)
        .unwrap_or_default();
    assert!(shown.contains("no-such-program-for-viceversa"), "{shown}");
    assert!(shown.contains("is not in PATH"), "{shown}");
}

#[test]
fn a_server_that_never_answers_fails_at_the_start_deadline() {
    let state = StateFile::new();
    let gateway = Gateway::single(
        &["--start-timeout", "3s"],
        state.fixture(&["--never-ready"]),
    );
    let answer = gateway.call("/echo_raw", &json!({})).expect(503);
    assert!(answer.header("retry-after").is_some(), "{answer}");
    state.wait_for("start ", 2);
}

#[test]
fn a_server_that_fails_at_first_is_tried_again_with_growing_pauses() {
    let state = StateFile::new();
    let gateway = Launch::new()
        .config(&json!({"mcpServers": {"late": entry(
            &state.fixture(&["--exit-at-start", "1", "--exit-first", "4"]),
        )}}))
        .start();
    let started = Instant::now();
    wait_until("the server is up", || gateway.state_of("late") == "ready");
    let took = started.elapsed();
    // Four pauses, of 0.2, 0.4, 0.8 and 1.6 s before jitter, which halves them at most.
    assert!(took >= Duration::from_secs(1), "{took:?}");
    assert_eq!(state.count("start "), 5, "{:?}", state.lines());
    gateway.call("/late/echo_raw", &json!({})).expect(200);
}

#[test]
fn a_server_that_always_fails_is_not_started_in_a_tight_loop() {
    let state = StateFile::new();
    let _gateway = Gateway::single(&[], state.fixture(&["--exit-at-start", "1"]));
    state.wait_for("start ", 4);
    let started = Instant::now();
    let before = state.count("start ");
    while started.elapsed() < Duration::from_secs(2) {
        std::thread::sleep(Duration::from_millis(50));
    }
    let more = state.count("start ") - before;
    assert!(more <= 4, "{more} starts in two seconds");
}

#[test]
fn a_killed_server_comes_back_and_its_document_stays() {
    let state = StateFile::new();
    let gateway = Launch::new()
        .config(&json!({"mcpServers": {"one": entry(&state.fixture(&["--start-delay", "300"]))}}))
        .start();
    gateway.call("/one/echo_raw", &json!({})).expect(200);
    let first = state.pids("start ")[0];
    rustix::process::kill_process(first, rustix::process::Signal::KILL).unwrap();
    wait_until("the end is noticed", || gateway.state_of("one") != "ready");
    gateway.get("/one/openapi.json").expect(200);
    gateway.call("/one/echo_raw", &json!({})).expect(200);
    assert_eq!(state.count("start "), 2, "{:?}", state.lines());
}

#[test]
fn a_failed_server_is_not_asked_and_the_caller_not_kept_waiting() {
    let gateway = Gateway::single(&[], fixture(&["--exit-at-start", "1"]));
    wait_until("the server has failed", || {
        gateway.call("/echo_raw", &json!({})).status == 503
    });
    let started = Instant::now();
    gateway.call("/echo_raw", &json!({})).expect(503);
    assert!(started.elapsed() < SOON / 4, "{:?}", started.elapsed());
}

#[test]
fn readiness_tells_whether_servers_are_up() {
    let gateway = Launch::new()
        .config(&json!({"mcpServers": {
            "one": entry(&fixture(&["--start-delay", "4000"])),
        }}))
        .start();
    gateway.anonymous("GET", "/health").send().expect(200);
    gateway.anonymous("GET", "/ready").send().expect(503);
    wait_until("the gateway is ready", || {
        gateway.anonymous("GET", "/ready").send().status == 200
    });
    assert_eq!(gateway.state_of("one"), "ready");
}

#[test]
fn a_disabled_server_is_not_started() {
    let state = StateFile::new();
    let mut disabled = entry(&state.fixture(&[]));
    disabled["disabled"] = json!(true);
    let gateway = Launch::new()
        .config(&json!({"mcpServers": {"off": disabled, "on": entry(&fixture(&[]))}}))
        .start();
    gateway.call("/on/echo_raw", &json!({})).expect(200);
    gateway.call("/off/echo_raw", &json!({})).expect(404);
    assert_eq!(state.count("start "), 0);
}
