//! Messages framed by lines, with a cap on their length (MCP, stdio transport).

use bytes::BytesMut;
use bytestring::ByteString;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::envelope::parse_id;

/// How much room a read asks for.
const READ_SIZE: usize = 16 * 1024;

/// Lines longer than this don't leave their room behind, in bytes.
const LARGE: usize = 256 * 1024;

/// Reads lines of at most a certain length.
#[derive(Debug)]
pub struct LineReader<R> {
    reader: R,
    buffer: BytesMut,
    /// How much of `buffer` is known to hold no line break.
    searched: usize,
    max_length: usize,
    /// Set while the rest of a line that is too long passes by.
    skipped: Option<(usize, IdScanner)>,
}

/// What a line turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// Text, without its line break.
    Text(ByteString),
    /// A line past the cap; it was not kept.
    TooLong {
        /// Its length in bytes.
        length: usize,
        /// The JSON-RPC id in it, if it has one.
        id: Option<u64>,
    },
    /// A line that is no UTF-8.
    NotUtf8 {
        /// The JSON-RPC id in it, if it has one.
        id: Option<u64>,
    },
}

impl<R: AsyncRead + Unpin> LineReader<R> {
    /// Reads lines of up to `max_length` bytes.
    pub fn new(reader: R, max_length: usize) -> Self {
        Self {
            reader,
            buffer: BytesMut::new(),
            searched: 0,
            max_length,
            skipped: None,
        }
    }

    /// The next line, or `None` at the end. A last line without a line break counts.
    ///
    /// Cancel safe: what was read stays in the buffer.
    pub async fn next(&mut self) -> std::io::Result<Option<Line>> {
        loop {
            let unsearched = self.buffer.get(self.searched..).unwrap_or_default();
            if let Some(at) = memchr::memchr(b'\n', unsearched) {
                let mut line = self.buffer.split_to(self.searched + at + 1);
                self.searched = 0;
                if line.len() > LARGE {
                    // Else the room of the largest line would be kept for good.
                    self.buffer = BytesMut::from(self.buffer.as_ref());
                }
                line.truncate(line.len() - 1);
                return Ok(Some(self.finish(line)));
            }
            self.searched = self.buffer.len();
            if self.searched > self.max_length {
                let (length, scanner) = self.skipped.get_or_insert_default();
                *length += self.buffer.len();
                scanner.feed(&self.buffer);
                self.buffer.clear();
                self.searched = 0;
            }
            self.buffer.reserve(READ_SIZE);
            if self.reader.read_buf(&mut self.buffer).await? == 0 {
                if self.buffer.is_empty() && self.skipped.is_none() {
                    return Ok(None);
                }
                let line = self.buffer.split();
                self.searched = 0;
                return Ok(Some(self.finish(line)));
            }
        }
    }

    /// Turns the end of a line, or all of it, into what the line is.
    fn finish(&mut self, mut line: BytesMut) -> Line {
        if let Some((length, mut scanner)) = self.skipped.take() {
            scanner.feed(&line);
            return Line::TooLong {
                length: length + line.len(),
                id: scanner.id(),
            };
        }
        if line.last() == Some(&b'\r') {
            line.truncate(line.len() - 1);
        }
        if line.len() > self.max_length {
            return Line::TooLong {
                length: line.len(),
                id: find_id(&line),
            };
        }
        let line = line.freeze();
        match ByteString::try_from(line.clone()) {
            Ok(text) => Line::Text(text),
            Err(_) => Line::NotUtf8 { id: find_id(&line) },
        }
    }
}

/// The JSON-RPC id of the response that a text is, although it is not, or not wholly, JSON.
pub fn find_id(text: &[u8]) -> Option<u64> {
    let mut scanner = IdScanner::default();
    scanner.feed(text);
    scanner.id()
}

/// Finds the member `id` of a response in text that is too long to keep, or broken further on,
/// so that the call concerned can be told. Other members of the outermost object say whether
/// it is a response: the ids of the server's own requests are none of ours.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one thing that the text has shown so far"
)]
#[derive(Debug, Default)]
struct IdScanner {
    depth: usize,
    in_string: bool,
    escaped: bool,
    member: Member,
    token: Vec<u8>,
    id: Option<u64>,
    is_message: bool,
    has_method: bool,
}

