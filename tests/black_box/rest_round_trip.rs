//! MCP → REST → MCP: the demo's tools, published as REST by one gateway and read back as `OpenAPI`
//! by another, are the tools that they were.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::gateway::{Gateway, Launch};
use crate::mcp::callers::{Caller as _, Client};

const KEY: &str = "key-of-the-first-gateway";
/// What `OpenAPI` 3.1 means where it says nothing, and so has no need to say.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Each tool with what it is given.
const CALLS: [(&str, &str); 18] = [
    ("add", r#"{"a":1,"b":2.50}"#),
    ("add", r#"{"a":"2","b":3}"#),
    ("add", r#"{"a":1}"#),
    ("ask_name", "{}"),
    ("audio", r#"{"milliseconds":5}"#),
    ("calculate", r#"{"operation":"divide","a":1,"b":8}"#),
    ("calculate", r#"{"operation":"divide","a":1,"b":0}"#),
    ("calculate", r#"{"operation":"guess","a":1,"b":0}"#),
    (
        "convert_time",
        r#"{"source_timezone":"UTC","time":"12:00","target_timezone":"Asia/Tokyo"}"#,
    ),
    ("echo", r#"{"message":"{\"a\": 1.0}\n<ü>"}"#),
    ("embedded_resource", "{}"),
    ("embedded_resource", r#"{"resource":"picture"}"#),
    ("fail", r#"{"message":"wanted so"}"#),
    ("get_current_time", r#"{"timezone":"Nowhere/Atlantis"}"#),
    ("image", "{}"),
    ("resource_link", "{}"),
    ("slow", r#"{"seconds":0.1,"steps":2}"#),
    ("structured", r#"{"numbers":[1,2,4.5]}"#),
];

fn first() -> Gateway {
    let demo = json!({"command": env!("CARGO_BIN_EXE_viceversa"), "args": ["demo-server"]});
    let config = json!({"mcpServers": {"demo": demo}});
    Launch::new().key(KEY).config(&config).start()
}

fn second(first: &Gateway) -> Gateway {
    let document = format!("http://{}/demo/openapi.json", first.address);
    Launch::new()
        .flags(["--type", "openapi", "--auth-type", "bearer"])
        .env("AUTH_TOKEN", KEY)
        .server([document])
        .start()
}

/// The definitions by name, without the dialect of their schemas.
fn tools(client: &Client<'_>) -> BTreeMap<String, Value> {
    let listed = client.ask("tools/list", "", "").value();
    assert_eq!(listed.get("nextCursor"), None);
    let tools = listed["tools"].as_array().unwrap().iter().map(|tool| {
        let mut tool = tool.clone();
        for schema in ["inputSchema", "outputSchema"] {
            if let Some(schema) = tool.get_mut(schema) {
                let dialect = schema.as_object_mut().unwrap().shift_remove("$schema");
                assert!(dialect.is_none_or(|dialect| dialect == DIALECT));
            }
        }
        (tool["name"].as_str().unwrap().to_owned(), tool)
    });
    tools.collect()
}

#[test]
fn the_demos_tools_come_back_with_the_same_definitions() {
    let first = first();
    let second = second(&first);
    let before = tools(&Client::stateless(&first, "/demo/mcp", "{}"));
    let after = tools(&Client::stateless(&second, "/mcp", "{}"));
    assert_eq!(
        after.keys().collect::<Vec<_>>(),
        before.keys().collect::<Vec<_>>()
    );
    assert!(before.len() > 10, "{before:#?}");
    for (name, tool) in &before {
        assert_eq!(&after[name], tool);
        assert!(
            CALLS.iter().any(|(called, _)| called == name),
            "{name} is not called"
        );
    }
}

#[test]
fn the_demos_tools_come_back_with_the_same_results() {
    let first = first();
    let second = second(&first);
    let before = Client::stateless(&first, "/demo/mcp", "{}");
    let after = Client::stateless(&second, "/mcp", "{}");
    for (tool, arguments) in CALLS {
        // To the letter: both clients count their requests alike.
        let expected = before.call(tool, arguments).response;
        let got = after.call(tool, arguments).response;
        assert_eq!(got, expected, "{tool} {arguments}");
    }
}

#[test]
fn the_demos_rest_api_comes_back_as_it_was() {
    let first = first();
    let second = second(&first);
    for (tool, arguments) in CALLS {
        let own = first.call_text(&format!("/demo/{tool}"), arguments);
        let given = second.call_text(&format!("/{tool}"), arguments);
        assert_eq!(given.status, own.status, "{tool} {arguments}: {given}");
        assert_eq!(given.text(), own.text(), "{tool} {arguments}");
        assert_eq!(given.header("content-type"), own.header("content-type"));
    }
}
