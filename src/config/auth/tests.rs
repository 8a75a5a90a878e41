use super::*;
use crate::config::Config;
use crate::config::access::Access;
use crate::config::error::ConfigError;
use crate::config::tests::Scene;

/// A config with this under `gateway.auth`.
fn load(auth: &str) -> Result<(Vec<KeyConfig>, Config), (ConfigError, String)> {
    let text =
        format!(r#"{{"mcpServers": {{"a": {{"command": "x"}}}}, "gateway": {{"auth": {auth}}}}}"#);
    let scene = Scene::new()
        .file("config.json", text)
        .variable("ADA_KEY", "ada's");
    match scene.load("--config @config.json") {
        Ok(config) => match &config.gateway.live.auth.access {
            Access::Credentials(credentials) => Ok((credentials.keys.clone(), config)),
            other => panic!("{other:?}"),
        },
        Err(error) => {
            let message = scene.hidden(&error.to_string());
            Err((error, message))
        }
    }
}

fn grants(grants: &str) -> Grants {
    let auth = format!(r#"{{"keys": [{{"name": "ada", "key": "k", "grants": {grants}}}]}}"#);
    Grants::clone(&load(&auth).unwrap().0[0].grants)
}

#[test]
fn keys_have_owners_and_what_these_may_use() {
    let digest = "0123456789abcdefABCDEF0000000000000000000000000000000000000000ff";
    let (keys, config) = load(&format!(
        r#"{{"keys": [
            {{"name": "ada", "key": "${{ADA_KEY}}", "expires": "2001-01-01T00:00:00Z"}},
            {{"name": "ci@example.com", "hash": "sha256:{digest}", "grants": {{
                "servers": ["time", "!git*"], "groups": ["dev"], "tools": ["time.*", "!*.set_*"],
                "readOnly": true, "prompts": true, "protocols": ["mcp"], "admin": true}}}}
        ]}}"#
    ))
    .unwrap();
    assert_eq!(keys[0].proof, KeyProof::Plain(Secret::new("ada's")));
    assert!(keys[0].grants.see_everything() && !keys[0].grants.admin && !keys[0].grants.metrics);
    let KeyProof::Sha256(bytes) = &keys[1].proof else {
        panic!("{:?}", keys[1])
    };
    assert_eq!((bytes[0], bytes[8], bytes[31]), (0x01, 0xAB, 0xFF));
    let grants = &keys[1].grants;
    assert!(grants.servers.admit("time") && !grants.servers.admit("github"));
    assert!(grants.groups.admit("dev") && !grants.groups.admit("ops"));
    assert!(grants.tools.admits("time", "get") && !grants.tools.admits("time", "set_it"));
    assert!(grants.read_only && !grants.resources && grants.prompts);
    assert!(grants.protocols.mcp && !grants.protocols.rest && grants.admin && grants.metrics);
    // A key that has expired is odd, yet no reason to start nothing.
    // So are names that are not there.
    assert_eq!(config.warnings.len(), 4);
    assert!(config.warnings[0].to_string().contains("has expired"));
    // With a key, all addresses are listened on.
    assert_eq!(config.gateway.fixed.listen.host.to_string(), "0.0.0.0");
}

#[test]
fn what_is_not_said_of_grants_is_not_more_than_was_meant() {
    let only_groups = grants(r#"{"groups": ["*"]}"#);
    assert!(!only_groups.servers.admit("time") && only_groups.groups.admit("dev"));
    let only_servers = grants(r#"{"servers": ["time"]}"#);
    assert!(only_servers.servers.admit("time") && !only_servers.groups.admit("dev"));
    assert!(only_servers.resources && only_servers.prompts);
    let only_tools = grants(r#"{"tools": ["!set_*"]}"#);
    assert!(only_tools.servers.admit_all() && !only_tools.resources && !only_tools.prompts);
    let nothing = grants(r#"{"servers": []}"#);
    assert!(!nothing.servers.admit("time") && !nothing.groups.admit("dev"));
}

#[test]
fn what_is_wrong_with_keys_is_explained_and_no_key_is_told() {
    let mut messages = String::new();
    for auth in [
        "[]",
        r#"{"key": []}"#,
        r#"{"keys": {}}"#,
        r#"{"keys": [{"key": "hush"}]}"#,
        r#"{"keys": [{"name": "two words", "key": "hush"}]}"#,
        r#"{"keys": [{"name": "local", "key": "hush"}]}"#,
        r#"{"keys": [{"name": "ada"}]}"#,
        r#"{"keys": [{"name": "ada", "key": "hush", "hash": "sha256:00"}]}"#,
        r#"{"keys": [{"name": "ada", "hash": "sha256:00"}]}"#,
        r#"{"keys": [{"name": "ada", "key": "hu sh"}]}"#,
        r#"{"keys": [{"name": "ada", "key": ""}]}"#,
        r#"{"keys": [{"name": "ada", "key": "hush"}, {"name": "ada", "key": "hush2"}]}"#,
        r#"{"keys": [{"name": "ada", "key": "hush"}, {"name": "bob", "key": "hush"}]}"#,
        r#"{"keys": [{"name": "ada", "key": "hush", "expires": "soon"}]}"#,
        r#"{"keys": [{"name": "ada", "key": "hush", "grants": {"server": ["a"]}}]}"#,
        r#"{"keys": [{"name": "ada", "key": "hush", "grants": {"servers": ["!"]}}]}"#,
        r#"{"keys": [{"name": "ada", "key": "hush", "grants": {"tools": []}}]}"#,
        r#"{"keys": [{"name": "ada", "key": "hush", "grants": {"tools": ["a."]}}]}"#,
        r#"{"keys": [{"name": "ada", "key": "hush", "grants": {"protocols": ["soap"]}}]}"#,
        r#"{"keys": [{"name": "ada", "key": "hush", "grants": {"protocols": []}}]}"#,
    ] {
        let (_, message) = load(auth).unwrap_err();
        assert!(!message.contains("hush"), "{message}");
        messages.push_str(&message);
        messages.push('\n');
    }
    insta::assert_snapshot!(messages);
}

#[test]
fn names_in_grants_that_are_not_there_are_told() {
    let grants = r#"{"servers": ["a", "!aa", "*"], "groups": ["dev"]}"#;
    let auth = format!(r#"{{"keys": [{{"name": "ada", "key": "k", "grants": {grants}}}]}}"#);
    let (_, config) = load(&auth).unwrap();
    let told: Vec<String> = config.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].contains("a server that is not there: `!aa`"),
        "{told:?}"
    );
    assert!(
        told[1].contains("a group that is not there: `dev`"),
        "{told:?}"
    );
}
