//! Reads server-sent events (WHATWG HTML, 9.2.6), with a cap on their size.
//!
//! Lines end with LF or CR LF; a CR alone, which the format also admits, ends none. As the
//! format demands, unknown fields and comments are passed over: proxies add some. The data of
//! an event on one line, as JSON-RPC messages are, shares the bytes that were read.

use std::time::Duration;

use bytestring::ByteString;
use tokio::io::AsyncRead;

use crate::mcp::lines::{Line, LineReader};

/// The longest pause before reconnecting that a server can ask for.
const MAX_RETRY: Duration = Duration::from_mins(1);

/// Reads the events of a stream.
#[derive(Debug)]
pub struct EventReader<R> {
    lines: LineReader<R>,
    max_size: usize,
    idle_timeout: Duration,
    is_first_line: bool,
    last_id: Option<String>,
    retry: Option<Duration>,
}

/// What comes on a stream.
#[derive(Debug, PartialEq, Eq)]
pub enum Item {
    /// An event with data.
    Event {
        /// Its type; `message` where it has none.
        kind: ByteString,
        /// Its data.
        data: ByteString,
    },
    /// An event that can't be used; it was not kept.
    Unusable {
        /// Why.
        problem: String,
        /// The JSON-RPC id in it, if it has one.
        id: Option<u64>,
    },
}

/// Why a stream can't be read on.
#[derive(Debug, thiserror::Error)]
pub enum EventStreamError {
    /// The connection broke.
    #[error("the event stream broke off: {0}")]
    Broken(#[from] std::io::Error),
    /// Nothing came for too long, not even a comment.
    #[error("the event stream was silent for {} s", .0.as_secs_f32())]
    Stalled(Duration),
}

/// An event whose end has not come yet.
#[derive(Default)]
struct Unfinished {
    kind: Option<ByteString>,
    data: Option<Data>,
    length: usize,
    unusable: Option<(String, Option<u64>)>,
}

enum Data {
    OneLine(ByteString),
    Lines(String),
}

impl<R: AsyncRead + Unpin> EventReader<R> {
    /// Reads events of up to `max_size` bytes, of which lines may be apart by `idle_timeout`.
    pub fn new(reader: R, max_size: usize, idle_timeout: Duration) -> Self {
        Self {
            lines: LineReader::new(reader, max_size),
            max_size,
            idle_timeout,
            is_first_line: true,
            last_id: None,
            retry: None,
        }
    }

    /// Changes how long the stream may be silent from here on.
    pub fn set_idle_timeout(&mut self, idle_timeout: Duration) {
        self.idle_timeout = idle_timeout;
    }

    /// The id of the last event, for `Last-Event-ID`.
    pub fn last_id(&self) -> Option<&str> {
        self.last_id.as_deref().filter(|id| !id.is_empty())
    }

    /// How long the server asks to wait before reconnecting.
    pub fn retry(&self) -> Option<Duration> {
        self.retry
    }

    /// The next event that has data; none at the end of the stream. An event that the end cuts
    /// short is dropped, as the format demands. Not cancel safe.
    pub async fn next(&mut self) -> Result<Option<Item>, EventStreamError> {
        let mut event = Unfinished::default();
        let mut id = None;
        loop {
            let line = tokio::time::timeout(self.idle_timeout, self.lines.next())
                .await
                .map_err(|_| EventStreamError::Stalled(self.idle_timeout))??;
            let line = match line {
                Some(Line::Text(line)) => line,
                Some(Line::TooLong { length, id }) => {
                    event.refuse(self.too_long(length), id);
                    continue;
                }
                Some(Line::NotUtf8 { id }) => {
                    event.refuse("the server sent an event that is no UTF-8".into(), id);
                    continue;
                }
                None => return Ok(None),
            };
            let line = self.without_mark(line);
            if line.is_empty() {
                if let Some(id) = id.take() {
                    self.last_id = Some(id);
                }
                match std::mem::take(&mut event).finish() {
                    Some(item) => return Ok(Some(item)),
                    None => continue,
                }
            }
            let (field, value) = split(&line);
            match field {
                "data" => {
                    event.push(value);
                    if event.length > self.max_size {
                        event.refuse(self.too_long(event.length), None);
                    }
                }
                "event" => event.kind = Some(value),
                "id" if !value.contains('\0') => id = Some(value.to_string()),
                "retry" => {
                    let millis = value.parse().ok().map(Duration::from_millis);
                    self.retry = millis.map(|retry| retry.min(MAX_RETRY)).or(self.retry);
                }
                _ => {}
            }
        }
    }

    /// A stream may begin with a byte order mark.
    fn without_mark(&mut self, line: ByteString) -> ByteString {
        if std::mem::take(&mut self.is_first_line)
            && let Some(rest) = line.strip_prefix('\u{feff}')
        {
            return line.slice_ref(rest);
        }
        line
    }

