//! Speaks to a server in its era.
//!
//! The connection is opened by [`connect`]; after that a [`Client`] adds to each request what
//! its era demands (MCP 2026-07-28, `_meta`; progress tokens in all versions), and follows
//! lists to their end.

mod connect;
mod task;

use std::{collections::HashSet, sync::Arc};

use serde::{Deserialize, de::IgnoredAny};

pub use connect::{ConnectError, LEGACY_CAPABILITIES_WITH_INPUT, Probe, Use, connect};

use super::{
    Era, Observer, Peer, PeerError,
    envelope::ErrorView,
    peer::{Ear, Listening},
};
use crate::json::{self, Raw};

/// How many pages a list may have before it is taken for one that never ends.
const MAX_PAGES: usize = 1000;

/// How many items a list may have.
const MAX_ITEMS: usize = 100_000;

/// How many bytes the pages of a list may have.
const MAX_LIST_BYTES: usize = 128 * 1024 * 1024;

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

/// What a server says of itself when it is met.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// `serverInfo.name`.
    pub name: Option<String>,
    /// `serverInfo.title`.
    pub title: Option<String>,
    /// `serverInfo.version`.
    pub version: Option<String>,
    /// `instructions`.
    pub instructions: Option<String>,
    /// `serverInfo` as it came.
    pub server_info: Option<Raw>,
    /// What it declares to offer.
    pub capabilities: Capabilities,
    /// The same as it came.
    pub declared: Option<Raw>,
}

/// The capabilities that the gateway decides on (MCP, server capabilities).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Capabilities {
    /// Tools.
    #[serde(deserialize_with = "json::lenient")]
    pub tools: Option<ListCapability>,
    /// Prompts.
    #[serde(deserialize_with = "json::lenient")]
    pub prompts: Option<ListCapability>,
    /// Resources.
    #[serde(deserialize_with = "json::lenient")]
    pub resources: Option<ListCapability>,
    /// Completion of arguments.
    #[serde(deserialize_with = "json::lenient")]
    pub completions: Option<IgnoredAny>,
    /// Log messages.
    #[serde(deserialize_with = "json::lenient")]
    pub logging: Option<IgnoredAny>,
    /// Tasks, as of 2025-11-25.
    #[serde(deserialize_with = "json::lenient")]
    pub tasks: Option<TasksCapability>,
}

/// Something that is listed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ListCapability {
    /// Whether the server says when the list changes.
    #[serde(deserialize_with = "json::lenient")]
    pub list_changed: bool,
    /// Of resources, whether the server says when a single one changes.
    #[serde(deserialize_with = "json::lenient")]
    pub subscribe: bool,
}

/// Which requests may be tasks.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct TasksCapability {
    requests: TaskRequests,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct TaskRequests {
    tools: TaskTools,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct TaskTools {
    call: Option<IgnoredAny>,
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
            && tasks.is_some_and(|tasks| tasks.requests.tools.call.is_some())
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

    /// All items of a list, following `nextCursor` to its end, as they came.
    pub async fn list(&self, method: &str, member: &str) -> Result<Listed, ClientError> {
        let mut items = Vec::new();
        let mut seen = HashSet::new();
        let mut bytes = 0;
        let mut cursor: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let members: Vec<(&str, &str)> = cursor
                .iter()
                .map(|cursor| ("cursor", cursor.as_str()))
                .collect();
            let (page, _) = self
                .send(&Call {
                    method,
                    members: &members,
                    asker: Asker::Nobody,
                    observer: None,
                })
                .await?;
            bytes += page.get().len();
            if bytes > MAX_LIST_BYTES {
                break;
            }
            let most = MAX_ITEMS.saturating_sub(items.len());
            let (page_items, next) = read_page(&page, member, most).map_err(|error| {
                ClientError::Protocol(format!("the answer to {method} can't be read: {error}"))
            })?;
            let is_first = cursor.is_none();
            items.extend(page_items);
            match next {
                None => {
                    let whole = is_first.then_some(page);
                    return Ok(Listed { items, whole });
                }
                Some(next) if !seen.insert(next.clone()) => {
                    return Err(ClientError::Protocol(format!(
                        "the pages of {method} go in circles: a cursor came twice"
                    )));
                }
                Some(next) => cursor = Some(next),
            }
        }
        Err(ClientError::Protocol(format!(
            "{method} has more than {MAX_PAGES} pages, {MAX_ITEMS} items or {MAX_LIST_BYTES} bytes"
        )))
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

/// A list, whole.
#[derive(Debug, Default)]
pub struct Listed {
    /// Its items as they came.
    pub items: Vec<Raw>,
    /// The result that they came in, where it was a single one.
    pub whole: Option<Raw>,
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

/// The items of a page, at most so many, and the cursor of the next, as JSON text.
fn read_page(
    page: &Raw,
    member: &str,
    most: usize,
) -> Result<(Vec<Raw>, Option<String>), serde_json::Error> {
    let mut items = Vec::new();
    let mut next = None;
    for (name, value) in json::members(page.get())? {
        if name == member {
            items = json::items(value.get(), most)?;
        } else if name == "nextCursor" && !matches!(value.get(), "null" | "\"\"") {
            next = Some(value.get().to_owned());
        }
    }
    Ok((
        items.into_iter().map(|item| page.part(item)).collect(),
        next,
    ))
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
    fn a_page_gives_its_items_as_they_came_and_its_cursor_as_json() {
        let page = Raw::from_static(r#"{"tools":[{"b":1.10,"a":1e400}, 7],"nextCursor":"x\"y"}"#);
        let (items, next) = read_page(&page, "tools", 10).unwrap();
        assert_eq!(items[0].get(), r#"{"b":1.10,"a":1e400}"#);
        assert_eq!(next.as_deref(), Some(r#""x\"y""#));
        assert!(read_page(&page, "tools", 1).is_err());
        let twice = Raw::from_static(r#"{"tools":[],"tools":[1]}"#);
        assert!(read_page(&twice, "tools", 10).is_err());
    }

    #[test]
    fn a_capability_that_can_not_be_read_takes_no_other_down() {
        let capabilities: Capabilities = serde_json::from_str(
            r#"{"tools":{"listChanged":null},"prompts":{"listChanged":true},"tasks":7,"resources":{}}"#,
        )
        .unwrap();
        assert!(!capabilities.tools.unwrap().list_changed);
        assert!(capabilities.prompts.unwrap().list_changed);
        assert!(capabilities.resources.is_some());
        assert!(capabilities.tasks.is_none());
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
