//! What `/metrics` tells of reloads and servers.

use serde_json::json;

use super::{Scene, reload};
use crate::gateway::{Gateway, wait_until};

/// The value of a metric, by its name and labels.
#[track_caller]
fn value(gateway: &Gateway, metric: &str) -> String {
    let answer = gateway.get("/metrics").expect(200);
    let kind = answer.header("content-type").unwrap_or_default();
    assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
    let text = answer.text();
    let lines = text.lines();
    let mut values = lines.filter_map(|line| line.strip_prefix(metric)?.strip_prefix(' '));
    let value = values
        .next()
        .unwrap_or_else(|| panic!("no {metric} in\n{text}"));
    value.to_owned()
}

#[test]
fn metrics_tell_how_reloads_ended_and_which_servers_are_up() {
    let scene = Scene::new();
    scene.write(&json!({"broken": {"command": "false"}}));
    let gateway = scene.start(&[]);
    wait_until("the broken one has failed", || {
        gateway.state_of("broken") == "failed"
    });
    let total = |outcome: &str| {
        let name = format!("viceversa_config_reloads_total{{outcome=\"{outcome}\"}}");
        value(&gateway, &name)
    };
    let is_up = |server: &str| {
        let name = format!("viceversa_server_up{{server=\"{server}\"}}");
        value(&gateway, &name)
    };
    let is_good = || value(&gateway, "viceversa_config_last_reload_successful");
    let when = || {
        let name = "viceversa_config_last_reload_success_timestamp_seconds";
        value(&gateway, name).parse::<f64>().unwrap()
    };
    assert_eq!((is_up("steady"), is_up("broken")), ("1".into(), "0".into()));
    let version = env!("CARGO_PKG_VERSION");
    let build = format!("viceversa_build_info{{version=\"{version}\"}}");
    assert_eq!(value(&gateway, &build), "1");
    assert_eq!((total("applied"), is_good()), ("0".into(), "1".into()));
    let began = when();
    reload(&gateway);
    assert_eq!(
        (total("unchanged"), total("applied")),
        ("1".into(), "0".into())
    );
    std::fs::write(scene.file(), "{").unwrap();
    gateway.request("POST", "/-/reload").send().expect(422);
    let last = when();
    assert!(last >= began && began > 1.7e9, "{began} {last}");
    assert_eq!((total("refused"), is_good()), ("1".into(), "0".into()));
    scene.write(&json!({}));
    reload(&gateway);
    assert_eq!((total("applied"), is_good()), ("1".into(), "1".into()));
    assert!(when() >= last);
    let text = gateway.get("/metrics").expect(200).text();
    assert!(!text.contains("broken"), "{text}");
    gateway.anonymous("GET", "/metrics").send().expect(401);
}
