//! Streamable HTTP.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde_json::value::RawValue;

use super::super::events::Answering;
use super::{
    Answer, Caller, NEWEST_LEGACY, STATELESS, initialize, joined, member, message, stateless_meta,
};
use crate::gateway::Gateway;
use crate::http::Request;

/// A client over streamable HTTP, of either era.
pub struct Client<'a> {
    pub gateway: &'a Gateway,
    pub path: String,
    pub version: String,
    /// The id of its session, where it has one.
    pub session: Option<String>,
    key: Option<String>,
    address: SocketAddr,
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
            address: gateway.address,
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

    /// The same at another address, such as a proxy's or another replica's.
    pub fn at(mut self, address: SocketAddr) -> Self {
        self.address = address;
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
        let mut request = Request::new(self.address, method, &self.path);
        if let Some(key) = self.key.as_deref().or(self.gateway.key()) {
            request = request.bearer(key);
        }
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
