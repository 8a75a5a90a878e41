//! Requests multiplexed over one connection.
//!
//! A [`Peer`] gives each request an id of its own, which is never used again, and wakes whoever
//! waits when the answer comes, when the connection ends, or when the answer turns out to be
//! unusable. Whoever stops waiting cancels the request (`notifications/cancelled`).
//!
//! It moves no bytes itself: a transport takes what [`Outgoing`] yields, as bytes for a pipe or
//! message by message, gives what comes in to [`Peer::receive`], and ends with [`Peer::close`].
//! A transport that sends each message on its own may say of a single one that it was lost or
//! refused.

mod heard;
mod outgoing;

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use bytestring::ByteString;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::{
    Semaphore,
    mpsc::{self, error::SendError},
    oneshot,
};

pub use heard::{Ear, Notice, Observer, PeerError};
pub use outgoing::{Outgoing, OutgoingMessage};

use outgoing::Queued;

use super::{
    codes,
    envelope::{self, EnvelopeError, Message},
};
use crate::json::Raw;

/// How many messages may wait to be written.
const QUEUE_LENGTH: usize = 1024;

/// The unit in which waiting bytes are counted.
const QUEUE_UNIT: usize = 1024;

/// How many notices may wait to be handled before reading pauses.
const NOTICES: usize = 256;

/// One end of a connection to an MCP server. Clones share it.
#[derive(Clone, Debug)]
pub struct Peer {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    next_id: AtomicU64,
    waiters: Mutex<Waiters>,
    outgoing: mpsc::Sender<Queued>,
    /// What passes all that waits: pings, cancellations, answers to the server.
    urgent: mpsc::Sender<Queued>,
    /// Bounds the bytes that wait to be written, in units of [`QUEUE_UNIT`].
    room: Arc<Semaphore>,
    units: u32,
    notices: mpsc::Sender<Notice>,
}

#[derive(Debug, Default)]
struct Waiters {
    open: HashMap<u64, Waiter>,
    /// Why the connection ended.
    closed: Option<Arc<str>>,
}

#[derive(Debug)]
struct Waiter {
    /// Taken by the answer; what is still to be heard of a task comes after it.
    reply: Option<oneshot::Sender<Result<Raw, PeerError>>>,
    ear: Option<Ear>,
    /// Whether it may have reached the server.
    sent: bool,
    /// Dropped with the waiter: whoever carries the request learns that nobody waits any more.
    abandoned: Option<oneshot::Sender<Infallible>>,
}

impl Peer {
    /// A connection whose messages that wait to be written hold at most `max_waiting` bytes,
    /// the queue that its transport writes, and what the server says of itself.
    pub fn new(max_waiting: usize) -> (Self, Outgoing, mpsc::Receiver<Notice>) {
        let (outgoing, queue) = mpsc::channel(QUEUE_LENGTH);
        let (urgent, urgent_queue) = mpsc::channel(QUEUE_LENGTH);
        let (notices, said) = mpsc::channel(NOTICES);
        let units = u32::try_from(max_waiting.div_ceil(QUEUE_UNIT)).unwrap_or(u32::MAX);
        let shared = Arc::new(Shared {
            next_id: AtomicU64::new(1),
            waiters: Mutex::default(),
            outgoing,
            urgent,
            room: Arc::new(Semaphore::new(units as usize)),
            units,
            notices,
        });
        let outgoing = Outgoing {
            urgent: urgent_queue,
            queue,
            batch: Vec::new(),
            handed_out: Vec::new(),
            shared: Arc::clone(&shared),
        };
        (Self { shared }, outgoing, said)
    }

    /// Sends a request and waits for its answer.
    ///
    /// `write_params` appends the params object; it is given the request's id, which serves as
    /// progress token too. Not cancel safe in the sense of resuming: dropping the future
    /// cancels the request on the server.
    pub async fn request(
        &self,
        method: &str,
        write_params: impl FnOnce(u64, &mut Vec<u8>),
        ear: Option<Ear>,
    ) -> Result<Raw, PeerError> {
        let (answer, _) = self.request_and_listen(method, write_params, ear).await?;
        Ok(answer)
    }

