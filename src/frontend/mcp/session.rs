//! The session of a client of the legacy era (MCP 2025-11-25, lifecycle and session management):
//! what is kept of it between its requests, and the ways to it.

mod calls;
mod questions;
mod subscriptions;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bytestring::ByteString;
use tokio::sync::{mpsc, oneshot, watch};

pub use calls::{Call, MAX_IN_FLIGHT};

use calls::InFlight;

use super::{conversation::Scope, stream::Streams};
use crate::{
    gateway::{Caller, Identity, Lease, McpClient, Questions, ServerName, Subscription, Update},
    json::Raw,
};

/// The session of a client of the legacy era.
#[derive(Debug)]
pub struct Session {
    /// What no other session has.
    key: u64,
    /// Its id, which the client must not be able to guess of others.
    pub id: String,
    /// Who opened it; nobody else may use it.
    pub caller: Caller,
    /// The route on which it was opened.
    pub scope: Scope,
    /// The protocol version that was agreed on.
    pub version: &'static str,
    /// What the client declared.
    client: McpClient,
    /// Whether servers may serve it alone: not one that was opened on another replica.
    may_own: bool,
    /// The way to the client for what belongs to none of its requests.
    pub outbox: Outbox,
    ask_timeout: Duration,
    questions: Arc<Questions>,
    next_question: AtomicU64,
    has_ended: watch::Sender<bool>,
    state: Mutex<State>,
    /// Whether the server's notifications may reach the client already (MCP 2025-11-25,
    /// lifecycle: not before `initialized`).
    is_initialized: AtomicBool,
}

/// The way to a client for what belongs to none of its requests.
#[derive(Debug)]
pub enum Outbox {
    /// One stream for all messages: HTTP+SSE and stdio.
    Channel(mpsc::Sender<ByteString>),
    /// Streams that the client opens, and may resume: streamable HTTP.
    Streams(Streams),
}

#[derive(Debug)]
struct State {
    last_used: Instant,
    /// How much is going on: requests and open streams.
    uses: usize,
    log_level: Option<String>,
    /// Servers that serve it alone, each with the identity that it was leased for.
    own: HashMap<ServerName, (Identity, Lease)>,
    is_over: bool,
    subscriptions: HashMap<String, Subscription>,
    /// Where changes of resources go, once there is a subscription.
    updates: Option<mpsc::Sender<Update>>,
    /// Requests in flight by their ids, in the order of their arrival.
    in_flight: Vec<InFlight>,
    /// Who waits for answers of the client.
    asked: HashMap<u64, oneshot::Sender<Result<Raw, Raw>>>,
}

/// What a session begins with.
#[derive(Debug)]
pub struct Beginning {
    /// Its id.
    pub id: String,
    /// Who opens it.
    pub caller: Caller,
    /// On which route.
    pub scope: Scope,
    /// The protocol version that was agreed on.
    pub version: &'static str,
    /// What the client declared.
    pub client: McpClient,
    /// Whether servers may serve it alone.
    pub may_own: bool,
    /// The way to the client.
    pub outbox: Outbox,
    /// How long the client may take to answer a question.
    pub ask_timeout: Duration,
}

/// Something that goes on in a session, so that it does not expire.
#[derive(Debug)]
pub struct InUse(Arc<Session>);

/// There are too many requests in flight.
#[derive(Debug)]
pub struct TooMany;

