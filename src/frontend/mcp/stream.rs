//! Streams of events that a client may lose and take up again (MCP 2025-11-25, Streamable HTTP,
//! resumability): what was sent is kept for a while, within bounds.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use bytestring::ByteString;
use tokio::sync::{Notify, watch};

/// How many events a stream keeps.
const MAX_EVENTS: usize = 256;

/// How many bytes of events a stream keeps beside the newest.
const MAX_BYTES: usize = 1024 * 1024;

/// How many streams of ended requests a session keeps.
const MAX_STREAMS: usize = 16;

/// How many bytes the streams of a session together keep beyond the one that was opened last.
const MAX_KEPT_BYTES: usize = 4 * 1024 * 1024;

/// How long a client waits before it takes a stream up again, in milliseconds.
const RETRY: u32 = 250;

/// All streams of one session.
#[derive(Debug)]
pub struct Streams {
    /// The one that belongs to no request.
    standalone: Arc<Stream>,
    next: AtomicU64,
    /// Those of requests, oldest first.
    of_requests: Mutex<VecDeque<Arc<Stream>>>,
}

/// A stream of events.
#[derive(Debug)]
pub struct Stream {
    number: u64,
    state: Mutex<State>,
    news: Notify,
    /// Which reader has it: each takes it from the one before. None: zero.
    reader: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    /// Events with their numbers.
    events: VecDeque<(u64, ByteString)>,
    bytes: usize,
    /// The number of the last event.
    last: u64,
    is_over: bool,
    readers: u64,
    /// The number of the last event that a reader has taken.
    read: u64,
}

/// Reads a stream from some event on. Only the newest reader of a stream gets anything.
#[derive(Debug)]
pub struct Reader {
    stream: Arc<Stream>,
    number: u64,
    /// The event that was read last.
    at: u64,
}

impl Default for Streams {
    fn default() -> Self {
        Self {
            standalone: Stream::new(0),
            next: AtomicU64::new(1),
            of_requests: Mutex::default(),
        }
    }
}

impl Streams {
    /// Sends what belongs to no request. Kept until the client opens its stream, within bounds.
    pub fn send(&self, text: ByteString) -> bool {
        self.standalone.push(text);
        true
    }

    /// Waits until the client reads the stream that belongs to no request.
    pub async fn is_read(&self, patience: Duration) -> bool {
        let mut reader = self.standalone.reader.subscribe();
        let is_read = reader.wait_for(|reader| *reader > 0);
        matches!(tokio::time::timeout(patience, is_read).await, Ok(Ok(_)))
    }

    /// The stream that belongs to no request, for its next reader.
    pub fn standalone(&self) -> Reader {
        // What was read before is for those alone who ask for it.
        let at = self.standalone.read_up_to();
        self.standalone.attach(at)
    }

    /// A stream for the answer to a request.
    pub fn open(&self) -> Arc<Stream> {
        let stream = Stream::new(self.next.fetch_add(1, Ordering::Relaxed));
        let mut streams = self.lock();
        let mut bytes: usize = streams.iter().map(|stream| stream.state().bytes).sum();
        while streams.len() >= MAX_STREAMS || bytes > MAX_KEPT_BYTES {
            let oldest = streams.iter().position(|stream| stream.state().is_over);
            let Some(oldest) = oldest.and_then(|oldest| streams.remove(oldest)) else {
                break;
            };
            bytes -= oldest.state().bytes;
        }
        streams.push_back(Arc::clone(&stream));
        stream
    }

    /// The stream of an event that a client has seen last, from the next event on. Nothing where
    /// it is not kept any more.
    pub fn resume(&self, event_id: &str) -> Option<Reader> {
        let (stream, event) = event_id.split_once('-')?;
        let (stream, event): (u64, u64) = (stream.parse().ok()?, event.parse().ok()?);
        if stream == 0 {
            return Some(self.standalone.attach(event));
        }
        let streams = self.lock();
        let kept = streams.iter().find(|kept| kept.number == stream)?;
        Some(kept.attach(event))
    }

