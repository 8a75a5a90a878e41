//! One request of a caller, what happens while it runs, and how it ends.

use std::{borrow::Cow, sync::Arc};

use bytes::Bytes;
use tokio::sync::mpsc;

use super::{Caller, Lease, McpClient, Prompt, Questions, Tool, ToolNames};
use crate::json::Raw;

/// One request of one caller to one server.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Where it goes: the server as the caller has it.
    pub server: Lease,
    /// Who asks.
    pub caller: Caller,
    /// What is asked.
    pub operation: Operation,
    /// What the caller wants to hear meanwhile.
    pub wishes: Wishes,
}

/// Members of an object, by name, each with its value as it came.
pub type Members = Vec<(String, Raw)>;

/// What is asked of a server, in the vocabulary of the newest protocol version.
#[derive(Clone, Debug)]
pub enum Operation {
    /// `tools/call`.
    CallTool {
        /// The tool, from the server's catalog.
        tool: Arc<Tool>,
        /// The arguments: a JSON object.
        arguments: Raw,
        /// The answers to an earlier `input_required`, when this call goes on with it.
        continuation: Option<Continuation>,
        /// What else the parameters hold, `_meta` aside.
        rest: Members,
    },
    /// `prompts/get`.
    GetPrompt {
        /// The prompt, from the server's catalog.
        prompt: Arc<Prompt>,
        /// The arguments: a JSON object.
        arguments: Raw,
        /// What the caller knows the server's tools as, where a prompt that is made here names
        /// them.
        tool_names: ToolNames,
        /// The answers to an earlier `input_required`, when this request goes on with it.
        continuation: Option<Continuation>,
        /// What else the parameters hold, `_meta` aside.
        rest: Members,
    },
    /// Any other request, with its `params` (a JSON object without `_meta`).
    Request {
        /// The MCP method.
        method: Cow<'static, str>,
        /// Its parameters.
        params: Raw,
        /// Whether executing it twice does no harm.
        repeatable: bool,
    },
    /// A list that follows `nextCursor` to its end; the result holds all items.
    List {
        /// The MCP method.
        method: &'static str,
        /// The member of the result that holds the items.
        member: &'static str,
    },
}

impl Operation {
    /// Whether a second execution does no harm, so that it may be sent again when nobody
    /// knows whether the first was executed.
    pub fn is_repeatable(&self) -> bool {
        match self {
            Self::CallTool { tool, .. } => tool.is_repeatable(),
            Self::Request { repeatable, .. } => *repeatable,
            Self::GetPrompt { .. } | Self::List { .. } => true,
        }
    }

    /// With what it goes on, if it does. That of other requests stands in their parameters.
    pub fn continuation(&self) -> Option<&Continuation> {
        match self {
            Self::CallTool { continuation, .. } | Self::GetPrompt { continuation, .. } => {
                continuation.as_ref()
            }
            Self::Request { .. } | Self::List { .. } => None,
        }
    }
}

/// How a caller goes on after `input_required` (MCP 2026-07-28, multi round-trip requests).
#[derive(Clone, Debug, Default)]
pub struct Continuation {
    /// `inputResponses` as the caller sent it.
    pub input_responses: Option<Raw>,
    /// `requestState` as the server gave it.
    pub request_state: Option<Raw>,
}

/// What the caller wants besides the result.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// Where progress and log messages go; without it they are not asked for.
    pub events: Option<EventSender>,
    /// Whether an `InputRequiredResult` is an answer that the caller can do something with.
    pub answers_input: bool,
    /// What the caller says of itself where it is an MCP client, in this request.
    pub client: Option<Arc<McpClient>>,
    /// What the caller is asked meanwhile: as long as it has not answered, the server may wait.
    pub questions: Option<Arc<Questions>>,
    /// Which answers of an HTTP API it gets as they are.
    pub api_answers: ApiAnswers,
}

/// Which answers of an HTTP API a caller gets as they are, as [`End::Api`]: to one that speaks
/// HTTP itself they are more than what can be told of them as a result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ApiAnswers {
    /// None.
    #[default]
    None,
    /// Those with another status than 2xx. Others are told as results.
    Failures,
    /// All.
    All,
}

impl Wishes {
    /// Whether the caller answers requests of the server, so that a server of the legacy era may
    /// ask it something.
    pub fn can_be_asked(&self) -> bool {
        self.answers_input
            && self
                .client
                .as_ref()
                .is_none_or(|client| client.can_be_asked())
    }

    /// Whether a call may be suspended until the caller comes back with answers. One that has a
    /// session is asked while the call runs.
    pub fn may_be_suspended(&self) -> bool {
        self.questions.is_none() && self.can_be_asked()
    }

    /// Whether log messages are meant for the caller.
    pub fn wants_messages(&self) -> bool {
        self.events.is_some()
            && self
                .client
                .as_ref()
                .is_none_or(|client| client.log_level.is_some())
    }
}

/// The way of events to a caller. Bounded: past its capacity events are dropped, so that a slow reader never holds up the others on the connection.
pub type EventSender = mpsc::Sender<Event>;

/// What happens while an exchange runs.
#[derive(Clone, Debug)]
pub enum Event {
    /// The params of `notifications/progress`.
    Progress(Raw),
    /// The params of `notifications/message`.
    Message(Raw),
}

/// How an exchange ends well.
#[derive(Clone, Debug)]
pub enum End {
    /// The result as it came.
    Result(Raw),
    /// The server needs answers first: an `InputRequiredResult` as it came.
    InputRequired(Raw),
    /// What an HTTP API answered, good or bad, where that was wished for.
    Api(Box<ApiAnswer>),
}

/// An answer of an HTTP API, as far as it is its callers' business: nothing in it belongs to a
/// connection, or identifies anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiAnswer {
    /// The status code (RFC 9110 section 15).
    pub status: u16,
    /// Headers by their names in lower case, `content-type` included.
    pub headers: Vec<(String, Bytes)>,
    /// The body, not compressed.
    pub body: Bytes,
}