impl Session {
    /// A session that begins.
    pub fn begin(beginning: Beginning) -> Arc<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Arc::new(Self {
            key: NEXT.fetch_add(1, Ordering::Relaxed),
            id: beginning.id,
            caller: beginning.caller,
            scope: beginning.scope,
            version: beginning.version,
            client: beginning.client,
            may_own: beginning.may_own,
            outbox: beginning.outbox,
            ask_timeout: beginning.ask_timeout,
            questions: Arc::default(),
            next_question: AtomicU64::new(1),
            has_ended: watch::Sender::new(false),
            state: Mutex::new(State {
                last_used: Instant::now(),
                uses: 0,
                log_level: None,
                own: HashMap::new(),
                is_over: false,
                subscriptions: HashMap::new(),
                updates: None,
                in_flight: Vec::new(),
                asked: HashMap::new(),
            }),
            is_initialized: AtomicBool::new(false),
        })
    }

    /// What the client is, in a request with these members of `_meta`.
    pub fn client_with(&self, meta: crate::gateway::Members) -> McpClient {
        McpClient {
            capabilities: self.client.capabilities.clone(),
            meta,
            log_level: Some(self.log_level().unwrap_or_else(|| "info".to_owned())),
        }
    }

    /// The level that the client set, if it did.
    pub fn log_level(&self) -> Option<String> {
        self.state().log_level.clone()
    }

    /// Sets the level of log messages.
    pub fn set_log_level(&self, level: &str) {
        self.state().log_level = Some(level.to_owned());
    }

    /// Whether servers may serve it alone.
    pub fn may_own(&self) -> bool {
        self.may_own
    }

    /// The server that serves it alone, where one does with this identity and has neither ended nor
    /// been replaced.
    pub fn own(&self, server: &ServerName, identity: &Identity) -> Option<Lease> {
        let lease = match self.state().own.get(server) {
            Some((of, lease)) if of == identity => lease.clone(),
            _ => return None,
        };
        let phase = lease.state().phase;
        (!phase.is_over_for_one() && !lease.is_retired()).then_some(lease)
    }

    /// Keeps a server that serves it alone, until it ends, in place of one that did before: what the
    /// client subscribed to there, it hears of from this one.
    pub fn keep(&self, server: &ServerName, identity: &Identity, lease: Lease) {
        // Whatever is not kept is dropped outside of the lock.
        let before = {
            let mut state = self.state();
            if state.is_over {
                None
            } else {
                let subscriptions = lease.subscriptions.clone();
                let before = state.own.insert(server.clone(), (identity.clone(), lease));
                before.map(|(_, before)| {
                    let ended = state.carry_over(&before.subscriptions, &subscriptions);
                    (before, ended)
                })
            }
        };
        drop(before);
    }

    /// The servers that serve it alone.
    pub fn all_own(&self) -> Vec<Lease> {
        let state = self.state();
        state.own.values().map(|(_, lease)| lease.clone()).collect()
    }

    /// The questions that wait for the client's answers.
    pub fn questions(&self) -> Arc<Questions> {
        Arc::clone(&self.questions)
    }

    /// The client says that it is ready. Whether it says so for the first time.
    pub fn set_initialized(&self) -> bool {
        !self.is_initialized.swap(true, Ordering::Relaxed)
    }

    /// Counts something else in, such as a stream.
    pub fn use_it(self: &Arc<Self>) -> InUse {
        self.state().uses += 1;
        InUse(Arc::clone(self))
    }

    /// Sends a message that belongs to no request, if there is a way just now.
    pub fn send(&self, text: ByteString) -> bool {
        match &self.outbox {
            Outbox::Channel(channel) => channel.try_send(text).is_ok(),
            Outbox::Streams(streams) => streams.send(text),
        }
    }

    /// Ends it: servers that served it alone end, and so do its streams and calls.
    pub fn end(&self) {
        self.has_ended.send_replace(true);
        let (own, subscriptions, in_flight, asked) = {
            let mut state = self.state();
            state.is_over = true;
            (
                std::mem::take(&mut state.own),
                (
                    std::mem::take(&mut state.subscriptions),
                    state.updates.take(),
                ),
                std::mem::take(&mut state.in_flight),
                std::mem::take(&mut state.asked),
            )
        };
        if let Outbox::Streams(streams) = &self.outbox {
            streams.end();
        }
        drop((own, subscriptions, asked));
        for call in in_flight {
            call.line.cancel();
        }
    }

    /// Whether it has ended.
    pub fn is_over(&self) -> bool {
        *self.has_ended.borrow()
    }

    /// Waits until it has ended. Cancel safe.
    pub async fn ended(&self) {
        let mut has_ended = self.has_ended.subscribe();
        // The sender lives as long as we do.
        let _ = has_ended.wait_for(|ended| *ended).await;
    }

    /// Whether no request is in flight.
    pub fn is_quiet(&self) -> bool {
        self.state().in_flight.is_empty()
    }

    /// Takes note that the client is there.
    pub fn touch(&self) {
        self.state().last_used = Instant::now();
    }

    /// For how long nobody has used it; nothing while somebody does.
    pub fn idle(&self) -> Option<Duration> {
        let state = self.state();
        (state.uses == 0).then(|| state.last_used.elapsed())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn leave(&self) {
        let mut state = self.state();
        state.uses = state.uses.saturating_sub(1);
        state.last_used = Instant::now();
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        self.0.leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> Arc<Session> {
        Session::begin(Beginning {
            id: "id".to_owned(),
            caller: Caller::named("caller"),
            scope: Scope::All,
            version: "2025-11-25",
            client: McpClient {
                capabilities: Raw::from_static("{}"),
                meta: crate::gateway::Members::new(),
                log_level: None,
            },
            may_own: true,
            outbox: Outbox::Streams(Streams::default()),
            ask_timeout: Duration::from_secs(1),
        })
    }

    #[tokio::test]
    async fn a_call_hears_what_it_is_told_until_it_is_cancelled() {
        let session = session();
        let id = Raw::from_static("1");
        let mut call = session.enter(&id, true).unwrap();
        assert!(session.send_question("a".into()).await);
        assert_eq!(call.next().await.as_deref(), Some("a"));
        let (next, ()) = tokio::join!(call.next(), async {
            session.cancel(&Raw::from_static("2"));
            assert!(session.send_question("b".into()).await);
        });
        assert_eq!(next.as_deref(), Some("b"));
        assert!(session.send_question("c".into()).await);
        session.cancel(&id);
        assert_eq!(call.next().await, None);
    }

    #[tokio::test]
    async fn the_end_of_a_session_ends_its_calls_even_those_that_wait() {
        let session = session();
        let mut call = session.enter(&Raw::from_static("1"), true).unwrap();
        let (next, ()) = tokio::join!(call.next(), async { session.end() });
        assert_eq!(next, None);
    }
}