    /// Ends all of them.
    pub fn end(&self) {
        self.standalone.end();
        for stream in self.lock().iter() {
            stream.end();
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Stream>>> {
        self.of_requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stream {
    fn new(number: u64) -> Arc<Self> {
        Arc::new(Self {
            number,
            state: Mutex::default(),
            news: Notify::new(),
            reader: watch::Sender::new(0),
        })
    }

    /// Adds an event. The oldest are forgotten where there are too many.
    pub fn push(&self, text: ByteString) {
        {
            let mut state = self.state();
            state.last += 1;
            state.bytes += text.len();
            let number = state.last;
            state.events.push_back((number, text));
            while state.events.len() > MAX_EVENTS
                || (state.bytes > MAX_BYTES && state.events.len() > 1)
            {
                let Some((_, forgotten)) = state.events.pop_front() else {
                    break;
                };
                state.bytes -= forgotten.len();
            }
        }
        self.news.notify_waiters();
    }

    /// No event follows.
    pub fn end(&self) {
        self.state().is_over = true;
        self.news.notify_waiters();
    }

    /// Gives the stream to a reader that has seen all events up to this one.
    pub fn attach(self: &Arc<Self>, at: u64) -> Reader {
        let number = {
            let mut state = self.state();
            state.readers += 1;
            state.readers
        };
        self.reader.send_replace(number);
        // The one before has nothing more to wait for.
        self.news.notify_waiters();
        Reader {
            stream: Arc::clone(self),
            number,
            at,
        }
    }

    /// Waits until nobody has read it for that long. Cancel safe.
    pub async fn abandoned(&self, patience: Duration) {
        let mut reader = self.reader.subscribe();
        loop {
            // The sender lives as long as we do.
            let _ = reader.wait_for(|reader| *reader == 0).await;
            let is_back = reader.wait_for(|reader| *reader > 0);
            if tokio::time::timeout(patience, is_back).await.is_err() {
                return;
            }
        }
    }

    /// The id of an event, by which a client says what it has seen.
    pub fn event_id(&self, event: u64) -> String {
        format!("{}-{event}", self.number)
    }

    /// The number of the last event that a reader has taken.
    fn read_up_to(&self) -> u64 {
        self.state().read
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reader {
    /// The next event and its id; nothing at the end, or when another reader has the stream.
    /// Cancel safe.
    pub async fn next(&mut self) -> Option<(String, ByteString)> {
        loop {
            let news = self.stream.news.notified();
            let mut news = std::pin::pin!(news);
            news.as_mut().enable();
            if *self.stream.reader.borrow() != self.number {
                return None;
            }
            {
                let mut state = self.stream.state();
                let next = state.events.iter().find(|(number, _)| *number > self.at);
                if let Some((number, text)) = next {
                    self.at = *number;
                    let next = (self.stream.event_id(*number), text.clone());
                    state.read = state.read.max(self.at);
                    return Some(next);
                }
                if state.is_over {
                    return None;
                }
            }
            news.await;
        }
    }

    /// Whether it reads the stream that belongs to no request.
    pub fn is_standalone(&self) -> bool {
        self.stream.number == 0
    }

    /// The id of what has been read so far, for the event that opens a stream.
    pub fn position(&self) -> String {
        self.stream.event_id(self.at)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.stream.reader.send_if_modified(|reader| {
            let is_ours = *reader == self.number;
            if is_ours {
                *reader = 0;
            }
            is_ours
        });
    }
}

/// A message as an event (HTML standard, server-sent events). It is one line of JSON.
pub fn event(id: Option<&str>, text: &str) -> Bytes {
    let mut event = String::with_capacity(text.len() + 48);
    if let Some(id) = id {
        event.push_str("id: ");
        event.push_str(id);
        event.push('\n');
    }
    event.push_str("event: message\ndata: ");
    event.push_str(text);
    event.push_str("\n\n");
    event.into()
}

/// An event without a message, by which a client can take the stream up again before there is
/// any (MCP 2025-11-25, Streamable HTTP).
pub fn priming_event(id: &str) -> Bytes {
    format!("id: {id}\nretry: {RETRY}\ndata:\n\n").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(reader: &mut Reader, count: usize) -> Vec<(String, String)> {
        let mut events = Vec::new();
        for _ in 0..count {
            let (id, text) = reader.next().await.unwrap();
            events.push((id, text.to_string()));
        }
        events
    }

    fn pair(id: &str, text: &str) -> (String, String) {
        (id.to_owned(), text.to_owned())
    }

    #[tokio::test]
    async fn a_stream_is_taken_up_behind_what_was_seen() {
        let streams = Streams::default();
        let stream = streams.open();
        stream.push("a".into());
        stream.push("b".into());
        let mut first = stream.attach(0);
        assert_eq!(read(&mut first, 1).await, [pair("1-1", "a")]);
        let mut again = streams.resume("1-1").unwrap();
        // The first has lost it.
        assert!(first.next().await.is_none());
        stream.push("c".into());
        stream.end();
        assert_eq!(
            read(&mut again, 2).await,
            [pair("1-2", "b"), pair("1-3", "c")]
        );
        assert!(again.next().await.is_none());
        assert!(streams.resume("7-1").is_none());
        assert!(streams.resume("nonsense").is_none());
    }

    #[tokio::test]
    async fn what_is_said_before_the_client_listens_is_kept_within_bounds() {
        let streams = Streams::default();
        for number in 0..MAX_EVENTS + 5 {
            streams.send(number.to_string().into());
        }
        let mut reader = streams.standalone();
        assert_eq!(reader.next().await.unwrap().1, "5");
        let big: ByteString = "x".repeat(MAX_BYTES + 1).into();
        streams.send(big.clone());
        assert_eq!(reader.next().await.unwrap().1, big);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_is_abandoned_when_nobody_comes_back_in_time() {
        let stream = Stream::new(1);
        let reader = stream.attach(0);
        let second = Duration::from_secs(1);
        let abandoned = stream.abandoned(second);
        let mut abandoned = std::pin::pin!(abandoned);
        assert!(
            tokio::time::timeout(second * 5, abandoned.as_mut())
                .await
                .is_err()
        );
        drop(reader);
        assert!(
            tokio::time::timeout(second / 2, abandoned.as_mut())
                .await
                .is_err()
        );
        let back = stream.attach(0);
        assert!(
            tokio::time::timeout(second * 5, abandoned.as_mut())
                .await
                .is_err()
        );
        drop(back);
        assert!(
            tokio::time::timeout(second * 2, abandoned.as_mut())
                .await
                .is_ok()
        );
    }
}
