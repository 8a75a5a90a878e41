//! Drives the server by JSON lines, as a client of either era does.

use serde_json::{Value, json};
use tokio::io::{
    AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, ReadHalf, WriteHalf,
};

use super::*;

struct Client {
    reader: tokio::io::Lines<BufReader<ReadHalf<DuplexStream>>>,
    writer: WriteHalf<DuplexStream>,
    /// The `_meta` that every request of the stateless era carries.
    meta: Option<Value>,
    /// The id of the request that was sent last.
    id: u64,
}

impl Client {
    fn start(meta: Option<Value>) -> Self {
        let (ours, theirs) = tokio::io::duplex(1 << 20);
        tokio::spawn(async move {
            if let Ok(session) = DemoServer::new().serve(theirs).await {
                let _ = session.waiting().await;
            }
        });
        let (reader, writer) = tokio::io::split(ours);
        Self {
            reader: BufReader::new(reader).lines(),
            writer,
            meta,
            id: 0,
        }
    }

    /// A client of 2026-07-28 with those capabilities.
    fn stateless(capabilities: &Value) -> Self {
        Self::start(Some(json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": capabilities,
        })))
    }

    /// A client that has initialized a session of an older version, and the answer it got.
    async fn legacy(version: &str, capabilities: Value) -> (Self, Value) {
        let mut client = Self::start(None);
        let params = json!({
            "protocolVersion": version,
            "capabilities": capabilities,
            "clientInfo": {"name": "test", "version": "1"},
        });
        let answer = client.request("initialize", params).await;
        client
            .send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))
            .await;
        (client, answer)
    }

    async fn send(&mut self, message: &Value) {
        self.writer
            .write_all(format!("{message}\n").as_bytes())
            .await
            .unwrap();
    }

    async fn receive(&mut self) -> Value {
        let line = self.reader.next_line().await.unwrap().unwrap();
        serde_json::from_str(&line).unwrap()
    }

    async fn request(&mut self, method: &str, params: Value) -> Value {
        self.send_request(method, params).await;
        self.receive().await
    }

    async fn send_request(&mut self, method: &str, mut params: Value) {
        if let Some(meta) = self.meta.clone() {
            params["_meta"] = meta;
        }
        self.id += 1;
        let message = json!({"jsonrpc": "2.0", "id": self.id, "method": method, "params": params});
        self.send(&message).await;
    }

    async fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let params = json!({"name": tool, "arguments": arguments});
        self.request("tools/call", params).await["result"].take()
    }
}

#[tokio::test]
async fn every_legacy_version_is_spoken() {
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let (mut client, answer) = Client::legacy(version, json!({})).await;
        assert_eq!(answer["result"]["protocolVersion"], version);
        assert_eq!(answer["result"]["serverInfo"]["name"], "viceversa-demo");
        let result = client.call("add", json!({"a": 2, "b": 3})).await;
        assert_eq!(result["content"][0]["text"], "5");
        assert!(result.get("resultType").is_none());
    }
}

#[tokio::test]
async fn the_stateless_version_is_spoken() {
    let mut client = Client::stateless(&json!({}));
    let discovered = client.request("server/discover", json!({})).await;
    let versions = discovered["result"]["supportedVersions"]
        .as_array()
        .unwrap();
    assert!(versions.contains(&json!("2026-07-28")), "{discovered}");
    let result = client.call("add", json!({"a": 2, "b": 3})).await;
    assert_eq!(result["resultType"], "complete");
    let resources = client.request("resources/list", json!({})).await;
    assert!(resources["result"]["ttlMs"].is_number(), "{resources}");
}

#[tokio::test]
async fn every_tool_is_described_for_people_and_models() {
    let mut client = Client::stateless(&json!({}));
    let mut answer = client.request("tools/list", json!({})).await;
    let tools = answer["result"]["tools"].take();
    for tool in tools.as_array().unwrap() {
        assert!(tool["title"].is_string(), "{tool}");
        assert!(tool["description"].is_string(), "{tool}");
        assert_eq!(tool["annotations"]["readOnlyHint"], true, "{tool}");
        assert_eq!(tool["inputSchema"]["type"], "object", "{tool}");
        let properties = tool["inputSchema"]["properties"].as_object();
        for (name, property) in properties.into_iter().flatten() {
            assert!(property["description"].is_string(), "{name} of {tool}");
        }
    }
    insta::assert_json_snapshot!(tools);
}

