//! Remote servers that fail: what callers are told, and what is done twice and what is not.

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::gateway::{Gateway, Launch, StateFile, example, wait_until};
use crate::remote::{Listening, free_port};

struct Scene {
    port: u16,
    state: StateFile,
    server: Option<Listening>,
}

impl Scene {
    #[track_caller]
    fn new() -> Self {
        let mut scene = Self {
            port: free_port(),
            state: StateFile::new(),
            server: None,
        };
        scene.start_server();
        scene
    }

    /// Starts the server; again on the same port, after it was killed.
    #[track_caller]
    fn start_server(&mut self) {
        let state = self.state.path().to_owned();
        self.server = Some(Listening::start_at(self.port, |port| {
            let mut command = Command::new(example("http-server"));
            command.args(["--port", &port.to_string(), "--state-file"]);
            command.arg(state);
            command
        }));
    }

    /// A gateway before it, with these members of the entry.
    #[track_caller]
    fn gateway(&self, members: &Value) -> Gateway {
        let mut entry = members.clone();
        entry["url"] = json!(format!("http://127.0.0.1:{}/mcp", self.port));
        Launch::new()
            .config(&json!({"mcpServers": {"s": entry}}))
            .start()
    }
}

#[track_caller]
fn is_done(gateway: &Gateway, tool: &str) {
    let said = gateway.value(&format!("/s/{tool}"), &json!({"id": 1}));
    assert_eq!(said, format!("{tool} done"));
}

#[track_caller]
fn fails_saying(gateway: &Gateway, tool: &str, status: u16, text: &str) {
    let answer = gateway.call(&format!("/s/{tool}"), &json!({"id": 1}));
    let answer = answer.expect(status);
    assert!(answer.text().contains(text), "{text}: {answer}");
}

#[test]
fn a_stream_that_breaks_off_is_resumed_where_it_was() {
    let scene = Scene::new();
    let gateway = scene.gateway(&json!({}));
    is_done(&gateway, "resume");
    assert_eq!(scene.state.count("call resume"), 1);
    assert_eq!(scene.state.count("resume e-1"), 1);
}

#[test]
fn a_call_that_breaks_off_may_have_run_and_is_repeated_only_where_that_does_no_harm() {
    let scene = Scene::new();
    let gateway = scene.gateway(&json!({}));
    fails_saying(&gateway, "cut", 502, "may have been executed");
    fails_saying(&gateway, "reset", 502, "may have been executed");
    assert_eq!(scene.state.count("call cut "), 1);
    assert_eq!(scene.state.count("call reset"), 1);
    is_done(&gateway, "cut_once");
    assert_eq!(scene.state.count("call cut_once"), 2);
    assert_eq!(scene.state.count("initialize"), 1, "the session went on");
}

#[test]
fn a_session_that_the_server_forgot_is_begun_anew_and_the_call_made_again() {
    let scene = Scene::new();
    let gateway = scene.gateway(&json!({}));
    is_done(&gateway, "forget");
    is_done(&gateway, "run");
    assert_eq!(scene.state.count("initialize"), 2);
    assert_eq!(scene.state.count("call run"), 1);
}

#[test]
fn an_event_past_the_cap_fails_its_own_call_alone() {
    let scene = Scene::new();
    let gateway = scene.gateway(&json!({"maxLineSize": "1MiB"}));
    fails_saying(&gateway, "oversize", 502, "--max-line-size");
    is_done(&gateway, "run");
    assert_eq!(scene.state.count("initialize"), 1);
}

#[test]
fn silence_ends_at_the_deadline_concerned_and_is_cancelled_upstream() {
    let scene = Scene::new();
    let members = json!({"callTimeout": "1s", "maxCallTimeout": "1s"});
    let gateway = scene.gateway(&members);
    fails_saying(&gateway, "stall", 504, "1 s");
    fails_saying(&gateway, "silent", 504, "1 s");
    scene.state.wait_for("cancelled", 2);

    let gateway = scene.gateway(&json!({"firstByteTimeout": "300ms", "idleTimeout": "300ms"}));
    fails_saying(&gateway, "silent", 502, "did not begin an answer");
    fails_saying(&gateway, "stall", 502, "silent for 0.3 s");
    is_done(&gateway, "run");
}

