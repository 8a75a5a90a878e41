use std::fmt::Write as _;
use std::fs;

use crate::config::Config;
use crate::config::server::UpstreamConfig;
use crate::config::tests::Scene;
use crate::gateway::ArgumentOverride;
use crate::upstream::rest::settings::SpecSource;

const JSON: &str = r#"{
  // A comment.
  "mcpServers": {
    "time": {
      "command": "uvx",
      "args": ["mcp-server-time", 8080],
      "env": {"A": "b", "NUMBER": 1.50, "YES": true},
      "disabledTools": ["convert_time"],
      "tools": {"now": {"arguments": {"zone": {"fixed": {"n": 1.10, "big": 123456789012345678901234567890, "none": null}}}}},
    },
    "pets": {"type": "openapi", "url": "https://pets.example", "spec": {"openapi": "3.1.0", "info": {"title": "\u0001 \"quoted\" \\", "version": "1"}, "paths": {}}},
  },
  "gateway": {"port": 9000, "callTimeout": "5s", "publicDocs": true},
}"#;

const YAML: &str = r#"# A comment.
mcpServers:
  time:
    command: uvx
    args: [mcp-server-time, 8080]
    env: &env
      A: b
      NUMBER: 1.50
      YES: true
    disabledTools:
      - convert_time
    tools:
      now:
        arguments:
          zone:
            fixed: {n: 1.10, big: 123456789012345678901234567890, none: ~}
  pets:
    url: https://pets.example
    type: openapi
    spec:
      openapi: 3.1.0
      info: {title: "\x01 \"quoted\" \\", version: "1"}
      paths: {}
gateway: {port: 9000, callTimeout: 5s, publicDocs: true}
"#;

const TOML: &str = r#"# A comment.
[mcpServers.time]
command = "uvx"
args = ["mcp-server-time", 8080]
env = { A = "b", NUMBER = 1.50, YES = true }
disabledTools = ["convert_time"]
tools.now.arguments.zone.fixed = { n = 1.10, big = 123456789012345678901234567890 }

[mcpServers.pets]
url = "https://pets.example"
type = "openapi"
spec.openapi = "3.1.0"
spec.info = { title = "\u0001 \"quoted\" \\", version = "1" }
spec.paths = {}

[gateway]
port = 9_000
callTimeout = "5s"
publicDocs = true
"#;

fn load(name: &str, text: &str) -> Config {
    let scene = Scene::new().file(name, text);
    scene.load(&format!("--config @{name}")).unwrap()
}

/// The value that an argument of the tool `now` is fixed to, and the text of the document.
fn raw_parts(config: &Config) -> (String, String) {
    let zone = &config.servers["time"].tools["now"].arguments["zone"];
    let ArgumentOverride::Fixed(fixed) = zone else {
        panic!("fixed")
    };
    let UpstreamConfig::OpenApi(api) = &config.servers["pets"].upstream else {
        panic!("a REST API")
    };
    let SpecSource::Inline(spec) = &api.specs[0] else {
        panic!("inline")
    };
    (fixed.get().to_owned(), spec.get().to_owned())
}

#[test]
fn all_formats_say_the_same() {
    let json = load("c.json", JSON);
    for (name, text) in [
        ("c.yaml", YAML),
        ("c.yml", YAML),
        ("c", YAML),
        ("c.toml", TOML),
        ("c.conf", TOML),
        ("c.jsonc", JSON),
        ("c", JSON),
        ("c.JSON", JSON),
    ] {
        let config = load(name, text);
        let (fixed, spec) = raw_parts(&config);
        assert!(fixed.contains("1.10"), "{name}: {fixed}");
        assert!(fixed.contains("123456789012345678901234567890"), "{name}");
        let spec: serde_json::Value = serde_json::from_str(&spec).unwrap();
        assert_eq!(spec["info"]["title"], "\u{1} \"quoted\" \\", "{name}");
        let plain = |config: &Config| {
            let mut config = config.clone();
            config.servers.shift_remove("pets");
            config.servers[0].tools.clear();
            // They name the file.
            config.settings.clear();
            format!("{config:#?}")
        };
        assert_eq!(plain(&config), plain(&json), "{name}");
    }
}

#[test]
fn the_examples_of_the_documentation_are_configs() {
    let documentation = include_str!("../../../docs/configuration.md");
    for (format, count) in [("yaml", 1), ("toml", 1)] {
        let begin = format!("```{format}\n");
        let examples = documentation.split(&begin).skip(1);
        let examples: Vec<&str> = examples
            .map(|example| example.split("```").next().unwrap())
            .collect();
        assert_eq!(examples.len(), count, "{format}");
        for example in examples {
            let config = load(&format!("c.{format}"), example);
            assert!(config.servers.contains_key("time"));
            assert_eq!(config.warnings, []);
        }
    }
}

