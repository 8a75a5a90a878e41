//! What reaches an API.

use serde_json::{Value, json};

use super::{Api, KEY};
use crate::gateway::Gateway;
use crate::mcp::callers::{Caller as _, Client};

/// What the API says that it was asked.
#[track_caller]
fn mirrored(gateway: &Gateway, tool: &str, arguments: &str) -> Value {
    gateway
        .call_text(&format!("/rest/{tool}"), arguments)
        .expect(200)
        .json()
}

#[test]
fn parameters_arrive_in_their_places_and_styles() {
    let api = Api::start(&[]);
    let gateway = api.gateway(&json!({}));
    let asked = mirrored(
        &gateway,
        "styles",
        r#"{"simple":"a/b ü","label":["x","y"],"matrix":{"m":1.10,"n":"o"},
            "form":[1.0,2],"joined":["a","b,c"],"space":["d","e"],"pipe":["f","g"],
            "deep":{"h":1e400},"open":"/i?j&k","json":{"l": 12345678901234567890},
            "X-Header":[3,4],"cookie":"m n"}"#,
    );
    assert_eq!(asked["method"], "GET");
    assert_eq!(
        asked["target"],
        "/v1/mirror/a%2Fb%20%C3%BC/.x.y/;m=1.10;n=o\
         ?form=1.0&form=2&joined=a,b%2Cc&space=d%20e&pipe=f%7Cg&deep%5Bh%5D=1e400&open=/i?j%26k\
         &json=%7B%22l%22%3A12345678901234567890%7D"
    );
    let headers = &asked["headers"];
    assert_eq!(headers["x-header"], "3,4");
    assert_eq!(headers["cookie"], "cookie=m%20n");
    assert_eq!(headers["x-key"], KEY);
}

