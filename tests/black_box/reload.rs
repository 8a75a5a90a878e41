//! A config that changes while the gateway runs: only what changed is touched, and a bad one
//! changes nothing.

mod access;
mod hangup;
mod matrix;
mod metrics;
mod replacing;
mod revoked;
mod sessions;
mod web;

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::gateway::{
    Gateway, Launch, StateFile, entry, fixture, is_alive, server_in, wait_until, wait_until_gone,
};

/// A config file, and the gateway that follows it.
struct Scene {
    folder: TempDir,
    steady: StateFile,
}

impl Scene {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            steady: StateFile::new(),
        }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("config.json")
    }

    /// A config with the server `steady`, and these beside it.
    fn config(&self, others: &Value) -> String {
        let mut servers = json!({"steady": entry(&self.steady.fixture(&[]))});
        for (name, server) in others.as_object().unwrap() {
            servers[name] = server.clone();
        }
        json!({"mcpServers": servers}).to_string()
    }

    fn write(&self, others: &Value) {
        std::fs::write(self.file(), self.config(others)).unwrap();
    }

    #[track_caller]
    fn start(&self, flags: &[&str]) -> Gateway {
        let file = self.file();
        let gateway = Launch::new()
            .key("top-secret")
            .flags(["--config", file.to_str().unwrap()])
            .flags(flags)
            .start();
        wait_until("the server is up", || gateway.state_of("steady") == "ready");
        gateway
    }

    /// The steady server was started once, and lives.
    #[track_caller]
    fn is_steady(&self) {
        let pids = self.steady.pids("start ");
        assert_eq!(pids.len(), 1, "{:?}", self.steady.lines());
        assert!(is_alive(pids[0]));
    }
}

fn config_of(gateway: &Gateway) -> Value {
    gateway.get("/status").expect(200).json()["config"].clone()
}

#[track_caller]
fn wait_for_server(gateway: &Gateway, name: &str, is_there: bool) {
    wait_until(&format!("{name} is there: {is_there}"), || {
        let status = gateway.get("/status").expect(200).json();
        server_in(&status, name).is_some() == is_there
    });
}

#[track_caller]
fn reload(gateway: &Gateway) -> Value {
    let answer = gateway.request("POST", "/-/reload").send();
    answer.expect(200).json()
}

/// A way to change the file.
type Way<'a> = (&'a str, &'a dyn Fn(&str));

fn rename_over(file: &Path, text: &str) {
    let other = file.with_extension("json.tmp");
    std::fs::write(&other, text).unwrap();
    std::fs::rename(other, file).unwrap();
}

#[test]
fn whatever_way_the_file_changes_only_what_changed_is_touched() {
    let scene = Scene::new();
    let file = scene.file();
    let other = || json!({"other": entry(&fixture(&[]))});
    scene.write(&json!({}));
    let gateway = scene.start(&["--hot-reload"]);
    let mut has_other = false;
    let ways: [Way<'_>; 5] = [
        ("write in place", &|text| {
            std::fs::write(&file, text).unwrap();
        }),
        ("rename over", &|text| rename_over(&file, text)),
        ("delete and recreate", &|text| {
            std::fs::remove_file(&file).unwrap();
            thread::sleep(Duration::from_millis(50));
            std::fs::write(&file, text).unwrap();
        }),
        ("ten saves in a second", &|text| {
            for _ in 0..10 {
                std::fs::write(&file, "{").unwrap();
                thread::sleep(Duration::from_millis(50));
                std::fs::write(&file, text).unwrap();
                thread::sleep(Duration::from_millis(50));
            }
        }),
        ("symlink swap", &|text| {
            let target = scene.folder.path().join("..target");
            std::fs::write(&target, text).unwrap();
            let link = scene.folder.path().join("link");
            symlink(&target, &link).unwrap();
            std::fs::rename(&link, &file).unwrap();
        }),
    ];
    for (way, change) in ways {
        has_other = !has_other;
        let others = if has_other { other() } else { json!({}) };
        change(&scene.config(&others));
        let status = || gateway.get("/status").expect(200).json();
        wait_until(way, || server_in(&status(), "other").is_some() == has_other);
        if has_other {
            gateway.call("/other/echo_raw", &json!({})).expect(200);
        } else {
            gateway.call("/other/echo_raw", &json!({})).expect(404);
        }
        gateway.call("/steady/echo_raw", &json!({})).expect(200);
        scene.is_steady();
    }
}

