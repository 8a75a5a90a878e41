//! HTTP+SSE.

use std::cell::Cell;

use super::super::events::Answering;
use super::{Answer, Caller, collect, initialize, member, message};
use crate::gateway::Gateway;

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
