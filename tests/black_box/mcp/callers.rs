//! MCP clients, written by hand so that every byte is a test's own: streamable HTTP of both eras,
//! HTTP+SSE, and stdio.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};

use serde_json::Value;
use serde_json::value::RawValue;

use super::events::Answering;
use crate::gateway::{Gateway, SOON, binary};
use crate::http::Request;

pub const STATELESS: &str = "2026-07-28";
pub const NEWEST_LEGACY: &str = "2025-11-25";

/// How a request ended, and what came before.
#[derive(Debug)]
pub struct Answer {
    pub said: Vec<String>,
    pub response: String,
}

impl Answer {
    /// The text of the result.
    #[track_caller]
    pub fn result(&self) -> String {
        member(&self.response, "result").unwrap_or_else(|| panic!("no result: {self:?}"))
    }

    #[track_caller]
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.result()).unwrap()
    }

    /// The text of the error.
    #[track_caller]
    pub fn error(&self) -> String {
        member(&self.response, "error").unwrap_or_else(|| panic!("no error: {self:?}"))
    }

    #[track_caller]
    pub fn code(&self) -> i64 {
        let error: Value = serde_json::from_str(&self.error()).unwrap();
        error["code"].as_i64().unwrap()
    }

    /// The text in the first content of a tool's result.
    #[track_caller]
    pub fn text(&self) -> String {
        let value = self.value();
        let text = value["content"][0]["text"].as_str();
        text.unwrap_or_else(|| panic!("no text: {self:?}"))
            .to_owned()
    }
}

/// Whoever can send a request. Members of `params` and of `_meta` are JSON text without the braces
/// around it, so that a test decides on every byte.
pub trait Caller {
    fn ask(&self, method: &str, members: &str, meta: &str) -> Answer;

    fn call(&self, tool: &str, arguments: &str) -> Answer {
        let members = format!(r#""name":"{tool}","arguments":{arguments}"#);
        self.ask("tools/call", &members, "")
    }
}

/// A client over streamable HTTP, of either era.
pub struct Client<'a> {
    pub gateway: &'a Gateway,
    pub path: String,
    pub version: String,
    /// The id of its session, where it has one.
    pub session: Option<String>,
    key: Option<String>,
    capabilities: String,
    next: Cell<u64>,
}

impl<'a> Client<'a> {
    /// One of the stateless era, with these capabilities.
    pub fn stateless(gateway: &'a Gateway, path: &str, capabilities: &str) -> Self {
        Self {
            gateway,
            path: path.to_owned(),
            version: STATELESS.to_owned(),
            session: None,
            key: None,
            capabilities: capabilities.to_owned(),
            next: Cell::new(1),
        }
    }

    /// One of the newest legacy version that has a session.
    #[track_caller]
    pub fn session(gateway: &'a Gateway, path: &str, capabilities: &str) -> Self {
        Self::of_version(gateway, path, capabilities, NEWEST_LEGACY)
    }

    #[track_caller]
    pub fn of_version(gateway: &'a Gateway, path: &str, capabilities: &str, version: &str) -> Self {
        let mut client = Self::stateless(gateway, path, capabilities);
        version.clone_into(&mut client.version);
        client.begin_session();
        client
    }

