//! What callers may use: what they may not use is nowhere for them.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use crate::gateway::{Gateway, Launch, entry, fixture};
use crate::http::Request;

/// The demo server and one that has tools only, with a group of both, and these keys.
fn gateway(keys: &[(String, Value)]) -> Gateway {
    let keys: Vec<Value> = keys
        .iter()
        .map(|(name, grants)| json!({"name": name, "key": key_of(name), "grants": grants}))
        .collect();
    let demo = json!({"command": env!("CARGO_BIN_EXE_viceversa"), "args": ["demo-server"]});
    let config = json!({
        "mcpServers": {"demo": demo, "plain": entry(&fixture(&[]))},
        "groups": {"some": {"servers": ["demo", "plain"], "tools": ["demo.*", "plain.echo_raw"]}},
        "gateway": {"auth": {"keys": keys}}
    });
    Launch::new().key(ADMIN).config(&config).start()
}

const ADMIN: &str = "key-of-the-administrator";

fn key_of(name: &str) -> String {
    format!("key-of-{name}")
}

/// Whoever has a key.
struct Caller<'a> {
    gateway: &'a Gateway,
    key: String,
}

impl Caller<'_> {
    fn request(&self, method: &str, target: &str) -> Request {
        self.gateway.anonymous(method, target).bearer(&self.key)
    }

    fn status(&self, method: &str, target: &str) -> u16 {
        let request = self.request(method, target);
        let request = if method == "POST" {
            request.json(&json!({}))
        } else {
            request
        };
        request.send().status
    }

    /// A request of MCP 2026-07-28.
    fn ask(&self, route: &str, method: &str, params: &Value) -> Value {
        let mut params = params.clone();
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {}
        });
        let mut request = self
            .request("POST", route)
            .header("Accept", "application/json, text/event-stream")
            .header("MCP-Protocol-Version", "2026-07-28")
            .header("Mcp-Method", method);
        if let Some(name) = params["name"].as_str().or(params["uri"].as_str()) {
            request = request.header("Mcp-Name", name);
        }
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        request.json(&message).send().json()
    }

    /// The names in a list of MCP.
    fn listed(&self, route: &str, method: &str, member: &str) -> BTreeSet<String> {
        let answer = self.ask(route, method, &json!({}));
        let items = answer["result"][member].as_array().cloned();
        let name = |item: Value| item["name"].as_str().unwrap().to_owned();
        items.unwrap_or_default().into_iter().map(name).collect()
    }

    /// The paths of a document, without the slash.
    fn documented(&self, target: &str) -> BTreeSet<String> {
        let answer = self.request("GET", target).send();
        if answer.status == 404 {
            return BTreeSet::new();
        }
        let document = answer.expect(200).json();
        let paths = document["paths"].as_object().unwrap().keys();
        paths.map(|path| path[1..].to_owned()).collect()
    }
}

fn caller<'a>(gateway: &'a Gateway, name: &str) -> Caller<'a> {
    Caller {
        gateway,
        key: key_of(name),
    }
}

fn administrator(gateway: &Gateway) -> Caller<'_> {
    Caller {
        gateway,
        key: ADMIN.to_owned(),
    }
}

#[test]
fn what_a_key_may_not_use_is_nowhere_for_it() {
    let only_plain = json!({"servers": ["plain"]});
    let gateway = gateway(&[("ada".to_owned(), only_plain)]);
    gateway.call("/demo/no_such_tool", &json!({})).expect(404);
    let ada = caller(&gateway, "ada");
    assert_eq!(ada.status("POST", "/plain/echo_raw"), 200);
    for (method, target) in [
        ("POST", "/demo/add_numbers"),
        ("POST", "/demo/call/add_numbers"),
        ("GET", "/demo/openapi.json"),
        ("GET", "/demo/openapi.yaml"),
        ("GET", "/demo/docs"),
        ("GET", "/demo/docs/swagger-ui.css"),
        ("GET", "/demo/resources"),
        ("GET", "/demo/resources/read?uri=a:b"),
        ("GET", "/demo/resources/templates"),
        ("GET", "/demo/prompts"),
        ("POST", "/demo/prompts/tour"),
        ("POST", "/demo/prompts/tour/complete"),
        ("POST", "/demo/mcp"),
        ("GET", "/demo/sse"),
        ("PUT", "/demo/add_numbers"),
        ("GET", "/some/openapi.json"),
        ("POST", "/some/mcp"),
        ("POST", "/some/plain__echo_raw"),
    ] {
        let unknown = target
            .replacen("demo", "nowhere", 1)
            .replacen("some", "nowhere", 1);
        let request = |target: &str| ada.request(method, target).json(&json!({})).send();
        let (answer, reference) = (request(target), request(&unknown));
        assert_eq!(answer.status, 404, "{method} {target}: {answer}");
        assert_eq!(answer.text(), reference.text(), "{method} {target}");
    }
    for target in ["/docs", "/status", "/openapi.json"] {
        let text = ada.request("GET", target).send().expect(200).text();
        assert!(
            text.contains("plain") && !text.contains("demo"),
            "{target}: {text}"
        );
        assert!(!text.contains("some/"), "{target}: {text}");
    }
    let together = ada.listed("/mcp", "tools/list", "tools");
    assert!(together.contains("plain__echo_raw"), "{together:?}");
    assert!(
        together.iter().all(|tool| tool.starts_with("plain__")),
        "{together:?}"
    );
    let call = json!({"name": "demo__add_numbers", "arguments": {"a": 1, "b": 2}});
    let refused = ada.ask("/mcp", "tools/call", &call);
    let unknown = json!({"name": "demo__no_such_tool", "arguments": {}});
    let reference = ada.ask("/mcp", "tools/call", &unknown);
    assert_eq!(
        refused["error"]["code"], reference["error"]["code"],
        "{refused}"
    );
    let found = ada.ask(
        "/mcp?discovery=search",
        "tools/call",
        &json!({"name": "search_tools", "arguments": {"query": "add two numbers"}}),
    );
    assert!(!found.to_string().contains("add_numbers"), "{found}");
}

