use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use jsonschema::Validator;
use serde_json::json;

use super::*;
use crate::config::FOREIGN_TOP_KEYS;
use crate::config::document::{Document, recorded_keys};
use crate::config::json_schema::auth::TYPES;
use crate::config::server_entry::keys::{FOREIGN_KEYS, OTHER_WORDS};
use crate::config::settings::Settings;
use crate::config::tests::{Scene, of_document};

fn validator() -> Validator {
    let schema = document();
    jsonschema::meta::validate(&schema).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

/// A text of any format as a value.
fn value(name: &str, text: &str) -> Value {
    let document = Document::unexpanded(Path::new(name), text.as_bytes()).unwrap();
    serde_json::from_str(&document.to_json().unwrap()).unwrap()
}

fn mistakes(validator: &Validator, value: &Value) -> Vec<String> {
    let errors = validator.iter_errors(value);
    errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

/// What stands in a text between fences of these languages: its first line's number, the language
/// and the text.
fn examples(text: &str) -> Vec<(usize, &str, String)> {
    let mut found = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let language = match line.trim().strip_prefix("```") {
            Some(language @ ("json" | "yaml" | "toml")) => language,
            Some(_) => {
                lines.by_ref().find(|(_, line)| line.trim() == "```");
                continue;
            }
            None => continue,
        };
        let body = lines
            .by_ref()
            .map(|(_, line)| line)
            .take_while(|line| line.trim() != "```");
        found.push((
            number + 1,
            language,
            body.flat_map(|line| {
                [
                    line, "
",
                ]
            })
            .collect(),
        ));
    }
    found
}

/// An example as a whole config: an entry, groups or a key of an entry alone are put where they
/// belong. None where it is no config.
fn whole(language: &str, text: &str) -> Option<Value> {
    let read = |text: &str| {
        let document = Document::unexpanded(Path::new(&format!("c.{language}")), text.as_bytes());
        let document = document.ok()?;
        serde_json::from_str::<Value>(&document.to_json().ok()?).ok()
    };
    let mut config = read(text).or_else(|| read(&format!("{{{text}}}")))?;
    let object = config.as_object_mut()?;
    if object.contains_key("mcpServers") || object.contains_key("gateway") {
        object
            .entry("mcpServers")
            .or_insert(json!({"x": {"command": "x"}}));
        return Some(config);
    }
    if let Some(groups) = object.get("groups") {
        return Some(json!({"mcpServers": {"x": {"command": "x"}}, "groups": groups}));
    }
    let is_entry = |value: &Value| {
        ["command", "url", "spec"]
            .iter()
            .any(|key| value.get(key).is_some())
    };
    if object.values().all(is_entry) && !object.is_empty() {
        return Some(json!({"mcpServers": object}));
    }
    None
}

#[test]
fn shipped_configs_and_all_examples_of_the_documentation_fit() {
    let validator = validator();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut tried = 0;
    let mut files = vec![root.join("mcpo-config-example.json")];
    files.extend(
        fs::read_dir(root.join("config"))
            .unwrap()
            .map(|entry| entry.unwrap().path()),
    );
    for file in files
        .iter()
        .filter(|file| file.extension().is_some_and(|end| end == "json"))
    {
        let text = fs::read_to_string(file).unwrap();
        assert_eq!(
            mistakes(&validator, &value("c.json", &text)),
            [""; 0],
            "{}",
            file.display()
        );
        tried += 1;
    }
    let mut pages = vec![root.join("README.md")];
    pages.extend(
        fs::read_dir(root.join("docs"))
            .unwrap()
            .map(|entry| entry.unwrap().path()),
    );
    let mut skipped = Vec::new();
    for page in pages
        .iter()
        .filter(|page| page.extension().is_some_and(|end| end == "md"))
    {
        for (line, language, text) in examples(&fs::read_to_string(page).unwrap()) {
            let place = format!("{}:{line}", page.strip_prefix(root).unwrap().display());
            let Some(config) = whole(language, &text) else {
                skipped.push(format!(
                    "{place}: {}",
                    text.lines().next().unwrap_or_default()
                ));
                continue;
            };
            assert_eq!(mistakes(&validator, &config), [""; 0], "{place}");
            tried += 1;
        }
    }
    assert!(tried > 12, "{tried}");
    insta::assert_snapshot!("examples_that_are_no_configs", without_lines(&skipped));
}

fn without_lines(places: &[String]) -> String {
    let page = |place: &String| {
        let (page, rest) = place.split_once(':').unwrap();
        format!(
            "{page}{}",
            rest.trim_start_matches(|c: char| c.is_ascii_digit())
        )
    };
    let mut pages: Vec<String> = places.iter().map(page).collect();
    pages.sort();
    pages.join("\n")
}

/// Everything that an entry of each kind, a group and the gateway can have.
const ALL_KINDS: &str = r#"{
  "mcpServers": {
    "program": {"command": "x", "tools": {"t": {"name": "u", "arguments": {"a": {"fixed": null}}}}},
    "remote": {"url": "http://x", "oauth": {"clientMetadata": {}}, "clientHeaderForwarding": {"enabled": true}},
    "rest": {"spec": "https://x/y", "operations": {"include": [{"tag": "a"}]}, "auth": {"type": "none"}},
    "basic": {"spec": "https://x/y", "auth": {"type": "basic", "username": "a", "password": "b"}},
    "bearer": {"spec": "https://x/y", "auth": {"type": "bearer", "token": "a"}},
    "key": {"spec": "https://x/y", "auth": {"type": "apiKey", "name": "a", "key": "b"}},
    "oauth2": {"spec": "https://x/y", "auth": {"type": "oauth2", "tokenUrl": "https://x", "clientId": "a", "clientSecret": "b"}},
    "cognito": {"spec": "https://x/y", "auth": {"type": "cognito", "clientId": "a", "username": "b", "password": "c"}},
    "sigv4": {"spec": "https://x/y", "auth": {"type": "sigv4", "service": "a"}}
  },
  "groups": {"g": {"servers": ["program"]}},
  "gateway": {}
}"#;

