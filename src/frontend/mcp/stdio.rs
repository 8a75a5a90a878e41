//! MCP over standard input and output, for clients that spawn their servers (MCP 2026-07-28 and
//! 2025-11-25, stdio).

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytestring::ByteString;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _},
    sync::mpsc,
    task::{AbortHandle, JoinSet},
};

use super::{
    Service,
    conversation::{Conversation, Scope},
    http::check_stateless,
    listen::Listening,
    message::{self, Incoming, Request, Unreadable},
    outcome::{self, Outcome, RpcError, own},
    session::{MAX_IN_FLIGHT, Outbox, Session},
    under_way::UnderWay,
};
use crate::{
    gateway::Caller,
    json::Raw,
    mcp::{
        Era, NEWEST_LEGACY_VERSION, STATELESS_VERSION, codes, envelope,
        lines::{Line, LineReader},
    },
};

/// How many messages wait to be written before answers have to wait too.
const CAPACITY: usize = 256;

/// How long requests in flight may go on once the client has closed its end: clients wait two
/// seconds for their servers to end.
const FAREWELL: Duration = Duration::from_secs(1);

/// How long what was said last may take to be written.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Requests in flight, by their ids, so that they can be cancelled.
type InFlight = Arc<Mutex<HashMap<String, Cancel>>>;

/// Cancels a request. A client may give an id to another one too early.
struct Cancel {
    number: u64,
    handle: AbortHandle,
}

/// Serves one client until it closes its end, or can't be written to any more. `max_message`: the
/// longest message that is taken, in bytes.
pub async fn serve<R, W>(
    service: Arc<Service>,
    scope: Scope,
    input: R,
    output: W,
    max_message: usize,
) where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin + Send + 'static,
{
    let (channel, messages) = mpsc::channel(CAPACITY);
    let writing = tokio::spawn(write(messages, output));
    let mut connection = Connection {
        conversation: Conversation {
            service,
            scope,
            caller: Caller::named("stdio"),
            era: Era::Legacy(NEWEST_LEGACY_VERSION),
            session: None,
            askable: None,
            discovery: None,
            identities: Arc::default(),
        },
        channel,
        tasks: JoinSet::new(),
        listening: JoinSet::new(),
        in_flight: InFlight::default(),
    };
    let mut lines = LineReader::new(input, max_message);
    loop {
        let line = tokio::select! {
            line = lines.next() => line,
            // Nobody reads what we say.
            () = connection.channel.closed() => break,
        };
        while connection.tasks.try_join_next().is_some() {}
        while connection.listening.try_join_next().is_some() {}
        match line {
            Ok(Some(Line::Text(text))) if text.trim().is_empty() => {}
            Ok(Some(Line::Text(text))) => connection.take(&text).await,
            Ok(Some(Line::TooLong { length, .. })) => {
                let message = format!("a message of {length} bytes is longer than {max_message}");
                connection.refuse(&message).await;
            }
            Ok(Some(Line::NotUtf8 { .. })) => connection.refuse("a message is not UTF-8").await,
            Ok(None) => break,
            Err(error) => {
                tracing::warn!(%error, "standard input can't be read");
                break;
            }
        }
    }
    connection.end().await;
    // Whatever was said is written, if the client still reads.
    let _ = tokio::time::timeout(LAST_WORDS, writing).await;
}

/// Writes messages, each as one line, as they come.
async fn write(mut messages: mpsc::Receiver<ByteString>, mut output: impl AsyncWrite + Unpin) {
    let mut lines = Vec::new();
    let mut batch = Vec::new();
    while messages.recv_many(&mut batch, CAPACITY).await > 0 {
        lines.clear();
        for text in batch.drain(..) {
            lines.extend_from_slice(text.as_bytes());
            lines.push(b'\n');
        }
        if output.write_all(&lines).await.is_err() || output.flush().await.is_err() {
            return;
        }
    }
}

/// The one client.
struct Connection {
    conversation: Conversation,
    channel: mpsc::Sender<ByteString>,
    tasks: JoinSet<()>,
    /// Subscriptions, which end with the connection.
    listening: JoinSet<()>,
    in_flight: InFlight,
}

impl Connection {
    async fn take(&mut self, text: &ByteString) {
        match message::read(text) {
            Err(Unreadable { id, error }) => {
                let text = match id {
                    Some(id) => Outcome::Error(error).response(&id),
                    None => outcome::anonymous_error(&error, &self.conversation.era),
                };
                self.say(text).await;
            }
            Ok(Incoming::Request(request)) => self.request(request).await,
            Ok(Incoming::Notification { method, params }) => {
                if method == "notifications/cancelled"
                    && let Some(id) = params.as_ref().and_then(envelope::cancelled_id)
                {
                    self.cancel(&id);
                }
                self.conversation.notified(&method, params.as_ref()).await;
            }
            Ok(Incoming::Response { id, outcome }) => {
                if let Some(session) = self.session() {
                    session.answer(id, outcome);
                }
            }
        }
    }

