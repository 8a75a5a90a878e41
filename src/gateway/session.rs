//! What the core needs of a live upstream.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use super::{
    Caller, Lease, Questions,
    exchange::{End, Event, EventSender, Operation, Wishes},
};
use crate::{json::Raw, mcp::Observer, schema::Violation};

/// A live upstream: an MCP connection, or a REST API behind the same face.
pub trait Session: Send + Sync {
    /// Carries an operation to its end. Dropping the future cancels it upstream.
    fn run<'a>(
        &'a self,
        operation: &'a Operation,
        terms: Terms<'a>,
    ) -> Pin<Box<dyn Future<Output = Result<End, SessionError>> + Send + 'a>>;

    /// Tells the upstream something for which there is no answer; `params` is a JSON object. What
    /// it can't be told is dropped.
    fn notify<'a>(
        &'a self,
        method: &'a str,
        params: &'a Raw,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;
}

/// On what terms an operation is carried.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// The server as the caller has it.
    pub server: &'a Lease,
    /// Who asks.
    pub caller: &'a Caller,
    /// What the caller wants besides the result, and says of itself.
    pub wishes: &'a Wishes,
    /// What is seen of it meanwhile.
    pub activity: &'a Arc<Activity>,
}

/// Why an upstream gave no result.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SessionError {
    /// The upstream answered with a JSON-RPC error (JSON-RPC 2.0 section 5.1).
    #[error("{message}")]
    Rpc {
        /// The code as it came.
        code: i64,
        /// The message as it came: untrusted text.
        message: String,
        /// The `data` member as it came.
        data: Option<Raw>,
    },
    /// The arguments can't be sent as they are: nothing was.
    #[error("the arguments can't be sent")]
    InvalidArguments(Vec<Violation>),
    /// The upstream can't carry out the call, and says why in words for whoever decides what to
    /// do next: a failure of the call (MCP, tools, error handling), not of the protocol.
    #[error("{reason}")]
    Failed {
        /// What happened, for the caller.
        reason: String,
        /// Whether the call may have been executed.
        may_have_run: bool,
    },
    /// The connection ended before the answer.
    #[error("{reason}")]
    Gone {
        /// What happened, for the caller.
        reason: Arc<str>,
        /// Whether the upstream may have seen the request, and so may have executed it.
        may_have_run: bool,
        /// Whether another session follows, on which the operation may be tried again.
        has_successor: bool,
    },
    /// The upstream's answer can't be used: not JSON-RPC, or larger than allowed.
    #[error("{0}")]
    Unusable(String),
    /// Somebody must log in to the upstream before it does this.
    #[error("{0}")]
    LoginRequired(String),
    /// The upstream takes no more calls of this kind just now.
    #[error("{0}")]
    Busy(String),
    /// The request is larger than what the upstream is sent at once.
    #[error("{0}")]
    TooLarge(String),
}

/// What an exchange shows while it runs, shared by whoever reads the wire, whoever holds the
/// deadline and whoever tells the caller.
#[derive(Debug)]
pub struct Activity {
    start: Instant,
    /// Milliseconds from `start` to the last progress; zero: none yet.
    last: AtomicU64,
    events: Option<EventSender>,
    wants_messages: bool,
    questions: Option<Arc<Questions>>,
}

impl Activity {
    /// An exchange that starts now.
    pub fn start(wishes: &Wishes) -> Arc<Self> {
        Arc::new(Self {
            start: Instant::now(),
            last: AtomicU64::new(0),
            events: wishes.events.clone(),
            wants_messages: wishes.wants_messages(),
            questions: wishes.questions.clone(),
        })
    }

    /// When the exchange started.
    pub fn started(&self) -> Instant {
        self.start
    }

    /// When progress was last seen, or the caller last made the server wait, if ever.
    pub fn last(&self) -> Option<Instant> {
        let progress = match self.last.load(Ordering::Relaxed) {
            0 => None,
            elapsed => Some(self.start + Duration::from_millis(elapsed)),
        };
        let questions = self.questions.as_ref();
        progress.max(questions.and_then(|questions| questions.waited_until()))
    }

    fn tell(&self, event: Event) {
        if let Some(events) = &self.events
            && events.try_send(event).is_err()
        {
            tracing::debug!("an event was dropped: its caller reads too slowly or went away");
        }
    }
}

impl Observer for Activity {
    fn progress(&self, params: Raw) {
        self.alive();
        self.tell(Event::Progress(params));
    }

    fn alive(&self) {
        let elapsed = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(elapsed.max(1), Ordering::Relaxed);
    }

    fn message(&self, params: Raw) {
        self.tell(Event::Message(params));
    }

    fn wants_messages(&self) -> bool {
        self.wants_messages
    }
}