#[test]
fn what_the_server_refuses_is_told_in_bounds() {
    let scene = Scene::new();
    let gateway = scene.gateway(&json!({}));
    fails_saying(&gateway, "not_json", 502, "502 Bad Gateway");
    fails_saying(&gateway, "busy", 503, "Retry-After 7");
    assert!(!gateway.log().contains('\u{1b}'));
}

#[test]
fn a_server_that_restarts_amid_calls_leaves_none_unanswered_and_none_made_twice() {
    const CALLS: usize = 200;
    let mut scene = Scene::new();
    let gateway = scene.gateway(&json!({}));
    let answers = thread::scope(|scope| {
        let calls: Vec<_> = (0..CALLS)
            .map(|id| {
                let gateway = &gateway;
                scope.spawn(move || {
                    // Spread so that some are on their way, some not begun, some find nobody.
                    thread::sleep(Duration::from_millis(id as u64 * 10));
                    gateway.call("/s/run", &json!({"id": id, "ms": 300}))
                })
            })
            .collect();
        scene.state.wait_for("call run", 20);
        scene.server = None;
        thread::sleep(Duration::from_millis(300));
        scene.start_server();
        calls
            .into_iter()
            .map(|call| call.join().unwrap())
            .collect::<Vec<_>>()
    });
    let mut done = 0;
    for (id, answer) in answers.iter().enumerate() {
        let times = scene.state.lines();
        let line = format!("call run {id}");
        let times = times.iter().filter(|known| **known == line).count();
        assert!(times <= 1, "{id} was made {times} times");
        match answer.status {
            200 => {
                assert_eq!(times, 1, "{id}: {answer}");
                done += 1;
            }
            502 => assert!(answer.text().contains("executed"), "{answer}"),
            _ => panic!("{id}: {answer}"),
        }
    }
    assert!(done > CALLS / 2, "only {done} calls were answered well");
    assert!(done < CALLS, "the server was killed amid calls");
    is_done(&gateway, "run");
}

#[test]
fn a_call_wakes_a_server_that_was_away_for_long() {
    let mut scene = Scene::new();
    let gateway = scene.gateway(&json!({}));
    is_done(&gateway, "run");
    scene.server = None;
    // Calls wait for a server that was up just now, but not for long.
    let answer = gateway.call("/s/run", &json!({"id": 2}));
    assert_eq!(answer.status, 503, "{answer}");
    assert!(answer.text().contains("can't be reached"), "{answer}");
    wait_until("nobody expects it back", || {
        gateway.state_of("s") == "failed"
    });
    // Each call is a reason to try again, at once.
    let began = Instant::now();
    assert_eq!(gateway.call("/s/run", &json!({"id": 3})).status, 503);
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "{:?}",
        began.elapsed()
    );
    scene.start_server();
    let began = Instant::now();
    is_done(&gateway, "run");
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(gateway.state_of("s"), "ready");
}

#[test]
fn a_server_that_is_stopped_and_goes_on_answers_again() {
    let scene = Scene::new();
    let gateway = scene.gateway(&json!({"callTimeout": "1s"}));
    is_done(&gateway, "run");
    let server = scene.server.as_ref().unwrap();
    server.signal(Signal::STOP);
    fails_saying(&gateway, "run", 504, "1 s");
    server.signal(Signal::CONT);
    is_done(&gateway, "run");
}

#[test]
fn the_session_is_ended_when_the_gateway_stops() {
    let scene = Scene::new();
    let gateway = scene.gateway(&json!({}));
    is_done(&gateway, "run");
    drop(gateway);
    scene.state.wait_for("delete", 1);
}