#[test]
fn the_schema_knows_the_keys_that_the_reader_knows() {
    let schema = document();
    let document = Document::parse(Path::new("c.json"), ALL_KINDS.as_bytes()).unwrap();
    let known = recorded_keys(|| of_document(document).unwrap());
    let of_reader = |paths: &[&str]| -> BTreeSet<String> {
        let known = known
            .iter()
            .filter(|(path, _)| paths.iter().any(|wanted| path == wanted));
        known.map(|(_, key)| (*key).to_owned()).collect()
    };
    let of_schema = |pointer: &str, without: &[&str]| -> BTreeSet<String> {
        let properties = schema
            .pointer(pointer)
            .unwrap_or_else(|| panic!("{pointer}"));
        let keys = properties.as_object().unwrap().keys();
        keys.filter(|key| !without.contains(&key.as_str()))
            .cloned()
            .collect()
    };
    let mut foreign: Vec<&str> = FOREIGN_KEYS.into();
    foreign.extend(OTHER_WORDS.map(|(word, _)| word));
    let mut at_the_top: Vec<&str> = FOREIGN_TOP_KEYS.into();
    at_the_top.push("servers");
    assert_eq!(of_reader(&[""]), of_schema("/properties", &at_the_top));
    assert_eq!(
        of_reader(&["mcpServers.program", "mcpServers.remote", "mcpServers.rest"]),
        of_schema("/$defs/Server/properties", &foreign)
    );
    for (definition, paths) in [
        ("Group", &["groups.g"][..]),
        ("Tool", &["mcpServers.program.tools.t"]),
        ("Argument", &["mcpServers.program.tools.t.arguments.a"]),
        ("OAuth", &["mcpServers.remote.oauth"]),
        (
            "HeaderForwarding",
            &["mcpServers.remote.clientHeaderForwarding"],
        ),
        ("Operations", &["mcpServers.rest.operations"]),
        (
            "OperationFilter",
            &["mcpServers.rest.operations.include[0]"],
        ),
        ("Gateway", &["gateway"]),
    ] {
        let pointer = format!("/$defs/{definition}/properties");
        assert_eq!(of_reader(paths), of_schema(&pointer, &[]), "{definition}");
    }
    // Each type of `auth` has keys of its own.
    for (entry, (spellings, needs, may)) in [
        "rest", "basic", "bearer", "key", "oauth2", "cognito", "sigv4",
    ]
    .iter()
    .zip(TYPES)
    {
        let expected = needs
            .iter()
            .chain(may)
            .chain(&["type"])
            .map(|key| (*key).to_owned());
        let known = of_reader(&[&format!("mcpServers.{entry}.auth")]);
        assert_eq!(known, expected.collect(), "{spellings}");
    }
    let all = of_schema("/$defs/Auth/properties", &["type"]);
    let of_types = TYPES
        .iter()
        .flat_map(|(_, needs, may)| needs.iter().chain(*may));
    assert_eq!(all, of_types.map(|key| (*key).to_owned()).collect());
}

