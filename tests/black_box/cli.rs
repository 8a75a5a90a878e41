//! The command line: what is wrong is said before anything binds, and the exit codes follow
//! sysexits.

use std::net::TcpListener;

use serde_json::json;

use crate::gateway::{Finished, Gateway, Launch, fixture};

const USAGE: i32 = 64;
const DATA: i32 = 65;
const NO_INPUT: i32 = 66;
const UNAVAILABLE: i32 = 69;
const CONFIG: i32 = 78;

#[track_caller]
fn assert_fails(finished: &Finished, code: i32, says: &[&str]) {
    assert_eq!(finished.code, Some(code), "{finished:#?}");
    for text in says {
        assert!(finished.stderr.contains(text), "{text:?} in {finished:#?}");
    }
    assert_eq!(finished.stdout, "", "stdout belongs to results");
    assert!(
        !finished.stderr.contains("panicked") && !finished.stderr.contains("listening on"),
        "{finished:#?}"
    );
}

#[test]
fn wrong_flags_are_named_with_code_64() {
    let server = ["true"];
    for (flags, says) in [
        (&["--prot", "1"][..], &["--prot", "--port"][..]),
        (&["--port", "70000"], &["--port", "70000"]),
        (&["--port", "http"], &["--port", "http"]),
        (&["--host", "not a host"], &["not a host"]),
        (&["--validate", "sometimes"], &["sometimes", "coerce"]),
        (&["--operation-ids", "x"], &["--operation-ids", "mcpo"]),
        (&["--recursion", "x"], &["--recursion", "cut"]),
        (&["--tool-error-status", "200"], &["--tool-error-status"]),
        (&["--call-timeout", "soon"], &["--call-timeout", "30s"]),
        (&["--max-body-size", "big"], &["--max-body-size", "MiB"]),
        (
            &["--cors-allow-origins", "not an origin"],
            &["--cors-allow-origins"],
        ),
        (&["--log-level", "loud"], &["--log-level"]),
        (&["--type", "carrier-pigeon"], &["--type", "stdio"]),
        (&["--ssl-certfile", "x.pem"], &["--ssl-keyfile"]),
        (&["--ssl-keyfile", "x.pem"], &["--ssl-certfile"]),
        (&["--env", "NO_VALUE"], &["--env"]),
        (&["--api-key", ""], &["--api-key"]),
        (&["--api-key", "two words"], &["--api-key"]),
    ] {
        let finished = Launch::new().flags(flags).server(server).run_to_end();
        assert_fails(&finished, USAGE, says);
        assert!(
            !finished.stderr.contains("two words"),
            "a key is never shown"
        );
    }
}

#[test]
fn nothing_to_serve_is_told_with_what_to_do() {
    let finished = Launch::new().run_to_end();
    assert_fails(&finished, USAGE, &["--config", "demo", "--"]);
    let both = Launch::new()
        .config(&json!({"mcpServers": {"a": {"command": "true"}}}))
        .server(["true"])
        .run_to_end();
    assert_fails(&both, USAGE, &["--config"]);
}

#[test]
fn missing_files_have_code_66_and_are_named() {
    for flags in [
        &["--config", "no-such-file.json"][..],
        &["--api-key-file", "no-such-file.key", "--", "true"],
        &["--env-path", "no-such-file.env", "--", "true"],
        &[
            "--ssl-certfile",
            "no-such-file.pem",
            "--ssl-keyfile",
            "no-such-file.pem",
            "--",
            "true",
        ],
    ] {
        let finished = Launch::new().flags(flags).run_to_end();
        assert_fails(&finished, NO_INPUT, &["no-such-file"]);
    }
}

#[test]
fn a_config_file_that_is_no_json_has_code_65_with_line_and_column() {
    for text in [
        "{\n  \"mcpServers\": {\n    oops\n}}",
        "{\"mcpServers\": {}",
        "",
        "\u{0}",
    ] {
        let finished = Launch::new().config_text(text).run_to_end();
        assert_fails(&finished, DATA, &["config.json:"]);
    }
}