#[test]
fn grants_of_protocols_and_of_administration_are_kept() {
    let gateway = gateway(&[
        ("mcp".to_owned(), json!({"protocols": ["mcp"]})),
        ("rest".to_owned(), json!({"protocols": ["rest"]})),
        ("admin".to_owned(), json!({"admin": true})),
    ]);
    let (mcp, rest, admin) = (
        caller(&gateway, "mcp"),
        caller(&gateway, "rest"),
        caller(&gateway, "admin"),
    );
    assert_eq!(mcp.status("POST", "/plain/echo_raw"), 403);
    assert_eq!(mcp.status("GET", "/openapi.json"), 403);
    assert!(!mcp.listed("/plain/mcp", "tools/list", "tools").is_empty());
    assert_eq!(rest.status("POST", "/plain/echo_raw"), 200);
    let refused = rest.request("POST", "/plain/mcp").json(&json!({})).send();
    assert_eq!(refused.expect(403).detail(), "This key may not speak MCP");

    assert_eq!(rest.status("POST", "/-/reload"), 403);
    assert_eq!(admin.status("POST", "/-/reload"), 200);
    let status = |caller: &Caller<'_>| caller.request("GET", "/status").send().json();
    assert!(status(&admin)["config"].is_object());
    assert!(status(&rest)["config"].is_null() && status(&rest)["servers"].is_array());
}

/// Any grants at all.
fn any_grants() -> impl Strategy<Value = Value> {
    let some = |names: &'static [&'static str]| {
        prop::option::of(prop::collection::vec(prop::sample::select(names), 0..3))
    };
    let tools = prop::collection::vec(
        prop::sample::select(
            &[
                "demo.*",
                "plain.*",
                "echo*",
                "!*_raw",
                "!demo.add*",
                "demo.search*",
                "!*",
            ][..],
        ),
        1..4,
    );
    (
        some(&["demo", "plain", "*", "!demo", "p*"]),
        some(&["some", "*", "!some"]),
        prop::option::of(tools),
        any::<bool>(),
        prop::option::of(any::<bool>()),
    )
        .prop_map(|(servers, groups, tools, read_only, prompts)| {
            let mut grants = json!({"readOnly": read_only});
            for (name, value) in [
                ("servers", json!(servers)),
                ("groups", json!(groups)),
                ("tools", json!(tools)),
                ("prompts", json!(prompts)),
            ] {
                if !value.is_null() {
                    grants[name] = value;
                }
            }
            grants
        })
}

#[test]
fn what_is_listed_is_what_can_be_called_whatever_the_grants() {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let keys: Vec<(String, Value)> = (0..24)
        .map(|number| {
            let tree = any_grants().new_tree(&mut runner).unwrap();
            (format!("caller{number}"), tree.current())
        })
        .collect();
    let gateway = gateway(&keys);
    // Both are up from here on.
    gateway.call("/demo/no_such_tool", &json!({})).expect(404);
    gateway.call("/plain/no_such_tool", &json!({})).expect(404);
    let all = administrator(&gateway);
    let routes = ["demo", "plain", "some"];
    let offered = routes.map(|route| {
        let tools = all.listed(&format!("/{route}/mcp"), "tools/list", "tools");
        assert_eq!(
            tools,
            all.documented(&format!("/{route}/openapi.json")),
            "{route}"
        );
        assert!(!tools.is_empty(), "{route}");
        tools
    });
    let (mut seen, mut hidden) = (0, 0);
    for (name, grants) in &keys {
        let caller = caller(&gateway, name);
        let together = caller.listed("/mcp", "tools/list", "tools");
        let mut of_servers = BTreeSet::new();
        for (route, offered) in routes.iter().zip(&offered) {
            let about = format!("{route} with {grants}");
            let listed = caller.listed(&format!("/{route}/mcp"), "tools/list", "tools");
            let documented = caller.documented(&format!("/{route}/openapi.json"));
            assert_eq!(listed, documented, "{about}");
            assert!(listed.is_subset(offered), "{about}");
            if *route != "some" {
                of_servers.extend(listed.iter().map(|tool| format!("{route}__{tool}")));
            }
            seen += listed.len();
            hidden += offered.len() - listed.len();
            // A body that is none is refused before the tool is called, if there is one.
            for tool in offered {
                let request = caller.request("POST", &format!("/{route}/{tool}"));
                let status = request.json_text("{").send().status;
                assert_eq!(status == 404, !listed.contains(tool), "{tool} of {about}");
            }
            let prompts = caller.listed(&format!("/{route}/mcp"), "prompts/list", "prompts");
            let tour = if *route == "some" {
                "demo__tour"
            } else {
                "tour"
            };
            let got = caller.status("POST", &format!("/{route}/prompts/{tour}"));
            assert_eq!(got == 200, prompts.contains(tour), "{got} {about}");
        }
        assert_eq!(together, of_servers, "together with {grants}");
    }
    assert!(seen > 50 && hidden > 50, "{seen} seen, {hidden} hidden");
}
