//! Servers that are replaced, removed and brought back.

use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};

use super::web::Web;
use super::{Scene, descriptors, memory, reload};
use crate::gateway::{
    Gateway, Launch, SOON, StateFile, entry, is_alive, server_in, wait_until, wait_until_gone,
};

fn server(gateway: &Gateway, name: &str) -> Value {
    let status = gateway.get("/status").expect(200).json();
    server_in(&status, name).unwrap().clone()
}

#[test]
fn a_server_that_was_removed_can_come_back_while_it_still_ends() {
    let scene = Scene::new();
    let state = StateFile::new();
    let it = json!({"it": entry(&state.fixture(&[]))});
    scene.write(&it);
    let gateway = scene.start(&[]);
    gateway.call("/it/echo_raw", &json!({})).expect(200);
    thread::scope(|scope| {
        let slow = scope.spawn(|| gateway.call("/it/sleep", &json!({"ms": 2000})));
        state.wait_for("call ", 2);
        scene.write(&json!({}));
        assert_eq!(reload(&gateway)["removed"], json!(["it"]));
        gateway.call("/it/echo_raw", &json!({})).expect(404);
        scene.write(&it);
        assert_eq!(reload(&gateway)["added"], json!(["it"]));
        gateway.call("/it/echo_raw", &json!({})).expect(200);
        // The call under way is with the first one, which no one else finds.
        let [first, second] = state.pids("start ")[..] else {
            panic!("{:?}", state.lines());
        };
        assert!(is_alive(first));
        slow.join().unwrap().expect(200);
        wait_until_gone(&[first]);
        assert!(is_alive(second));
    });
    gateway.call("/it/echo_raw", &json!({})).expect(200);
    scene.is_steady();
}

#[test]
fn a_successor_that_cant_be_started_is_told_of_and_the_old_one_goes_on() {
    let scene = Scene::new();
    let (old, new) = (StateFile::new(), StateFile::new());
    scene.write(&json!({"it": entry(&old.fixture(&[]))}));
    let gateway = scene.start(&[]);
    gateway.call("/it/echo_raw", &json!({})).expect(200);
    scene.write(&json!({"it": {"command": "sh", "args": ["-c", "echo no license >&2; exit 3"]}}));
    assert_eq!(reload(&gateway)["replaced"], json!(["it"]));
    wait_until("the successor has failed", || {
        server(&gateway, "it")["successor"]["state"] == "failed"
    });
    let told = server(&gateway, "it");
    assert_eq!(told["state"], "ready", "{told:#}");
    let successor = &told["successor"];
    assert!(successor["error"].is_string(), "{told:#}");
    assert_eq!(
        successor["lastWords"].as_str().map(str::trim),
        Some("no license")
    );
    gateway.wait_for_log("no license");
    gateway.call("/it/echo_raw", &json!({})).expect(200);
    // The old entry again: nothing is to take its place any more.
    scene.write(&json!({"it": entry(&old.fixture(&[]))}));
    reload(&gateway);
    assert!(server(&gateway, "it").get("successor").is_none());
    scene.write(&json!({"it": entry(&new.fixture(&[]))}));
    reload(&gateway);
    wait_until_gone(&old.pids("start "));
    assert_eq!(old.count("start "), 1);
    gateway.call("/it/echo_raw", &json!({})).expect(200);
    assert_eq!(new.count("call "), 1);
    scene.is_steady();
}

#[test]
fn a_config_that_is_slow_to_come_holds_up_neither_replacements_nor_the_end() {
    let scene = Scene::new();
    let (old, new) = (StateFile::new(), StateFile::new());
    let with = |it: &[String]| scene.config(&json!({"it": entry(it)}));
    let web = Web::start(&with(&old.fixture(&[])));
    let mut gateway = Launch::new().flags(["--config", &web.url()]).start();
    gateway.call("/it/echo_raw", &json!({})).expect(200);
    web.give(200, &with(&new.fixture(&["--start-delay", "1000"])));
    assert_eq!(reload(&gateway)["replaced"], json!(["it"]));
    web.hold(true);
    let asked = web.asked();
    gateway.signal(Signal::HUP);
    web.wait_until_asked(asked + 1);
    wait_until("the new one has taken over", || {
        server(&gateway, "it").get("successor").is_none()
    });
    gateway.call("/it/echo_raw", &json!({})).expect(200);
    assert_eq!(new.count("call "), 1);
    // Who waits for the outcome does not hold up the end either.
    thread::scope(|scope| {
        let asking = scope.spawn(|| gateway.request("POST", "/-/reload").send());
        thread::sleep(Duration::from_millis(200));
        gateway.signal(Signal::TERM);
        asking.join().unwrap().expect(503);
    });
    let began = Instant::now();
    assert_eq!(gateway.wait_for_end(SOON).code(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(10));
    wait_until_gone(&new.pids("start "));
}

#[test]
fn many_reloads_with_a_server_that_never_starts_leave_nothing_behind() {
    const RELOADS: usize = 1000;
    let scene = Scene::new();
    scene.write(&json!({}));
    let gateway = scene.start(&[]);
    let before = descriptors(&gateway);
    let mut warm = 0;
    for round in 0..RELOADS {
        let command = if round % 2 == 0 {
            "false"
        } else {
            "no-such-program-anywhere"
        };
        scene.write(&json!({"broken": {"command": command, "args": [round]}}));
        let report = reload(&gateway);
        let changed = if round == 0 { "added" } else { "replaced" };
        assert_eq!(report[changed], json!(["broken"]), "{report:#}");
        if round == RELOADS / 2 {
            warm = memory(&gateway);
        }
    }
    gateway.call("/steady/echo_raw", &json!({})).expect(200);
    scene.is_steady();
    scene.write(&json!({}));
    reload(&gateway);
    wait_until("all of them have ended", || {
        descriptors(&gateway) <= before + 4
    });
    let after = memory(&gateway);
    assert!(after < warm + 8 * 1024 * 1024, "{warm} bytes, then {after}");
}