    /// The same, and goes on hearing of it until what comes with the answer is dropped: the
    /// progress token of a task stays valid as long as the task.
    pub async fn request_and_listen(
        &self,
        method: &str,
        write_params: impl FnOnce(u64, &mut Vec<u8>),
        ear: Option<Ear>,
    ) -> Result<(Raw, Listening), PeerError> {
        let id = self.shared.next_id.fetch_add(1, Ordering::Relaxed);
        let mut line = Vec::with_capacity(256);
        line.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
        line.extend_from_slice(id.to_string().as_bytes());
        line.extend_from_slice(br#","method":""#);
        line.extend_from_slice(method.as_bytes());
        line.extend_from_slice(br#"","params":"#);
        write_params(id, &mut line);
        line.extend_from_slice(b"}\n");

        let (reply, answer) = oneshot::channel();
        {
            let mut waiters = self.shared.waiters();
            if let Some(reason) = &waiters.closed {
                return Err(PeerError::Closed {
                    reason: Arc::clone(reason),
                    sent: false,
                });
            }
            let waiter = Waiter {
                reply: Some(reply),
                ear,
                sent: false,
                abandoned: None,
            };
            waiters.open.insert(id, waiter);
        }
        // `initialize` must not be cancelled (MCP, cancellation).
        let listening = Listening {
            shared: Arc::clone(&self.shared),
            id,
            cancels: method != "initialize",
        };
        if method == "ping" {
            self.shared.enqueue_urgent(Some(id), line).await?;
        } else {
            self.shared.enqueue(Some(id), line).await?;
        }
        let answer = answer.await.unwrap_or_else(|_| Err(self.shared.closed()))?;
        Ok((answer, listening))
    }

    /// Sends a notification; `params` is a JSON object.
    pub async fn notify(&self, method: &str, params: &str) -> Result<(), PeerError> {
        self.shared
            .enqueue(None, notification(method, params))
            .await
    }

    /// Answers a request of the server with a result or an error object.
    pub async fn respond(&self, id: &Raw, outcome: Result<&str, &str>) -> Result<(), PeerError> {
        let (member, value) = match outcome {
            Ok(result) => ("result", result),
            Err(error) => ("error", error),
        };
        let mut line = format!(
            r#"{{"jsonrpc":"2.0","id":{},"{member}":{value}}}"#,
            id.get()
        );
        line.push('\n');
        self.shared.enqueue_urgent(None, line.into_bytes()).await
    }

    /// Sends a request whose answer nobody waits for, if there is room at once: for clearing up
    /// where nothing can be awaited.
    pub fn request_and_forget(&self, method: &str, params: &str) {
        let id = self.shared.next_id.fetch_add(1, Ordering::Relaxed);
        let line = format!(
            "{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"{method}\",\"params\":{params}}}\n"
        );
        self.shared.enqueue_now(line.into_bytes());
    }

    /// Takes one message, or one batch, that came in. Waits while too many notices are
    /// unhandled.
    pub async fn receive(&self, text: ByteString) {
        self.receive_for(None, text).await;
    }

    /// The same for what came on a stream that belongs to one request, so that log messages in
    /// it are meant for that request's caller.
    pub async fn receive_for(&self, request: Option<u64>, text: ByteString) {
        match envelope::split_batch(&text) {
            None => self.receive_one(request, text).await,
            Some(Ok(items)) => {
                for item in items {
                    self.receive_one(request, item).await;
                }
            }
            Some(Err(error)) => self.report(&EnvelopeError::from(error), &text).await,
        }
    }

    /// Tells the one waiter concerned, if there is one, that its answer can't be used.
    pub fn fail(&self, id: u64, problem: String) -> bool {
        self.end(id, PeerError::Unusable(problem))
    }

    /// Ends one request with an error, if somebody waits for its answer.
    pub fn end(&self, id: u64, error: PeerError) -> bool {
        let reply = self.shared.take_reply(id);
        let known = reply.is_some();
        if let Some(reply) = reply {
            // A caller that went away meanwhile needs no answer.
            let _ = reply.send(Err(error));
        }
        known
    }

    /// Whether somebody waits for the answer to a request.
    pub fn awaits(&self, id: u64) -> bool {
        let waiters = self.shared.waiters();
        let waiter = waiters.open.get(&id);
        waiter.is_some_and(|waiter| waiter.reply.is_some())
    }

    /// Ends the connection: all who wait are told `reason`, and no request is taken any more.
    pub fn close(&self, reason: &str) {
        let reason: Arc<str> = reason.into();
        let open = {
            let mut waiters = self.shared.waiters();
            waiters.closed.get_or_insert_with(|| Arc::clone(&reason));
            std::mem::take(&mut waiters.open)
        };
        for waiter in open.into_values() {
            if let Some(reply) = waiter.reply {
                // A caller that went away meanwhile needs no answer.
                let _ = reply.send(Err(PeerError::Closed {
                    reason: Arc::clone(&reason),
                    sent: waiter.sent,
                }));
            }
        }
    }

    /// How many requests are in flight.
    pub fn in_flight(&self) -> usize {
        self.shared.waiters().open.len()
    }

    async fn receive_one(&self, request: Option<u64>, line: ByteString) {
        match envelope::read(&line) {
            Ok(Message::Response { id, outcome }) => {
                if let Some(reply) = self.shared.take_reply(id) {
                    // A caller that went away meanwhile needs no answer.
                    let _ = reply.send(outcome.map_err(PeerError::Rpc));
                } else {
                    tracing::debug!(id, "an answer that nobody waits for was dropped");
                }
            }
            Ok(Message::Request { id, method, params }) => {
                if method == "ping" {
                    // A connection that has just ended needs no pong.
                    let _ = self.respond(&id, Ok("{}")).await;
                } else {
                    self.notice(Notice::Request { id, method, params }).await;
                }
            }
            Ok(Message::Notification { method, params }) => {
                if let Some(notice) = self.deliver(request, method, params) {
                    self.notice(notice).await;
                }
            }
            Err(error) => self.report(&error, &line).await,
        }
    }

    /// Gives progress and log messages to the request that they belong to; returns what
    /// belongs to none.
    fn deliver(&self, request: Option<u64>, method: String, params: Option<Raw>) -> Option<Notice> {
        match (method.as_str(), params) {
            ("notifications/progress", Some(params)) => {
                let waiters = self.shared.waiters();
                let ear = progress_token(&params)
                    .and_then(|id| waiters.open.get(&id))
                    .and_then(|waiter| waiter.ear.as_ref());
                if let Some(ear) = ear {
                    ear.observer.progress(params);
                }
                None
            }
            ("notifications/message", Some(params)) => {
                let waiters = self.shared.waiters();
                // On a stream of its own there is no doubt whose message it is.
                if let Some(waiter) = request.and_then(|id| waiters.open.get(&id)) {
                    if let Some(ear) = &waiter.ear
                        && ear.observer.wants_messages()
                    {
                        ear.observer.message(params);
                        return None;
                    }
                    let params = Some(params);
                    return Some(Notice::Notification { method, params });
                }
                let mut wanting = waiters
                    .open
                    .values()
                    .filter_map(|waiter| waiter.ear.as_ref())
                    .filter(|ear| ear.messages);
                // On stdio nothing says to which request a message belongs. With one that asked
                // there is no doubt; with several nobody may read the others' messages.
                if let (Some(ear), None) = (wanting.next(), wanting.next()) {
                    ear.observer.message(params);
                    return None;
                }
                let params = Some(params);
                Some(Notice::Notification { method, params })
            }
            (_, params) => Some(Notice::Notification { method, params }),
        }
    }

    async fn report(&self, error: &EnvelopeError, line: &ByteString) {
        let start: String = line.chars().take(120).collect();
        let problem = format!("the server sent a message that can't be used: {error}: {start:?}");
        if let Some(id) = envelope_id(line)
            && self.fail(id, problem.clone())
        {
            return;
        }
        self.notice(Notice::Unusable { problem }).await;
    }

    /// Hands a notice over. What only tells something is dropped when too much waits: it must
    /// not hold up answers. Reading pauses for the rest.
    async fn notice(&self, notice: Notice) {
        if notice.may_be_dropped() {
            if self.shared.notices.try_send(notice).is_err() {
                tracing::debug!("a message of the server was dropped");
            }
        } else {
            let unheard = self.shared.notices.send(notice).await;
            // Nobody listens any more once the session is being ended; calls that still go on
            // must not wait for what will never be answered.
            if let Err(SendError(Notice::Request { id, method, .. })) = unheard {
                let _ = self.respond(&id, Err(&refusal(&method))).await;
            }
        }
    }
}

impl Shared {
    fn waiters(&self) -> MutexGuard<'_, Waiters> {
        // Nothing panics while the lock is held, and the map is whole at each step.
        self.waiters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The way to whoever waits for an answer, once.
    fn take_reply(&self, id: u64) -> Option<oneshot::Sender<Result<Raw, PeerError>>> {
        self.waiters().open.get_mut(&id)?.reply.take()
    }

    fn closed(&self) -> PeerError {
        let reason = self.waiters().closed.clone();
        PeerError::Closed {
            reason: reason.unwrap_or_else(|| "the connection has ended".into()),
            sent: false,
        }
    }

    async fn enqueue(&self, id: Option<u64>, line: Vec<u8>) -> Result<(), PeerError> {
        let units = u32::try_from(line.len().div_ceil(QUEUE_UNIT)).unwrap_or(u32::MAX);
        if units > self.units {
            return Err(PeerError::TooLarge(format!(
                "the message of {} bytes is larger than the {} bytes that the server is sent at once",
                line.len(),
                self.units as usize * QUEUE_UNIT
            )));
        }
        let room = Arc::clone(&self.room).acquire_many_owned(units).await;
        let queued = Queued {
            id,
            line,
            room: room.ok(),
        };
        self.outgoing.send(queued).await.map_err(|_| self.closed())
    }

    /// Past all that waits: what is small, or what the server waits for.
    async fn enqueue_urgent(&self, id: Option<u64>, line: Vec<u8>) -> Result<(), PeerError> {
        let queued = Queued {
            id,
            line,
            room: None,
        };
        self.urgent.send(queued).await.map_err(|_| self.closed())
    }

    fn enqueue_now(&self, line: Vec<u8>) {
        // Without room the message is left out: it only tells the server what it may save.
        let _ = self.urgent.try_send(Queued {
            id: None,
            line,
            room: None,
        });
    }
}

/// A request that is heard of. Dropping it before the answer came cancels the request.
#[derive(Debug)]
pub struct Listening {
    shared: Arc<Shared>,
    id: u64,
    cancels: bool,
}

impl Drop for Listening {
    fn drop(&mut self) {
        let Some(waiter) = self.shared.waiters().open.remove(&self.id) else {
            return;
        };
        let is_answered = waiter.reply.is_none();
        if !is_answered && waiter.sent && self.cancels {
            self.shared.enqueue_now(notification(
                "notifications/cancelled",
                &format!(
                    r#"{{"requestId":{},"reason":"the caller no longer waits"}}"#,
                    self.id
                ),
            ));
        }
    }
}

fn notification(method: &str, params: &str) -> Vec<u8> {
    format!("{{\"jsonrpc\":\"2.0\",\"method\":\"{method}\",\"params\":{params}}}\n").into_bytes()
}

fn progress_token(params: &Raw) -> Option<u64> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Progress<'a> {
        #[serde(borrow)]
        progress_token: &'a RawValue,
    }
    let progress: Progress<'_> = serde_json::from_str(params.get()).ok()?;
    envelope::parse_id(progress.progress_token.get())
}

fn envelope_id(line: &ByteString) -> Option<u64> {
    super::lines::find_id(line.as_bytes())
}

/// The error object with which a request of the server is refused.
pub fn refusal(method: &str) -> String {
    serde_json::json!({
        "code": codes::METHOD_NOT_FOUND,
        "message": format!("{method} is not offered to this server by its caller"),
    })
    .to_string()
}