#[test]
fn what_can_not_be_sent_is_not() {
    let api = Api::start(&[]);
    let gateway = api.gateway(&json!({}));
    for (arguments, named) in [
        (r#"{"label":["x"],"matrix":{"m":1}}"#, "simple"),
        (
            r#"{"simple":"..","label":["x"],"matrix":{"m":1}}"#,
            "simple",
        ),
        (r#"{"simple":"","label":["x"],"matrix":{"m":1}}"#, "simple"),
    ] {
        let refused = gateway.call_text("/rest/styles", arguments).expect(422);
        assert!(refused.text().contains(named), "{refused}");
        assert_eq!(refused.header("X-Upstream-Status"), None);
    }
}

#[test]
fn required_arguments_are_demanded_even_where_nothing_is_validated() {
    let api = Api::start(&[]);
    let config = json!({"mcpServers": {"rest": api.entry(&json!({}))}});
    let gateway = crate::gateway::Launch::new()
        .flags(["--validate", "off"])
        .config(&config)
        .start();
    let refused = gateway
        .call_text("/rest/json", r#"{"count":1}"#)
        .expect(422);
    assert!(refused.text().contains("Field required"), "{refused}");
}

#[test]
fn bodies_arrive_as_they_are_declared() {
    let api = Api::start(&[]);
    let gateway = api.gateway(&json!({}));
    let sent = |tool: &str, arguments: &str| {
        let asked = mirrored(&gateway, tool, arguments);
        let media_type = asked["headers"]["content-type"].as_str().unwrap();
        (
            media_type.to_owned(),
            asked["body"].as_str().unwrap().to_owned(),
        )
    };
    let expected = |media_type: &str, body: &str| (media_type.to_owned(), body.to_owned());
    // No default is filled in, and what is not described passes.
    assert_eq!(
        sent("json", r#"{"name":"n","weight": 1.10}"#),
        expected("application/json", r#"{"name":"n","weight":1.10}"#)
    );
    assert_eq!(
        sent("form", r#"{"a":"x y&z","b":[1,2]}"#),
        expected("application/x-www-form-urlencoded", "a=x%20y%26z&b=1&b=2")
    );
    assert_eq!(
        sent("text", r#"{"body":"line\nline"}"#),
        expected("text/plain", "line\nline")
    );
    let (media_type, body) = sent(
        "parts",
        r#"{"file":"data:text/csv;name=a.csv;base64,YSxi","note":"hi"}"#,
    );
    assert!(media_type.starts_with("multipart/form-data; boundary="));
    for part in [
        "name=\"file\"; filename=\"a.csv\"\r\nContent-Type: text/csv\r\n\r\na,b\r\n",
        "name=\"note\"\r\n\r\nhi\r\n",
    ] {
        assert!(body.contains(part), "{body}");
    }
}

#[test]
fn credentials_do_not_cross_a_redirect() {
    let other = Api::start(&[]);
    let away = other.server.url("/v1/mirror/away");
    let api = Api::start(&["--away", &away]);
    let gateway = api.gateway(&json!({"headers": {"X-Team": "t3am"}}));
    let asked = mirrored(&gateway, "kind", r#"{"kind":"away"}"#);
    assert_eq!(asked["target"], "/v1/mirror/away");
    let text = asked.to_string();
    assert!(!text.contains(KEY) && !text.contains("t3am"), "{text}");
    // Nor where the API repeats what stands in the query.
    let away = other
        .server
        .url(&format!("/v1/mirror/away?page=2&key={KEY}"));
    let api = Api::start(&["--away", &away]);
    let auth = json!({"type": "apiKey", "in": "query", "name": "key", "key": KEY});
    let gateway = api.gateway(&json!({"auth": auth}));
    let asked = mirrored(&gateway, "kind", r#"{"kind":"away"}"#);
    assert_eq!(asked["target"], "/v1/mirror/away?page=2");
    let home = Api::start(&[]);
    let gateway = home.gateway(&json!({"headers": {"X-Team": "t3am"}}));
    let asked = mirrored(&gateway, "kind", r#"{"kind":"away"}"#);
    assert_eq!(asked["headers"]["x-key"], KEY);
    assert_eq!(asked["headers"]["x-team"], "t3am");
}

#[test]
fn arguments_that_cant_be_sent_are_told_to_models_in_a_result_and_over_rest_as_422() {
    let api = Api::start(&[]);
    let gateway = api.gateway(&json!({}));
    let path = "/rest/mcp";
    for client in [
        Client::stateless(&gateway, path, "{}"),
        Client::session(&gateway, path, "{}"),
    ] {
        let dots = r#"{"simple":"..","label":["a"],"matrix":{"b":"c"}}"#;
        let refused = client.call("styles", dots);
        assert_eq!(refused.value()["isError"], true, "{refused:?}");
        assert_eq!(
            refused.text(),
            "The arguments can't be sent. simple: it would lead to another path"
        );
        // A tool that is not there is the client's mistake, and stays an error.
        assert_eq!(client.call("nothing", "{}").code(), -32602);
    }
    let arguments = json!({"simple": "..", "label": ["a"], "matrix": {"b": "c"}});
    let refused = gateway.call("/rest/styles", &arguments).expect(422);
    assert_eq!(
        refused.json()["detail"],
        json!([{
            "type": "unsendable",
            "loc": ["body", "simple"],
            "msg": "It can't be sent: it would lead to another path",
            "input": null
        }])
    );
}

#[test]
fn a_callers_own_credential_goes_to_the_api_in_place_of_ours() {
    let api = Api::start(&[]);
    let gateway = api.gateway(&json!({
        "auth": {"type": "bearer", "token": "ours"},
        "client_header_forwarding": {"enabled": true}
    }));
    let call = |credential: Option<&str>| {
        let request = gateway.request("POST", "/rest/text");
        let request = match credential {
            Some(credential) => request.header("X-Upstream-Authorization", credential),
            None => request,
        };
        let answer = request.json(&json!({"body": "x"})).send().expect(200);
        answer.json()["headers"]["authorization"].clone()
    };
    assert_eq!(call(None), "Bearer ours");
    assert_eq!(call(Some("Bearer theirs")), "Bearer theirs");
}