    /// The same with another key than the gateway's first.
    pub fn with_key(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    /// Sends `initialize` and `initialized`; gives the answer to the first.
    #[track_caller]
    pub fn begin_session(&mut self) -> String {
        self.session = None;
        let body = initialize(&self.version, &self.capabilities);
        let answer = Answering::to(&self.post(&body)).expect(200);
        let session = answer.header("mcp-session-id").map(str::to_owned);
        let response = answer.message().unwrap();
        assert!(session.is_some(), "no session: {response}");
        self.session = session;
        self.notify("notifications/initialized", "");
        response
    }

    /// The headers that go with every request.
    pub fn request(&self, method: &str) -> Request {
        let mut request = match &self.key {
            Some(key) => self.gateway.anonymous(method, &self.path).bearer(key),
            None => self.gateway.request(method, &self.path),
        };
        if let Some(session) = &self.session {
            request = request.header("Mcp-Session-Id", session);
        }
        request.header("MCP-Protocol-Version", &self.version)
    }

    /// A message as it is, with the headers that repeat it where the era demands them.
    pub fn post(&self, body: &str) -> Request {
        let mut request = self
            .request("POST")
            .header("Accept", "application/json, text/event-stream");
        if self.version == STATELESS {
            for (name, value) in repeated(body) {
                request = request.header(name, &value);
            }
        }
        request.json_text(body)
    }

    /// The text of a request.
    pub fn message(&self, method: &str, members: &str, meta: &str) -> String {
        let id = self.next.replace(self.next.get() + 1);
        let own = if self.version == STATELESS {
            stateless_meta(&self.capabilities)
        } else {
            String::new()
        };
        message(&id.to_string(), method, members, &joined(&[meta, &own]))
    }

    /// Sends a request and waits until its answer begins.
    #[track_caller]
    pub fn begin(&self, method: &str, members: &str, meta: &str) -> Answering {
        Answering::to(&self.post(&self.message(method, members, meta)))
    }

    /// Sends a notification; the gateway takes it.
    #[track_caller]
    pub fn notify(&self, method: &str, members: &str) {
        let body = format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":{{{members}}}}}"#);
        self.post(&body).send().expect(202);
    }

    /// Answers a request of the gateway with this result.
    #[track_caller]
    pub fn answer(&self, asked: &str, result: &str) {
        let id = member(asked, "id").unwrap();
        let body = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#);
        self.post(&body).send().expect(202);
    }

    /// The stream that belongs to no request, or the one of the last event that was seen.
    #[track_caller]
    pub fn listen(&self, last: Option<&str>) -> Answering {
        let request = self.request("GET").header("Accept", "text/event-stream");
        Answering::to(&match last {
            Some(last) => request.header("Last-Event-ID", last),
            None => request,
        })
    }
}

impl Caller for Client<'_> {
    #[track_caller]
    fn ask(&self, method: &str, members: &str, meta: &str) -> Answer {
        let answering = self.begin(method, members, meta);
        let mut said = Vec::new();
        while let Some(message) = answering.message() {
            if member(&message, "method").is_none() {
                let response = message;
                return Answer { said, response };
            }
            said.push(message);
        }
        panic!("no answer to {method}, {} and {said:?}", answering.status);
    }
}

/// A client over HTTP+SSE.
pub struct Sse<'a> {
    gateway: &'a Gateway,
    pub stream: Answering,
    /// Where messages are sent to.
    pub messages: String,
    next: Cell<u64>,
}

impl<'a> Sse<'a> {
    #[track_caller]
    pub fn open(gateway: &'a Gateway, path: &str, capabilities: &str) -> Self {
        let request = gateway.request("GET", path);
        let stream = Answering::to(&request.header("Accept", "text/event-stream")).expect(200);
        let first = stream.next().unwrap();
        assert_eq!(first.kind.as_deref(), Some("endpoint"), "{first:?}");
        let client = Self {
            gateway,
            stream,
            messages: first.data,
            next: Cell::new(1),
        };
        client.send(&initialize("2024-11-05", capabilities));
        let initialized = client.stream.message().unwrap();
        assert!(member(&initialized, "result").is_some(), "{initialized}");
        client.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
        client
    }

    #[track_caller]
    pub fn send(&self, body: &str) {
        let request = self.gateway.request("POST", &self.messages);
        request.json_text(body).send().expect(202);
    }
}

impl Caller for Sse<'_> {
    #[track_caller]
    fn ask(&self, method: &str, members: &str, meta: &str) -> Answer {
        let id = self.next.replace(self.next.get() + 1).to_string();
        self.send(&message(&id, method, members, meta));
        collect(&id, || self.stream.message())
    }
}

/// A client that spawned the gateway.
pub struct Spawned {
    child: Child,
    input: Mutex<Option<ChildStdin>>,
    lines: Receiver<String>,
    is_stateless: bool,
    capabilities: String,
    next: Cell<u64>,
}

impl Spawned {
    /// `viceversa stdio` with these flags before the server's command.
    #[track_caller]
    pub fn start(flags: &[&str], command: &[String]) -> Self {
        let mut gateway = binary();
        gateway
            .args(["stdio", "--start-wait", "60s"])
            .args(flags)
            .stdin(Stdio::piped())
            .stderr(Stdio::null());
        if !command.is_empty() {
            gateway.arg("--").args(command);
        }
        let mut child = gateway.spawn().expect("the binary starts");
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        Self {
            input: Mutex::new(child.stdin.take()),
            child,
            lines,
            is_stateless: true,
            capabilities: "{}".to_owned(),
            next: Cell::new(1),
        }
    }

    /// Declares these in each request.
    pub fn with_capabilities(mut self, capabilities: &str) -> Self {
        capabilities.clone_into(&mut self.capabilities);
        self
    }