    fn too_long(&self, length: usize) -> String {
        format!(
            "the server sent an event of {length} bytes or more, more than the {} that are taken \
             (--max-line-size)",
            self.max_size
        )
    }
}

impl Unfinished {
    fn push(&mut self, line: ByteString) {
        self.length += line.len() + 1;
        if self.unusable.is_some() {
            return;
        }
        self.data = Some(match self.data.take() {
            None => Data::OneLine(line),
            Some(Data::OneLine(first)) => Data::Lines(format!("{first}\n{line}")),
            Some(Data::Lines(mut lines)) => {
                lines.push('\n');
                lines.push_str(&line);
                Data::Lines(lines)
            }
        });
    }

    /// What was kept is given up, but for the id in it.
    fn refuse(&mut self, problem: String, id: Option<u64>) {
        let data = self.data.take().map(Data::into_text);
        let id = id.or_else(|| crate::mcp::lines::find_id(data?.as_bytes()));
        self.unusable.get_or_insert((problem, id));
    }

    fn finish(self) -> Option<Item> {
        if let Some((problem, id)) = self.unusable {
            return Some(Item::Unusable { problem, id });
        }
        // An event without data only says where the stream is.
        let data = self
            .data
            .map(Data::into_text)
            .filter(|data| !data.is_empty())?;
        Some(Item::Event {
            kind: self.kind.unwrap_or(ByteString::from_static("message")),
            data,
        })
    }
}

impl Data {
    fn into_text(self) -> ByteString {
        match self {
            Self::OneLine(line) => line,
            Self::Lines(lines) => lines.into(),
        }
    }
}

/// A line's field and value; one space after the colon belongs to neither.
fn split(line: &ByteString) -> (&str, ByteString) {
    match line.split_once(':') {
        Some((field, value)) => {
            let value = value.strip_prefix(' ').unwrap_or(value);
            (field, line.slice_ref(value))
        }
        None => (line, ByteString::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(5);

    async fn items(text: &str, max_size: usize) -> Vec<Item> {
        let mut reader = EventReader::new(text.as_bytes(), max_size, PATIENCE);
        let mut items = Vec::new();
        while let Some(item) = reader.next().await.unwrap() {
            items.push(item);
        }
        items
    }

    fn event(kind: &'static str, data: &'static str) -> Item {
        Item::Event {
            kind: ByteString::from_static(kind),
            data: ByteString::from_static(data),
        }
    }

    #[tokio::test]
    async fn events_are_read_as_the_standard_says() {
        let stream = "\u{feff}: a comment\n\nevent: endpoint\ndata: /here\n\n\
                      data:{\r\ndata: }\r\nnobody: knows\r\ndata\r\n\r\nid: 3\n\ndata: cut short\n";
        assert_eq!(
            items(stream, 100).await,
            [event("endpoint", "/here"), event("message", "{\n}\n")]
        );
    }

    #[tokio::test]
    async fn the_last_id_and_the_pause_that_the_server_asks_for_are_kept() {
        let stream = "id: 7\nretry: 250\ndata:\n\nid: 8\nretry: soon\ndata: x\n\nid: 9\ndata: y\n";
        let mut reader = EventReader::new(stream.as_bytes(), 100, PATIENCE);
        assert_eq!(reader.next().await.unwrap(), Some(event("message", "x")));
        assert_eq!(reader.last_id(), Some("8"));
        assert_eq!(reader.retry(), Some(Duration::from_millis(250)));
        assert_eq!(reader.next().await.unwrap(), None);
        assert_eq!(reader.last_id(), Some("8"), "the event 9 never ended");
    }

    #[tokio::test]
    async fn an_event_past_the_cap_is_reported_with_its_id_and_the_next_one_is_read() {
        let long = format!("data: {{\"id\":5,\"result\":\"{}\"}}\n\n", "x".repeat(200));
        let many = format!(
            "data: {{\"id\":6,\"result\":\"\",\n{}\n",
            "data: 0123456789\n".repeat(20)
        );
        let read = items(&format!("{long}{many}data: next\n\n"), 100).await;
        let ids: Vec<_> = read
            .iter()
            .map(|item| match item {
                Item::Unusable { id, .. } => *id,
                Item::Event { .. } => None,
            })
            .collect();
        assert_eq!(ids, [Some(5), Some(6), None]);
        assert_eq!(read.last(), Some(&event("message", "next")));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_says_nothing_at_all_is_given_up() {
        let (ours, _theirs) = tokio::io::duplex(64);
        let mut reader = EventReader::new(ours, 100, PATIENCE);
        assert!(matches!(
            reader.next().await,
            Err(EventStreamError::Stalled(PATIENCE))
        ));
    }
}