/// Which part of a member of the outermost object is being read.
#[derive(Debug, Default, PartialEq, Eq)]
enum Member {
    #[default]
    Key,
    Id,
    OtherValue,
}

impl IdScanner {
    /// Longer keys and values are not of interest.
    const MAX_TOKEN: usize = 32;

    fn id(&self) -> Option<u64> {
        self.id.filter(|_| self.is_message && !self.has_method)
    }

    fn feed(&mut self, text: &[u8]) {
        for &byte in text {
            if self.in_string {
                self.string_byte(byte);
                continue;
            }
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    if self.depth == 1 {
                        self.end_member();
                    }
                    self.depth = self.depth.saturating_sub(1);
                }
                b':' if self.depth == 1 => {
                    self.member = match self.token.as_slice() {
                        b"id" => Member::Id,
                        _ => Member::OtherValue,
                    };
                    self.is_message |=
                        matches!(self.token.as_slice(), b"jsonrpc" | b"result" | b"error");
                    self.has_method |= self.token == b"method";
                    self.token.clear();
                }
                b',' if self.depth == 1 => self.end_member(),
                byte if self.depth == 1 && !byte.is_ascii_whitespace() => self.push(byte),
                _ => {}
            }
        }
    }

    fn string_byte(&mut self, byte: u8) {
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' => self.escaped = true,
            b'"' => {
                self.in_string = false;
                return;
            }
            _ => {}
        }
        if self.depth == 1 {
            self.push(byte);
        }
    }

    fn push(&mut self, byte: u8) {
        if self.token.len() < Self::MAX_TOKEN {
            self.token.push(byte);
        }
    }

    fn end_member(&mut self) {
        if self.member == Member::Id {
            self.id = std::str::from_utf8(&self.token).ok().and_then(parse_id);
        }
        self.token.clear();
        self.member = Member::Key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn lines(text: &[u8], max_length: usize) -> Vec<Line> {
        let mut reader = LineReader::new(text, max_length);
        let mut lines = Vec::new();
        while let Some(line) = reader.next().await.unwrap() {
            lines.push(line);
        }
        lines
    }

    fn text(text: &'static str) -> Line {
        Line::Text(ByteString::from_static(text))
    }

    #[tokio::test]
    async fn lines_end_with_a_line_break_of_either_kind_or_with_the_stream() {
        assert_eq!(
            lines(b"a\r\nb\n\nc", 10).await,
            [text("a"), text("b"), text(""), text("c")]
        );
    }

    #[tokio::test]
    async fn a_line_past_the_cap_is_reported_with_its_id_and_the_next_one_is_read() {
        let long = format!(
            "{{\"result\":{{\"id\":5,\"x\":\"{}\"}},\"id\":42}}\nnext\n",
            "\\\"y".repeat(40_000)
        );
        assert_eq!(
            lines(long.as_bytes(), 1000).await,
            [
                Line::TooLong {
                    length: long.len() - 6,
                    id: Some(42)
                },
                text("next")
            ]
        );
    }

    #[tokio::test]
    async fn a_line_that_is_no_utf8_names_its_id() {
        assert_eq!(
            lines(b"{\"id\":3,\"result\":\"\xff\"}\n", 100).await,
            [Line::NotUtf8 { id: Some(3) }]
        );
    }

    #[test]
    fn only_the_outermost_id_counts_even_in_broken_text() {
        assert_eq!(
            find_id(br#"{"jsonrpc":"2.0","id":9,"result":{"te"#),
            Some(9)
        );
        assert_eq!(find_id(br#"{"result":{"id":1},"#), None);
        assert_eq!(find_id(br#"{"error":"\"id\":4,","id": "8" }"#), Some(8));
        assert_eq!(find_id(br#"{"id":3,"msg":"a log line"}"#), None);
        assert_eq!(find_id(br#"{"jsonrpc":"2.0","id":3}"#), Some(3));
        assert_eq!(
            find_id(br#"{"jsonrpc":"2.0","id":3,"params":{},"method":"ping"}"#),
            None
        );
        assert_eq!(
            find_id(br#"{"id":3,"method":"ping","params":{"result":1"#),
            None
        );
        assert_eq!(find_id(b"Starting server..."), None);
    }
}
