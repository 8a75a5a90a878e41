//! One test for each promise about servers that misbehave in a call.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::documents::operation_ids;
use crate::gateway::{Gateway, Launch, StateFile, entry, fixture, wait_until};

#[test]
fn a_read_only_tool_whose_server_dies_is_called_again_on_the_new_child() {
    let state = StateFile::new();
    let gateway = Gateway::single(&[], state.fixture(&[]));
    gateway.call("/die_once_read_only", &json!({})).expect(200);
    assert_eq!(
        state.count("call die_once_read_only"),
        2,
        "{:?}",
        state.lines()
    );
    assert_eq!(state.count("start "), 2, "{:?}", state.lines());
}

#[test]
fn a_writing_tool_whose_server_dies_is_never_executed_twice() {
    let state = StateFile::new();
    let gateway = Gateway::single(&[], state.fixture(&[]));
    let detail = gateway
        .call("/die_once_write", &json!({}))
        .expect(502)
        .detail();
    let message = detail["message"]
        .as_str()
        .unwrap_or_default()
        .to_lowercase();
    assert!(message.contains("may have been executed"), "{detail:#}");
    // The next call is served by the new child, and the first was not repeated there.
    gateway.call("/echo_raw", &json!({})).expect(200);
    assert_eq!(state.count("call die_once_write"), 1, "{:?}", state.lines());
    assert_eq!(state.count("start "), 2, "{:?}", state.lines());
}

#[test]
fn an_idempotent_tool_whose_server_dies_is_called_again_too() {
    let state = StateFile::new();
    let gateway = Gateway::single(&[], state.fixture(&[]));
    gateway.call("/die_once_idempotent", &json!({})).expect(200);
    assert_eq!(
        state.count("call die_once_idempotent"),
        2,
        "{:?}",
        state.lines()
    );
}

#[test]
fn other_calls_in_flight_get_an_answer_at_once_when_the_server_dies() {
    let state = StateFile::new();
    let folder = tempfile::tempdir().unwrap();
    let tools = folder.path().join("tools.json");
    // Here `never` is a tool that writes, so that nothing calls it again.
    let definitions = json!([
        {"name": "never", "inputSchema": {"type": "object"}},
        {"name": "die", "inputSchema": {"type": "object"}},
    ]);
    std::fs::write(&tools, definitions.to_string()).unwrap();
    let gateway = Gateway::single(
        &["--call-timeout", "120s"],
        state.fixture(&["--tools-file", tools.to_str().unwrap()]),
    );
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| gateway.call("/never", &json!({})));
        state.wait_for("call never", 1);
        let started = Instant::now();
        gateway.call("/die", &json!({})).expect(502).detail();
        waiting.join().unwrap().expect(502).detail();
        assert!(
            started.elapsed() < Duration::from_secs(30),
            "{:?}",
            started.elapsed()
        );
    });
    assert_eq!(state.count("call never"), 1, "{:?}", state.lines());
}

#[test]
fn a_read_only_call_beside_one_that_kills_the_server_still_succeeds() {
    let state = StateFile::new();
    let gateway = Gateway::single(&[], state.fixture(&[]));
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| gateway.call("/sleep", &json!({"ms": 1000})));
        state.wait_for("call sleep", 1);
        gateway.call("/die", &json!({})).expect(502);
        assert_eq!(waiting.join().unwrap().expect(200).json(), "slept 1000 ms");
    });
    assert_eq!(state.count("call sleep"), 2, "{:?}", state.lines());
    assert_eq!(state.count("call die"), 1, "{:?}", state.lines());
}

#[test]
fn a_server_that_dies_within_a_line_fails_the_call() {
    let gateway = Gateway::single(&[], fixture(&[]));
    let partial = r#"{"jsonrpc":"2.0","id":$ID,"result":{"content":[]}}"#;
    // Whole, but for the line's end: nobody can know that no more was to come.
    let answer = gateway.call("/die", &json!({"partial": &partial[..partial.len() - 3]}));
    answer.expect(502).detail();
    gateway.call("/echo_raw", &json!({})).expect(200);
}

#[test]
fn a_call_that_is_never_answered_ends_at_the_deadline_and_is_cancelled_upstream() {
    let state = StateFile::new();
    let gateway = Gateway::single(&["--call-timeout", "400ms"], state.fixture(&[]));
    gateway.call("/echo_raw", &json!({})).expect(200);
    let started = Instant::now();
    gateway.call("/never", &json!({})).expect(504).detail();
    let took = started.elapsed();
    assert!(took >= Duration::from_millis(400), "{took:?}");
    assert!(took < Duration::from_secs(10), "{took:?}");
    state.wait_for("cancelled ", 1);
    gateway.call("/echo_raw", &json!({})).expect(200);
    assert_eq!(
        state.count("start "),
        1,
        "the server goes on: {:?}",
        state.lines()
    );
}