#[test]
fn a_config_that_cant_be_used_changes_nothing_and_is_told_of() {
    let scene = Scene::new();
    scene.write(&json!({}));
    let gateway = scene.start(&["--hot-reload"]);
    for (text, expected) in [
        ("{\"mcpServers\": {\n  \"a\": }}", "config.json:2:8"),
        (
            "{\"mcpServers\": {\"a\": {\"comand\": \"x\"}}}",
            "did you mean",
        ),
        (
            "{\"mcpServers\": {\"a\": {\"command\": \"${NOT_SET_ANYWHERE}\"}}}",
            "NOT_SET_ANYWHERE",
        ),
    ] {
        std::fs::write(scene.file(), text).unwrap();
        wait_until(expected, || {
            let error = config_of(&gateway)["error"].clone();
            error.as_str().is_some_and(|error| error.contains(expected))
        });
        gateway.wait_for_log(expected);
        let answer = gateway.request("POST", "/-/reload").send().expect(422);
        assert!(
            answer
                .detail()
                .to_string()
                .contains(expected.split(':').next().unwrap())
        );
        gateway.call("/steady/echo_raw", &json!({})).expect(200);
    }
    scene.write(&json!({"other": entry(&fixture(&[]))}));
    wait_for_server(&gateway, "other", true);
    assert!(config_of(&gateway).get("error").is_none());
    scene.is_steady();
}

#[test]
fn a_changed_server_takes_over_when_it_is_ready_and_the_old_one_ends_after_its_last_call() {
    let scene = Scene::new();
    let (old, new) = (StateFile::new(), StateFile::new());
    scene.write(&json!({"it": entry(&old.fixture(&[]))}));
    let gateway = scene.start(&[]);
    gateway.call("/it/echo_raw", &json!({})).expect(200);
    thread::scope(|scope| {
        let slow = scope.spawn(|| gateway.call("/it/sleep", &json!({"ms": 4000})));
        old.wait_for("call ", 2);
        scene.write(&json!({"it": entry(&new.fixture(&["--start-delay", "1500"]))}));
        let report = reload(&gateway);
        assert_eq!(report["replaced"], json!(["it"]), "{report:#}");
        assert_eq!(report["added"], json!([]));
        // As long as the new one starts, the old one serves.
        let status = gateway.get("/status").expect(200).json();
        let server = server_in(&status, "it").unwrap();
        assert_eq!(server["state"], "ready");
        assert_eq!(server["successor"]["state"], "starting");
        gateway.call("/it/echo_raw", &json!({})).expect(200);
        assert_eq!(new.count("call "), 0);

        wait_until("the new one has taken over", || {
            let status = gateway.get("/status").expect(200).json();
            server_in(&status, "it").unwrap().get("successor").is_none()
        });
        gateway.call("/it/echo_raw", &json!({})).expect(200);
        assert_eq!(new.count("call "), 1);
        slow.join().unwrap().expect(200);
    });
    wait_until_gone(&old.pids("start "));
    scene.is_steady();
}

#[test]
fn a_server_that_is_only_used_otherwise_keeps_its_process() {
    let scene = Scene::new();
    scene.write(&json!({}));
    let gateway = scene.start(&[]);
    let mut config: Value = serde_json::from_str(&scene.config(&json!({}))).unwrap();
    config["mcpServers"]["steady"]["title"] = "Another title".into();
    config["mcpServers"]["steady"]["callTimeout"] = "2s".into();
    config["gateway"] = json!({"toolErrorStatus": 500, "port": 1, "logLevel": "debug"});
    std::fs::write(scene.file(), config.to_string()).unwrap();
    let report = reload(&gateway);
    assert_eq!(report["adjusted"], json!(["steady"]), "{report:#}");
    assert_eq!(report["settings"], true);
    let document = gateway.document("/steady/openapi.json");
    assert_eq!(document["info"]["title"], "Another title");
    gateway
        .call("/steady/sleep", &json!({"ms": 10_000}))
        .expect(504);
    // `--port` wins over the file, so that nothing needs a restart.
    assert_eq!(report["needsRestart"], json!([]));
    config["gateway"] = json!({"workers": 3});
    std::fs::write(scene.file(), config.to_string()).unwrap();
    gateway.signal(Signal::HUP);
    wait_until("the restart is told of", || {
        config_of(&gateway)["needsRestart"] == json!(["workers"])
    });
    gateway.wait_for_log("workers");
    scene.is_steady();
}

