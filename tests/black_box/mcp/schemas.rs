//! What the gateway sends fits the JSON Schema that is published with the version in use.
//!
//! `VICEVERSA_TEST_SCHEMAS` names the folder of `schema-VERSION.json`; where there is none, these
//! tests are skipped.

mod schema;

use rustix::process::Signal;
use serde_json::json;

use self::schema::Schema;
use super::callers::{Caller as _, Client, NEWEST_LEGACY, STATELESS, member};
use super::events::Answering;
use crate::gateway::{Gateway, Launch, StateFile, entry};

const ASKABLE: &str = r#"{"elicitation":{},"sampling":{},"roots":{}}"#;
const TASKS: &str = r#"{"extensions":{"io.modelcontextprotocol/tasks":{}}}"#;

impl Schema {
    /// What callers of all versions may ask. The server's names begin with `prefix`.
    #[track_caller]
    fn common(&self, client: &Client<'_>, prefix: &str) {
        let named = |name: &str| format!("{prefix}{name}");
        for (method, members, result) in [
            ("tools/list", "", "ListToolsResult"),
            ("prompts/list", "", "ListPromptsResult"),
            ("resources/list", "", "ListResourcesResult"),
            (
                "resources/templates/list",
                "",
                "ListResourceTemplatesResult",
            ),
            (
                "resources/read",
                r#""uri":"fixture://item/a""#,
                "ReadResourceResult",
            ),
            ("resources/read", r#""uri":"nothing://there""#, ""),
            ("resources/read", "", ""),
            ("no/such/method", "", ""),
        ] {
            // Without a name there is nothing for the headers to repeat.
            self.ask(client, method, members, result);
        }
        let prompt = named("greet");
        self.ask(
            client,
            "prompts/get",
            &format!(r#""name":"{prompt}","arguments":{{"name":"Ada"}}"#),
            "GetPromptResult",
        );
        let reference = format!(
            r#""ref":{{"type":"ref/prompt","name":"{prompt}"}},"argument":{{"name":"name","value":"A"}}"#
        );
        self.ask(client, "completion/complete", &reference, "CompleteResult");
        for (tool, arguments, result) in [
            ("echo_raw", r#"{"a":1}"#, "CallToolResult"),
            ("progress", r#"{"steps":2}"#, "CallToolResult"),
            ("log", r#"{"level":"error"}"#, "CallToolResult"),
            ("sleep", r#"{"ms":"no number"}"#, "CallToolResult"),
            ("rpc_error", r#"{"code":-32000,"message":"m"}"#, ""),
            ("no_such_tool", "{}", ""),
        ] {
            self.call(client, &named(tool), arguments, result);
        }
    }
}

struct Server {
    state: StateFile,
    _folder: tempfile::TempDir,
    command: Vec<String>,
}

fn server(era: &str) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let answers = folder.path().join("answers.json");
    let completion = json!({"completion": {"values": ["Ada"]}, "resultType": "complete"});
    let given = json!({"completion/complete": completion});
    std::fs::write(&answers, given.to_string()).unwrap();
    let state = StateFile::new();
    let answers = answers.to_str().unwrap();
    let flags = ["--era", era, "--answers-file", answers];
    let command = state.fixture(&[&flags[..], &["--subscribable", "--list-changed"]].concat());
    Server {
        state,
        _folder: folder,
        command,
    }
}

#[track_caller]
fn legacy(version: &str) {
    let Some(schema) = Schema::of(version) else {
        return;
    };
    for era in ["legacy", "stateless"] {
        let server = server(era);
        let down = entry(&["/no/such/program".to_owned()]);
        let gateway = Launch::new()
            .config(&json!({"mcpServers": {"one": entry(&server.command), "down": down}}))
            .start();
        for (path, prefix) in [("/one/mcp", ""), ("/mcp", "one__")] {
            let mut client = Client::of_version(&gateway, path, ASKABLE, version);
            schema.message(&client.begin_session(), "InitializeResult");
            schema.ask(&client, "ping", "", "EmptyResult");
            let small = r#""uri":"fixture://small""#;
            schema.ask(
                &client,
                "logging/setLevel",
                r#""level":"debug""#,
                "EmptyResult",
            );
            let before = server.state.count("subscribe ");
            schema.ask(&client, "resources/subscribe", small, "EmptyResult");
            let stream = client.listen(None).expect(200);
            server.state.wait_for("subscribe ", before + 1);
            let update = r#"{"uri":"fixture://small"}"#;
            schema.call(
                &client,
                &format!("{prefix}update_resource"),
                update,
                "CallToolResult",
            );
            schema.message(&stream.message_with("resources/updated"), "");
            let tool = format!(r#"{{"add":"of_{}"}}"#, path.len());
            schema.call(
                &client,
                &format!("{prefix}change_tools"),
                &tool,
                "CallToolResult",
            );
            schema.message(&stream.message_with("list_changed"), "");
            schema.ask(&client, "resources/unsubscribe", small, "EmptyResult");
            schema.common(&client, prefix);
            questions(&schema, &client, prefix, era);
        }
        let dying = Client::of_version(&gateway, "/one/mcp", "{}", version);
        schema.call(&dying, "die", "{}", "");
        let searching = Client::of_version(&gateway, "/mcp?discovery=search", "{}", version);
        schema.ask(&searching, "tools/list", "", "ListToolsResult");
        schema.call(
            &searching,
            "search_tools",
            r#"{"query":"echo"}"#,
            "CallToolResult",
        );
    }
}

/// What servers ask, as far as the version knows it.
fn questions(schema: &Schema, client: &Client<'_>, prefix: &str, era: &str) {
    let sampling = json!({"messages": [], "maxTokens": 5});
    let form = json!({"type": "object", "properties": {}});
    let elicitation = json!({"message": "Who?", "requestedSchema": form});
    let mut asked = vec![];
    if era == "legacy" {
        asked.push(("sampling/createMessage", sampling));
        asked.push(("roots/list", json!({})));
        if schema.version.as_str() >= "2025-06-18" {
            asked.push(("elicitation/create", elicitation));
        }
    }
    for (method, params) in asked {
        let arguments = json!({"method": method, "params": params});
        let members = format!(r#""name":"{prefix}ask_client","arguments":{arguments}"#);
        let stream = client.begin("tools/call", &members, "");
        let question = stream.message_with(method);
        schema.message(&question, "");
        client.answer(&question, "{}");
        schema.message(&stream.message().unwrap(), "CallToolResult");
    }
}

#[test]
fn a_conversation_of_2024_11_05_fits_its_schema() {
    legacy("2024-11-05");
}

#[test]
fn a_conversation_of_2025_03_26_fits_its_schema() {
    legacy("2025-03-26");
    let Some(schema) = Schema::of("2025-03-26") else {
        return;
    };
    let server = server("legacy");
    let gateway = Gateway::single(&[], &server.command);
    let client = Client::of_version(&gateway, "/mcp", "{}", "2025-03-26");
    let batch = r#"[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","id":"2","method":"no/such"}]"#;
    let answers = client.post(batch).send().expect(200).json();
    schema.check("JSONRPCBatchResponse", &answers);
}

#[test]
fn a_conversation_of_2025_06_18_fits_its_schema() {
    legacy("2025-06-18");
}

#[test]
fn a_conversation_of_2025_11_25_fits_its_schema() {
    legacy("2025-11-25");
    let Some(schema) = Schema::of("2025-11-25") else {
        return;
    };
    let server = server("legacy");
    let gateway = Gateway::single(&[], &server.command);
    let client = Client::session(&gateway, "/mcp", "{}");
    let task = r#""name":"task_required","arguments":{"milliseconds":50},"task":{}"#;
    let created = client.ask("tools/call", task, "");
    schema.message(&created.response, "CreateTaskResult");
    let id = created.value()["task"]["taskId"].to_string();
    let id = format!(r#""taskId":{id}"#);
    schema.ask(&client, "tasks/get", &id, "GetTaskResult");
    schema.ask(&client, "tasks/result", &id, "GetTaskPayloadResult");
    schema.ask(&client, "tasks/list", "", "ListTasksResult");
    schema.ask(&client, "tasks/cancel", &id, "");
}

#[test]
fn a_conversation_of_2026_07_28_fits_its_schema() {
    let Some(schema) = Schema::of(STATELESS) else {
        return;
    };
    for era in ["legacy", "stateless"] {
        let server = server(era);
        let down = entry(&["/no/such/program".to_owned()]);
        let mut gateway = Launch::new()
            .config(&json!({"mcpServers": {"one": entry(&server.command), "down": down}}))
            .start();
        for (path, prefix) in [("/one/mcp", ""), ("/mcp", "one__")] {
            let client = Client::stateless(&gateway, path, ASKABLE);
            schema.ask(&client, "server/discover", "", "DiscoverResult");
            schema.common(&client, prefix);
            let elicit = format!(r#""name":"{prefix}elicit","arguments":{{}}"#);
            let asked = client.ask("tools/call", &elicit, "");
            schema.message(&asked.response, "InputRequiredResult");
            let asked = asked.value();
            let name = asked["inputRequests"].as_object().unwrap().keys().next();
            let name = name.unwrap().clone();
            let responses = json!({name: {"action": "decline"}});
            let again = format!(
                r#"{elicit},"inputResponses":{responses},"requestState":{}"#,
                asked["requestState"]
            );
            schema.ask(&client, "tools/call", &again, "CallToolResult");
            let silent = Client::stateless(&gateway, path, "{}");
            schema.call(
                &silent,
                &format!("{prefix}echo_raw"),
                "{}",
                "CallToolResult",
            );
        }
        errors(&schema, &gateway, era);

        let client = Client::stateless(&gateway, "/one/mcp", "{}");
        let wanted = r#""notifications":{"toolsListChanged":true,"promptsListChanged":true,"resourceSubscriptions":["fixture://small"]}"#;
        let stream = client.begin("subscriptions/listen", wanted, "").expect(200);
        let first = stream.message().unwrap();
        schema.message(&first, "");
        assert!(first.contains("subscriptions/acknowledged"), "{first}");
        server.state.wait_for("subscribe ", 1);
        client.call("update_resource", r#"{"uri":"fixture://small"}"#);
        schema.message(&stream.message_with("resources/updated"), "");
        client.call("change_tools", r#"{"add":"another"}"#);
        schema.message(&stream.message_with("tools/list_changed"), "");
        gateway.signal(Signal::TERM);
        let last = stream.message_with("\"result\"");
        schema.message(&last, "SubscriptionsListenResult");
        gateway.wait_for_end(crate::gateway::SOON);
    }
}

fn errors(schema: &Schema, gateway: &Gateway, era: &str) {
    let client = Client::stateless(gateway, "/one/mcp", "{}");
    let body = client.message("tools/list", "", "");
    let refused = |request: crate::http::Request, status: u16, definition: &str| {
        let answer = Answering::to(&request).expect(status).message().unwrap();
        schema.message(&answer, "");
        schema.check(definition, &serde_json::from_str(&answer).unwrap());
    };
    let bare = client.request("POST").json_text(&body);
    refused(bare, 400, "HeaderMismatchError");
    let other = body.replace(STATELESS, "2030-01-01");
    let mut later = Client::stateless(gateway, "/one/mcp", "{}");
    "2030-01-01".clone_into(&mut later.version);
    let request = later.request("POST").header("Mcp-Method", "tools/list");
    let request = request.json_text(&other);
    refused(request, 400, "UnsupportedProtocolVersionError");
    if era == "stateless" {
        let members = r#""name":"task_required","arguments":{}"#;
        let request = client.post(&client.message("tools/call", members, ""));
        refused(request, 400, "MissingRequiredClientCapabilityError");
        let following = Client::stateless(gateway, "/one/mcp", TASKS);
        let created = following.call("task_required", "{}");
        assert_eq!(
            member(&created.result(), "resultType").unwrap(),
            r#""task""#
        );
    }
}

#[test]
fn errors_that_answer_no_request_fit_the_schemas_of_versions_that_know_such() {
    let server = server("legacy");
    let gateway = Gateway::single(&[], &server.command);
    for version in [NEWEST_LEGACY, STATELESS] {
        let Some(schema) = Schema::of(version) else {
            return;
        };
        let client = match version {
            STATELESS => Client::stateless(&gateway, "/mcp", "{}"),
            _ => Client::session(&gateway, "/mcp", "{}"),
        };
        for garbage in ["{", "7", r#"{"jsonrpc":"2.0"}"#] {
            let refused = client.post(garbage).send().expect(400).text();
            schema.message(&refused, "");
        }
    }
}
