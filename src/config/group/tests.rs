use std::fmt::Write as _;

use crate::config::Config;
use crate::config::tests::Scene;
use crate::gateway::Discovery;

const SERVERS: &str = r#""time": {"command": "x", "tools": {
    "old": {"name": "new"}, "a": {"name": "b"}, "b": {"name": "a"}, "same": {"name": "same"}
  }}, "memory": {"command": "x"},
  "example.com": {"url": "http://x"}, "off": {"command": "x", "disabled": true}"#;

fn scene(groups: &str) -> Scene {
    let text = format!("{{\"mcpServers\": {{{SERVERS}}},\n\"groups\": {groups}}}");
    Scene::new().file("config.json", text)
}

fn config(groups: &str) -> Config {
    scene(groups).load("--config @config.json").unwrap()
}

#[test]
fn all_keys_of_a_group_are_read() {
    let config = config(
        r#"{"research": {
            "servers": ["memory", "example.com"], "tools": ["read_*", "memory.*", "!*.delete_*"],
            "title": "Research", "description": "What we know.", "version": "2",
            "discovery": "search"
        }, "none": null}"#,
    );
    assert_eq!(config.warnings, []);
    assert_eq!(config.groups.len(), 1);
    let group = &config.groups["research"];
    assert_eq!(group.name.as_str(), "research");
    let servers: Vec<_> = group.servers.iter().map(AsRef::as_ref).collect();
    assert_eq!(servers, ["memory", "example.com"]);
    assert!(group.selection.admits("example.com", "read_page"));
    assert!(group.selection.admits("memory", "anything"));
    assert!(!group.selection.admits("memory", "delete_all"));
    assert!(!group.selection.admits("example.com", "anything"));
    assert_eq!(group.overrides.title.as_deref(), Some("Research"));
    assert_eq!(
        group.overrides.description.as_deref(),
        Some("What we know.")
    );
    assert_eq!(group.overrides.version.as_deref(), Some("2"));
    assert_eq!(group.discovery, Some(Discovery::Search));
}

#[test]
fn a_group_needs_servers_alone() {
    let config = config(r#"{"all": {"servers": ["time", "memory", "example.com"]}}"#);
    let group = &config.groups["all"];
    assert!(group.selection.admits("time", "anything"));
    assert_eq!(group.discovery, None);
    assert!(self::config("{}").groups.is_empty());
    assert!(self::config("null").groups.is_empty());
}

#[test]
fn what_is_odd_about_groups_is_told() {
    let scene = scene(
        r#"{
        "few": {"servers": ["off", "time"], "tools": ["off.*", "time.now"]},
        "none": {"servers": ["off"]},
        "order": {"servers": ["time"], "tools": ["!time.convert_*", "!time.now", "time.convert_*", "*"]},
        "names": {"servers": ["time"], "tools": ["!time.old", "!old*", "time.a", "same", "new"]}
        }"#,
    );
    let config = scene.load("--config @config.json").unwrap();
    let names: Vec<_> = config.groups.keys().map(AsRef::<str>::as_ref).collect();
    assert_eq!(names, ["few", "order", "names"]);
    assert_eq!(config.groups["few"].servers.len(), 1);
    let warnings: Vec<_> = config.warnings.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(scene.hidden(&warnings.join("\n")));
}

#[test]
fn wrong_groups_are_explained() {
    let mut messages = String::new();
    for groups in [
        "5",
        r#"{"g": ["time"]}"#,
        r#"{"a/b": {"servers": ["time"]}}"#,
        r#"{"": {"servers": ["time"]}}"#,
        r#"{"mcp": {"servers": ["time"]}}"#,
        r#"{"time": {"servers": ["time"]}}"#,
        r#"{"off": {"servers": ["time"]}}"#,
        r#"{"g": {}}"#,
        r#"{"g": {"servers": []}}"#,
        r#"{"g": {"servers": "time"}}"#,
        r#"{"g": {"servers": ["tmie"]}}"#,
        r#"{"g": {"servers": ["other"]}}"#,
        r#"{"g": {"servers": ["time", 5]}}"#,
        r#"{"g": {"servers": ["time", "time"]}}"#,
        r#"{"g": {"server": ["time"]}}"#,
        r#"{"g": {"servers": ["time"], "colour": 1}}"#,
        r#"{"g": {"servers": ["time"], "title": 1}}"#,
        r#"{"g": {"servers": ["time"], "discovery": "none"}}"#,
        r#"{"g": {"servers": ["time"], "tools": "time.*"}}"#,
        r#"{"g": {"servers": ["time"], "tools": [5]}}"#,
        r#"{"g": {"servers": ["time"], "tools": ["now", "!"]}}"#,
        r#"{"g": {"servers": ["time"], "tools": ["time."]}}"#,
        r#"{"g": {"servers": ["time"], "tools": ["tiem.now"]}}"#,
        r#"{"g": {"servers": ["time"], "tools": ["memory.*"]}}"#,
        r#"{"g": {"servers": ["time"], "tools": ["!files.read"]}}"#,
    ] {
        let message = scene(groups).message("--config @config.json");
        writeln!(messages, "{groups}\n=> {message}\n").unwrap();
    }
    let line = "--config @config.json --sse-path /events/sse --message-path /messages";
    let message = scene(r#"{"events": {"servers": ["time"]}}"#).message(line);
    writeln!(messages, "$ viceversa {line}\n=> {message}").unwrap();
    insta::assert_snapshot!(messages);
}
