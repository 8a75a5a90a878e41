//! SIGHUP: of a terminal that goes, and of everybody else.

use std::os::fd::OwnedFd;
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use serde_json::json;

use super::Scene;
use crate::gateway::{Gateway, Launch, SOON, entry, fixture, wait_until_gone};

/// A terminal: the end of whoever shows it, and the one of programs.
fn terminal() -> (OwnedFd, OwnedFd) {
    // Nobody inherits an end: it is there as long as we have it.
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let shown = openpt(flags).unwrap();
    grantpt(&shown).unwrap();
    unlockpt(&shown).unwrap();
    let of_programs = ioctl_tiocgptpeer(&shown, flags).unwrap();
    (shown, of_programs)
}

#[track_caller]
fn on_terminal(scene: &Scene, terminal: OwnedFd, keeps_it: bool) -> Gateway {
    scene.write(&json!({}));
    let file = scene.file();
    let gateway = Launch::new()
        .flags(["--config", file.to_str().unwrap()])
        .on_terminal(terminal, keeps_it)
        .start();
    scene.steady.wait_for("start ", 1);
    gateway
}

#[test]
fn a_gateway_whose_terminal_goes_ends_in_order() {
    let scene = Scene::new();
    let (shown, terminal) = terminal();
    let mut gateway = on_terminal(&scene, terminal, true);
    // As long as the terminal is there, it is the same signal as anywhere.
    gateway.signal(Signal::HUP);
    gateway.wait_for_log("SIGHUP: the config is read again");
    gateway.call("/steady/echo_raw", &json!({})).expect(200);
    drop(shown);
    assert_eq!(gateway.wait_for_end(SOON).code(), Some(0));
    gateway.wait_for_log("the terminal has gone");
    gateway.wait_for_log("stopped");
    wait_until_gone(&scene.steady.pids("start "));
}

#[test]
fn a_gateway_ends_though_a_file_of_its_config_never_comes() {
    let folder = tempfile::tempdir().unwrap();
    let (file, key) = (folder.path().join("g.json"), folder.path().join("key"));
    let config = json!({
        "mcpServers": {"one": entry(&fixture(&[]))},
        "gateway": {"apiKeyFile": key},
    });
    std::fs::write(&file, config.to_string()).unwrap();
    std::fs::write(&key, "secret").unwrap();
    let mut gateway = Launch::new()
        .flags(["--config", file.to_str().unwrap()])
        .start();
    // A pipe that nobody writes to.
    std::fs::remove_file(&key).unwrap();
    let made = Command::new("mkfifo").arg(&key).status().unwrap();
    assert!(made.success());
    gateway.signal(Signal::HUP);
    gateway.wait_for_log("SIGHUP: the config is read again");
    std::thread::sleep(Duration::from_millis(300));
    gateway.signal(Signal::TERM);
    assert_eq!(gateway.wait_for_end(SOON).code(), Some(0));
}

#[test]
fn a_gateway_that_uses_no_terminal_goes_on_without_it() {
    let scene = Scene::new();
    let (shown, terminal) = terminal();
    // It is started in one, with its streams elsewhere, as `nohup` does it.
    let gateway = on_terminal(&scene, terminal, false);
    drop(shown);
    gateway.wait_for_log("SIGHUP: the config is read again");
    gateway.wait_for_log("says what it said");
    gateway.call("/steady/echo_raw", &json!({})).expect(200);
    scene.is_steady();
}