    /// Goes on with a session of a legacy version.
    #[track_caller]
    pub fn with_session(mut self, version: &str, capabilities: &str) -> Self {
        self.is_stateless = false;
        self.send(&initialize(version, capabilities));
        let initialized = self.line().unwrap();
        assert!(member(&initialized, "result").is_some(), "{initialized}");
        self.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
        self
    }

    #[track_caller]
    pub fn send(&self, line: &str) {
        let mut input = self.input.lock().unwrap();
        let input = input.as_mut().expect("stdin is open");
        input.write_all(format!("{line}\n").as_bytes()).unwrap();
        input.flush().unwrap();
    }

    /// The next line; nothing at the end.
    #[track_caller]
    pub fn line(&self) -> Option<String> {
        match self.lines.recv_timeout(SOON) {
            Ok(line) => Some(line),
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => None,
            Err(error) => panic!("no line: {error}"),
        }
    }

    /// Ends the gateway's standard input.
    pub fn close_input(&self) {
        self.input.lock().unwrap().take();
    }

    /// Whether the gateway has ended.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }
}

impl Caller for Spawned {
    #[track_caller]
    fn ask(&self, method: &str, members: &str, meta: &str) -> Answer {
        let id = self.next.replace(self.next.get() + 1).to_string();
        let own = if self.is_stateless {
            stateless_meta(&self.capabilities)
        } else {
            String::new()
        };
        self.send(&message(&id, method, members, &joined(&[meta, &own])));
        collect(&id, || self.line())
    }
}

impl Drop for Spawned {
    fn drop(&mut self) {
        self.close_input();
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(5);
        while matches!(self.child.try_wait(), Ok(None)) && std::time::Instant::now() < deadline {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads messages until the response of that id.
#[track_caller]
fn collect(id: &str, mut next: impl FnMut() -> Option<String>) -> Answer {
    let mut said = Vec::new();
    loop {
        let message = next().unwrap_or_else(|| panic!("no answer, but {said:?}"));
        let is_response = member(&message, "method").is_none();
        if is_response && member(&message, "id").as_deref() == Some(id) {
            let response = message;
            return Answer { said, response };
        }
        said.push(message);
    }
}

/// `initialize`, whose id no other request has.
pub fn initialize(version: &str, capabilities: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":"initialize","method":"initialize","params":{{"protocolVersion":"{version}","capabilities":{capabilities},"clientInfo":{{"name":"test","version":"1"}}}}}}"#
    )
}

/// The members of `_meta` that each request of the stateless era has.
pub fn stateless_meta(capabilities: &str) -> String {
    format!(
        r#""io.modelcontextprotocol/protocolVersion":"{STATELESS}","io.modelcontextprotocol/clientInfo":{{"name":"test","version":"1"}},"io.modelcontextprotocol/clientCapabilities":{capabilities}"#
    )
}

/// A request; nothing is written where there are no members.
pub fn message(id: &str, method: &str, members: &str, meta: &str) -> String {
    let meta = if meta.is_empty() {
        String::new()
    } else {
        format!(r#""_meta":{{{meta}}}"#)
    };
    let params = joined(&[members, &meta]);
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{{{params}}}}}"#)
}

/// The headers that repeat what a message says (MCP 2026-07-28, Streamable HTTP).
fn repeated(body: &str) -> Vec<(&'static str, String)> {
    let Ok(body) = serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(body) else {
        return Vec::new();
    };
    let text = |raw: &RawValue| serde_json::from_str::<String>(raw.get()).ok();
    let mut headers = Vec::new();
    let method = body.get("method").and_then(|raw| text(raw));
    if let Some(method) = &method {
        headers.push(("Mcp-Method", method.clone()));
    }
    let source = match method.as_deref() {
        Some("tools/call" | "prompts/get") => "name",
        Some("resources/read") => "uri",
        Some("tasks/get" | "tasks/cancel" | "tasks/update") => "taskId",
        _ => return headers,
    };
    let params = body.get("params");
    let named = params.and_then(|params| member(params.get(), source));
    let named = named.and_then(|named| serde_json::from_str::<String>(&named).ok());
    headers.extend(named.map(|named| ("Mcp-Name", named)));
    headers
}

fn joined(pieces: &[&str]) -> String {
    let pieces: Vec<&str> = pieces
        .iter()
        .copied()
        .filter(|piece| !piece.is_empty())
        .collect();
    pieces.join(",")
}

/// The text of a member of an object.
pub fn member(object: &str, name: &str) -> Option<String> {
    let members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(object).ok()?;
    members.get(name).map(|raw| raw.get().to_owned())
}
