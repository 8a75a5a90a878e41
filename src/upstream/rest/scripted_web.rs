//! A web server that answers from a script, for tests.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use reqwest::Url;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// What it answers by paths, queries aside, and what it was asked.
#[derive(Default)]
pub(super) struct Web {
    answers: Mutex<HashMap<String, VecDeque<Vec<u8>>>>,
    asked: Mutex<Vec<Asked>>,
}

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub head: String,
    pub body: String,
}

impl Asked {
    /// The request line without the version.
    pub(super) fn line(&self) -> &str {
        let line = self.head.lines().next().unwrap();
        line.strip_suffix(" HTTP/1.1").unwrap()
    }
}

impl Web {
    /// Starts one; its URL ends in a slash.
    pub(super) async fn start() -> (Arc<Self>, Url) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let web = Arc::new(Self::default());
        let this = Arc::clone(&web);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&this)));
            }
        });
        let url = Url::parse(&format!("http://127.0.0.1:{port}/")).unwrap();
        (web, url)
    }

    /// From now on, what it answers at a path: status and headers, and the body. An empty head
    /// hangs up.
    pub(super) fn has(&self, path: &str, head: &str, body: impl AsRef<[u8]>) {
        self.answers.lock().unwrap().remove(path);
        self.has_then(path, head, body);
    }

    /// What it answers at a path when it was asked there once more than it had answers so far.
    pub(super) fn has_then(&self, path: &str, head: &str, body: impl AsRef<[u8]>) {
        let body = body.as_ref();
        let mut answer = Vec::new();
        if !head.is_empty() {
            let length = body.len();
            let head =
                format!("HTTP/1.1 {head}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
            answer.extend_from_slice(head.as_bytes());
            answer.extend_from_slice(body);
        }
        let mut answers = self.answers.lock().unwrap();
        answers
            .entry(path.to_owned())
            .or_default()
            .push_back(answer);
    }

    /// Waits until it was asked so many times more.
    pub(super) async fn is_asked_again(&self, times: usize) {
        let target = self.asked().len() + times;
        tokio::time::timeout(Duration::from_secs(10), async {
            while self.asked().len() < target {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        })
        .await
        .unwrap();
    }

    /// What it was asked so far.
    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, web: Arc<Web>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else {
            return;
        };
        head.push(byte);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).await.unwrap();
    let target = head.split(' ').nth(1).unwrap();
    let path = target.split('?').next().unwrap().to_owned();
    let body = String::from_utf8_lossy(&body).into_owned();
    web.asked.lock().unwrap().push(Asked { head, body });
    let answer = web.answers.lock().unwrap().get_mut(&path).map(|answers| {
        // The last stays.
        if answers.len() > 1 {
            answers.pop_front().unwrap()
        } else {
            answers[0].clone()
        }
    });
    let missing = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let answer = answer.unwrap_or_else(|| missing.to_vec());
    // Whoever asked may be gone.
    let _ = stream.write_all(&answer).await;
}
