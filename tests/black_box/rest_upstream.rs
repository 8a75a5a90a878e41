//! REST APIs as upstreams: what reaches them, what comes back over MCP and over REST, and what
//! becomes of their documents. The API is the example `rest-api`.

mod answers;
mod documents;
mod requests;

use std::process::Command;

use serde_json::{Value, json};

use crate::gateway::{Gateway, Launch, example};
use crate::http::{Request, Response};
use crate::remote::Listening;

/// The API, and the key that it wants.
pub struct Api {
    pub server: Listening,
}

const KEY: &str = "k3y-of-the-api";

impl Api {
    #[track_caller]
    pub fn start(flags: &[&str]) -> Self {
        let server = Listening::start(|port| {
            let mut command = Command::new(example("rest-api"));
            command.args(["--port", &port.to_string()]).args(flags);
            command
        });
        Self { server }
    }

    /// An entry of the config for it, with more members.
    pub fn entry(&self, more: &Value) -> Value {
        let mut entry = json!({
            "type": "openapi",
            "spec": self.server.url("/openapi.json"),
            "auth": {"type": "apiKey", "name": "X-Key", "key": KEY}
        });
        let more = more.as_object().unwrap().clone();
        entry.as_object_mut().unwrap().extend(more);
        entry
    }

    /// A gateway in front of it.
    #[track_caller]
    pub fn gateway(&self, more: &Value) -> Gateway {
        let config = json!({"mcpServers": {"rest": self.entry(more)}});
        Launch::new().config(&config).start()
    }

    /// Asks it directly.
    pub fn request(&self, method: &str, target: &str) -> Request {
        let address = ([127, 0, 0, 1], self.server.port).into();
        Request::new(address, method, target)
    }

    /// Puts another document in the place of its own.
    #[track_caller]
    pub fn puts(&self, document: &str) {
        let request = self.request("PUT", "/openapi.json");
        request.json_text(document).send().expect(204);
    }
}

/// A call whose caller wants the result as MCP has it.
#[track_caller]
pub fn result(gateway: &Gateway, tool: &str, arguments: &str) -> Response {
    gateway
        .request("POST", &format!("/rest/{tool}"))
        .header("Accept", "application/vnd.mcp.result+json")
        .json_text(arguments)
        .send()
        .expect(200)
}
