use super::*;
use crate::config::Config;
use crate::config::tests::Scene;

fn told(config: &Config, key: &str) -> (String, String) {
    let mut settings = config.settings.iter();
    let setting = settings.find(|setting| setting.key == key).unwrap();
    (setting.value.clone(), setting.origin.to_string())
}

fn pair(value: &str, origin: &str) -> (String, String) {
    (value.to_owned(), origin.to_owned())
}

#[test]
fn each_setting_is_told_with_what_says_so() {
    let text = r#"{
  "mcpServers": {"a": {"command": "x"}},
  "gateway": {
    "port": 9000,
    "callTimeout": "5s",
    "maxBodySize": "${SIZE:-hush}",
    "apiKey": "hush-${KEY}",
    "corsAllowOrigins": ["https://a.example", "${ORIGIN}"],
    "logLevel": "debug", "hotReload": true
  }
}"#;
    let scene = Scene::new()
        .file("c.json", text)
        .file("e.env", "A=1\nVICEVERSA_START_WAIT=7s\n")
        .variable("SIZE", "2MiB")
        .variable("KEY", "hush")
        .variable("ORIGIN", "https://hush.example")
        .variable("VICEVERSA_CALL_TIMEOUT", "6s")
        .variable("VICEVERSA_MAX_CALL_TIMEOUT", "1h")
        .variable("LOG_LEVEL", "warning");
    let config = scene
        .load("--config @c.json --env-path @e.env --max-call-timeout 2m --replica one")
        .unwrap();
    let at = |line: usize| format!("{}:{line}", scene.path("c.json").display());
    assert_eq!(told(&config, "port"), pair("9000", &at(4)));
    assert_eq!(
        told(&config, "callTimeout"),
        pair("6s", "VICEVERSA_CALL_TIMEOUT")
    );
    assert_eq!(
        told(&config, "maxCallTimeout"),
        pair("120s", "--max-call-timeout")
    );
    let line = format!("VICEVERSA_START_WAIT ({}:2)", scene.path("e.env").display());
    assert_eq!(told(&config, "startWait"), pair("7s", &line));
    assert_eq!(told(&config, "maxBodySize"), pair("${SIZE}", &at(6)));
    assert_eq!(told(&config, "apiKey"), pair("…${KEY}", &at(7)));
    assert_eq!(
        told(&config, "corsAllowOrigins"),
        pair("…, ${ORIGIN}", &at(8))
    );
    assert_eq!(told(&config, "logLevel"), pair("warn", "LOG_LEVEL"));
    assert_eq!(told(&config, "hotReload"), pair("true", &at(9)));
    assert_eq!(told(&config, "replica"), pair("one", "--replica"));
    assert_eq!(told(&config, "maxLineSize"), pair("64MiB", "default"));
    assert_eq!(
        told(&config, "workers"),
        pair("chosen by the number of processors", "default")
    );
    assert_eq!(config.settings.len(), Settings::names().count());
    assert!(!format!("{:?}", config.settings).contains("hush"));
}

#[test]
fn secrets_are_hidden_and_a_key_that_is_overridden_is_not_told() {
    let scene = Scene::new()
        .file("key", "0123456789")
        .file("c.json", r#"{"mcpServers": {"a": {"command": "x"}}, "gateway": {"apiKeyFile": "/nowhere", "sessionKey": "hush-hush-hush-hush-hush-hush-hush"}}"#)
        .variable("MCPO_API_KEY", "hush");
    let config = scene.load("--config @c.json").unwrap();
    assert_eq!(told(&config, "apiKey"), pair("(hidden)", "MCPO_API_KEY"));
    assert_eq!(told(&config, "apiKeyFile"), pair("none", "default"));
    assert_eq!(told(&config, "sessionKey").0, "(hidden)");
    let config = scene.load("--config @c.json --api-key-file @key").unwrap();
    assert_eq!(told(&config, "apiKey"), pair("none", "default"));
    assert_eq!(told(&config, "apiKeyFile").1, "--api-key-file");
}

#[test]
fn keys_are_told_by_their_names_and_nothing_else_of_them_is() {
    let digest = "0a3d72134fb3d6c024db4c510bc1605abeb5ef97d6b0e8fdbba1e4b5bb0f3a7c";
    let text = r#"{
  "mcpServers": {"a": {"command": "x"}},
  "gateway": {"apiKey": "hush", "auth": {"keys": [
    {"name": "ada", "key": "hush-${KEY:-hush}"},
    {"name": "bob", "hash": "sha256:DIGEST", "expires": "2130-01-01T00:00:00Z"}
  ]}}
}"#;
    let scene = Scene::new().file("c.json", text.replace("DIGEST", digest));
    let config = scene.load("--config @c.json").unwrap();
    let at = |line: usize| format!("{}:{line}", scene.path("c.json").display());
    assert_eq!(told(&config, "auth.keys[0]"), pair("ada", &at(4)));
    assert_eq!(
        told(&config, "auth.keys[1]"),
        pair("bob, until 2130-01-01T00:00:00Z", &at(5))
    );
    let all = format!("{:?}", config.settings);
    assert!(!all.contains("hush") && !all.contains(digest), "{all}");
}

#[test]
fn a_log_level_is_told_by_the_flag_that_was_given() {
    let level = |flags: &str| {
        let line = format!("{flags} --api-url https://x.example/v1 --spec-url https://x.example/s");
        let config = Scene::new().load(&line).unwrap();
        told(&config, "logLevel")
    };
    assert_eq!(level("--debug"), pair("debug", "--debug"));
    assert_eq!(
        level("--debug --log-level warn"),
        pair("warn", "--log-level")
    );
}