#[test]
fn wrong_entries_have_code_78_and_say_where() {
    let server = json!({"command": "true"});
    for (config, says) in [
        (json!({}), &["mcpServers"][..]),
        (json!({"mcpServers": []}), &["mcpServers"]),
        (
            json!({"mcpServers": {"a": {"args": []}}}),
            &["mcpServers.a", "command"],
        ),
        (
            json!({"mcpServers": {"a": {"command": 7}}}),
            &["mcpServers.a.command"],
        ),
        (
            json!({"mcpServers": {"a": {"command": ""}}}),
            &["mcpServers.a.command"],
        ),
        (
            json!({"mcpServers": {"a": {"command": "true", "arg": []}}}),
            &["mcpServers.a", "`arg`", "args"],
        ),
        (
            json!({"mcpServers": {"a": {"command": "true", "args": ["x", {}]}}}),
            &["mcpServers.a.args[1]"],
        ),
        (
            json!({"mcpServers": {"a": {"command": "true", "cwd": "/no/such/folder"}}}),
            &["mcpServers.a.cwd", "/no/such/folder"],
        ),
        (json!({"mcpServers": {"docs": server}}), &["docs"]),
        (json!({"mcpServers": {"health": server}}), &["health"]),
        (json!({"mcpServers": {"functions": server}}), &["functions"]),
        (json!({"mcpServers": {"a/b": server}}), &["a/b"]),
        (json!({"mcpServers": {"..": server}}), &[".."]),
        (json!({"mcpServers": {"": server}}), &["mcpServers"]),
        (
            json!({"mcpServers": {"a": server}, "mcpServer": {}}),
            &["mcpServer`", "mcpServers"],
        ),
        (
            json!({"mcpServers": {"a": {"command": "true", "disabled": true}}}),
            &["disabled"],
        ),
        (json!({"servers": {"a": server}}), &["mcpServers"]),
        (
            json!({"mcpServers": {"a": server}, "gateway": {"callTimout": "1s"}}),
            &["callTimout", "callTimeout"],
        ),
    ] {
        let finished = Launch::new().config(&config).run_to_end();
        assert_fails(&finished, CONFIG, says);
        assert!(finished.stderr.contains("config.json:"), "{finished:#?}");
    }
}

#[test]
fn a_key_that_stands_twice_in_the_config_is_refused() {
    let text = r#"{"mcpServers": {"a": {"command": "true"}, "a": {"command": "false"}}}"#;
    let finished = Launch::new().config_text(text).run_to_end();
    assert_fails(&finished, CONFIG, &["config.json:1:", "twice"]);
}

#[test]
fn comments_trailing_commas_and_foreign_keys_are_accepted() {
    let command = serde_json::to_string(&fixture(&[])[0]).unwrap();
    let text = format!(
        r#"{{
          // a comment
          "mcpServers": {{
            /* another */
            "one": {{"command": {command}, "args": [], "autoApprove": ["x"], "alwaysAllow": [],}},
          }},
          "globalShortcut": "Ctrl+Space",
        }}"#
    );
    let gateway = Launch::new().config_text(&text).start();
    gateway.call("/one/echo_raw", &json!({})).expect(200);
}

#[test]
fn a_port_that_is_taken_is_told() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let finished = Launch::new()
        .flags(["--port", &port])
        .server(fixture(&[]))
        .run_to_end();
    assert_eq!(finished.code, Some(UNAVAILABLE), "{finished:#?}");
    assert!(finished.stderr.contains(&port), "{finished:#?}");
    assert!(
        finished.stderr.to_lowercase().contains("in use"),
        "{finished:#?}"
    );
}

#[test]
fn wrong_environment_variables_are_named() {
    let finished = Launch::new()
        .env("VICEVERSA_CALL_TIMEOUT", "soon")
        .server(["true"])
        .run_to_end();
    assert_fails(&finished, CONFIG, &["VICEVERSA_CALL_TIMEOUT"]);
}

#[test]
fn a_flag_wins_over_the_environment_and_that_over_the_file() {
    let config = json!({
        "mcpServers": {"one": crate::gateway::entry(&fixture(&[]))},
        "gateway": {"pathPrefix": "/file", "name": "of the file"},
    });
    let gateway = Launch::new()
        .env("VICEVERSA_PATH_PREFIX", "/environment")
        .config(&config)
        .start();
    gateway
        .call("/environment/one/echo_raw", &json!({}))
        .expect(200);
    let gateway = Launch::new()
        .env("VICEVERSA_PATH_PREFIX", "/environment")
        .flags(["--path-prefix", "/flag"])
        .config(&config)
        .start();
    gateway.call("/flag/one/echo_raw", &json!({})).expect(200);
}

#[test]
fn mcpos_port_variable_is_understood() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    // Other tests take ports meanwhile, but hardly this one.
    let mut command = crate::gateway::binary();
    command
        .args(["--port", "nonsense", "--"])
        .args(fixture(&[]));
    command.env("MCPO_PORT", port.to_string());
    assert_eq!(
        crate::gateway::run_to_end(command).code,
        Some(USAGE),
        "the flag wins"
    );
    let gateway = Launch::new()
        .without_port()
        .env("MCPO_PORT", &port.to_string())
        .server(fixture(&[]))
        .start();
    assert_eq!(gateway.address.port(), port);
}

#[test]
fn help_and_version_go_to_stdout() {
    let help = Launch::new().without_port().flags(["--help"]).run_to_end();
    assert_eq!(help.code, Some(0), "{help:#?}");
    for flag in [
        "--host",
        "--port",
        "--cors-allow-origins",
        "--api-key",
        "--api-key-file",
        "--strict-auth",
        "--env",
        "--env-path",
        "--type",
        "--config",
        "--name",
        "--description",
        "--version",
        "--ssl-certfile",
        "--ssl-keyfile",
        "--root-path",
        "--path-prefix",
        "--header",
        "--hot-reload",
        "--poll-interval",
        "--log-level",
        "VICEVERSA_API_KEY",
        "MCPO_API_KEY",
    ] {
        assert!(help.stdout.contains(flag), "{flag} in {}", help.stdout);
    }
    let version = Launch::new().without_port().flags(["-V"]).run_to_end();
    assert_eq!(version.code, Some(0), "{version:#?}");
    assert!(
        version.stdout.contains(env!("CARGO_PKG_VERSION")),
        "{version:#?}"
    );
}