#[test]
fn each_setting_has_a_flag_a_variable_and_a_place_in_the_schema_in_the_same_words() {
    let schema = document();
    let command = crate::cli::arguments::command();
    for (id, variables, key) in Settings::names() {
        let property = &schema["$defs"]["Gateway"]["properties"][key];
        let described = property["description"]
            .as_str()
            .unwrap_or_else(|| panic!("{key}"));
        let flag = command
            .get_arguments()
            .find(|flag| flag.get_id() == *id)
            .unwrap();
        let help = flag.get_help().unwrap().to_string();
        let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            squeezed(&help).starts_with(&squeezed(described)),
            "{key}: {help:?} {described:?}"
        );
        assert!(help.contains(variables[0]), "{help}");
        let own = format!("VICEVERSA_{}", id.to_uppercase());
        assert_eq!(variables[0], own);
        let camel = id.split('_').enumerate().map(|(index, word)| match index {
            0 => word.to_owned(),
            _ => word[..1].to_uppercase() + &word[1..],
        });
        assert_eq!(camel.collect::<String>(), *key);
    }
}

#[test]
fn every_property_is_described() {
    fn look(value: &Value, path: &str, silent: &mut Vec<String>) {
        if let Some(properties) = value.get("properties").and_then(Value::as_object)
            && !path.contains("/if")
            && !path.contains("/then")
            && !path.contains("/anyOf")
        {
            for (key, property) in properties {
                let text = property["description"].as_str().unwrap_or_default();
                if text.len() < 10 || !text.ends_with(['.', ']', ')']) && !path.contains("Gateway")
                {
                    silent.push(format!("{path}/{key}: {text}"));
                }
            }
        }
        match value {
            Value::Object(members) => members
                .iter()
                .for_each(|(key, value)| look(value, &format!("{path}/{key}"), silent)),
            Value::Array(items) => items.iter().for_each(|value| look(value, path, silent)),
            _ => {}
        }
    }
    let mut silent = Vec::new();
    look(&document(), "", &mut silent);
    assert_eq!(silent, [""; 0]);
}

