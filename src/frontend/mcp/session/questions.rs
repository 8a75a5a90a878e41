//! What servers ask the client of a session, and tell it.

use std::{future::Future, pin::Pin, sync::atomic::Ordering, time::Duration};

use bytestring::ByteString;
use tokio::sync::oneshot;

use super::{Outbox, Session};
use crate::{
    frontend::mcp::outcome::{self, RpcError, own},
    gateway::{ClientSession, McpClient, ServerName},
    json::Raw,
};

/// How long a question waits for the client to open the stream on which it can be asked.
const OPEN_PATIENCE: Duration = Duration::from_secs(5);

impl Session {
    /// Takes the client's answer to a question.
    pub fn answer(&self, id: u64, outcome: Result<Raw, Raw>) {
        let asked = self.state().asked.remove(&id);
        // Whoever asked may have given up.
        if asked.is_none_or(|asked| asked.send(outcome).is_err()) {
            tracing::debug!(
                id,
                "a client answered what nobody asked, or nobody waits for"
            );
        }
    }

    /// The way to the client for a question: with the answer to the request that came last, or by
    /// itself.
    pub(super) async fn send_question(&self, text: ByteString) -> bool {
        if self.send_with_an_answer(&text) {
            return true;
        }
        if let Outbox::Streams(streams) = &self.outbox
            && !streams.is_read(OPEN_PATIENCE).await
        {
            return false;
        }
        self.send(text)
    }
}

impl ClientSession for Session {
    fn key(&self) -> u64 {
        self.key
    }

    fn client(&self) -> &McpClient {
        &self.client
    }

    fn ask<'a>(
        &'a self,
        method: &'a str,
        params: Option<Raw>,
    ) -> Pin<Box<dyn Future<Output = Result<Raw, Raw>> + Send + 'a>> {
        Box::pin(async move {
            let id = self.next_question.fetch_add(1, Ordering::Relaxed);
            let (answered, answer) = oneshot::channel();
            self.state().asked.insert(id, answered);
            let mut question = Asked {
                session: self,
                id,
                withdrawn: None,
            };
            let _waits = self.questions.ask();
            let text = outcome::request(id, method, params.as_ref());
            if !self.send_question(text).await {
                let error = RpcError::new(
                    own::FAILED,
                    "the client has no stream open on which it could be asked",
                );
                return Err(error.object());
            }
            question.withdrawn = Some("the server does not wait for the answer any more");
            let answer = tokio::select! {
                answer = tokio::time::timeout(self.ask_timeout, answer) => answer,
                () = self.ended() => return Err(gone()),
            };
            match answer {
                Ok(Ok(answer)) => answer,
                Ok(Err(_)) => Err(gone()),
                Err(_) => {
                    question.withdrawn = Some("it took too long");
                    Err(RpcError::new(own::TIMEOUT, "the client did not answer in time").object())
                }
            }
        })
    }

    fn tell(&self, server: &ServerName, method: &str, params: Option<Raw>) {
        if !self.is_initialized.load(Ordering::Relaxed) {
            return;
        }
        if !self.send(outcome::notification(method, params.as_ref())) {
            tracing::debug!(%server, method, "a notification has no way to its client just now");
        }
    }
}

fn gone() -> Raw {
    RpcError::new(own::CANCELLED, "the client's session has ended").object()
}

/// A question that waits for its answer. It is withdrawn when this is dropped before.
struct Asked<'a> {
    session: &'a Session,
    id: u64,
    /// What the client is told then; nothing before it knows of the question.
    withdrawn: Option<&'static str>,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        let waited = self.session.state().asked.remove(&self.id);
        if let (Some(_), Some(reason)) = (waited, self.withdrawn)
            && !self.session.is_over()
        {
            let id = self.id;
            let params = format!(r#"{{"requestId":{id},"reason":"{reason}"}}"#);
            let params = Raw::assume_valid(params.into());
            self.session.send(outcome::notification(
                "notifications/cancelled",
                Some(&params),
            ));
        }
    }
}
