//! The least that can stand between REST and a stdio server: the yardstick of `benches/load`.
//!
//! A handler writes the `tools/call` line to the child and waits for its line. No policy, no
//! validation, no authentication, no documents, no error handling worth the name.
//!
//! `minimal-bridge PORT COMMAND [ARGS...]`

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a yardstick that nobody runs but the benchmark"
)]

use std::collections::HashMap;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use actix_web::{App, HttpResponse, HttpServer, web};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::sync::{mpsc, oneshot};

/// What the workers share.
struct Bridge {
    lines: mpsc::UnboundedSender<String>,
    waiters: Mutex<HashMap<u64, oneshot::Sender<Bytes>>>,
    next_id: AtomicU64,
}

/// A response, as far as it is read.
#[derive(Deserialize)]
struct Answer<'a> {
    id: u64,
    #[serde(borrow)]
    result: &'a RawValue,
}

impl Bridge {
    /// Sends a request and waits for the text of its result.
    async fn ask(&self, method: &str, params: &str) -> Bytes {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let (sender, receiver) = oneshot::channel();
        self.waiters.lock().unwrap().insert(id, sender);
        let line = format!(
            "{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"{method}\",\"params\":{params}}}\n"
        );
        self.lines.send(line).expect("the writer runs");
        receiver.await.expect("the reader runs")
    }
}

async fn call(bridge: web::Data<Bridge>, tool: web::Path<String>, body: Bytes) -> HttpResponse {
    let arguments = std::str::from_utf8(&body).expect("JSON is UTF-8");
    let params = format!("{{\"name\":\"{tool}\",\"arguments\":{arguments}}}");
    let result = bridge.ask("tools/call", &params).await;
    HttpResponse::Ok()
        .content_type("application/json")
        .body(result)
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let port = arguments
        .next()
        .and_then(|port| port.parse().ok())
        .expect("a port comes first");
    let mut child = tokio::process::Command::new(arguments.next().expect("a command comes second"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut stdin = child.stdin.take().expect("stdin is a pipe");
    let mut stdout = BufReader::with_capacity(1 << 16, child.stdout.take().expect("a pipe"));

    let (lines, mut to_write) = mpsc::unbounded_channel::<String>();
    let bridge = web::Data::from(Arc::new(Bridge {
        lines,
        waiters: Mutex::default(),
        next_id: AtomicU64::new(1),
    }));

    let writer = async move {
        let mut batch = Vec::new();
        while to_write.recv_many(&mut batch, 64).await > 0 {
            let text = batch.concat();
            batch.clear();
            stdin
                .write_all(text.as_bytes())
                .await
                .expect("the child reads");
        }
    };
    tokio::spawn(writer);

    let waiting = bridge.clone();
    let reader = async move {
        let mut line = Vec::new();
        while stdout
            .read_until(b'\n', &mut line)
            .await
            .is_ok_and(|read| read > 0)
        {
            if let Ok(answer) = serde_json::from_slice::<Answer<'_>>(&line) {
                let waiter = waiting.waiters.lock().unwrap().remove(&answer.id);
                if let Some(waiter) = waiter {
                    let _ = waiter.send(Bytes::copy_from_slice(answer.result.get().as_bytes()));
                }
            }
            line.clear();
        }
    };
    tokio::spawn(reader);

    let hello = r#"{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"minimal-bridge","version":"0"}}"#;
    bridge.ask("initialize", hello).await;
    let initialized = "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n";
    bridge
        .lines
        .send(initialized.to_owned())
        .expect("the writer runs");

    println!("listening on http://127.0.0.1:{port}");
    HttpServer::new(move || {
        App::new()
            .app_data(bridge.clone())
            .route("/{tool}", web::post().to(call))
    })
    .workers(2)
    .bind(("127.0.0.1", port))?
    .run()
    .await
}
