use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::*;
use crate::config::child_environment::Inherit;
use crate::config::server::{ServerConfig, StdioConfig, UpstreamConfig};
use crate::config::tests::Scene;
use crate::gateway::ArgumentOverride;

fn scene(text: &str) -> Scene {
    Scene::new()
        .file("config.json", text)
        .file("token", "hush-hush\n")
        .variable("WORD", "hush-hush")
        .variable("EMPTY", "")
        .variable("PORT", "9000")
        .variable("YES", "true")
        .variable("NESTED", "${WORD}")
}

fn program(scene: &Scene) -> (ServerConfig, StdioConfig) {
    let config = scene.load("--config @config.json").unwrap();
    let server = config.servers["a"].clone();
    let UpstreamConfig::Stdio(stdio) = server.upstream.clone() else {
        panic!("a program")
    };
    (server, stdio)
}

#[test]
fn references_are_replaced_in_any_string() {
    let scene = scene(
        r#"{
          "mcpServers": {
            "a": {
              "command": "${COMMAND:-uvx}",
              "args": ["-p${PORT}", "$${PORT}", "$$${PORT}", "$PORT", "$5", "${NESTED}", "${EMPTY:-}|${env:WORD}"],
              "env": {"T": "Bearer ${file:token}", "F": "${file:/does/not/exist:-none}"},
              "title": "${WORD}", "inheritEnv": "${NO:-false}",
              "tools": {"t": {"arguments": {"x": {"fixed": {"${WORD}": ["${WORD}", 1.10]}}}}}
            },
            "off": {"disabled": "${YES}", "command": "${MISSING}"}
          },
          "inputs": "${input:token}",
          "gateway": {"port": "${PORT}", "publicDocs": "${YES}", "callTimeout": "${SECONDS:-5s}", "apiKey": "${WORD}"}
        }"#,
    );
    let (server, stdio) = program(&scene);
    assert_eq!(stdio.command, "uvx");
    assert_eq!(
        stdio.args,
        [
            "-p9000",
            "${PORT}",
            "$${PORT}",
            "$PORT",
            "$5",
            "${WORD}",
            "|hush-hush"
        ]
    );
    let value = |name| stdio.environment.get(name).unwrap().reveal().to_owned();
    assert_eq!(value("T"), "Bearer hush-hush");
    assert_eq!(value("F"), "none");
    assert_eq!(server.documents.title.as_deref(), Some("hush-hush"));
    let ArgumentOverride::Fixed(fixed) = &server.tools["t"].arguments["x"] else {
        panic!("fixed")
    };
    assert_eq!(fixed.get(), r#"{"${WORD}": ["hush-hush", 1.10]}"#);
    let nothing = Inherit::Only(BTreeSet::default());
    assert_eq!(stdio.environment.inherit, nothing);
    let config = scene.load("--config @config.json").unwrap();
    assert_eq!(config.gateway.fixed.listen.port, 9000);
    assert_eq!(config.gateway.live.calls.timeout.as_secs(), 5);
    assert!(config.gateway.live.auth.public_docs);
    assert_eq!(config.disabled, ["off"]);
    assert_eq!(config.warnings, []);
}

#[test]
fn files_are_found_beside_the_config_that_names_them() {
    let scene = Scene::new();
    std::fs::create_dir(scene.path("etc")).unwrap();
    let scene = scene
        .file(
            "etc/c.yaml",
            "mcpServers: {a: {command: x, env: {T: '${file:t}'}}}",
        )
        .file("etc/t", "secret\r\n");
    let config = scene.load("--config @etc/c.yaml").unwrap();
    let UpstreamConfig::Stdio(stdio) = &config.servers["a"].upstream else {
        panic!("a program")
    };
    assert_eq!(stdio.environment.get("T").unwrap().reveal(), "secret");
}

#[test]
fn variables_of_an_env_file_are_variables() {
    let text = r#"{"mcpServers": {"a": {"command": "${FROM_FILE}"}}}"#;
    let scene = scene(text).file(".env", "FROM_FILE=y");
    let config = scene
        .load("--config @config.json --env-path @.env")
        .unwrap();
    assert!(format!("{config:?}").contains(r#"command: "y""#));
}

#[test]
fn what_is_wrong_with_references_is_told_and_no_value_is() {
    let mut messages = String::new();
    for members in [
        r#""command": "${MISSING}""#,
        r#""command": "${EMPTY}""#,
        r#""command": "x", "args": ["a", "${MISSING"]"#,
        r#""command": "${input:hush-hush}""#,
        r#""command": "${WORD%%x}""#,
        r#""command": "${}""#,
        r#""command": "${file:}""#,
        r#""command": "${file:/does/not/exist}""#,
        r#""command": "${file:.}""#,
        r#""command": "x", "cwd": "/${WORD}""#,
        r#""command": "x", "callTimeout": "${WORD}""#,
        r#""command": "x", "callTimeout": "${file:token}s""#,
        r#""command": "x", "protocolVersion": "${file:token}""#,
        r#""command": "x", "disabled": "${WORD}""#,
        r#""command": ["${WORD}"]"#,
        r#""url": "ftp://${WORD}@x""#,
        r#""type": "${WORD}", "command": "x""#,
        r#""command": "x", "tools": {"a": {"name": "${WORD}"}, "b": {"name": "${WORD}"}}"#,
        r#""command": "x", "tools": {"a": {"arguments": {"b": {"fixed": ["${MISSING}"]}}}}"#,
        r#""spec": "/${WORD}.json""#,
        r#""spec": "http://example.com/${WORD}""#,
        r#""command": "x", "tools": {"a": {"name": "${DOT}"}}"#,
    ] {
        let text = format!(r#"{{"mcpServers": {{"a": {{{members}}}}}}}"#);
        let message = scene(&text)
            .variable("DOT", ".")
            .message("--config @config.json");
        assert!(
            !message.contains("hush-hush") || members.contains("hush-hush"),
            "{message}"
        );
        writeln!(messages, "{members}\n=> {message}\n").unwrap();
    }
    for more in [
        r#""groups": {"g": {"servers": ["${WORD}"]}}"#,
        r#""gateway": {"port": "${WORD}"}"#,
        r#""gateway": {"apiKey": "${MISSING}"}"#,
        r#""gateway": {"apiKeyFile": "${MISSING}"}"#,
        r#""gateway": {"peers": "${WORD}"}"#,
    ] {
        let text = format!(r#"{{"mcpServers": {{"a": {{"command": "x"}}}}, {more}}}"#);
        let message = scene(&text).message("--config @config.json");
        writeln!(messages, "{more}\n=> {message}\n").unwrap();
    }
    insta::assert_snapshot!(messages);
}

#[test]
fn a_reference_is_shown_without_its_default() {
    let pieces = pieces("a${file:/x:-secret}$${b}").unwrap();
    let shown: Vec<String> = pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => (*text).to_owned(),
            Piece::Reference(reference) => reference.to_string(),
        })
        .collect();
    assert_eq!(shown, ["a", "${file:/x}", "${", "b}"]);
}
