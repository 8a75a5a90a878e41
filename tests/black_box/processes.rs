//! What child processes get, and that none outlives the gateway.

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::gateway::{Gateway, Launch, SOON, StateFile, entry, fixture, wait_until_gone};

/// A gateway whose server has answered, with the server and the process that it started.
fn with_grandchild(state: &StateFile, flags: &[&str]) -> Gateway {
    let gateway = Gateway::single(&[], state.fixture(flags));
    gateway.call("/echo_raw", &json!({})).expect(200);
    state.wait_for("grandchild ", 1);
    gateway
}

fn all_processes(state: &StateFile) -> Vec<rustix::process::Pid> {
    let mut pids = state.pids("start ");
    pids.extend(state.pids("grandchild "));
    assert!(pids.len() >= 2, "{:?}", state.lines());
    pids
}

const STUBBORN: [&str; 2] = ["--ignore-eof", "--ignore-sigterm"];

#[test]
fn grandchildren_die_when_the_gateway_is_told_to_stop() {
    for place in ["--grandchild=same-group", "--grandchild=own-session"] {
        for stubborn in [&[][..], &STUBBORN] {
            let state = StateFile::new();
            let mut gateway = with_grandchild(&state, &[&[place], stubborn].concat());
            gateway.signal(Signal::TERM);
            let status = gateway.wait_for_end(SOON);
            assert_eq!(status.code(), Some(0), "{place} {stubborn:?}");
            wait_until_gone(&all_processes(&state));
        }
    }
}

#[test]
fn grandchildren_die_when_the_gateway_is_killed() {
    for place in ["--grandchild=same-group", "--grandchild=own-session"] {
        let state = StateFile::new();
        let mut gateway = with_grandchild(&state, &[&[place][..], &STUBBORN].concat());
        gateway.signal(Signal::KILL);
        gateway.wait_for_end(SOON);
        wait_until_gone(&all_processes(&state));
    }
}

#[test]
fn grandchildren_die_with_the_child_that_left_them() {
    let state = StateFile::new();
    let gateway = with_grandchild(&state, &["--grandchild=same-group"]);
    let old = all_processes(&state);
    gateway.call("/die_once_read_only", &json!({})).expect(200);
    wait_until_gone(&old);
}

#[test]
fn a_child_is_asked_to_end_before_it_is_killed() {
    let state = StateFile::new();
    let mut gateway = Gateway::single(&[], state.fixture(&STUBBORN));
    gateway.call("/echo_raw", &json!({})).expect(200);
    gateway.signal(Signal::TERM);
    assert_eq!(gateway.wait_for_end(SOON).code(), Some(0));
    let lines = state.lines();
    let eof = lines.iter().position(|line| line == "eof");
    let sigterm = lines.iter().position(|line| line == "sigterm");
    assert!(
        eof.is_some() && sigterm.is_some() && eof < sigterm,
        "{lines:?}"
    );
    wait_until_gone(&state.pids("start "));
}

#[test]
fn a_child_that_ends_with_its_input_gets_no_signal() {
    let state = StateFile::new();
    let mut gateway = Gateway::single(&[], state.fixture(&["--ignore-sigterm"]));
    gateway.call("/echo_raw", &json!({})).expect(200);
    gateway.signal(Signal::TERM);
    assert_eq!(gateway.wait_for_end(SOON).code(), Some(0));
    assert_eq!(state.count("eof"), 1, "{:?}", state.lines());
    assert_eq!(state.count("sigterm"), 0, "{:?}", state.lines());
}

fn environment_of(gateway: &Gateway, at: &str) -> serde_json::Map<String, Value> {
    let answer = gateway.value(at, &json!({}));
    answer
        .as_object()
        .unwrap_or_else(|| panic!("an object of variables: {answer}"))
        .clone()
}

