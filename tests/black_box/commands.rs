//! `viceversa check`, `health`, `schema` and `import`.

use serde_json::{Value, json};

use crate::gateway::{Finished, Gateway, Launch, binary, entry, fixture, run_to_end};

fn check(config: &Value, flags: &[&str]) -> Finished {
    Launch::new()
        .without_port()
        .subcommand("check")
        .flags(flags)
        .config(config)
        .run_to_end()
}

/// A command that takes no settings.
fn alone(arguments: &[&str]) -> Finished {
    let mut command = binary();
    command.args(arguments);
    run_to_end(command)
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

#[test]
fn settings_are_explained_for_people_and_for_programs() {
    let config = json!({
        "mcpServers": {"a": {"command": "x"}},
        "gateway": {"apiKey": "${KEY:-top-secret}", "callTimeout": "5s"},
    });
    let checked = check(&config, &["--explain", "--port", "9000"]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
    let row = |setting: &str| {
        let rows = checked.stdout.lines();
        let cells = |row: &'_ str| -> Vec<String> {
            let cells = row.split(['│', '┆']).map(str::trim);
            let cells = cells.filter(|cell| !cell.is_empty());
            cells.map(str::to_owned).collect()
        };
        let mut rows = rows.map(cells);
        rows.find(|row| row.first().is_some_and(|first| first == setting))
            .unwrap()
    };
    assert_eq!(row("port"), ["port", "9000", "--port"]);
    assert_eq!(row("maxSessions"), ["maxSessions", "10000", "default"]);
    assert_eq!(row("apiKey")[1], "${KEY}");
    assert!(row("callTimeout")[2].ends_with("config.json:1"));
    assert!(!checked.stdout.contains("top-secret"), "{checked:?}");

    let checked = check(
        &config,
        &["--explain", "--output", "json", "--port", "9000"],
    );
    let settings: Value = serde_json::from_str(&checked.stdout).unwrap();
    let mut settings = settings.as_array().unwrap().iter();
    let port = settings.find(|setting| setting["setting"] == "port");
    assert_eq!(
        port,
        Some(&json!({
            "setting": "port", "value": "9000", "source": "flag", "name": "--port", "place": null,
        }))
    );
}

#[test]
fn the_schema_is_printed_without_any_config() {
    let printed = alone(&["schema"]);
    assert_eq!(printed.code, Some(0), "{printed:?}");
    let schema: Value = serde_json::from_str(&printed.stdout).unwrap();
    assert_eq!(
        schema["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
    assert!(schema["properties"]["mcpServers"].is_object());
}

#[test]
fn a_config_of_vs_code_becomes_one_that_can_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mcp.json");
    let text = r#"{"inputs": [{"id": "key", "type": "promptString"}],
        "servers": {"a": {"type": "stdio", "command": "x", "env": {"KEY": "${input:key}"}, "dev": {}}}}"#;
    std::fs::write(&file, text).unwrap();
    let imported = alone(&["import", file.to_str().unwrap()]);
    assert_eq!(imported.code, Some(0), "{imported:?}");
    assert!(
        imported.stderr.contains("the variable KEY must be set"),
        "{imported:?}"
    );
    assert!(
        imported.stderr.contains("`dev` is left out"),
        "{imported:?}"
    );
    let config: Value = serde_json::from_str(&imported.stdout).unwrap();
    assert_eq!(config["mcpServers"]["a"]["env"], json!({"KEY": "${KEY}"}));
    let checked = check(&config, &[]);
    assert_eq!(checked.code, Some(78), "{checked:?}");
    assert!(checked.stderr.contains("KEY"), "{checked:?}");

    let missing = alone(&["import", "/nowhere/mcp.json"]);
    assert_eq!(missing.code, Some(66), "{missing:?}");
}
