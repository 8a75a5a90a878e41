use std::path::Path;

use super::*;
use crate::config::document::Document;

fn read(text: &str) -> Result<OAuthConfig, String> {
    let document = Document::parse(Path::new("c.json"), text.as_bytes()).unwrap();
    OAuthConfig::read(&document.root()).map_err(|error| error.to_string())
}

fn login(text: &str) -> LoginConfig {
    match read(text).unwrap().grant {
        GrantConfig::Login(login) => *login,
        other @ GrantConfig::ClientCredentials { .. } => panic!("{other:?}"),
    }
}

#[test]
fn nothing_needs_to_be_said() {
    let config = read("{}").unwrap();
    assert_eq!(config.storage, TokenStorage::File);
    assert!(config.scopes.is_empty() && config.server_url.is_none());
    assert_eq!(login("{}").callback, CallbackConfig::Gateway);
}

#[test]
fn the_keys_of_mcpo_are_understood_in_both_spellings() {
    let snake = r#"{"server_url": "http://localhost:8000", "storage_type": "memory",
        "callback_port": 3031, "use_loopback": false,
        "client_metadata": {"client_name": "Mine", "scope": "a b"}}"#;
    let camel = r#"{"serverUrl": "http://localhost:8000", "storageType": "memory",
        "callbackPort": 3031, "useLoopback": false,
        "clientMetadata": {"client_name": "Mine", "scope": "a b"}}"#;
    let config = read(snake).unwrap();
    assert_eq!(config, read(camel).unwrap());
    assert_eq!(config.scopes, ["a", "b"]);
    assert_eq!(config.storage, TokenStorage::Memory);
    assert_eq!(
        login(snake).callback,
        CallbackConfig::Loopback {
            port: 3031,
            listen: false
        }
    );
}

#[test]
fn use_loopback_alone_means_the_port_of_mcpo() {
    assert_eq!(
        login(r#"{"use_loopback": true}"#).callback,
        CallbackConfig::Loopback {
            port: 3030,
            listen: true
        }
    );
}

#[test]
fn a_registered_redirect_uri_wins_and_is_listened_to_where_it_names_this_machine() {
    let local = r#"{"client_metadata": {"redirect_uris": ["http://localhost:4040/callback"]}}"#;
    let url = Url::parse("http://localhost:4040/callback").unwrap();
    assert_eq!(
        login(local).callback,
        CallbackConfig::Url {
            url,
            listen: Some(4040)
        }
    );
    let remote = r#"{"redirect_uri": "https://gateway.example.com/oauth/callback"}"#;
    assert!(matches!(
        login(remote).callback,
        CallbackConfig::Url { listen: None, .. }
    ));
}

#[test]
fn client_credentials_need_the_client_and_its_secret() {
    let whole = r#"{"grant_type": "client_credentials", "client_id": "a", "client_secret": "s3cret", "scopes": ["x"]}"#;
    let config = read(whole).unwrap();
    assert!(
        matches!(&config.grant, GrantConfig::ClientCredentials { client_id, .. } if client_id == "a")
    );
    assert!(!format!("{config:?}").contains("s3cret"));
    let error = read(r#"{"grant_type": "client_credentials", "client_id": "a"}"#).unwrap_err();
    assert!(error.contains("`client_secret`"), "{error}");
}

#[test]
fn mistakes_are_explained() {
    let cases = [
        (r#"{"servr_url": "http://a"}"#, "did you mean"),
        (r#"{"server_url": "example.com"}"#, "is not a URL"),
        (r#"{"storage_type": "disk"}"#, "`file`"),
        (r#"{"callback_port": 0}"#, "from 1 to 65535"),
        (r#"{"client_metadata_url": "http://a/b"}"#, "https URL"),
        (r#"{"client_secret": "x"}"#, "belongs to a `client_id`"),
        (
            r#"{"client_metadata": {"redirect_uris": ["nowhere"]}}"#,
            "is not a URL",
        ),
    ];
    for (text, expected) in cases {
        let error = read(text).unwrap_err();
        assert!(error.contains(expected), "{text}: {error}");
    }
}

#[test]
fn tokens_are_kept_where_programs_keep_their_state() {
    let place = |variables: &[(&str, &str)]| {
        let environment = variables.iter().copied().collect();
        token_dir(TokenSettings::default(), &environment)
    };
    let home = ("HOME", "/home/a");
    assert_eq!(
        place(&[home]),
        Some("/home/a/.local/state/viceversa/tokens".into())
    );
    assert_eq!(
        place(&[home, ("XDG_STATE_HOME", "/state")]),
        Some("/state/viceversa/tokens".into())
    );
    assert_eq!(place(&[]), None);
}
