//! Speaks to a server in its era.
//!
//! The connection is opened by [`connect`]; after that a [`Client`] adds to each request what
//! its era demands (MCP 2026-07-28, `_meta`; progress tokens in all versions), and follows
//! lists to their end.

mod about;
mod connect;
mod list;
mod task;

use std::sync::Arc;

use serde::Deserialize;

pub use about::{About, Capabilities, ListCapability, TasksCapability};
pub use connect::{ConnectError, LEGACY_CAPABILITIES_WITH_INPUT, Probe, Use, connect};
pub use list::Listed;

use super::{
    Era, Observer, Peer, PeerError,
    envelope::ErrorView,
    peer::{Ear, Listening},
};
use crate::json::Raw;

/// A connection to a server whose era is known. Clones share it.
#[derive(Clone, Debug)]
pub struct Client {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    peer: Peer,
    era: Era,
    by: Use,
    about: About,
    /// The `_meta` members of each request that say who asks, with a comma behind them if there
    /// are any.
    meta: String,
}

/// One request, without what the era adds.
#[derive(Debug)]
pub struct Call<'a> {
    /// The method.
    pub method: &'a str,
    /// The members of `params` with values of JSON text, in this order.
    pub members: &'a [(&'a str, &'a str)],
    /// On whose behalf.
    pub asker: Asker<'a>,
    /// Who hears of progress.
    pub observer: Option<Arc<dyn Observer>>,
}

/// On whose behalf a request is made.
#[derive(Clone, Copy, Debug, Default)]
pub enum Asker<'a> {
    /// The gateway itself, or a caller that is no MCP client and answers no requests of the
    /// server.
    #[default]
    Nobody,
    /// A caller that is no MCP client, but answers requests of the server.
    AnswersInput,
    /// An MCP client.
    Client {
        /// Its capabilities: a JSON object.
        capabilities: &'a str,
        /// The members of its `_meta` that are not the protocol's own, with values of JSON text.
        meta: &'a [(String, Raw)],
        /// From which level on it wants log messages.
        log_level: Option<&'a str>,
        /// Whether it follows tasks by itself, so that they are not polled for it.
        follows_tasks: bool,
    },
}

/// How a request ends that the server answered.
#[derive(Debug)]
pub enum Answer {
    /// The result as it came.
    Complete(Raw),
    /// An `InputRequiredResult` as it came (MCP 2026-07-28, multi round-trip requests).
    InputRequired(Raw),
}

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The connection's own error.
    #[error(transparent)]
    Peer(#[from] PeerError),
    /// The server answered with something that the protocol does not allow.
    #[error("{0}")]
    Protocol(String),
}

impl Client {
    fn new(peer: Peer, era: Era, by: Use, about: About) -> Self {
        let meta = match era {
            Era::Legacy(_) => String::new(),
            Era::Stateless(version) => format!(
                r#""io.modelcontextprotocol/protocolVersion":"{version}","io.modelcontextprotocol/clientInfo":{},"#,
                connect::client_info()
            ),
        };
        Self {
            inner: Arc::new(Inner {
                peer,
                era,
                by,
                about,
                meta,
            }),
        }
    }

    /// The connection below.
    pub fn peer(&self) -> &Peer {
        &self.inner.peer
    }

    /// How the server talks.
    pub fn era(&self) -> &Era {
        &self.inner.era
    }

    /// What the server says of itself.
    pub fn about(&self) -> &About {
        &self.inner.about
    }

    /// Whether the server lets tools be called as tasks, as of 2025-11-25.
    pub fn has_legacy_tasks(&self) -> bool {
        let tasks = self.inner.about.capabilities.tasks.as_ref();
        matches!(self.inner.era, Era::Legacy(_))
            && tasks.is_some_and(TasksCapability::has_tool_calls)
    }

    /// Sends a request and waits for its end; a task that the server makes of it is polled to
    /// its own end. Dropping the future cancels it on the server.
    pub async fn call(&self, call: Call<'_>) -> Result<Answer, ClientError> {
        let observer = call.observer.clone();
        let (result, _listening) = self.send(&call).await?;
        if matches!(self.inner.era, Era::Legacy(_)) {
            return Ok(Answer::Complete(result));
        }
        match result_type(&result)? {
            ResultType::Complete => Ok(Answer::Complete(result)),
            ResultType::InputRequired => Ok(Answer::InputRequired(result)),
            ResultType::Task if call.asker.follows_tasks() => Ok(Answer::Complete(result)),
            ResultType::Task => task::poll_extension(self, &result, observer).await,
        }
    }

    /// Calls a tool as a task, as of 2025-11-25, and polls it to its end.
    pub async fn call_as_task(&self, call: Call<'_>) -> Result<Answer, ClientError> {
        let observer = call.observer.clone();
        let mut members = call.members.to_vec();
        members.push(("task", "{}"));
        let (created, _listening) = self
            .send(&Call {
                members: &members,
                ..call
            })
            .await?;
        task::poll_legacy(self, &created, observer).await
    }

