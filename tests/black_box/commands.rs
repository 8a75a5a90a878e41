//! `viceversa check` and `viceversa health`.

use serde_json::{Value, json};

use crate::gateway::{Finished, Gateway, Launch, entry, fixture};

fn check(config: &Value, flags: &[&str]) -> Finished {
    Launch::new()
        .without_port()
        .subcommand("check")
        .flags(flags)
        .config(config)
        .run_to_end()
}

fn health(flags: &[&str]) -> Finished {
    Launch::new()
        .without_port()
        .subcommand("health")
        .flags(flags)
        .run_to_end()
}

#[test]
fn a_config_that_can_be_used_is_summed_up_and_another_is_explained() {
    let config = json!({
        "mcpServers": {"a": {"command": "x"}, "b": {"command": "y", "disabled": true}},
        "odd": 1,
    });
    let checked = check(&config, &[]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
    assert_eq!(
        checked.stdout,
        "The config can be used. Servers: a; disabled: b\n"
    );
    assert!(checked.stderr.contains("odd"), "{checked:?}");

    let checked = check(&config, &["--output", "json"]);
    let summary: Value = serde_json::from_str(&checked.stdout).unwrap();
    assert_eq!(summary["servers"], json!(["a"]));

    let checked = check(&json!({"mcpServers": {"a": {"comand": "x"}}}), &[]);
    assert_eq!(checked.code, Some(78), "{checked:?}");
    assert!(checked.stderr.contains("config.json:1:"), "{checked:?}");
    assert!(checked.stdout.is_empty());
}

#[test]
fn servers_are_started_once_and_those_that_fail_are_told_by_the_exit_code() {
    let good = entry(&fixture(&[]));
    let checked = check(
        &json!({"mcpServers": {"good": good.clone()}}),
        &["--connect"],
    );
    assert_eq!(checked.code, Some(0), "{checked:?}");
    assert!(checked.stdout.contains("good"), "{checked:?}");
    assert!(checked.stdout.contains("2025-11-25"), "{checked:?}");

    let config = json!({"mcpServers": {
        "good": good, "bad": {"command": "/no/such/program-for-viceversa"},
    }});
    let checked = check(&config, &["--connect", "--output", "json"]);
    assert_eq!(checked.code, Some(69), "{checked:?}");
    let servers: Value = serde_json::from_str(&checked.stdout).unwrap();
    assert_eq!(servers[0]["state"], "ready");
    assert!(servers[0]["tools"].as_u64() > Some(0));
    assert_eq!(servers[1]["state"], "failed");
    let error = servers[1]["error"].as_str().unwrap();
    assert!(error.contains("/no/such/program-for-viceversa"), "{error}");
}

#[test]
fn a_gateway_is_healthy_as_long_as_it_answers() {
    let gateway = Gateway::single(&["--api-key", "top-secret"], fixture(&[]));
    gateway.call("/echo_raw", &json!({})).expect(200);
    let port = gateway.address.port().to_string();
    let url = format!("http://127.0.0.1:{port}");
    for flags in [
        &["--port", port.as_str()] as &[&str],
        &["--port", &port, "--ready"],
        &["--url", &url, "--ready"],
    ] {
        let asked = health(flags);
        assert_eq!(asked.code, Some(0), "{flags:?} {asked:?}");
        assert!(
            asked.stdout.is_empty() && asked.stderr.is_empty(),
            "{asked:?}"
        );
    }
    let behind_a_proxy = Launch::new()
        .without_port()
        .subcommand("health")
        .flags(["--url", &url])
        .env("HTTP_PROXY", "http://127.0.0.1:1")
        .env("http_proxy", "http://127.0.0.1:1")
        .run_to_end();
    assert_eq!(behind_a_proxy.code, Some(0), "{behind_a_proxy:?}");
    drop(gateway);
    let asked = health(&["--port", &port]);
    assert_eq!(asked.code, Some(1), "{asked:?}");
    assert!(asked.stderr.contains(&port), "{asked:?}");
    assert_eq!(health(&["--url", "nonsense"]).code, Some(64));
}
