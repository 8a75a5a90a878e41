use std::fmt::Write as _;
use std::fs;

use tempfile::TempDir;

use super::*;
use crate::cli::arguments::parse_from;
use crate::config::reader::ConfigReader;

/// A config of another program where that program keeps it, below a folder of its own.
struct Scene {
    folder: TempDir,
    files: Vec<PathBuf>,
}

impl Scene {
    fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            files: Vec::new(),
        }
    }

    fn file(mut self, name: &str, text: &str) -> Self {
        let file = self.folder.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        self.files.push(file);
        self
    }

    fn fixture(self, name: &str, fixture: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let text = fs::read_to_string(root.join("tests/fixtures/configs").join(fixture)).unwrap();
        self.file(name, &text)
    }

    fn read(&self) -> Result<Imported, Failure> {
        read(&self.files)
    }

    /// What comes out of it, and what is said of it.
    fn outcome(&self) -> String {
        let text = match self.read() {
            Ok(imported) => {
                let notes: Vec<_> = imported
                    .notes
                    .iter()
                    .chain(&unfit(&imported.config))
                    .cloned()
                    .collect();
                format!("{}---\n{}\n", imported.config.to_json(), notes.join("\n"))
            }
            Err(failure) => format!("{failure} [exit {}]\n", failure.exit_code()),
        };
        text.replace(&self.folder.path().display().to_string(), "@")
    }
}

#[test]
fn a_config_of_claude_desktop_is_translated() {
    let scene = Scene::new().fixture("claude_desktop_config.json", "claude_desktop_config.json");
    insta::assert_snapshot!(scene.outcome());
}

#[test]
fn a_config_of_vs_code_is_translated() {
    let scene = Scene::new().fixture("project/.vscode/mcp.json", "vscode_mcp.json");
    insta::assert_snapshot!(scene.outcome());
}

#[test]
fn a_config_of_cursor_is_translated() {
    let scene = Scene::new().fixture("home/.cursor/mcp.json", "cursor_mcp.json");
    insta::assert_snapshot!(scene.outcome());
}

#[test]
fn a_config_of_mcpo_is_translated() {
    let scene = Scene::new().fixture("config.json", "mcpo_config.json");
    insta::assert_snapshot!(scene.outcome());
}

#[test]
fn several_configs_are_one_and_a_name_for_two_servers_is_an_error() {
    let cursor = r#"{"mcpServers": {"a": {"command": "x"}, "b": {"command": "y"}}}"#;
    let scene = Scene::new().file("one.json", cursor).file(
        "two.json",
        r#"{"servers": {"b": {"command": "y"}, "c": {"url": "http://x"}}}"#,
    );
    let config = scene.read().unwrap().config;
    let servers = config.mcp_servers.unwrap();
    assert_eq!(servers.keys().collect::<Vec<_>>(), ["a", "b", "c"]);

    let scene = scene.file("three.json", r#"{"mcpServers": {"a": {"command": "z"}}}"#);
    insta::assert_snapshot!(scene.outcome());
}

#[test]
fn what_comes_out_fits_the_schema_and_is_read_in_every_format() {
    for (name, fixture) in [
        ("claude_desktop_config.json", "claude_desktop_config.json"),
        ("project/.vscode/mcp.json", "vscode_mcp.json"),
        (".cursor/mcp.json", "cursor_mcp.json"),
        ("config.json", "mcpo_config.json"),
    ] {
        let scene = Scene::new().fixture(name, fixture);
        let imported = scene.read().unwrap();
        assert_eq!(unfit(&imported.config), [""; 0], "{fixture}");
        for (format, end) in [
            (ConfigFormat::Json, "json"),
            (ConfigFormat::Yaml, "yaml"),
            (ConfigFormat::Toml, "toml"),
        ] {
            let text = write(&imported.config, format).unwrap();
            let file = scene.folder.path().join(format!("ours.{end}"));
            fs::write(&file, &text).unwrap();
            let again = ConfigFile::read(&file, text.as_bytes()).unwrap();
            let values =
                [&imported.config, &again].map(|config| serde_json::to_value(config).unwrap());
            assert_eq!(values[0], values[1], "{text}");
            let line = ["viceversa".into(), "--config".into(), file.into_os_string()];
            let variables = ["PERPLEXITY_KEY", "LINEAR_TOKEN", "HOME", "TOKEN", "LANG"];
            let environment = variables.map(|name| (name, "set")).into_iter().collect();
            let config =
                ConfigReader::new(parse_from(line).unwrap().serve, environment).read_blocking();
            let config = config.unwrap_or_else(|error| panic!("{error}\n{text}"));
            assert_eq!(config.warnings, [], "{text}");
        }
    }
}

#[test]
fn what_can_not_be_imported_is_explained() {
    let mut outcomes = String::new();
    for text in [
        "{",
        "[]",
        "{}",
        r#"{"mcpServers": []}"#,
        r#"{"mcpServers": {"a": "x"}}"#,
        r#"{"mcpServers": {"a": {"command": "x", "args": "y"}}}"#,
        r#"{"mcpServers": {"a": {"command": "x"}, "a": {"command": "y"}}}"#,
        r#"{"mcpServers": {"a": {"command": "x", "callTimeout": "soon"}}}"#,
    ] {
        outcomes += &Scene::new().file("c.json", text).outcome();
    }
    insta::assert_snapshot!(outcomes);
}

#[test]
fn options_and_references_without_a_match_are_told_and_never_lost_in_silence() {
    let scene = Scene::new().file(
        "c.json",
        r#"{"mcpServers": {
            "docs": {"httpUrl": "https://x/mcp?token=plainplain", "timeout": 5000, "trust": true, "tools": ["a"]},
            "b": {"command": "x", "enabled": false, "args": ["$${kept}", "${unclosed", "${cwd/x}", "${FILE:-none}"], "sandbox": {}},
            "c": {"command": "x", "env": {"A": "${input:a-b}", "B": "${input:a_b}", "NONE": null}}
        }, "inputs": [{"id": "a-b", "description": "One"}, {"id": "a_b", "description": "Other"}], "theme": "dark"}"#,
    );
    insta::assert_snapshot!(scene.outcome());
}

