//! What a server asks in a call, as an `InputRequiredResult` (MCP 2026-07-28, multi round-trip
//! requests).

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    json::Raw,
    mcp::{Notice, Peer, peer::refusal},
};

/// How long after the first question others may follow that belong to it.
const GATHER: Duration = Duration::from_millis(20);

/// How many questions a caller is asked at once.
const MOST: usize = 16;

/// The questions of a server so far.
#[derive(Default)]
pub(super) struct Questions {
    asked: Vec<Question>,
    complete_at: Option<Instant>,
    closed: bool,
}

struct Question {
    id: Raw,
    method: String,
    params: Option<Raw>,
}

impl Questions {
    /// Whether the server may still say something.
    pub(super) fn may_grow(&self) -> bool {
        !self.closed
    }

    /// Nothing more will be said.
    pub(super) fn close(&mut self) {
        self.closed = true;
    }

    /// Done once there are questions and no more belong to them. Cancel safe.
    pub(super) async fn complete(&self) {
        match self.complete_at {
            Some(at) => tokio::time::sleep_until(at).await,
            None => std::future::pending().await,
        }
    }

    /// Keeps a question; refuses or passes over the rest.
    pub(super) async fn take(&mut self, notice: Notice, peer: &Peer, server: &str) {
        match notice {
            Notice::Request { id, method, params }
                if is_question(&method) && self.asked.len() < MOST =>
            {
                self.asked.push(Question { id, method, params });
                self.complete_at
                    .get_or_insert_with(|| Instant::now() + GATHER);
            }
            Notice::Request { id, method, .. } => {
                // When the connection has ended, the call has too.
                let _ = peer.respond(&id, Err(&refusal(&method))).await;
            }
            Notice::Notification { method, .. } => {
                tracing::debug!(server, method, "a notification is not used");
            }
            Notice::Unusable { problem } => tracing::debug!(server, "{problem}"),
        }
    }

    /// The result that asks the caller, with the state under which the call is suspended.
    pub(super) fn input_required(&self, state: &str) -> Raw {
        let requests: Vec<String> = (1..)
            .zip(&self.asked)
            .map(|(number, question)| {
                let name = name(number);
                let method = Raw::from_value(&question.method);
                let params = question.params.as_ref().map_or("{}", Raw::get);
                format!(
                    r#""{name}":{{"method":{},"params":{params}}}"#,
                    method.get()
                )
            })
            .collect();
        let result = format!(
            r#"{{"resultType":"input_required","inputRequests":{{{}}},"requestState":"{state}"}}"#,
            requests.join(",")
        );
        Raw::assume_valid(result.into())
    }

    /// The name given to each question, and the id under which the server awaits the answer.
    pub(super) fn into_names_and_ids(self) -> Vec<(String, Raw)> {
        (1..)
            .zip(self.asked)
            .map(|(number, question)| (name(number), question.id))
            .collect()
    }
}

fn name(number: usize) -> String {
    format!("input-{number}")
}

/// What a client can be asked (MCP 2025-11-25, client features).
fn is_question(method: &str) -> bool {
    matches!(
        method,
        "elicitation/create" | "sampling/createMessage" | "roots/list"
    )
}
