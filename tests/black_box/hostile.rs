//! Servers, callers and operators that would do harm to others: each is kept to itself.

use std::io::Read as _;
use std::net::TcpStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Signal, kill_process};
use serde_json::{Value, json};

use crate::gateway::{
    Gateway, Launch, SOON, StateFile, binary, entry, fixture, is_alive, wait_until, wait_until_gone,
};

/// A small server in Python whose every answer is in the hands of a test: `respond(request)`
/// gives the lines to write.
fn python(respond: &str) -> Vec<String> {
    let program = format!(
        r#"
import json, os, sys, time
def say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
def answer(request, result):
    say(json.dumps({{"jsonrpc": "2.0", "id": request["id"], "result": result}}))
TOOL = {{"name": "tool", "inputSchema": {{"type": "object"}}}}
TEXT = {{"content": [{{"type": "text", "text": "done"}}]}}
{respond}
for line in sys.stdin:
    request = json.loads(line)
    method = request.get("method")
    if method == "initialize":
        answer(request, {{"protocolVersion": "2025-11-25", "capabilities": {{"tools": {{"listChanged": True}}}}, "serverInfo": {{"name": "python", "version": "1"}}}})
    elif method == "server/discover":
        say(json.dumps({{"jsonrpc": "2.0", "id": request["id"], "error": {{"code": -32601, "message": "no"}}}}))
    elif "id" in request and method:
        respond(request)
"#
    );
    vec!["python3".into(), "-c".into(), program]
}

#[test]
fn a_task_whose_server_dies_is_not_started_again() {
    let state = StateFile::new();
    let tools = state.path().with_extension("tools");
    let definitions = json!([
        {"name": "echo_raw", "inputSchema": {"type": "object"}},
        {
            "name": "task_required",
            "inputSchema": {"type": "object"},
            "execution": {"taskSupport": "required"},
        },
    ]);
    std::fs::write(&tools, definitions.to_string()).unwrap();
    let flags = ["--tools-file", tools.to_str().unwrap()];
    let gateway = Gateway::single(&[], state.fixture(&flags));
    gateway.call("/echo_raw", &json!({})).expect(200);
    let pids = state.pids("start");
    let answer = std::thread::scope(|scope| {
        let call = scope.spawn(|| gateway.call("/task_required", &json!({"outcome": "never"})));
        state.wait_for("call task_required", 1);
        kill_process(pids[0], Signal::KILL).unwrap();
        call.join().unwrap()
    });
    let message = answer.expect(502).text();
    assert!(message.contains("may have been executed"), "{message}");
    gateway.call("/echo_raw", &json!({})).expect(200);
    assert_eq!(state.count("call task_required"), 1, "{:?}", state.lines());
}

#[test]
fn one_callers_log_messages_never_reach_another() {
    let state = StateFile::new();
    let gateway = Gateway::single(
        &[],
        python(&format!(
            r#"
def respond(request):
    if request["method"] == "tools/list":
        return answer(request, {{"tools": [TOOL]}})
    if request["params"]["arguments"]["who"] == "secretive":
        say(json.dumps({{"jsonrpc": "2.0", "method": "notifications/message", "params": {{"level": "info", "data": "SECRET"}}}}))
        return answer(request, TEXT)
    open({path:?}, "a").write("listening\n")
    # The listener is answered only once the other has been.
    respond(json.loads(sys.stdin.readline()))
    answer(request, TEXT)
"#,
            path = state.path()
        )),
    );
    let heard = std::thread::scope(|scope| {
        let listener = scope.spawn(|| {
            gateway
                .request("POST", "/tool")
                .header("Accept", "text/event-stream")
                .json(&json!({"who": "listener"}))
                .send()
                .expect(200)
        });
        state.wait_for("listening", 1);
        gateway
            .call("/tool", &json!({"who": "secretive"}))
            .expect(200);
        listener.join().unwrap().text()
    });
    assert!(!heard.contains("SECRET"), "{heard}");
    assert!(heard.contains("event: result"), "{heard}");
    gateway.wait_for_log("SECRET");
}

#[test]
fn a_flood_from_one_server_leaves_the_others_callers_alone() {
    let flooding = python(
        r#"
def respond(request):
    if request["method"] == "tools/list":
        return answer(request, {"tools": [TOOL]})
    say("[" + "0," * 10_000_000 + "0]")
    answer(request, TEXT)
"#,
    );
    let gateway = Launch::new()
        .config(&json!({"mcpServers": {
            "flooding": entry(&flooding), "calm": entry(&fixture(&[])),
        }}))
        .start();
    gateway.call("/calm/echo_raw", &json!({})).expect(200);
    std::thread::scope(|scope| {
        let flood = scope.spawn(|| gateway.call("/flooding/tool", &json!({})));
        for _ in 0..20 {
            let began = Instant::now();
            gateway.call("/calm/echo_raw", &json!({})).expect(200);
            assert!(
                began.elapsed() < Duration::from_secs(5),
                "{:?}",
                began.elapsed()
            );
        }
        flood.join().unwrap().expect(200);
    });
    assert!(
        gateway.log().len() < 100_000,
        "{} bytes of log",
        gateway.log().len()
    );
}

#[test]
fn a_list_of_nonsense_is_cut_short() {
    let gateway = Gateway::single(
        &[],
        python(
            r#"
def respond(request):
    if request["method"] == "tools/list":
        say('{"jsonrpc":"2.0","id":%d,"result":{"tools":[%s]}}' % (request["id"], ",".join([json.dumps(TOOL)] + ["0"] * 50_000)))
    else:
        answer(request, TEXT)
"#,
        ),
    );
    gateway.call("/tool", &json!({})).expect(200);
    let status = gateway.get("/status").expect(200).json();
    let warnings = status["servers"][0]["warnings"].as_array().unwrap();
    assert!((2..=110).contains(&warnings.len()), "{}", warnings.len());
}

