//! An app of `FastAPI` (`OpenAPI` 3.1), `tests/fixtures/fastapi_app.py`: all that it has to say of
//! parameters, bodies and answers.

mod calls;

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::json;
use url::Url;

use super::alike::{assert_told, directly, document, operations, over_mcp, over_rest};
use super::documented::Documented;
use crate::gateway::{Gateway, Launch, peer};
use crate::mcp::callers::{Caller as _, Client};
use crate::remote::Listening;

fn shop() -> Listening {
    Listening::start(|port| {
        let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");
        let mut command = Command::new(peer("fastapi/bin/python"));
        command
            .args(["-B", "-m", "uvicorn", "--app-dir", fixtures])
            .args(["--port", &port.to_string(), "fastapi_app:app"]);
        command
    })
}

fn gateway(shop: &Listening) -> Gateway {
    let entry = json!({"type": "openapi", "spec": shop.url("/openapi.json")});
    let config = json!({"mcpServers": {"shop": entry}});
    Launch::new().config(&config).start()
}

#[test]
fn every_operation_says_over_rest_and_mcp_what_it_says_itself() {
    let shop = shop();
    let origin = Url::parse(&shop.url("/")).unwrap();
    let gateway = gateway(&shop);
    let client = Client::stateless(&gateway, "/shop/mcp", "{}");
    let mut missing = operations(&origin, "/openapi.json");
    assert!(missing.len() > 40, "{missing:?}");
    for call in calls::ALL {
        missing.remove(call.operation);
        let own = directly(&call.ask, &origin);
        assert_eq!(own.status, call.status, "{}: {own:?}", call.operation);
        let given = over_rest(&gateway, "shop", call.tool, call.arguments);
        assert_eq!(given, own, "{} {}", call.operation, call.arguments);
        let told = over_mcp(&client, call.tool, call.arguments, &call.ask);
        assert_told(call.operation, told, &own);
    }
    assert_eq!(missing, BTreeSet::new(), "operations that nobody called");
}

#[test]
fn what_does_not_fit_is_refused_before_the_api_hears_of_it() {
    let shop = shop();
    let gateway = gateway(&shop);
    for (tool, arguments, place) in [
        ("queries", json!({}), "needed"),
        ("queries", json!({"needed": "x", "exactly": "c"}), "exactly"),
        ("queries", json!({"needed": "x", "size": 3}), "size"),
        ("query_model", json!({"limit": 101}), "limit"),
        ("headers", json!({}), "x-token"),
        ("cookies", json!({}), "token"),
        ("create_item", json!({"name": "a", "maker": {}}), "maker"),
        ("change_item", json!({"amount": 2}), "id"),
        ("create_pet", json!({"body": {"kind": "cow"}}), "body"),
        ("lists", json!({"body": [{"name": 1}, {}]}), "body"),
        ("octets", json!({}), "body"),
        ("files", json!({"id": 1}), "pictures"),
    ] {
        let refused = gateway
            .call(&format!("/shop/{tool}"), &arguments)
            .expect(422);
        assert_eq!(refused.header("x-upstream-status"), None, "{refused}");
        let said = refused.detail().to_string();
        assert!(said.contains(&format!("\"{place}\"")), "{tool}: {said}");
    }
}

#[test]
fn numbers_reach_the_api_with_all_their_digits() {
    let shop = shop();
    let gateway = gateway(&shop);
    let digits = "123456789012345678901234567890";
    let arguments = format!(r#"{{"body":{digits}}}"#);
    let answer = gateway.call_text("/shop/numbers", &arguments).expect(200);
    assert_eq!(answer.json(), json!({"body": digits}));
}

#[test]
fn an_answer_that_is_not_what_the_document_says_is_passed_on_with_a_warning() {
    let shop = shop();
    let gateway = gateway(&shop);
    let client = Client::stateless(&gateway, "/shop/mcp", "{}");
    let result = client.call("unfit", "{}").value();
    assert_eq!(result["structuredContent"], json!({"name": 5}));
    let warning = result["_meta"]["viceversa/warnings"][0].as_str().unwrap();
    assert!(warning.contains("name"), "{warning}");
}

#[test]
fn the_gateways_own_document_is_valid_and_tells_what_the_app_answers() {
    let shop = shop();
    let origin = Url::parse(&shop.url("/")).unwrap();
    let gateway = gateway(&shop);
    let documented = Documented {
        own: document(&origin, "/openapi.json"),
        ours: crate::documents::assert_valid(&gateway, "/shop/openapi.json", "fastapi"),
    };
    crate::documents::assert_valid(&gateway, "/openapi.json", "fastapi-root");
    let mut told = 0;
    let mut types = 0;
    for call in calls::ALL {
        types += documented.assert_told(call.operation, call.tool);
        let given = over_rest(&gateway, "shop", call.tool, call.arguments);
        let is_told = documented.assert_answer_told(call.operation, call.tool, &given);
        told += usize::from(is_told);
    }
    assert!(
        types > 60 && told > 40,
        "{types} media types, {told} answers"
    );
}
