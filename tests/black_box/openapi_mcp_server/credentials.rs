//! `AUTH_TYPE` and what belongs to it.

use serde_json::{Value, json};

use super::{api, serve, variables};
use crate::gateway::Launch;

/// What the API was asked by a server with these variables.
#[track_caller]
fn asked(more: &[(&str, &str)]) -> Value {
    let api = api();
    let gateway = serve(&api, more);
    let asked = gateway.value("/listPets", &json!({}));
    for said in [gateway.log(), gateway.get("/status").text()] {
        assert!(!said.contains("s3cret"), "{said}");
    }
    asked
}

#[test]
fn basic_sends_user_and_password() {
    let asked = asked(&[
        ("AUTH_TYPE", "basic"),
        ("AUTH_USERNAME", "ann"),
        ("AUTH_PASSWORD", "s3cret"),
    ]);
    assert_eq!(asked["headers"]["authorization"], "Basic YW5uOnMzY3JldA==");
}

#[test]
fn bearer_sends_the_token() {
    let asked = asked(&[("AUTH_TYPE", "bearer"), ("AUTH_TOKEN", "s3cret")]);
    assert_eq!(asked["headers"]["authorization"], "Bearer s3cret");
}

#[test]
fn api_key_sends_the_key_where_it_belongs() {
    let key = ("AUTH_API_KEY", "s3cret");
    let kind = ("AUTH_TYPE", "api_key");
    let name = ("AUTH_API_KEY_NAME", "X-Key");
    let in_header = asked(&[kind, key, name]);
    assert_eq!(in_header["headers"]["x-key"], "s3cret");
    assert_eq!(in_header["target"], "/v2/pets");
    let in_query = asked(&[kind, key, name, ("AUTH_API_KEY_IN", "query")]);
    assert_eq!(in_query["target"], "/v2/pets?X-Key=s3cret");
    let in_cookie = asked(&[kind, key, name, ("AUTH_API_KEY_IN", "cookie")]);
    assert_eq!(in_cookie["headers"]["cookie"], "X-Key=s3cret");
    let without_name = asked(&[kind, key]);
    assert_eq!(without_name["headers"]["api_key"], "s3cret");
}

#[test]
fn without_a_type_nothing_is_sent() {
    let asked = asked(&[("AUTH_TOKEN", "s3cret")]);
    assert_eq!(asked["headers"].get("authorization"), None);
}

#[test]
fn what_can_not_be_used_stops_it_and_names_the_variable() {
    let api = api();
    for (more, says) in [
        (&[("AUTH_TYPE", "kerberos")][..], "AUTH_TYPE"),
        (&[("AUTH_TYPE", "bearer")], "AUTH_TOKEN"),
        (
            &[("AUTH_TYPE", "basic"), ("AUTH_USERNAME", "ann")],
            "AUTH_PASSWORD",
        ),
        (&[("AUTH_TYPE", "api_key")], "AUTH_API_KEY"),
        (
            &[("SERVER_TRANSPORT", "carrier-pigeon")],
            "SERVER_TRANSPORT",
        ),
        (&[("SERVER_PORT", "http")], "SERVER_PORT"),
        (&[("ADDITIONAL_SPECS", "{")], "ADDITIONAL_SPECS"),
        (&[("VALIDATE_OUTPUT", "perhaps")], "VALIDATE_OUTPUT"),
    ] {
        let mut launch = Launch::new().without_port();
        for (name, value) in variables(&api) {
            launch = launch.env(name, &value);
        }
        for (name, value) in more {
            launch = launch.env(name, value);
        }
        let finished = launch.run_to_end();
        assert_ne!(finished.code, Some(0), "{finished:#?}");
        assert!(finished.stderr.contains(says), "{says}: {finished:#?}");
    }
}