    async fn send(&self, call: &Call<'_>) -> Result<(Raw, Listening), PeerError> {
        let ear = self.ear(call.observer.as_ref());
        let is_stateless = matches!(self.inner.era, Era::Stateless(_));
        let log_level = call
            .asker
            .log_level()
            .filter(|_| is_stateless && ear.as_ref().is_some_and(|ear| ear.messages));
        let write_params = |id: u64, line: &mut Vec<u8>| {
            line.push(b'{');
            for (name, value) in call.members {
                push_string(line, name);
                line.push(b':');
                push_on_one_line(line, value);
                line.push(b',');
            }
            line.extend_from_slice(br#""_meta":{"#);
            if is_stateless {
                line.extend_from_slice(self.inner.meta.as_bytes());
                line.extend_from_slice(br#""io.modelcontextprotocol/clientCapabilities":"#);
                push_on_one_line(line, call.asker.capabilities());
                line.push(b',');
            }
            if let Some(level) = log_level {
                line.extend_from_slice(br#""io.modelcontextprotocol/logLevel":"#);
                push_string(line, level);
                line.push(b',');
            }
            for (name, value) in call.asker.meta() {
                push_string(line, name);
                line.push(b':');
                push_on_one_line(line, value.get());
                line.push(b',');
            }
            line.extend_from_slice(br#""progressToken":"#);
            line.extend_from_slice(id.to_string().as_bytes());
            line.extend_from_slice(b"}}");
        };
        self.inner
            .peer
            .request_and_listen(call.method, write_params, ear)
            .await
    }

    /// Who hears of a request. A server of the legacy era logs for all of its callers alike, so
    /// on a connection that they share its messages are nobody's.
    fn ear(&self, observer: Option<&Arc<dyn Observer>>) -> Option<Ear> {
        let observer = observer?;
        let are_meant = match self.inner.era {
            Era::Stateless(_) => true,
            Era::Legacy(_) => matches!(self.inner.by, Use::Isolated(_)),
        };
        Some(Ear {
            observer: Arc::clone(observer),
            messages: are_meant && observer.wants_messages(),
        })
    }
}

impl<'a> Asker<'a> {
    fn capabilities(&self) -> &'a str {
        match self {
            Self::Nobody => connect::STATELESS_CAPABILITIES,
            Self::AnswersInput => connect::STATELESS_CAPABILITIES_WITH_INPUT,
            Self::Client { capabilities, .. } => capabilities,
        }
    }

    fn meta(&self) -> &'a [(String, Raw)] {
        match self {
            Self::Nobody | Self::AnswersInput => &[],
            Self::Client { meta, .. } => meta,
        }
    }

    /// From which level on log messages are wanted, where they are.
    fn log_level(&self) -> Option<&'a str> {
        match self {
            Self::Nobody | Self::AnswersInput => Some("debug"),
            Self::Client { log_level, .. } => *log_level,
        }
    }

    fn follows_tasks(&self) -> bool {
        matches!(
            self,
            Self::Client {
                follows_tasks: true,
                ..
            }
        )
    }
}

/// Appends a string as JSON text.
fn push_string(line: &mut Vec<u8>, text: &str) {
    // Writing a string into memory does not fail.
    let _ = serde_json::to_writer(line, text);
}

/// Appends JSON text with its line breaks made spaces. Inside strings JSON has none, so only
/// white space between tokens changes.
fn push_on_one_line(line: &mut Vec<u8>, json: &str) {
    let start = line.len();
    line.extend_from_slice(json.as_bytes());
    if memchr::memchr2(b'\n', b'\r', json.as_bytes()).is_some() {
        for byte in line.iter_mut().skip(start) {
            if matches!(byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
    }
}

enum ResultType {
    Complete,
    InputRequired,
    Task,
}

/// `resultType`; a server that leaves it out means `complete` (MCP 2026-07-28, result type).
fn result_type(result: &Raw) -> Result<ResultType, ClientError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct View<'a> {
        #[serde(borrow)]
        result_type: Option<std::borrow::Cow<'a, str>>,
    }
    let view: View<'_> = serde_json::from_str(result.get())
        .map_err(|error| ClientError::Protocol(format!("the result can't be read: {error}")))?;
    match view.result_type.as_deref() {
        None | Some("complete") => Ok(ResultType::Complete),
        Some("input_required") => Ok(ResultType::InputRequired),
        Some("task") => Ok(ResultType::Task),
        Some(other) => Err(ClientError::Protocol(format!(
            "the result is of the unknown type {other:?}"
        ))),
    }
}

/// The code, message and data of an error object, for whoever must decide on them; `None` when
/// it is none (JSON-RPC 2.0 section 5.1).
pub fn read_error(error: &Raw) -> Option<(i64, String, Option<Raw>)> {
    let view: ErrorView<'_> = serde_json::from_str(error.get()).ok()?;
    Some((
        view.code,
        view.message.into_owned(),
        view.data.map(|data| error.part(data)),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_between_tokens_become_spaces_and_nothing_else_changes() {
        let mut line = b"\n".to_vec();
        push_on_one_line(&mut line, "{\r\n\"a\": 1.10,\n\"b\":\"\\n\"}");
        assert_eq!(line, b"\n{  \"a\": 1.10, \"b\":\"\\n\"}");
    }

    #[test]
    fn a_missing_result_type_means_complete_and_an_unknown_one_is_refused() {
        assert!(matches!(
            result_type(&Raw::from_static(r#"{"content":[]}"#)),
            Ok(ResultType::Complete)
        ));
        assert!(result_type(&Raw::from_static(r#"{"resultType":"partial"}"#)).is_err());
    }
}
