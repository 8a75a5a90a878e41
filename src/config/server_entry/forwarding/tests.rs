use std::path::Path;

use super::*;
use crate::config::document::Document;

fn read_text(text: &str, warnings: &mut Vec<Warning>) -> Option<Box<ForwardingConfig>> {
    let document = Document::parse(Path::new("c.json"), text.as_bytes()).unwrap();
    let configured = [(HeaderName::from_static("x-team"), Secret::new("blue"))];
    read(document.root(), &configured.into(), warnings).unwrap()
}

#[test]
fn the_keys_are_understood_in_both_spellings() {
    let mut warnings = Vec::new();
    let mut read = |text| read_text(text, &mut warnings);
    let snake = r#"{"enabled": true, "whitelist": ["X-User-*"], "blacklist": ["X-User-Mail"],
        "debug_headers": true, "credential_header": "X-Key", "max_identities": 3,
        "idle_timeout": "1m"}"#;
    let camel = r#"{"enabled": true, "whitelist": ["x-user-*"], "blacklist": ["x-user-mail"],
        "debugHeaders": true, "credentialHeader": "x-key", "maxIdentities": "3",
        "idleTimeout": 60}"#;
    let config = read(snake).unwrap();
    assert_eq!(Some(&config), read(camel).as_ref());
    assert_eq!(config.limits.most.get(), 3);
    assert_eq!(config.limits.idle_timeout.as_secs(), 60);
    assert!(config.rules.logs_names());
    assert_eq!(config.rules.credential_header(), "x-key");

    let least = read(r#"{"enabled": true}"#).unwrap();
    assert_eq!(least.limits, IdentityLimits::default());
    assert!(!least.rules.logs_names());
    assert_eq!(least.rules.credential_header(), CREDENTIAL_HEADER);
    // What the entry's own headers say is no caller's to change.
    let selection = least
        .rules
        .select(&[("x-team", b"red"), ("x-user", b"ada")]);
    assert_eq!(selection.withheld, ["x-team"]);

    assert_eq!(read(r#"{"enabled": false, "whitelist": ["x"]}"#), None);
    assert_eq!(read("{}"), None);
    assert_eq!(warnings, []);
}

#[test]
fn a_whitelist_that_asks_for_what_never_passes_is_warned_of() {
    let mut warnings = Vec::new();
    let text = r#"{"enabled": true, "whitelist": ["*", "Authorization", "Cookie", "X-User"]}"#;
    read_text(text, &mut warnings);
    let warnings: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(warnings.join("\n"));
}
