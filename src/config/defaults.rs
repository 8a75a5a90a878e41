//! What holds where nobody says anything, as the shipped `config/defaults.jsonc` tells it.
//!
//! Where a setting is resolved its default stands beside its type, since many depend on other
//! settings; tests hold the file against what is resolved, and the documentation and `--help`
//! against the file.

use std::collections::HashMap;
use std::path::Path;

use crate::config::document::Document;
use crate::config::error::ConfigError;

/// The file.
pub const FILE: &str = include_str!("../../config/defaults.jsonc");

/// Defaults that are no fixed values, in words.
const IN_WORDS: [(&str, &str); 16] = [
    ("name", "the server's own"),
    ("description", "the server's own"),
    ("version", "the server's own"),
    ("host", "0.0.0.0 with a key, 127.0.0.1 without"),
    ("sslCertfile", "none"),
    ("sslKeyfile", "none"),
    ("workers", "chosen by the number of processors"),
    ("apiKey", "none"),
    ("apiKeyFile", "none"),
    ("corsAllowOrigins", "* where a key is demanded, else none"),
    ("maxConcurrentCalls", "no limit"),
    ("sessionKey", "made at each start"),
    ("sessionKeyFile", "none"),
    ("replica", "none"),
    ("peers", "none"),
    (
        "tokenDir",
        "viceversa/tokens in $XDG_STATE_HOME, else in ~/.local/state",
    ),
];

/// The defaults by keys of `gateway`, as they may be shown.
pub(crate) fn by_key() -> Result<HashMap<String, String>, ConfigError> {
    let document = Document::parse(Path::new("config/defaults.jsonc"), FILE.as_bytes())?;
    let mut top = document.root().object("{\"gateway\": {}}")?;
    let mut defaults: HashMap<String, String> = IN_WORDS
        .into_iter()
        .map(|(key, words)| (key.to_owned(), words.to_owned()))
        .collect();
    if let Some(gateway) = top.take("gateway") {
        for member in gateway.object("{\"port\": 8000}")?.into_members() {
            let text = member.value.scalar("a value", "8000")?;
            defaults.insert(member.key, text);
        }
    }
    Ok(defaults)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::{Value, json};

    use super::*;
    use crate::config::file::tests::read;
    use crate::config::settings::Settings;

    fn gateway() -> Value {
        let document = Document::unexpanded(Path::new("defaults.jsonc"), FILE.as_bytes()).unwrap();
        let file: Value = serde_json::from_str(&document.to_json().unwrap()).unwrap();
        file["gateway"].clone()
    }

    #[test]
    fn a_config_that_says_what_the_file_says_is_one_that_says_nothing() {
        let servers = json!({"a": {"command": "x"}});
        let silent = read("c.json", &json!({"mcpServers": servers}).to_string()).unwrap();
        let told = json!({"mcpServers": servers, "gateway": gateway()});
        let told = read("c.json", &told.to_string()).unwrap();
        assert_eq!(silent.gateway, told.gateway);
        assert_eq!(silent.reload, told.reload);
        // Those that are said with no effect are told of.
        assert_eq!(told.warnings, silent.warnings);
    }

    #[test]
    fn each_default_of_the_file_decides_something() {
        // So that none of them can be wrong unnoticed: another value is another config.
        let servers = json!({"a": {"command": "x"}});
        let silent = read("c.json", &json!({"mcpServers": servers}).to_string()).unwrap();
        for (key, default) in gateway().as_object().unwrap() {
            let other = match (key.as_str(), default) {
                // It can't be false, and without a key nothing is protected anyway.
                ("strictAuth" | "publicDocs" | "allowUnauthenticated", _) => continue,
                (_, Value::Bool(value)) => json!(!value),
                (_, Value::Number(_)) => json!(501),
                ("operationIds", _) => json!("mcpo"),
                ("recursion", _) => json!("cut"),
                ("validate", _) => json!("off"),
                ("discovery", _) => json!("search"),
                ("logFormat", _) => json!("json"),
                ("logLevel", _) => json!("debug"),
                ("nameSeparator", _) => json!("-"),
                ("pathPrefix" | "rootPath" | "ssePath" | "messagePath", _) => json!("/other"),
                ("maxBodySize" | "maxLineSize", _) => json!("5MiB"),
                (_, _) => json!("70s"),
            };
            let config = json!({"mcpServers": servers, "gateway": {key: other}});
            let config = read("c.json", &config.to_string()).unwrap();
            let is_other = config.gateway != silent.gateway || config.reload != silent.reload;
            assert!(is_other, "{key}");
        }
    }

    #[test]
    fn every_setting_has_a_default_which_help_and_documentation_tell() {
        let defaults = by_key().unwrap();
        let command = crate::cli::arguments::command();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let documentation = fs::read_to_string(root.join("docs/configuration.md")).unwrap();
        for (id, _, key) in Settings::names() {
            let default = &defaults[*key];
            let row = documentation
                .lines()
                .find(|line| line.starts_with(&format!("| `--{}`", id.replace('_', "-"))))
                .unwrap();
            let help = command
                .get_arguments()
                .find(|flag| flag.get_id() == *id)
                .and_then(clap::Arg::get_help)
                .unwrap()
                .to_string();
            if gateway().get(*key).is_some_and(|value| value != "") {
                assert!(
                    row.contains(&format!("`{default}`")),
                    "{row} lacks {default}"
                );
                let is_switch = matches!(default.as_str(), "true" | "false");
                let told = format!("[default: {default}]");
                assert!(is_switch || help.contains(&told), "{help} lacks {told}");
            }
        }
        let names: Vec<&str> = Settings::names().map(|(.., key)| *key).collect();
        assert!(defaults.keys().all(|key| names.contains(&key.as_str())));
    }
}
