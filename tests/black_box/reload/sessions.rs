//! MCP sessions, and what clients hear, over reloads.

use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Scene, reload};
use crate::gateway::{StateFile, entry, fixture, peer, wait_until, wait_until_gone};
use crate::mcp::callers::{Caller as _, Client};

const CHANGED: &str = "notifications/tools/list_changed";

fn tool_names(client: &Client<'_>) -> Vec<String> {
    let listed = client.ask("tools/list", "", "").result();
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let tools = listed["tools"].as_array().unwrap().iter();
    let names = tools.map(|tool| tool["name"].as_str().unwrap().to_owned());
    names.collect()
}

#[test]
fn a_session_with_a_call_under_way_lives_on_while_another_server_changes() {
    let scene = Scene::new();
    let (old, new) = (StateFile::new(), StateFile::new());
    scene.write(&json!({"it": entry(&old.fixture(&[]))}));
    let gateway = scene.start(&[]);
    let client = Client::session(&gateway, "/steady/mcp", "{}");
    assert_eq!(client.call("echo_raw", "{}").text(), "{}");
    thread::scope(|scope| {
        let slow = client.begin(
            "tools/call",
            r#""name":"sleep","arguments":{"ms":2500}"#,
            "",
        );
        scene.steady.wait_for("call ", 2);
        scope.spawn(|| {
            scene.write(&json!({"it": entry(&new.fixture(&["--list-changed"]))}));
            assert_eq!(reload(&gateway)["replaced"], json!(["it"]));
            wait_until_gone(&old.pids("start "));
        });
        let answer = slow.message_with("\"result\"");
        assert!(!answer.contains("isError\":true"), "{answer}");
    });
    assert_eq!(client.call("echo_raw", "{}").text(), "{}");
    scene.is_steady();
}

#[test]
fn clients_of_both_eras_hear_of_tools_that_a_reload_brings_and_list_them() {
    let scene = Scene::new();
    scene.write(&json!({}));
    let gateway = scene.start(&[]);
    let session = Client::session(&gateway, "/mcp", "{}");
    let stateless = Client::stateless(&gateway, "/mcp", "{}");
    let other = "other__echo_raw".to_owned();
    assert!(!tool_names(&session).contains(&other));
    let stream = session.listen(None).expect(200);
    let wanted = r#""notifications":{"toolsListChanged":true}"#;
    let listening = stateless
        .begin("subscriptions/listen", wanted, "")
        .expect(200);
    listening.message_with("acknowledged");
    scene.write(&json!({"other": entry(&fixture(&[]))}));
    assert_eq!(reload(&gateway)["added"], json!(["other"]));
    for stream in [&stream, &listening] {
        stream.message_with(CHANGED);
    }
    wait_until("both list the new tools", || {
        [&session, &stateless]
            .iter()
            .all(|client| tool_names(client).contains(&other))
    });
    let called = session.call("other__echo_raw", "{}");
    assert_eq!(called.text(), "{}");
    scene.write(&json!({}));
    assert_eq!(reload(&gateway)["removed"], json!(["other"]));
    for stream in [&stream, &listening] {
        stream.message_with(CHANGED);
    }
    for client in [&session, &stateless] {
        assert!(!tool_names(client).contains(&other));
    }
    assert_eq!(session.call("steady__echo_raw", "{}").text(), "{}");
    scene.is_steady();
}

#[test]
fn subscriptions_go_over_to_the_server_that_takes_over() {
    // With everybody's connection, and with one that the session has for itself.
    for capabilities in ["{}", r#"{"elicitation":{}}"#] {
        let scene = Scene::new();
        let (old, new) = (StateFile::new(), StateFile::new());
        scene.write(&json!({"it": entry(&old.fixture(&["--subscribable"]))}));
        let gateway = scene.start(&[]);
        let client = Client::session(&gateway, "/it/mcp", capabilities);
        let stream = client.listen(None).expect(200);
        let small = r#""uri":"fixture://small""#;
        client.ask("resources/subscribe", small, "").result();
        old.wait_for("subscribe fixture://small", 1);
        scene.write(&json!({"it": entry(&new.fixture(&["--subscribable"]))}));
        assert_eq!(reload(&gateway)["replaced"], json!(["it"]));
        // Without a word of the client's.
        new.wait_for("subscribe fixture://small", 1);
        wait_until_gone(&old.pids("start "));
        client.call("update_resource", r#"{"uri":"fixture://small","more":[1]}"#);
        let told = stream.message_with("notifications/resources/updated");
        assert!(told.contains("fixture://small"), "{told}");
        client.ask("resources/unsubscribe", small, "").result();
        new.wait_for("unsubscribe fixture://small", 1);
    }
}

#[test]
fn the_client_of_the_python_sdk_hears_of_new_tools_and_calls_one() {
    const PROGRAM: &str = r#"
import asyncio, sys
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

async def main(url):
    changed = asyncio.Event()

    async def heard(message):
        if "ToolListChangedNotification" in repr(message):
            changed.set()

    async with streamable_http_client(url) as (read, write, *_):
        async with ClientSession(read, write, message_handler=heard) as session:
            await session.initialize()
            names = [tool.name for tool in (await session.list_tools()).tools]
            assert not any(name.startswith("other__") for name in names), names
            print("ready", flush=True)
            await changed.wait()
            while "other__echo_raw" not in names:
                names = [tool.name for tool in (await session.list_tools()).tools]
            result = await session.call_tool("other__echo_raw", {})
            assert not result.isError, result
            print("called", flush=True)

asyncio.run(asyncio.wait_for(main(sys.argv[1]), 60))
"#;
    let scene = Scene::new();
    scene.write(&json!({}));
    let file = scene.file();
    let gateway = crate::gateway::Launch::new()
        .flags(["--config", file.to_str().unwrap()])
        .start();
    let url = format!("http://{}/mcp", gateway.address);
    let mut client = Command::new(peer("py-old/bin/python"))
        .args(["-c", PROGRAM, &url])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let told = std::io::BufReader::new(client.stdout.take().unwrap());
    let mut told = std::io::BufRead::lines(told);
    assert_eq!(told.next().unwrap().unwrap(), "ready");
    // Its stream may open a moment later.
    thread::sleep(Duration::from_millis(500));
    scene.write(&json!({"other": entry(&fixture(&[]))}));
    reload(&gateway);
    assert_eq!(told.next().unwrap().unwrap(), "called");
    assert!(client.wait().unwrap().success());
    scene.is_steady();
}