#[test]
fn help_that_can_not_be_written_ends_with_code_74() {
    for flag in ["--help", "-V"] {
        let full = std::fs::File::options().write(true).open("/dev/full");
        let status = std::process::Command::new(env!("CARGO_BIN_EXE_viceversa"))
            .arg(flag)
            .stdout(full.unwrap())
            .status();
        assert_eq!(status.unwrap().code(), Some(74), "{flag}");
    }
}

#[test]
fn mcpos_letters_mean_what_they_mean_there() {
    let gateway = Launch::new()
        .without_port()
        .flags([
            "-h",
            "127.0.0.1",
            "-p",
            "0",
            "-k",
            "the-key",
            "-n",
            "Title",
            "-d",
            "About it",
            "-v",
            "3.2.1",
            "-e",
            "A=b",
            "--strict-auth",
            "--server-type",
            "stdio",
            "--log-level",
            "INFO",
        ])
        .server(fixture(&[]))
        .start();
    assert_eq!(gateway.value("/env", &json!({}))["A"], "b");
    let document = gateway.document("/openapi.json");
    assert_eq!(document["info"]["title"], "Title");
    assert_eq!(document["info"]["version"], "3.2.1");
    gateway.anonymous("GET", "/openapi.json").send().expect(401);
}

#[test]
fn the_start_up_table_names_each_server_its_state_and_its_tools() {
    let gateway = Launch::new()
        .config(&json!({"mcpServers": {
            "first": crate::gateway::entry(&fixture(&[])),
            "second": crate::gateway::entry(&fixture(&["--exit-at-start", "3"])),
        }}))
        .start();
    for text in ["first", "second", "ready", "failed"] {
        gateway.wait_for_log(text);
    }
}

#[test]
fn the_log_names_every_address_with_its_port_on_one_line() {
    let gateway = Gateway::single(&["--host", "127.0.0.1"], fixture(&[]));
    let log = gateway.log();
    let line = log.lines().find(|line| line.contains("listening on"));
    let line = line.expect("the gateway listens");
    let address = gateway.address;
    assert!(
        line.contains(&format!("addresses=\"{address}\"")) && line.contains("INFO"),
        "{line}"
    );
}

#[test]
fn the_log_has_no_colours_where_nobody_sees_them() {
    let gateway = Gateway::single(&[], fixture(&[]));
    gateway.call("/echo_raw", &json!({})).expect(200);
    assert!(!gateway.log().contains('\u{1b}'), "{:?}", gateway.log());
}

/// The program and arguments of the health check in the Dockerfile.
fn health_check() -> Vec<String> {
    let dockerfile = include_str!("../../Dockerfile");
    let (_, check) = dockerfile.split_once("HEALTHCHECK").unwrap();
    let (_, command) = check.split_once("CMD ").unwrap();
    serde_json::from_str(command.lines().next().unwrap()).unwrap()
}

#[test]
fn the_containers_health_check_follows_the_port_past_any_proxy() {
    let gateway = Gateway::single(&["--host", "0.0.0.0"], fixture(&[]));
    let port = gateway.address.port().to_string();
    let check = health_check();
    for (variable, port, healthy) in [
        ("VICEVERSA_PORT", port.as_str(), true),
        ("MCPO_PORT", &port, true),
        ("FASTMCP_PORT", &port, true),
        ("VICEVERSA_PORT", "1", false),
    ] {
        assert_eq!(check[0], "viceversa");
        let finished = crate::gateway::binary()
            .args(&check[1..])
            .env_remove("VICEVERSA_PORT")
            .env_remove("MCPO_PORT")
            .env_remove("FASTMCP_PORT")
            .env(variable, port)
            .env("http_proxy", "http://127.0.0.1:1")
            .output()
            .unwrap();
        assert_eq!(
            finished.status.success(),
            healthy,
            "{variable}={port}: {finished:?}"
        );
    }
}

#[test]
fn the_container_shows_the_port_that_is_the_default() {
    let dockerfile = include_str!("../../Dockerfile");
    let help = Launch::new().without_port().flags(["--help"]).run_to_end();
    let (_, default) = help
        .stdout
        .split_once("0 takes a free one [default: ")
        .unwrap();
    let (default, _) = default.split_once(']').unwrap();
    assert!(dockerfile.contains(&format!("EXPOSE {default}\n")));
    assert!(dockerfile.contains("ENV VICEVERSA_HOST=0.0.0.0\n"));
}