#[test]
fn scalars_of_yaml_are_those_of_its_core_schema() {
    let text = "
mcpServers:
  a:
    command: x
    args: [yes, 2026-11-24, 0644, '8', on, 1e3]
    env: {HEX: 0x1F, PLUS: +5, EMPTY: '', TEXT: !!str 5, NONE: }
    tools:
      t: {arguments: {a: {fixed: [0x1F, +5, 007, .5, ~, .inf, no, 1_0]}}}
  b: &b {command: y}
  c: *b
  d:
    <<: *b
    args: [z]
";
    let config = load("c.yaml", text);
    let UpstreamConfig::Stdio(stdio) = &config.servers["a"].upstream else {
        panic!("a program")
    };
    assert_eq!(stdio.args, ["yes", "2026-11-24", "0644", "8", "on", "1e3"]);
    let value = |name| {
        stdio
            .environment
            .get(name)
            .map(|value| value.reveal().to_owned())
    };
    assert_eq!(value("HEX").unwrap(), "31");
    assert_eq!(value("PLUS").unwrap(), "5");
    assert_eq!(value("EMPTY").unwrap(), "");
    assert_eq!(value("TEXT").unwrap(), "5");
    assert_eq!(value("NONE"), None);
    let ArgumentOverride::Fixed(fixed) = &config.servers["a"].tools["t"].arguments["a"] else {
        panic!("fixed")
    };
    assert_eq!(fixed.get(), r#"[31, 5, 7, 0.5, null, ".inf", "no", "1_0"]"#);
    let commands = ["b", "c", "d"].map(|name| match &config.servers[name].upstream {
        UpstreamConfig::Stdio(stdio) => stdio.command.clone(),
        _ => panic!("a program"),
    });
    assert_eq!(commands, ["y", "y", "y"]);
}

#[test]
fn what_is_odd_in_toml_becomes_json() {
    let text = "
[mcpServers.a]
command = 'x'
args = [0xFF, 1_000]
tools.t.arguments.a.fixed = [0xFF, 0b11, +1.5, 1e3, inf, 1979-05-27T07:32:00Z]
";
    let config = load("c.toml", text);
    let UpstreamConfig::Stdio(stdio) = &config.servers["a"].upstream else {
        panic!("a program")
    };
    assert_eq!(stdio.args, ["255", "1000"]);
    let ArgumentOverride::Fixed(fixed) = &config.servers["a"].tools["t"].arguments["a"] else {
        panic!("fixed")
    };
    let expected = r#"[255, 3, 1.5, 1e3, "inf", "1979-05-27T07:32:00Z"]"#;
    assert_eq!(fixed.get(), expected);
}

#[test]
fn what_is_wrong_is_told_with_its_place_in_every_format() {
    let files = [
        ("c.json", "{\"mcpServers\": {\"a\": {\"comand\": \"x\"}}}"),
        ("c.json", "{\"mcpServers\": [}"),
        ("c.json", "{\"x\": {\"y\": [1, \"\\ud83d\"]}}"),
        ("c.yaml", "mcpServers:\n  a:\n    comand: x\n"),
        (
            "c.yaml",
            "mcpServers:\n  a:\n    command: x\n    callTimeout: soon\n",
        ),
        (
            "c.yaml",
            "mcpServers:\n  a: &a\n    command: [x]\n  b: *a\n",
        ),
        (
            "c.yaml",
            "mcpServers:\n  é: {command: x, args: [y, {z: 1}]}\n",
        ),
        (
            "c.yaml",
            "mcpServers:\n  a: {command: x}\n  a: {command: y}\n",
        ),
        ("c.yaml", "mcpServers:\n\ta: {command: x}\n"),
        ("c.yaml", "mcpServers: {a: {command: x}\n"),
        (
            "c.yaml",
            "mcpServers: {a: {command: x}}\n---\ngateway: {}\n",
        ),
        ("c.yaml", "mcpServers: *nothing\n"),
        ("c.yaml", "? [a]\n: b\n"),
        ("c.yaml", "# nothing\n"),
        ("c.yaml", ""),
        ("c.yaml", "- a\n"),
        ("c.toml", "[mcpServers.a]\ncomand = \"x\"\n"),
        (
            "c.toml",
            "[mcpServers.a]\ncommand = \"x\"\ncallTimeout = \"soon\"\n",
        ),
        (
            "c.toml",
            "[mcpServers.a]\ncommand = \"x\"\nargs = [\n  \"y\",\n  { z = 1 },\n]\n",
        ),
        (
            "c.toml",
            "[mcpServers.a]\ncommand = \"x\"\ncommand = \"y\"\n",
        ),
        ("c.toml", "[mcpServers.a]\ncommand = x\n"),
        (
            "c.toml",
            "[gateway]\nport = 99999\n[mcpServers.a]\ncommand = \"x\"\n",
        ),
        (
            "c.toml",
            "[mcpServers.a]\nargs = [0xfffffffffffffffffffffffffffffffffff]\n",
        ),
        ("c.toml", ""),
    ];
    let mut messages = String::new();
    for (name, text) in files {
        let message = Scene::new()
            .file(name, text)
            .message(&format!("--config @{name}"));
        writeln!(messages, "{text}\n=> {message}\n").unwrap();
    }
    let bomb = (1..20).fold("a0: &a0 [x]\n".to_owned(), |text, n| {
        let alias = format!("*a{}, ", n - 1).repeat(9);
        text + &format!("a{n}: &a{n} [{alias}]\n")
    });
    let message = Scene::new()
        .file("c.yaml", bomb)
        .message("--config @c.yaml");
    writeln!(messages, "(a billion laughs)\n=> {message}\n").unwrap();
    let deep = format!("{}x{}", "[".repeat(200), "]".repeat(200));
    let message = Scene::new()
        .file("c.yaml", deep)
        .message("--config @c.yaml");
    writeln!(messages, "(deep)\n=> {message}").unwrap();
    insta::assert_snapshot!(messages);
}

#[test]
fn several_files_are_one_config() {
    let scene = Scene::new()
        .file("a.json", r#"{"$schema": "x", "mcpServers": {"a": {"command": "x"}}, "gateway": {"port": 1}}"#)
        .file("b.yaml", "$schema: y\nmcpServers: {b: {spec: pets.json}}\ngroups: {g: {servers: [a, b]}}\ngateway: {callTimeout: 3s}\n")
        .file("pets.json", "{}")
        .file("c.toml", "[groups.h]\nservers = ['a']\n")
        .file("d.yaml", "mcpServers:\ngroups:\n");
    for line in [
        "--config @a.json --config @b.yaml --config @c.toml --config @d.yaml",
        "--config @d.yaml --config @a.json --config @b.yaml --config @c.toml",
    ] {
        let config = scene.load(line).unwrap();
        let names: Vec<_> = config.servers.keys().map(ToString::to_string).collect();
        assert_eq!(names, ["a", "b"]);
        let groups: Vec<_> = config.groups.keys().map(ToString::to_string).collect();
        assert_eq!(groups, ["g", "h"]);
        assert_eq!(config.gateway.fixed.listen.port, 1);
        assert_eq!(config.gateway.live.calls.timeout.as_secs(), 3);
        assert_eq!(config.warnings, []);
    }
    let list = Scene::new()
        .file("a.json", r#"{"mcpServers": {"a": {"command": "x"}}}"#)
        .file("b:c.json", r#"{"mcpServers": {"b": {"command": "x"}}}"#)
        .variable("VICEVERSA_CONFIG", "@b:c.json");
    assert!(list.load("").unwrap().servers.contains_key("b"));
    let list = list.variable("VICEVERSA_CONFIG", "@a.json:@missing.json");
    insta::assert_snapshot!(list.message(""), @"can't read missing.json: No such file or directory (os error 2) [exit 66]");
}

#[test]
fn a_folder_is_all_config_files_in_it() {
    let server = |name: &str| format!("{{\"mcpServers\": {{\"{name}\": {{\"command\": \"x\"}}}}}}");
    let scene = Scene::new();
    fs::create_dir_all(scene.path("etc/nested.json")).unwrap();
    let scene = scene
        .file("etc/20.jsonc", server("b"))
        .file("etc/10.yml", "mcpServers: {a: {command: x}}")
        .file("etc/30.toml", "[mcpServers.c]\ncommand = 'x'")
        .file("etc/.hidden.json", "?")
        .file("etc/.#10.yml", "?")
        .file("etc/#10.yml#", "?")
        .file("etc/10.yml~", "?")
        .file("etc/~10.yml", "?")
        .file("etc/README.md", "?")
        .file("etc/nested.json/40.json", "?");
    let config = scene.load("--config @etc").unwrap();
    let names: Vec<_> = config.servers.keys().map(ToString::to_string).collect();
    assert_eq!(names, ["a", "b", "c"]);
}

#[test]
fn what_does_not_go_together_is_told_with_both_places() {
    let a = r#"{"mcpServers": {"a": {"command": "x"}}, "groups": {"g": {"servers": ["a"]}}, "gateway": {"port": 1}}"#;
    let mut messages = String::new();
    for b in [
        "mcpServers:\n  b: {command: x}\n  a: {command: x}\n",
        "groups: {g: {servers: [a]}}\n",
        "gateway:\n  port: 1\n",
        "mcpServers: [a]\n",
        "gateway: 5\n",
        "[a]\n",
        "mcpServers: {b: {command: x}}\nmcpServers: {c: {command: x}}\n",
    ] {
        let scene = Scene::new().file("a.json", a).file("b.yaml", b);
        let message = scene.message("--config @a.json --config @b.yaml");
        writeln!(messages, "{b}=> {message}\n").unwrap();
    }
    let scene = Scene::new()
        .file("a.yaml", "gateway: {port: 1}\n")
        .file("b.yaml", "gateway: {host: '::1'}\n");
    let message = scene.message("--config @a.yaml --config @b.yaml");
    writeln!(messages, "(no servers)\n=> {message}\n").unwrap();
    fs::create_dir(scene.path("empty")).unwrap();
    let message = scene.message("--config @empty");
    writeln!(messages, "(an empty folder)\n=> {message}").unwrap();
    insta::assert_snapshot!(messages);
}
