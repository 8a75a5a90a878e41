//! A small HTTP/1.1 client that sends exactly what a test says: paths as written, headers in
//! order and as often as given, bodies that lie about their kind.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// The longest a test waits for one answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(90);

/// A request to be, built up by the methods and sent by [`Request::send`].
pub struct Request {
    address: SocketAddr,
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    request: String,
}

impl Request {
    pub fn new(address: SocketAddr, method: &str, target: &str) -> Self {
        Self {
            address,
            method: method.to_owned(),
            target: target.to_owned(),
            headers: Vec::new(),
            body: None,
        }
    }

    /// Adds a header. `Host` takes the place of the one that is sent otherwise.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn bearer(self, key: &str) -> Self {
        self.header("Authorization", &format!("Bearer {key}"))
    }

    pub fn basic(self, user: &str, password: &str) -> Self {
        use base64::Engine as _;
        let credentials =
            base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
        self.header("Authorization", &format!("Basic {credentials}"))
    }

    /// The body, as it is, of no declared type.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// JSON text, sent as it is written.
    pub fn json_text(self, text: &str) -> Self {
        self.header("Content-Type", "application/json").body(text)
    }

    pub fn json(self, value: &Value) -> Self {
        self.json_text(&value.to_string())
    }

    /// Sends the request and leaves the answer to the caller: for those that go away, or that
    /// read an answer as it comes.
    pub fn open(&self) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).expect("the gateway accepts connections");
        stream.set_read_timeout(Some(ANSWER_WITHIN)).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.write_all(&self.head()).unwrap();
        // A gateway that refuses by the head alone may close before it has read the body.
        let _ = stream.write_all(self.body.as_deref().unwrap_or_default());
        stream
    }

    /// Sends the request and reads the answer to its end.
    pub fn send(self) -> Response {
        let mut stream = self.open();
        let mut bytes = Vec::new();
        if let Err(error) = stream.read_to_end(&mut bytes) {
            // A reset after the answer is what a refused body leads to.
            assert!(
                error.kind() == std::io::ErrorKind::ConnectionReset && !bytes.is_empty(),
                "{} {}: {error} after {} bytes",
                self.method,
                self.target,
                bytes.len()
            );
        }
        let request = format!("{} {}", self.method, self.target);
        Response::parse(&bytes, &request).unwrap_or_else(|| {
            panic!(
                "{request}: not an HTTP answer: {:?}",
                String::from_utf8_lossy(&bytes)
            )
        })
    }

    fn head(&self) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        let has = |name: &str| {
            self.headers
                .iter()
                .any(|(known, _)| known.eq_ignore_ascii_case(name))
        };
        if !has("host") {
            write!(head, "Host: {}\r\n", self.address).unwrap();
        }
        if !has("connection") {
            head.push_str("Connection: close\r\n");
        }
        for (name, value) in &self.headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        if let Some(body) = &self.body
            && !has("content-length")
            && !has("transfer-encoding")
        {
            write!(head, "Content-Length: {}\r\n", body.len()).unwrap();
        }
        head.push_str("\r\n");
        head.into_bytes()
    }
}

impl Response {
    fn parse(bytes: &[u8], request: &str) -> Option<Self> {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&bytes[..end]).ok()?;
        let mut lines = head.split("\r\n");
        let status = lines
            .next()?
            .strip_prefix("HTTP/1.1 ")?
            .get(..3)?
            .parse()
            .ok()?;
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let chunked = headers
            .iter()
            .any(|(name, value)| name == "transfer-encoding" && value == "chunked");
        let rest = &bytes[end + 4..];
        let body = if chunked {
            dechunk(rest)?
        } else {
            rest.to_vec()
        };
        Some(Self {
            status,
            headers,
            body,
            request: request.to_owned(),
        })
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// All values of a header that may be sent in several lines, joined.
    pub fn headers_joined(&self, name: &str) -> String {
        let values: Vec<_> = self
            .headers
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
            .collect();
        values.join(", ")
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{}: no JSON ({error}): {self}", self.request))
    }

    /// The `detail` of an error.
    #[track_caller]
    pub fn detail(&self) -> Value {
        let content_type = self.header("content-type").unwrap_or_default();
        assert!(
            content_type.starts_with("application/json"),
            "an error is JSON: {self}"
        );
        let body = self.json();
        let members = body
            .as_object()
            .unwrap_or_else(|| panic!("an error is an object: {self}"));
        assert_eq!(
            members.keys().collect::<Vec<_>>(),
            ["detail"],
            "an error has `detail` and nothing else: {self}"
        );
        body["detail"].clone()
    }

    /// Fails unless the status is this one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert!(
            self.status == status,
            "{}: wanted {status}, got {self}",
            self.request
        );
        self
    }
}

impl std::fmt::Display for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.status)?;
        for (name, value) in &self.headers {
            write!(f, "\n  {name}: {value}")?;
        }
        let text = self.text();
        let shown: String = text.chars().take(2_000).collect();
        write!(f, "\n  {shown}")
    }
}

/// Takes chunked transfer coding off (RFC 9112, 7.1). `None` where the last chunk is missing.
fn dechunk(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line_end = rest.windows(2).position(|window| window == b"\r\n")?;
        let size = std::str::from_utf8(&rest[..line_end]).ok()?;
        let size = usize::from_str_radix(size.split(';').next()?.trim(), 16).ok()?;
        rest = &rest[line_end + 2..];
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size + 2..)?;
    }
}