    async fn request(&mut self, request: Request) {
        if self.tasks.len() + self.listening.len() >= MAX_IN_FLIGHT {
            let error = RpcError::new(own::BUSY, "there are too many requests in flight");
            return self.say(Outcome::Error(error).response(&request.id)).await;
        }
        let mut conversation = self.conversation.clone();
        if request.params.meta.version.is_some() || request.method == "server/discover" {
            if let Err(error) = check_stateless(&request) {
                return self.say(Outcome::Error(error).response(&request.id)).await;
            }
            conversation.era = Era::Stateless(STATELESS_VERSION);
            conversation.session = None;
            conversation.take_note(&request);
            if request.method == "subscriptions/listen" {
                return self.listen(conversation, request);
            }
        } else if request.method == "initialize" && conversation.session.is_none() {
            let outbox = Outbox::Channel(self.channel.clone());
            let id = request.id.clone();
            // What follows needs the session, and a client that spawned us does not ask twice.
            conversation.settle().await;
            let outcome = match conversation.begin(&request, outbox).await {
                Ok((session, result)) => {
                    self.conversation.era = Era::Legacy(session.version);
                    self.conversation.session = Some(session);
                    Outcome::Result(result)
                }
                Err(error) => Outcome::Error(error),
            };
            return self.say(outcome.response(&id)).await;
        }
        let id = request.id.clone();
        match UnderWay::begin(conversation, request, false) {
            Ok(under_way) => {
                let told = under_way.tell(self.channel.clone());
                spawn(&mut self.tasks, &self.in_flight, &id, told);
            }
            Err(error) => self.say(Outcome::Error(error).response(&id)).await,
        }
    }

    /// Holds a subscription until it is cancelled.
    fn listen(&mut self, conversation: Conversation, request: Request) {
        let channel = self.channel.clone();
        let id = request.id.clone();
        let told = async move {
            match conversation.listen(&request).await {
                Ok(listening) => tell(listening, channel).await,
                Err(error) => {
                    // When nobody reads, the connection ends.
                    let _ = channel
                        .send(Outcome::Error(error).response(&request.id))
                        .await;
                }
            }
        };
        spawn(&mut self.listening, &self.in_flight, &id, told);
    }

    fn cancel(&self, id: &Raw) {
        // Aborted outside of the lock, which its end takes.
        let cancel = lock(&self.in_flight).remove(id.get());
        if let Some(Cancel { handle, .. }) = cancel {
            handle.abort();
        }
    }

    async fn refuse(&self, message: &str) {
        let error = RpcError::new(codes::PARSE_ERROR, message);
        self.say(outcome::anonymous_error(&error, &self.conversation.era))
            .await;
    }

    async fn say(&self, text: ByteString) {
        // When nobody reads, the connection ends.
        let _ = self.channel.send(text).await;
    }

    fn session(&self) -> Option<&Arc<Session>> {
        self.conversation.session.as_ref()
    }

    /// Lets requests in flight end, for a while.
    async fn end(mut self) {
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        // Whatever is left then is cancelled.
        let _ = tokio::time::timeout(FAREWELL, ended).await;
        self.tasks.abort_all();
        if let Some(session) = &self.conversation.session {
            self.conversation.service.sessions.end(session);
        }
    }
}

/// Begins work that can be cancelled by the id of its request.
fn spawn(
    tasks: &mut JoinSet<()>,
    in_flight: &InFlight,
    id: &Raw,
    work: impl Future<Output = ()> + Send + 'static,
) {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let key = id.get().to_owned();
    let forgotten = Forgotten {
        in_flight: Arc::clone(in_flight),
        key: key.clone(),
        number,
    };
    // Nobody forgets it before it is remembered.
    let mut remembered = lock(in_flight);
    let handle = tasks.spawn(async move {
        let _forgotten = forgotten;
        work.await;
    });
    remembered.insert(key, Cancel { number, handle });
}

/// Tells all that a subscription hears.
async fn tell(mut listening: Listening, channel: mpsc::Sender<ByteString>) {
    loop {
        let text = tokio::select! {
            text = listening.next() => text,
            () = channel.closed() => return,
        };
        if channel.send(text).await.is_err() {
            return;
        }
    }
}

/// Forgets a request that has ended.
struct Forgotten {
    in_flight: InFlight,
    key: String,
    number: u64,
}

impl Drop for Forgotten {
    fn drop(&mut self) {
        let mut in_flight = lock(&self.in_flight);
        let is_ours = |cancel: &Cancel| cancel.number == self.number;
        if in_flight.get(&self.key).is_some_and(is_ours) {
            in_flight.remove(&self.key);
        }
    }
}

fn lock(in_flight: &InFlight) -> MutexGuard<'_, HashMap<String, Cancel>> {
    in_flight.lock().unwrap_or_else(PoisonError::into_inner)
}