#[tokio::test]
async fn structured_output_has_a_text_too() {
    let (mut client, _) = Client::legacy("2025-11-25", json!({})).await;
    let result = client
        .call("structured", json!({"numbers": [1, 2, 6]}))
        .await;
    assert_eq!(result["structuredContent"]["mean"], 3.0);
    let text = result["content"][0]["text"].as_str().unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(text).unwrap(),
        result["structuredContent"]
    );
}

#[tokio::test]
async fn each_kind_of_content_is_given() {
    let (mut client, _) = Client::legacy("2025-11-25", json!({})).await;
    let kinds = [
        ("image", "image"),
        ("audio", "audio"),
        ("embedded_resource", "resource"),
        ("resource_link", "resource_link"),
    ];
    for (tool, kind) in kinds {
        let result = client.call(tool, json!({})).await;
        assert_eq!(result["content"][0]["type"], kind);
    }
}

#[tokio::test]
async fn wrong_arguments_are_tool_errors() {
    let (mut client, _) = Client::legacy("2025-11-25", json!({})).await;
    let calls = [
        ("get_current_time", json!({})),
        ("get_current_time", json!({"timezone": "Mars/Olympus"})),
        ("calculate", json!({"operation": "guess", "a": 1, "b": 2})),
        ("slow", json!({"seconds": 61})),
        ("fail", json!({})),
        ("ask_name", json!({})),
    ];
    for (tool, arguments) in calls {
        let result = client.call(tool, arguments).await;
        assert_eq!(result["isError"], true, "{tool}: {result}");
    }
}

#[tokio::test]
async fn unknown_names_are_protocol_errors() {
    let (mut client, _) = Client::legacy("2025-11-25", json!({})).await;
    let requests = [
        ("tools/call", json!({"name": "nothing"}), -32602),
        ("prompts/get", json!({"name": "nothing"}), -32602),
        ("prompts/get", json!({"name": "plan_meeting"}), -32602),
        ("resources/read", json!({"uri": "demo://nothing"}), -32002),
        ("nothing/at/all", json!({}), -32601),
    ];
    for (method, params, code) in requests {
        let answer = client.request(method, params).await;
        assert_eq!(answer["error"]["code"], code, "{method}: {answer}");
    }
}

#[tokio::test]
async fn slow_reports_progress_before_its_result() {
    let (mut client, _) = Client::legacy("2025-11-25", json!({})).await;
    let params = json!({
        "name": "slow",
        "arguments": {"seconds": 0.02, "steps": 2},
        "_meta": {"progressToken": "token"},
    });
    let first = client.request("tools/call", params).await;
    assert_eq!(first["params"]["progressToken"], "token");
    assert_eq!(first["params"]["progress"], 1.0);
    assert!(first["params"]["message"].is_string());
    assert_eq!(client.receive().await["params"]["progress"], 2.0);
    assert_eq!(client.receive().await["id"], client.id);
}

#[tokio::test]
async fn a_cancelled_call_stops() {
    let (mut client, _) = Client::legacy("2025-11-25", json!({})).await;
    client
        .send_request(
            "tools/call",
            json!({"name": "slow", "arguments": {"seconds": 60}}),
        )
        .await;
    client
        .send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": client.id}}))
        .await;
    let result = client.call("echo", json!({"message": "still here"})).await;
    assert_eq!(result["content"][0]["text"], "still here");
}

#[tokio::test]
async fn a_stateless_client_repeats_the_call_with_the_answer() {
    let mut client = Client::stateless(&json!({"elicitation": {"form": {}}}));
    let result = client.call("ask_name", json!({})).await;
    assert_eq!(result["resultType"], "input_required");
    assert_eq!(
        result["inputRequests"]["name"]["method"],
        "elicitation/create"
    );
    let params = json!({
        "name": "ask_name",
        "arguments": {},
        "inputResponses": {"name": {"action": "accept", "content": {"name": "Ada"}}},
    });
    let answer = client.request("tools/call", params).await;
    assert_eq!(answer["result"]["content"][0]["text"], "Hello, Ada!");
}

#[tokio::test]
async fn a_legacy_client_is_asked_during_the_call() {
    let (mut client, _) = Client::legacy("2025-06-18", json!({"elicitation": {}})).await;
    let question = client
        .request("tools/call", json!({"name": "ask_name", "arguments": {}}))
        .await;
    assert_eq!(question["method"], "elicitation/create");
    let answer = json!({"action": "accept", "content": {"name": "Ada"}});
    client
        .send(&json!({"jsonrpc": "2.0", "id": question["id"], "result": answer}))
        .await;
    let greeting = client.receive().await;
    assert_eq!(greeting["result"]["content"][0]["text"], "Hello, Ada!");
}