#[test]
fn well_known_places_are_those_of_the_system() {
    let unix = [("HOME", "/home/me")].into_iter().collect();
    let windows = [
        ("USERPROFILE", "C:/Users/me"),
        ("APPDATA", "C:/Users/me/AppData/Roaming"),
    ]
    .into_iter()
    .collect();
    let mut places = String::new();
    for (system, environment) in [("linux", &unix), ("macos", &unix), ("windows", &windows)] {
        for place in places::well_known(system, environment, Path::new("/srv/project")) {
            let file = place.file.display();
            writeln!(places, "{system}: {}: {file}", place.program).unwrap();
        }
    }
    insta::assert_snapshot!(places);
}

#[test]
fn only_places_where_something_is_are_read() {
    let scene = Scene::new().fixture(".cursor/mcp.json", "cursor_mcp.json");
    let there = || Place {
        program: "Cursor",
        file: scene.files[0].clone(),
    };
    let gone = || Place {
        program: "VS Code",
        file: "/nowhere/mcp.json".into(),
    };
    assert_eq!(found(&[gone(), there()]).unwrap(), scene.files);
    let failure = found(&[gone()]).unwrap_err();
    assert_eq!(failure.exit_code(), sysexits::NOINPUT);
    assert!(
        failure.to_string().contains("/nowhere/mcp.json"),
        "{failure}"
    );
}

#[test]
fn numbers_that_are_text_for_a_program_stay_as_they_are_written() {
    let json = r#"{"mcpServers": {"a": {"command": "x", "args": [1.10, 5, 123456789012345678901234567890],
        "env": {"VERSION": 3.10, "PLAIN": 7}, "callTimeout": 5}}}"#;
    let yaml = "mcpServers:\n  a:\n    command: x\n    args: [1.10, 0644]\n";
    let of = |name: &str, text: &str| {
        let imported = Scene::new().file(name, text).read().unwrap();
        let config: Value = serde_json::from_str(&imported.config.to_json()).unwrap();
        config["mcpServers"]["a"].clone()
    };
    let server = of("c.json", json);
    assert_eq!(
        server["args"],
        serde_json::json!(["1.10", 5, "123456789012345678901234567890"])
    );
    assert_eq!(
        server["env"],
        serde_json::json!({"VERSION": "3.10", "PLAIN": 7})
    );
    assert_eq!(server["callTimeout"], 5);
    let args = &of("c.yaml", yaml)["args"];
    assert_eq!(*args, serde_json::json!(["1.10", "0644"]));
}