#[test]
fn a_server_that_closed_its_stdin_is_started_again() {
    let state = StateFile::new();
    let gateway = Gateway::single(
        &["--call-timeout", "20s"],
        python(&format!(
            r#"
def respond(request):
    if request["method"] == "tools/list":
        return answer(request, {{"tools": [TOOL]}})
    first = not os.path.exists({path:?})
    open({path:?}, "a").close()
    if first:
        os.close(0)
    answer(request, TEXT)
    if first:
        time.sleep(600)
"#,
            path = state.path().with_extension("seen")
        )),
    );
    gateway.call("/tool", &json!({})).expect(200);
    // The gateway sees it only when it writes; that call certainly was not executed.
    gateway.call("/tool", &json!({})).expect(200);
    let status = gateway.get("/status").expect(200).json();
    assert_eq!(status["servers"][0]["starts"], 2, "{status:#}");
}

#[test]
fn a_slow_server_that_exits_on_an_unknown_request_comes_up() {
    let state = StateFile::new();
    let gateway = Gateway::single(
        &[],
        state.fixture(&["--era", "exit-on-discover", "--start-delay", "6000"]),
    );
    wait_until("the server is up", || {
        gateway.state_of("fixture-server") == "ready"
    });
}

#[test]
fn a_server_that_always_says_that_its_tools_changed_is_asked_less_and_less() {
    let state = StateFile::new();
    let gateway = Gateway::single(
        &[],
        python(&format!(
            r#"
def respond(request):
    if request["method"] == "tools/list":
        open({path:?}, "a").write("list\n")
        answer(request, {{"tools": [TOOL]}})
        say('{{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}}')
    else:
        answer(request, TEXT)
"#,
            path = state.path()
        )),
    );
    gateway.call("/tool", &json!({})).expect(200);
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(3) {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(state.count("list") < 10, "{} lists", state.count("list"));
    assert!(!gateway.log().contains("its catalog changed"));
}

#[test]
fn an_error_that_is_none_is_the_servers_fault() {
    let gateway = Gateway::single(
        &[],
        python(
            r#"
def respond(request):
    if request["method"] == "tools/list":
        return answer(request, {"tools": [TOOL]})
    say(json.dumps({"jsonrpc": "2.0", "id": request["id"], "error": "boom"}))
"#,
        ),
    );
    let message = gateway.call("/tool", &json!({})).expect(502).text();
    assert!(message.contains("boom"), "{message}");
}

#[test]
fn a_process_of_its_own_that_dies_is_not_waited_for_elsewhere() {
    let state = StateFile::new();
    let gateway = Gateway::single(&["--start-wait", "60s"], state.fixture(&[]));
    gateway.call("/echo_raw", &json!({})).expect(200);
    let began = Instant::now();
    gateway
        .request("POST", "/die")
        .header("Content-Type", "application/vnd.mcp.call+json")
        .body(json!({"arguments": {}}).to_string())
        .send()
        .expect(502);
    assert!(
        began.elapsed() < Duration::from_secs(20),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(state.count("call die"), 1, "{:?}", state.lines());
}

#[test]
fn a_server_dies_with_its_guard() {
    let state = StateFile::new();
    let gateway = Gateway::single(&[], state.fixture(&["--ignore-eof", "--ignore-sigterm"]));
    gateway.call("/echo_raw", &json!({})).expect(200);
    let pids = state.pids("start");
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pids[0].as_raw_nonzero())).unwrap();
    let (_, rest) = stat.rsplit_once(')').unwrap();
    let guard: i32 = rest.split_whitespace().nth(1).unwrap().parse().unwrap();
    let guard = rustix::process::Pid::from_raw(guard).unwrap();
    kill_process(guard, Signal::KILL).unwrap();
    wait_until_gone(&pids[..1]);
    gateway.call("/echo_raw", &json!({})).expect(200);
}

#[test]
fn a_signal_at_the_first_moment_ends_the_gateway_in_order() {
    for _ in 0..5 {
        let mut gateway = Gateway::single(&[], fixture(&[]));
        gateway.signal(Signal::TERM);
        let status = gateway.wait_for_end(SOON);
        assert_eq!(status.code(), Some(0), "{}", gateway.log());
    }
}

#[test]
fn a_gateway_whose_log_nobody_reads_still_ends() {
    let mut command = binary();
    command
        .args(["--port", "0", "--log-level", "debug", "--"])
        .args(fixture(&["--flood-stderr", "20000"]))
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Its pipe is full long before the flood is over.
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(2) {
        std::thread::sleep(Duration::from_millis(50));
    }
    let pid = rustix::process::Pid::from_child(&child);
    kill_process(pid, Signal::TERM).unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break Some(status);
        }
        if Instant::now() > deadline {
            break None;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    if status.is_none() {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(status.is_some(), "it still runs");
    assert!(!is_alive(pid));
}

#[test]
fn a_connection_that_says_nothing_is_closed() {
    let gateway = Gateway::single(&["--header-timeout", "1s"], fixture(&[]));
    let mut silent = TcpStream::connect(gateway.address).unwrap();
    silent
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let mut heard = Vec::new();
    let ended = silent.read_to_end(&mut heard);
    assert!(ended.is_ok(), "{ended:?}: still open");
    let _: Value = gateway.get("/health").expect(200).json();
}
