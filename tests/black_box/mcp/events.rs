//! Answers as they come: whole ones, and streams of events (HTML standard, server-sent events).

use std::io::{BufRead, BufReader, Read};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use crate::gateway::SOON;
use crate::http::Request;

/// An answer whose head has come. A whole body counts as one event.
pub struct Answering {
    pub status: u16,
    headers: Vec<(String, String)>,
    events: Receiver<Event>,
    connection: TcpStream,
}

/// An event of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    pub id: Option<String>,
    pub kind: Option<String>,
    pub retry: Option<String>,
    pub data: String,
}

impl Answering {
    /// Sends the request and waits for the head of its answer.
    #[track_caller]
    pub fn to(request: &Request) -> Self {
        let connection = request.open();
        let mut reader = BufReader::new(connection.try_clone().unwrap());
        let (status, headers) = head(&mut reader);
        let is = |name: &str, value: &str| {
            let mut headers = headers.iter();
            headers.any(|(known, said)| known == name && said.starts_with(value))
        };
        let is_stream = is("content-type", "text/event-stream");
        let mut body: Box<dyn BufRead + Send> = if is("transfer-encoding", "chunked") {
            Box::new(BufReader::new(Chunks::of(reader)))
        } else {
            let length = headers.iter().find(|(name, _)| name == "content-length");
            let length = length.map_or(0, |(_, length)| length.parse().unwrap());
            Box::new(reader.take(length))
        };
        let (sender, events) = channel();
        std::thread::spawn(move || {
            if is_stream {
                while let Some(event) = next_event(&mut body) {
                    let _ = sender.send(event);
                }
            } else {
                let mut data = String::new();
                let _ = body.read_to_string(&mut data);
                let event = Event {
                    data,
                    ..Event::default()
                };
                let _ = sender.send(event);
            }
        });
        Self {
            status,
            headers,
            events,
            connection,
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        if self.status != status {
            let said = self.next();
            panic!("wanted {status}, got {}: {said:?}", self.status);
        }
        self
    }

    pub fn is_stream(&self) -> bool {
        self.header("content-type")
            .is_some_and(|kind| kind.starts_with("text/event-stream"))
    }

    /// The next event; nothing at the end.
    #[track_caller]
    pub fn next(&self) -> Option<Event> {
        match self.events.recv_timeout(SOON) {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("no event within {SOON:?}"),
        }
    }

    /// The next event that is not without a message; nothing at the end.
    #[track_caller]
    pub fn message(&self) -> Option<String> {
        loop {
            let event = self.next()?;
            if !event.data.is_empty() {
                return Some(event.data);
            }
        }
    }

    /// The next message that holds this text; those before it are passed over.
    #[track_caller]
    pub fn message_with(&self, text: &str) -> String {
        loop {
            let message = self.message();
            let message = message.unwrap_or_else(|| panic!("it ended before {text:?} came"));
            if message.contains(text) {
                return message;
            }
        }
    }

    /// Fails if a message comes meanwhile.
    #[track_caller]
    pub fn is_silent_for(&self, time: Duration) {
        if let Ok(event) = self.events.recv_timeout(time) {
            assert!(event.data.is_empty(), "{event:?} came");
        }
    }

    /// Breaks the connection.
    pub fn hang_up(self) {
        let _ = self.connection.shutdown(Shutdown::Both);
    }
}

impl Drop for Answering {
    /// The thread that reads has a share of the connection.
    fn drop(&mut self) {
        let _ = self.connection.shutdown(Shutdown::Both);
    }
}

#[track_caller]
fn head(reader: &mut impl BufRead) -> (u16, Vec<(String, String)>) {
    let mut line = String::new();
    reader.read_line(&mut line).expect("an answer begins");
    let status = line.get(9..12).and_then(|status| status.parse().ok());
    let status = status.unwrap_or_else(|| panic!("no HTTP answer: {line:?}"));
    let mut headers = Vec::new();
    loop {
        line.clear();
        reader.read_line(&mut line).expect("a head goes on");
        let Some((name, value)) = line.trim().split_once(':') else {
            return (status, headers);
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
}

fn next_event(body: &mut impl BufRead) -> Option<Event> {
    let mut event = Event::default();
    let mut line = String::new();
    loop {
        line.clear();
        if body.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end_matches('\n');
        if line.is_empty() {
            if event == Event::default() {
                continue;
            }
            return Some(event);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => event.id = Some(value.to_owned()),
            "event" => event.kind = Some(value.to_owned()),
            "retry" => event.retry = Some(value.to_owned()),
            "data" => event.data.push_str(value),
            _ => {}
        }
    }
}

/// A body in chunks (RFC 9112, 7.1), without what is around them.
struct Chunks<R> {
    inner: R,
    left: usize,
}

impl<R> Chunks<R> {
    fn of(inner: R) -> Self {
        Self { inner, left: 0 }
    }
}

impl<R: BufRead> Read for Chunks<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.left == 0 {
            let mut line = String::new();
            if self.inner.read_line(&mut line)? == 0 {
                return Ok(0);
            }
            let line = line.trim();
            if line.is_empty() {
                continue;
            }
            self.left = usize::from_str_radix(line, 16).map_err(std::io::Error::other)?;
            if self.left == 0 {
                return Ok(0);
            }
        }
        let most = self.left.min(buffer.len());
        let read = self.inner.read(&mut buffer[..most])?;
        self.left -= read;
        Ok(read)
    }
}