#[test]
fn mcpos_variable_for_the_deadline_is_understood() {
    let gateway = Launch::new()
        .env("CONNECTION_TIMEOUT", "1")
        .server(fixture(&[]))
        .start();
    gateway.call("/echo_raw", &json!({})).expect(200);
    gateway.call("/never", &json!({})).expect(504);
}

#[test]
fn progress_extends_the_deadline_up_to_a_maximum() {
    let gateway = Gateway::single(
        &["--call-timeout", "1s", "--max-call-timeout", "20s"],
        fixture(&[]),
    );
    gateway
        .call("/progress", &json!({"steps": 10, "ms": 250}))
        .expect(200);
    let bounded = Gateway::single(
        &["--call-timeout", "1s", "--max-call-timeout", "2s"],
        fixture(&[]),
    );
    bounded
        .call("/progress", &json!({"steps": 40, "ms": 250}))
        .expect(504);
}

#[test]
fn a_caller_that_goes_away_cancels_the_call_upstream() {
    let state = StateFile::new();
    let gateway = Gateway::single(&[], state.fixture(&[]));
    for accept in ["application/json", "text/event-stream"] {
        let before = state.count("call never");
        let stream = gateway
            .request("POST", "/never")
            .header("Accept", accept)
            .json(&json!({}))
            .open();
        state.wait_for("call never", before + 1);
        drop(stream);
        state.wait_for("cancelled ", before + 1);
    }
    gateway.call("/echo_raw", &json!({})).expect(200);
}

#[test]
fn garbage_before_an_answer_is_reported_and_skipped() {
    let gateway = Gateway::single(&[], fixture(&[]));
    let answer = gateway.value("/garbage_then_answer", &json!({}));
    assert_eq!(answer, "answered after garbage");
    wait_until("the log tells of the garbage", || {
        let log = gateway.log().to_lowercase();
        log.contains("json-rpc") || log.contains("not json")
    });
}

#[test]
fn garbage_instead_of_an_answer_fails_that_call_and_no_other() {
    let gateway = Gateway::single(&["--call-timeout", "2s"], fixture(&[]));
    gateway
        .call("/garbage_only", &json!({}))
        .expect(502)
        .detail();
    gateway.call("/echo_raw", &json!({})).expect(200);
}

#[test]
fn a_banner_before_the_handshake_does_no_harm() {
    let gateway = Gateway::single(
        &[],
        fixture(&[
            "--banner",
            "Welcome!\n{\"not\": \"json-rpc\"}\n[1, 2]\n\n   \nnull",
        ]),
    );
    gateway.call("/echo_raw", &json!({})).expect(200);
}

#[test]
fn a_flood_on_stderr_blocks_nothing_and_is_limited_in_the_log() {
    let gateway = Gateway::single(&[], fixture(&["--flood-stderr", "200000"]));
    gateway.call("/echo_raw", &json!({})).expect(200);
    gateway
        .call("/flood_stderr", &json!({"lines": 100_000}))
        .expect(200);
    gateway.call("/echo_raw", &json!({})).expect(200);
    // 300,000 lines of 80 characters are 24 MB.
    let size = gateway.log().len();
    assert!(size < 4 << 20, "the log has {size} bytes");
    assert!(
        gateway.log().contains("stderr line"),
        "some of it is in the log"
    );
}

#[test]
fn a_line_over_the_limit_fails_that_call_alone() {
    let state = StateFile::new();
    let gateway = Gateway::single(&["--max-line-size", "256KiB"], state.fixture(&[]));
    std::thread::scope(|scope| {
        let beside = scope.spawn(|| gateway.call("/sleep", &json!({"ms": 1500})));
        state.wait_for("call sleep", 1);
        for id_last in [false, true] {
            let arguments = json!({"bytes": 400_000, "id_last": id_last});
            let detail = gateway.call("/huge", &arguments).expect(502).detail();
            assert!(detail["message"].is_string(), "{detail:#}");
        }
        beside.join().unwrap().expect(200);
    });
    gateway
        .call("/huge", &json!({"bytes": 100_000}))
        .expect(200);
    assert_eq!(state.count("start "), 1, "{:?}", state.lines());
}

#[test]
fn an_answer_of_many_mebibytes_passes_by_default() {
    let gateway = Gateway::single(&[], fixture(&[]));
    let bytes = 20 << 20;
    let answer = gateway
        .call("/huge", &json!({ "bytes": bytes }))
        .expect(200);
    assert!(answer.body.len() >= bytes, "{} bytes", answer.body.len());
}