#[test]
fn keys_change_but_nobody_opens_the_gateway_by_a_reload() {
    let scene = Scene::new();
    let with_key = |key: &str| {
        let mut config: Value = serde_json::from_str(&scene.config(&json!({}))).unwrap();
        config["gateway"] = json!({"apiKey": key});
        std::fs::write(scene.file(), config.to_string()).unwrap();
    };
    with_key("first");
    let file = scene.file();
    let gateway = Launch::new()
        .flags(["--config", file.to_str().unwrap()])
        .start();
    let send = |key: &str, method: &str, target: &str| {
        gateway.anonymous(method, target).bearer(key).send()
    };
    with_key("second");
    send("first", "POST", "/-/reload").expect(200);
    send("first", "GET", "/status").expect(403);
    send("second", "GET", "/status").expect(200);
    scene.write(&json!({}));
    let answer = send("second", "POST", "/-/reload").expect(422);
    assert!(answer.detail().to_string().contains("key"), "{answer}");
    gateway.anonymous("GET", "/status").send().expect(401);
    gateway.anonymous("POST", "/-/reload").send().expect(401);
}

#[test]
fn many_reloads_under_load_lose_no_call_and_leave_nothing_behind() {
    const RELOADS: usize = 1000;
    const CALLERS: usize = 8;
    let scene = Scene::new();
    let others = StateFile::new();
    scene.write(&json!({}));
    let gateway = scene.start(&[]);
    let is_over = AtomicBool::new(false);
    let calls = AtomicUsize::new(0);
    let before = descriptors(&gateway);
    // After some, what is kept for good is there.
    let mut warm = 0;
    thread::scope(|scope| {
        for _ in 0..CALLERS {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    gateway.call("/steady/echo_raw", &json!({})).expect(200);
                    calls.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for round in 0..RELOADS {
            // Added, changed, broken, removed.
            match round % 4 {
                0 => scene.write(&json!({"other": entry(&others.fixture(&[]))})),
                1 => {
                    scene.write(&json!({"other": entry(&others.fixture(&["--start-delay", "1"]))}));
                }
                2 => std::fs::write(scene.file(), "{\"mcpServers\": [").unwrap(),
                _ => scene.write(&json!({})),
            }
            if round == RELOADS / 2 {
                warm = memory(&gateway);
            }
            let expected = if round % 4 == 2 { 422 } else { 200 };
            gateway.request("POST", "/-/reload").send().expect(expected);
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert!(calls.into_inner() > CALLERS);
    scene.is_steady();
    wait_until_gone(&others.pids("start "));
    let after = memory(&gateway);
    assert!(after < warm + 8 * 1024 * 1024, "{warm} bytes, then {after}");
    let deadline = Instant::now() + Duration::from_secs(20);
    while descriptors(&gateway) > before + 4 {
        assert!(
            Instant::now() < deadline,
            "{} descriptors",
            descriptors(&gateway)
        );
        thread::sleep(Duration::from_millis(50));
    }
}

/// How many files, pipes and sockets the gateway has open.
fn descriptors(gateway: &Gateway) -> usize {
    let folder = format!("/proc/{}/fd", gateway.pid().as_raw_nonzero());
    std::fs::read_dir(folder).unwrap().count()
}

/// How much memory the gateway has for itself, in bytes.
fn memory(gateway: &Gateway) -> usize {
    let file = format!("/proc/{}/status", gateway.pid().as_raw_nonzero());
    let status = std::fs::read_to_string(file).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"));
    let kibibytes = line.unwrap().trim().trim_end_matches("kB").trim();
    kibibytes.parse::<usize>().unwrap() * 1024
}