#[test]
fn what_the_reader_takes_in_other_forms_fits() {
    let validator = validator();
    for text in [
        r#"{"$schema": "./viceversa.schema.json", "mcpServers": {"a": {"command": "x"}}}"#,
        r#"{"mcpServers": {"a": {"command": "x", "disabled": "${OFF:-false}", "callTimeout": "${T:-5s}", "inheritEnv": "${I:-true}", "maxLineSize": 4096}}}"#,
        r#"{"mcpServers": {"a": {"command": "x", "args": ["--port", 8080], "env": {"A": 1, "B": true, "C": null}, "cwd": null}}}"#,
        r#"{"mcpServers": {"a": {"url": "http://x", "transport": "HTTP", "disabled_tools": ["a"], "client_header_forwarding": {"enabled": true, "debug_headers": true}}}}"#,
        r#"{"mcpServers": {"a": {"command": "x", "autoApprove": [], "alwaysAllow": ["b"], "timeout": 60, "colour": "blue"}}, "inputs": [], "wholly": "foreign"}"#,
        r#"{"mcpServers": {"a": {"command": "x", "tools": ["*"]}}}"#,
        r#"{"mcpServers": {"a": {"type": "sse", "url": "http://x", "oauth": {"scope": "a b", "callback_port": 3030}}, "b": {"disabled": true}}}"#,
        r#"{"mcpServers": {"a": {"spec": {"openapi": "3.1.0"}, "url": "https://a", "auth": {"type": "APIKEY", "in": "Query", "name": "a", "key": "b"}}}}"#,
        r#"{"mcpServers": {"a": {"command": "x"}}, "gateway": {"port": "${PORT:-8000}", "publicDocs": "${P:-true}", "callTimeout": 5, "maxCallTimeout": "1m30s", "corsAllowOrigins": "https://a.com,https://b.com", "logLevel": "Info", "validate": "OFF", "maxBodySize": "1 mib", "workers": "2", "host": "::1"}}"#,
    ] {
        assert_eq!(
            mistakes(&validator, &value("c.json", text)),
            [""; 0],
            "{text}"
        );
        let scene = Scene::new().file("config.json", text);
        if let Err(error) = scene.load("--config @config.json") {
            panic!("{text}: {error}");
        }
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "it is one table")]
fn wrong_configs_are_refused_by_the_schema_and_by_the_reader() {
    let validator = validator();
    let entry = |members: &str| format!(r#"{{"mcpServers": {{"a": {{{members}}}}}}}"#);
    let gateway = |members: &str| {
        format!(r#"{{"mcpServers": {{"a": {{"command": "x"}}}}, "gateway": {{{members}}}}}"#)
    };
    let mut texts: Vec<String> = [
        "{}", "[]", r#"{"mcpServers": {}}"#, r#"{"mcpServers": []}"#, r#"{"servers": {"a": {"command": "x"}}}"#,
        r#"{"mcpServers": {"a": {"command": "x"}}, "groups": {"g": {}}}"#,
        r#"{"mcpServers": {"a": {"command": "x"}}, "groups": {"g": {"servers": []}}}"#,
        r#"{"mcpServers": {"a": {"command": "x"}}, "groups": {"g": {"servers": ["a"], "tool": []}}}"#,
        r#"{"mcpServers": {"a": {"command": "x"}}, "groups": {"g": {"servers": ["a", "a"]}}}"#,
        r#"{"mcpServers": {"a": {"command": "x"}}, "groups": {"g": {"servers": "a"}}}"#,
    ].map(str::to_owned).into();
    texts.extend(
        [
            "",
            r#""comand": "x""#,
            r#""command": """#,
            r#""command": 5"#,
            r#""command": "x", "url": "http://x""#,
            r#""cmd": "x""#,
            r#""command": "x", "arguments": []"#,
            r#""command": "x", "enabled": true"#,
            r#""command": "x", "args": "y""#,
            r#""command": "x", "args": [true]"#,
            r#""command": "x", "env": {"A": []}"#,
            r#""command": "x", "env": []"#,
            r#""command": "x", "disabled": "no""#,
            r#""command": "x", "inheritEnv": 5"#,
            r#""command": "x", "callTimeout": "soon""#,
            r#""command": "x", "callTimeout": -5"#,
            r#""command": "x", "callTimeout": 0"#,
            r#""command": "x", "maxLineSize": "large""#,
            r#""command": "x", "maxLineSize": 5"#,
            r#""command": "x", "protocolVersion": "2025""#,
            r#""command": "x", "isolation": "alone""#,
            r#""command": "x", "discovery": true"#,
            r#""command": "x", "disabledTools": "t""#,
            r#""command": "x", "disabledTools": [], "disabled_tools": []"#,
            r#""command": "x", "title": "a", "name": "b""#,
            r#""command": "x", "tools": {"t": {"nam": "u"}}"#,
            r#""command": "x", "tools": {"t": {"arguments": {"a": {}}}}"#,
            r#""command": "x", "tools": {"t": {"arguments": {"a": {"fixed": 1, "hidden": true}}}}"#,
            r#""type": "stdio", "url": "http://x""#,
            r#""type": "sse""#,
            r#""type": "sse", "command": "x""#,
            r#""type": "grpc", "url": "http://x""#,
            r#""type": "stdio", "command": "x", "type": "sse""#,
            r#""url": "http://x", "headers": {"A": []}"#,
            r#""url": "http://x", "clientKey": "Cargo.toml""#,
            r#""url": "http://x", "maxIdleConnections": -1"#,
            r#""url": "http://x", "clientHeaderForwarding": {"enable": true}"#,
            r#""url": "http://x", "clientHeaderForwarding": {"enabled": true, "maxIdentities": 0}"#,
            r#""url": "http://x", "oauth": {"clientID": "a"}"#,
            r#""url": "http://x", "oauth": {"callbackPort": 0}"#,
            r#""url": "http://x", "oauth": {"storageType": "disk"}"#,
            r#""url": "http://x", "oauth": {"issuer": "x"}"#,
            r#""url": "http://x", "oauth": []"#,
            r#""type": "openapi""#,
            r#""spec": 5"#,
            r#""spec": []"#,
            r#""spec": """#,
            r#""spec": "https://x/y", "command": "x""#,
            r#""spec": "https://x/y", "oauth": {}"#,
            r#""spec": "https://x/y", "type": "sse", "url": "http://x""#,
            r#""spec": "https://x/y", "validateOutput": "strickt""#,
            r#""spec": "https://x/y", "operations": []"#,
            r#""spec": "https://x/y", "operations": {"include": [{}]}"#,
            r#""spec": "https://x/y", "operations": {"inculde": []}"#,
            r#""spec": "https://x/y", "resources": "yes""#,
            r#""spec": "https://x/y", "allowedFolders": "schemas""#,
            r#""spec": "https://x/y", "refreshInterval": "often""#,
            r#""spec": "https://x/y", "auth": {}"#,
            r#""spec": "https://x/y", "auth": {"type": "magic"}"#,
            r#""spec": "https://x/y", "auth": {"type": "bearer"}"#,
            r#""spec": "https://x/y", "auth": {"type": "bearer", "token": "a", "key": "b"}"#,
            r#""spec": "https://x/y", "auth": {"type": "cognito", "clientId": "a"}"#,
            r#""spec": "https://x/y", "auth": {"type": "basic", "username": "a"}"#,
        ]
        .map(entry),
    );
    texts.extend(
        [
            r#""prot": 8000"#,
            r#""port": "high""#,
            r#""port": 70000"#,
            r#""port": true"#,
            r#""workers": 0"#,
            r#""publicDocs": "yes""#,
            r#""publicDocs": 1"#,
            r#""validate": "never""#,
            r#""toolErrorStatus": 200"#,
            r#""maxBodySize": "huge""#,
            r#""logLevel": "loud""#,
            r#""logFormat": "xml""#,
            r#""nameSeparator": "//""#,
            r#""nameSeparator": "123456789""#,
            r#""corsAllowOrigins": ["example.com"]"#,
            r#""corsAllowOrigins": {}"#,
            r#""peers": ["x"]"#,
            r#""replica": "a b""#,
            r#""discovery": "none""#,
            r#""callTimeout": []"#,
            r#""anything": 1"#,
            r#""ssePath": "/a b""#,
            r#""host": "http://x""#,
        ]
        .map(gateway),
    );
    for text in &texts {
        let value: Value = serde_json::from_str(text).unwrap();
        let scene = Scene::new().file("config.json", text);
        assert!(
            scene.load("--config @config.json").is_err(),
            "the reader takes {text}"
        );
        // A key that stands twice is nothing that a value could show.
        let twice = text.contains(r#""type": "stdio", "command": "x", "type""#);
        assert!(
            twice || !validator.is_valid(&value),
            "the schema takes {text}"
        );
    }
    assert!(texts.len() > 90);
}

#[test]
fn the_schema_is_as_it_was() {
    insta::assert_snapshot!(text());
}
