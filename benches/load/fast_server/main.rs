//! An MCP server that costs as little as possible, for load tests: one thread, one tool `echo`,
//! and on stdio all answers to what one read brought in one write.
//!
//! `fast-server` speaks on stdio, `fast-server PORT` streamable HTTP on that port.
//!
//! It speaks the legacy versions by `initialize` and 2026-07-28 by `server/discover`.

mod http;

use std::io::{Error, ErrorKind, Read as _, Write as _};

use memchr::memchr_iter;
use serde::Deserialize;
use serde_json::value::RawValue;

const BUFFER_BYTES: usize = 1 << 18;

const TOOLS: &str = r#""tools":[{"name":"echo","description":"Gives the text back","inputSchema":{"type":"object","properties":{"text":{"type":"string"}},"required":["text"]},"annotations":{"readOnlyHint":true}}]"#;
const SERVER_INFO: &str = r#"{"name":"fast-server","version":"1.0.0"}"#;

#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    method: Option<&'a str>,
    #[serde(borrow)]
    params: Option<Params<'a>>,
}

#[derive(Deserialize)]
struct Params<'a> {
    #[serde(borrow, rename = "protocolVersion")]
    protocol_version: Option<&'a RawValue>,
    #[serde(borrow)]
    arguments: Option<Arguments<'a>>,
    #[serde(borrow, rename = "_meta")]
    meta: Option<Meta<'a>>,
}

#[derive(Deserialize)]
struct Arguments<'a> {
    #[serde(borrow)]
    text: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Meta<'a> {
    #[serde(borrow, rename = "io.modelcontextprotocol/protocolVersion")]
    protocol_version: Option<&'a RawValue>,
}

fn main() -> std::io::Result<()> {
    match std::env::args().nth(1).map(|port| port.parse()) {
        None => speak(),
        Some(Ok(port)) => http::serve(port),
        Some(Err(_)) => Err(Error::new(
            ErrorKind::InvalidInput,
            "a port comes first, or nothing",
        )),
    }
}

/// Speaks on stdio, until nobody does.
fn speak() -> std::io::Result<()> {
    let mut stdin = std::io::stdin().lock();
    let mut stdout = std::io::stdout().lock();
    let mut unread = Vec::with_capacity(BUFFER_BYTES);
    let mut chunk = vec![0; BUFFER_BYTES];
    let mut answers = Vec::with_capacity(BUFFER_BYTES);
    loop {
        let length = stdin.read(&mut chunk)?;
        if length == 0 {
            return Ok(());
        }
        unread.extend_from_slice(chunk.get(..length).unwrap_or_default());
        let mut start = 0;
        for end in memchr_iter(b'\n', &unread) {
            if let Some(line) = unread.get(start..end) {
                answer(line, &mut answers);
            }
            start = end + 1;
        }
        unread.drain(..start);
        stdout.write_all(&answers)?;
        stdout.flush()?;
        answers.clear();
    }
}

/// Appends the answer to one line, if it asks for one.
fn answer(line: &[u8], answers: &mut Vec<u8>) {
    let Ok(request) = serde_json::from_slice::<Request<'_>>(line) else {
        return;
    };
    let (Some(id), Some(method)) = (request.id, request.method) else {
        return;
    };
    let params = request.params.as_ref();
    let is_stateless = params
        .and_then(|params| params.meta.as_ref())
        .is_some_and(|meta| meta.protocol_version.is_some());
    let (complete, cacheable) = if is_stateless {
        (
            r#""resultType":"complete","#,
            r#""resultType":"complete","ttlMs":3600000,"cacheScope":"public","#,
        )
    } else {
        ("", "")
    };
    let mut append = |parts: &[&str]| {
        for part in [r#"{"jsonrpc":"2.0","id":"#, id.get(), ","]
            .iter()
            .chain(parts)
        {
            answers.extend_from_slice(part.as_bytes());
        }
        answers.extend_from_slice(b"}\n");
    };
    match method {
        "tools/call" => {
            let text = params
                .and_then(|params| params.arguments.as_ref())
                .and_then(|arguments| arguments.text)
                .map_or(r#""""#, RawValue::get);
            append(&[
                r#""result":{"#,
                complete,
                r#""content":[{"type":"text","text":"#,
                text,
                "}]}",
            ]);
        }
        "tools/list" => append(&[r#""result":{"#, cacheable, TOOLS, "}"]),
        "ping" => append(&[r#""result":{}"#]),
        "initialize" => {
            let version = params
                .and_then(|params| params.protocol_version)
                .map_or(r#""2025-11-25""#, RawValue::get);
            append(&[
                r#""result":{"protocolVersion":"#,
                version,
                r#","capabilities":{"tools":{}},"serverInfo":"#,
                SERVER_INFO,
                "}",
            ]);
        }
        "server/discover" if is_stateless => append(&[
            r#""result":{"#,
            cacheable,
            r#""supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"_meta":{"io.modelcontextprotocol/serverInfo":"#,
            SERVER_INFO,
            "}}",
        ]),
        _ => append(&[r#""error":{"code":-32601,"message":"Method not found"}"#]),
    }
}