#[test]
fn a_child_gets_our_environment_and_what_its_entry_adds() {
    let mut one = entry(&fixture(&[]));
    one["env"] = json!({"ADDED": "yes", "REPLACED": "by the entry"});
    let gateway = Launch::new()
        .env("INHERITED", "yes")
        .env("REPLACED", "outside")
        .config(&json!({"mcpServers": {"one": one}}))
        .start();
    let found = environment_of(&gateway, "/one/env");
    assert_eq!(found["ADDED"], "yes");
    assert_eq!(found["INHERITED"], "yes");
    assert_eq!(found["REPLACED"], "by the entry");
    assert!(found.contains_key("PATH"));
    assert!(
        !found.keys().any(|name| name.starts_with("VICEVERSA_")),
        "{found:?}"
    );
}

#[test]
fn flags_add_to_the_environment_of_a_single_server() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dot.env");
    std::fs::write(&file, "FROM_FILE=\"a b\"\n# a comment\nBOTH=file\n").unwrap();
    let gateway = Gateway::single(
        &[
            "--env",
            "FROM_FLAG=x=y",
            "-e",
            "BOTH=flag",
            "--env-path",
            file.to_str().unwrap(),
        ],
        fixture(&[]),
    );
    let found = environment_of(&gateway, "/env");
    assert_eq!(found["FROM_FLAG"], "x=y");
    assert_eq!(found["FROM_FILE"], "a b");
    assert_eq!(found["BOTH"], "flag");
}

#[test]
fn inherit_env_narrows_what_a_child_gets() {
    let mut none = entry(&fixture(&[]));
    none["inheritEnv"] = json!(false);
    none["env"] = json!({"ADDED": "yes"});
    let mut some = entry(&fixture(&[]));
    some["inheritEnv"] = json!(["WANTED"]);
    let gateway = Launch::new()
        .env("WANTED", "yes")
        .env("UNWANTED", "yes")
        .config(&json!({"mcpServers": {"none": none, "some": some}}))
        .start();
    let found = environment_of(&gateway, "/none/env");
    assert_eq!(found["ADDED"], "yes");
    assert!(
        !found.contains_key("WANTED") && !found.contains_key("UNWANTED"),
        "{found:?}"
    );
    let found = environment_of(&gateway, "/some/env");
    assert_eq!(found["WANTED"], "yes");
    assert!(!found.contains_key("UNWANTED"), "{found:?}");
}

#[test]
fn a_child_runs_in_the_folder_of_its_entry() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().canonicalize().unwrap();
    let mut one = entry(&fixture(&[]));
    one["cwd"] = json!(place);
    let gateway = Launch::new()
        .config(&json!({"mcpServers": {"one": one}}))
        .start();
    let answer = gateway.call("/one/cwd", &json!({})).expect(200);
    assert!(answer.text().contains(place.to_str().unwrap()), "{answer}");
}

#[test]
fn a_child_has_a_process_group_of_its_own() {
    let state = StateFile::new();
    let gateway = Gateway::single(&[], state.fixture(&[]));
    gateway.call("/echo_raw", &json!({})).expect(200);
    let child = state.pids("start ")[0];
    let group = rustix::process::getpgid(Some(child)).unwrap();
    assert_ne!(
        group,
        rustix::process::getpgid(Some(gateway.pid())).unwrap()
    );
}

#[test]
fn the_memory_and_environment_of_the_gateway_are_closed_to_its_user() {
    use std::os::unix::fs::MetadataExt as _;
    let gateway = Launch::new()
        .run_as_nobody()
        .key("very-secret-key")
        // Not an MCP server, but a program that is everywhere and reads its input.
        .server(["cat"])
        .start();
    gateway.anonymous("GET", "/health").send().expect(200);
    let pid = gateway.pid().as_raw_nonzero();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let user = status
        .lines()
        .find_map(|line| line.strip_prefix("Uid:")?.split_whitespace().next())
        .unwrap();
    assert_ne!(user, "0", "the gateway runs without rights");
    // The files of an undumpable process belong to root (proc_pid_environ(5), prctl(2)).
    let owner = std::fs::metadata(format!("/proc/{pid}/environ"))
        .unwrap()
        .uid();
    assert_eq!(owner, 0, "the user of the gateway owns its environment");
}
