//! httpbin, whose document is one of Swagger 2.0: every operation.

mod calls;

use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use url::Url;

use super::alike::{Body, Seen, assert_told, directly, document, operations, over_mcp, over_rest};
use super::documented::Documented;
use crate::gateway::{Launch, peer};
use crate::mcp::callers::Client;
use crate::remote::Listening;
use calls::{Call, Differs};

/// How long a call may take that httpbin answers at once, on a machine that is busy.
const SOON: Duration = Duration::from_secs(20);

fn httpbin() -> Listening {
    Listening::start(|port| {
        let mut command = Command::new(peer("httpbin/bin/gunicorn"));
        command
            .args(["--bind", &format!("127.0.0.1:{port}")])
            .args(["--worker-class", "gthread", "--threads", "8"])
            .args(["--no-control-socket", "httpbin:app"]);
        command
    })
}

/// The document says `https://httpbin.org`.
fn entry(httpbin: &Listening, auth: &Value) -> Value {
    json!({
        "type": "openapi",
        "spec": httpbin.url("/spec.json"),
        "url": httpbin.url("/"),
        "auth": auth
    })
}

#[test]
fn every_operation_says_over_rest_and_mcp_what_it_says_itself() {
    let httpbin = httpbin();
    let origin = Url::parse(&httpbin.url("/")).unwrap();
    let config = json!({"mcpServers": {"httpbin": entry(&httpbin, &json!({"type": "none"}))}});
    let gateway = Launch::new().config(&config).start();
    let client = Client::stateless(&gateway, "/httpbin/mcp", "{}");
    let mut missing = operations(&origin, "/spec.json");
    assert!(missing.len() > 70, "{missing:?}");
    for call in calls::ALL {
        missing.remove(call.operation);
        let own = timed(call, || without_chance(call, directly(&call.ask, &origin)));
        let tool = call.tool();
        let given = timed(call, || {
            over_rest(&gateway, "httpbin", &tool, call.arguments)
        });
        assert_eq!(without_chance(call, given), own, "{}", call.operation);
        let told = timed(call, || over_mcp(&client, &tool, call.arguments, &call.ask));
        assert_told(call.operation, told_without_chance(call, told), &own);
    }
    assert_eq!(missing, BTreeSet::new(), "operations that nobody called");
}

#[test]
fn the_gateways_own_document_is_valid_and_tells_what_httpbin_answers() {
    let httpbin = httpbin();
    let origin = Url::parse(&httpbin.url("/")).unwrap();
    let config = json!({"mcpServers": {"httpbin": entry(&httpbin, &json!({"type": "none"}))}});
    let gateway = Launch::new().config(&config).start();
    let documented = Documented {
        own: document(&origin, "/spec.json"),
        ours: crate::documents::assert_valid(&gateway, "/httpbin/openapi.json", "httpbin"),
    };
    let mut told = 0;
    let mut types = 0;
    for call in calls::ALL {
        let tool = call.tool();
        types += documented.assert_told(call.operation, &tool);
        let given = over_rest(&gateway, "httpbin", &tool, call.arguments);
        let is_told = documented.assert_answer_told(call.operation, &tool, &given);
        told += usize::from(is_told);
    }
    assert!(
        types > 60 && told > 40,
        "{types} media types, {told} answers"
    );
    for kind in ["png", "jpeg", "webp"] {
        let path = format!("/get_image_{kind}");
        let picture = &documented.ours["paths"][path]["post"]["responses"]["200"]["content"];
        let types = picture.as_object().unwrap().keys();
        let expected = format!("image/{kind}");
        assert_eq!(types.collect::<Vec<_>>(), [&expected]);
    }
}

#[test]
fn credentials_open_what_is_closed_without_them() {
    let httpbin = httpbin();
    let basic = json!({"type": "basic", "username": "ann", "password": "s3cret"});
    let bearer = json!({"type": "bearer", "token": "t0ken"});
    let config = json!({"mcpServers": {
        "basic": entry(&httpbin, &basic), "bearer": entry(&httpbin, &bearer)
    }});
    let gateway = Launch::new().config(&config).start();
    let user = json!({"user": "ann", "passwd": "s3cret"});
    for tool in [
        "get_basic-auth_user_passwd",
        "get_hidden-basic-auth_user_passwd",
    ] {
        let answer = gateway.value(&format!("/basic/{tool}"), &user);
        assert_eq!(answer, json!({"authenticated": true, "user": "ann"}));
    }
    let answer = gateway.value("/bearer/get_bearer", &json!({}));
    assert_eq!(answer, json!({"authenticated": true, "token": "t0ken"}));
}

#[test]
fn no_default_is_filled_in() {
    let httpbin = httpbin();
    let config = json!({"mcpServers": {"httpbin": entry(&httpbin, &json!({"type": "none"}))}});
    let gateway = Launch::new().config(&config).start();
    // The document says that `numbytes` is 10 and `delay` 2 where they are not given.
    let answer = gateway.call("/httpbin/get_drip", &json!({"delay": 0, "duration": 0.1}));
    assert_eq!(answer.expect(200).body, b"**********");
    assert_eq!(
        gateway.call("/httpbin/get_base64_value", &json!({})).status,
        422,
        "a path parameter is demanded, whatever its default"
    );
}

/// Runs a call, which takes as long as it asks for, and not much longer.
#[track_caller]
fn timed(call: &Call, run: impl FnOnce() -> Seen) -> Seen {
    let start = Instant::now();
    let seen = run();
    let took = start.elapsed();
    assert!(took < SOON, "{}: {took:?}", call.operation);
    if let Some(delay) = call.takes() {
        assert!(took >= delay, "{}: {took:?}", call.operation);
    }
    seen
}

/// What is the same each time: httpbin tells who asked and how, and some of it by chance.
fn without_chance(call: &Call, mut seen: Seen) -> Seen {
    match (&mut seen.body, call.differs) {
        (Body::Other(bytes), Differs::Bytes) => bytes.fill(0),
        (Body::Json(values), differs) => {
            for value in values {
                without_asker(value, differs);
            }
        }
        _ => {}
    }
    seen
}

/// The same of what comes as text.
fn told_without_chance(call: &Call, mut seen: Seen) -> Seen {
    if let Body::Other(bytes) = &mut seen.body
        && seen.media_type.is_none()
        && let Ok(values) = serde_json::Deserializer::from_slice(bytes)
            .into_iter()
            .collect::<Result<Vec<Value>, _>>()
        && values.iter().any(Value::is_object)
    {
        seen.body = Body::Json(values);
    }
    without_chance(call, seen)
}

/// Headers that every client has its own of.
fn without_asker(value: &mut Value, differs: Differs) {
    let Some(members) = value.as_object_mut() else {
        return;
    };
    if let Some(headers) = members.get_mut("headers").and_then(Value::as_object_mut) {
        for own in ["Accept", "Accept-Encoding", "Connection", "User-Agent"] {
            headers.shift_remove(own);
        }
    }
    if differs == Differs::Client {
        let agent = members.shift_remove("user-agent").unwrap();
        assert!(agent.is_string() || agent.is_null(), "{agent}");
    }
    if differs == Differs::Uuid {
        let uuid = members.shift_remove("uuid").unwrap();
        assert_eq!(uuid.as_str().unwrap().len(), 36, "{uuid}");
    }
}
