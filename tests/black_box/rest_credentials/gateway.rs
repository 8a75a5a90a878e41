//! The same through the whole gateway, by its config file: what an API is sent.

use std::collections::HashMap;
use std::io::Write as _;

use serde_json::{Value, json};

use super::cognito::claims;
use super::moto::{Facts, Moto, on_user, python};
use crate::gateway::{Gateway, Launch};
use crate::rest_upstream::Api;

/// A gateway in front of an API, with variables of AWS and none of this machine's.
#[track_caller]
fn gateway(api: &Api, auth: &Value, variables: &[(&str, &str)]) -> Gateway {
    let config = json!({"mcpServers": {"rest": api.entry(&json!({ "auth": auth }))}});
    let mut launch = Launch::new().config(&config);
    let own = [
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
    ];
    for (name, value) in own.iter().chain(variables) {
        launch = launch.env(name, value);
    }
    launch.start()
}

/// A gateway that logs a user of the pool in.
#[track_caller]
fn of_jane(api: &Api, facts: &Facts) -> Gateway {
    let auth = json!({
        "type": "cognito",
        "clientId": facts.get("public_client"),
        "userPoolId": facts.get("pool"),
        "username": "jane",
        "password": facts.get("password")
    });
    let endpoint = "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER";
    gateway(api, &auth, &[(endpoint, facts.get("origin"))])
}

#[test]
fn a_gateway_logs_its_cognito_user_in_and_sends_the_id_token() {
    let moto = Moto::start();
    let facts = &moto.facts;
    let api = Api::start(&[]);
    let gateway = of_jane(&api, facts);
    let call = || gateway.call("/rest/text", &json!({"body": "hi"}));
    let asked = call().expect(200).json();
    let authorization = asked["headers"]["authorization"].as_str().unwrap();
    let token = authorization.strip_prefix("Bearer ").unwrap();
    let claimed = claims(token);
    assert_eq!(claimed["token_use"], "id");
    assert_eq!(claimed["cognito:username"], "jane");
    assert_eq!(claimed["aud"], facts.get("public_client"));
    // A second call brings the same one.
    assert_eq!(call().json()["headers"]["authorization"], authorization);
    for said in [gateway.log(), gateway.get("/status").text()] {
        assert!(
            !said.contains(facts.get("password")) && !said.contains(token),
            "{said}"
        );
    }
}

#[test]
fn a_gateway_whose_cognito_user_is_gone_says_so_and_names_no_password() {
    let moto = Moto::start();
    let facts = &moto.facts;
    facts.administrate("AdminDeleteUser", &on_user(facts, "jane"));
    let api = Api::start(&[]);
    let gateway = of_jane(&api, facts);
    let refused = gateway.call("/rest/text", &json!({"body": "hi"}));
    let refused = refused.expect(502).text();
    assert!(refused.contains("gives no token"), "{refused}");
    for said in [refused, gateway.log()] {
        assert!(!said.contains(facts.get("password")), "{said}");
    }
}

#[test]
fn a_gateway_signs_what_it_sends_as_botocore_would() {
    let keys = [
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        (
            "AWS_SECRET_ACCESS_KEY",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        ),
        ("AWS_SESSION_TOKEN", "t0ken/+="),
    ];
    let auth = json!({"type": "sigv4", "service": "execute-api", "region": "eu-central-1"});
    let api = Api::start(&[]);
    let gateway = gateway(&api, &auth, &keys);
    let arguments = [
        ("text", r#"{"body":"Grüße\n"}"#),
        ("json", r#"{"name":"é","count":1.50}"#),
        ("form", r#"{"a":"x y&z","b":[1,2]}"#),
        (
            "styles",
            r#"{"simple":"a/b ü","label":["x"],"matrix":{"m":1},"form":[2,1],"open":"/i?j","deep":{"h":"*~+"}}"#,
        ),
    ];
    let mut questions = Vec::new();
    let mut sent = Vec::new();
    for (tool, arguments) in arguments {
        let call = gateway.call_text(&format!("/rest/{tool}"), arguments);
        let asked = call.expect(200).json();
        let headers: HashMap<&str, &str> = asked["headers"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
            .collect();
        // What AWS would check is what arrived.
        let authorization = headers["authorization"];
        let (_, names) = authorization.split_once("SignedHeaders=").unwrap();
        let names = names.split(',').next().unwrap().split(';');
        let signed: HashMap<&str, &str> = names
            .filter(|name| *name != "host")
            .map(|name| (name, headers[name]))
            .collect();
        let question = json!({
            "method": asked["method"],
            "url": api.server.url(asked["target"].as_str().unwrap()),
            "headers": signed,
            "body": asked["body"],
            "service": "execute-api",
            "region": "eu-central-1",
            "access_key": keys[0].1,
            "secret_key": keys[1].1,
            "session_token": keys[2].1,
        });
        questions.push(question.to_string());
        sent.push(authorization.to_owned());
    }
    let mut botocore = python("signature.py").spawn().unwrap();
    let mut stdin = botocore.stdin.take().unwrap();
    stdin.write_all(questions.join("\n").as_bytes()).unwrap();
    drop(stdin);
    let output = botocore.wait_with_output().unwrap();
    let expected = String::from_utf8(output.stdout).unwrap();
    assert_eq!(expected.lines().collect::<Vec<_>>(), sent);
}