#[test]
fn a_second_answer_to_one_request_is_dropped() {
    let gateway = Gateway::single(&[], fixture(&[]));
    for turn in 0..5 {
        assert_eq!(gateway.value("/duplicate_id", &json!({})), "first");
        let sent = json!({ "turn": turn });
        let echoed = gateway.call("/echo_raw", &sent).expect(200);
        assert!(
            echoed.text().contains(&format!("\"turn\":{turn}")),
            "{echoed}"
        );
    }
}

#[test]
fn an_answer_to_a_request_that_was_never_sent_is_dropped() {
    let gateway = Gateway::single(&[], fixture(&[]));
    assert_eq!(gateway.value("/wrong_id", &json!({})), "of the right id");
    gateway.call("/echo_raw", &json!({})).expect(200);
}

#[test]
fn answers_out_of_order_reach_their_callers() {
    let gateway = Gateway::single(&[], fixture(&[]));
    gateway.call("/echo_raw", &json!({})).expect(200);
    let calls = 8;
    std::thread::scope(|scope| {
        let gateway = &gateway;
        let running: Vec<_> = (0..calls)
            .map(|number| {
                scope.spawn(move || {
                    let sent = json!({"calls": calls, "text": format!("mark-{number}-")});
                    (number, gateway.call("/out_of_order", &sent))
                })
            })
            .collect();
        for handle in running {
            let (number, answer) = handle.join().unwrap();
            assert_eq!(answer.expect(200).json(), format!("mark-{number}-"));
        }
    });
}

#[test]
fn many_calls_at_once_reach_their_callers() {
    let gateway = Gateway::single(&[], fixture(&[]));
    gateway.call("/echo_raw", &json!({})).expect(200);
    std::thread::scope(|scope| {
        for caller in 0..16 {
            let gateway = &gateway;
            scope.spawn(move || {
                for turn in 0..20 {
                    let mark = format!("{caller}-{turn}");
                    let answer = gateway
                        .call("/echo_raw", &json!({ "mark": mark }))
                        .expect(200);
                    assert!(
                        answer.text().contains(&format!("\"{mark}\"")),
                        "{mark}: {answer}"
                    );
                }
            });
        }
    });
}

#[test]
fn tools_that_change_show_in_the_document_without_a_restart() {
    for era in ["legacy", "stateless"] {
        let state = StateFile::new();
        let gateway = Gateway::single(&[], state.fixture(&["--era", era, "--list-changed"]));
        gateway.call("/echo_raw", &json!({})).expect(200);
        let before = operation_ids(&gateway.document("/openapi.json"));
        gateway
            .call(
                "/change_tools",
                &json!({"add": "brand_new", "remove": "cwd"}),
            )
            .expect(200);
        wait_until("the document changes", || {
            operation_ids(&gateway.document("/openapi.json")) != before
        });
        let now = operation_ids(&gateway.document("/openapi.json"));
        assert!(now.contains(&"brand_new".to_owned()), "{era}: {now:?}");
        assert!(!now.contains(&"cwd".to_owned()), "{era}: {now:?}");
        assert_eq!(now.len(), before.len(), "{era}: {now:?}");
        gateway.call("/brand_new", &json!({})).expect(200);
        gateway.call("/cwd", &json!({})).expect(404);
        assert_eq!(state.count("start "), 1, "{era}: {:?}", state.lines());
    }
}

#[test]
fn a_list_in_pages_is_read_to_its_end() {
    let whole = Gateway::single(&[], fixture(&[]));
    let paged = Gateway::single(&[], fixture(&["--page-size", "2"]));
    let mut ids = Vec::new();
    for gateway in [&whole, &paged] {
        gateway.call("/echo_raw", &json!({})).expect(200);
        ids.push(operation_ids(&gateway.document("/openapi.json")));
    }
    assert!(ids[0].len() > 10, "{ids:?}");
    assert_eq!(ids[0], ids[1]);
}

#[test]
fn a_tool_that_must_run_as_a_task_is_started_and_polled_in_every_era() {
    for flags in [&["--era", "legacy"][..], &["--era", "stateless"]] {
        let gateway = Gateway::single(&[], fixture(flags));
        for (outcome, status) in [("completed", 200), ("tool_error", 422), ("rpc_error", 502)] {
            let answer = gateway.call("/task_required", &json!({ "outcome": outcome }));
            assert_eq!(answer.status, status, "{flags:?} {outcome}: {answer}");
        }
    }
}

#[test]
fn a_task_that_tells_nothing_new_ends_at_the_deadline() {
    for era in ["legacy", "stateless"] {
        let gateway = Gateway::single(&["--call-timeout", "1s"], fixture(&["--era", era]));
        let call = gateway.call("/task_required", &json!({"outcome": "never"}));
        call.expect(504);
    }
}

#[test]
fn a_line_that_names_a_call_without_answering_it_fails_the_call() {
    let gateway = Gateway::single(&["--call-timeout", "30s"], fixture(&[]));
    let line = json!({"line": r#"{"jsonrpc":"2.0","id":$ID}"#});
    let refused = gateway.call("/raw_line", &line).expect(502);
    assert!(refused.text().contains("neither"), "{refused}");
}

#[test]
fn a_task_is_cancelled_when_its_caller_goes_away() {
    for era in ["legacy", "stateless"] {
        let state = StateFile::new();
        let gateway = Gateway::single(&[], state.fixture(&["--era", era]));
        let stream = gateway
            .request("POST", "/task_required")
            .json(&json!({"outcome": "never"}))
            .open();
        // Before that nobody knows what to cancel.
        state.wait_for("task-asked ", 1);
        drop(stream);
        state.wait_for("task-cancelled ", 1);
    }
}

#[test]
fn a_request_from_the_server_does_not_hang_a_rest_call() {
    let gateway = Gateway::single(&["--call-timeout", "20s"], fixture(&[]));
    let started = Instant::now();
    let answer = gateway.call("/elicit", &json!({}));
    assert_ne!(answer.status, 504, "{answer}");
    assert!(started.elapsed() < Duration::from_secs(15), "{answer}");
    gateway.call("/echo_raw", &json!({})).expect(200);
}

#[test]
fn log_messages_of_a_server_go_to_the_log() {
    let gateway = Gateway::single(&[], fixture(&[]));
    let data = json!({"level": "error", "data": "a very particular message"});
    assert_eq!(gateway.value("/log", &data), "logged");
    gateway.wait_for_log("a very particular message");
}

#[test]
fn every_era_and_version_is_spoken_and_shown_in_the_status() {
    let mut flags: Vec<Vec<&str>> = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]
        .into_iter()
        .map(|version| vec!["--protocol-version", version])
        .collect();
    flags.push(vec!["--era", "stateless"]);
    flags.push(vec!["--era", "dual"]);
    flags.push(vec!["--era", "exit-on-discover"]);
    flags.push(vec!["--era", "silent-on-discover"]);
    let expected = [
        "2024-11-05",
        "2025-03-26",
        "2025-06-18",
        "2025-11-25",
        "2026-07-28",
        "2026-07-28",
        "2025-11-25",
        "2025-11-25",
    ];
    let servers: serde_json::Map<String, Value> = flags
        .iter()
        .enumerate()
        .map(|(at, flags)| (format!("s{at}"), entry(&fixture(flags))))
        .collect();
    let gateway = Launch::new()
        .config(&json!({"mcpServers": servers}))
        .start();
    for (at, version) in expected.iter().enumerate() {
        let answer = gateway.call(&format!("/s{at}/echo_raw"), &json!({"at": at}));
        assert_eq!(answer.status, 200, "{:?}: {answer}", flags[at]);
        let status = gateway.get("/status").expect(200).json();
        let shown = crate::gateway::server_in(&status, &format!("s{at}"))
            .unwrap_or_else(|| panic!("{status:#}"))
            .to_string();
        assert!(shown.contains(version), "{:?}: {shown}", flags[at]);
        let prompt = gateway.call(&format!("/s{at}/prompts/greet"), &json!({"name": "Ada"}));
        assert!(
            prompt.text().contains("Greet Ada."),
            "{:?}: {prompt}",
            flags[at]
        );
    }
}

#[test]
fn what_era_a_server_speaks_is_remembered_over_a_restart() {
    let state = StateFile::new();
    let gateway = Gateway::single(&[], state.fixture(&["--era", "exit-on-discover"]));
    gateway.call("/echo_raw", &json!({})).expect(200);
    assert_eq!(state.count("discover"), 1, "{:?}", state.lines());
    gateway.call("/die_once_read_only", &json!({})).expect(200);
    assert_eq!(state.count("discover"), 1, "{:?}", state.lines());
}

#[test]
fn a_server_that_knows_both_eras_is_not_made_legacy() {
    let state = StateFile::new();
    let gateway = Gateway::single(&[], state.fixture(&["--era", "dual"]));
    gateway.call("/echo_raw", &json!({})).expect(200);
    assert_eq!(state.count("initialize"), 0, "{:?}", state.lines());
}
