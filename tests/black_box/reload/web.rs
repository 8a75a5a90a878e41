//! A web server that gives a config, as slowly or as badly as a test wants.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::gateway::{SOON, wait_until};

/// A web server with one resource, whatever the path.
pub struct Web {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    status: u16,
    content: String,
    is_held: bool,
    asked: usize,
}

impl Web {
    /// Over plain HTTP.
    pub fn start(content: &str) -> Self {
        Self::serve(content)
    }

    fn serve(content: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Mutex::new(Shared {
            status: 200,
            content: content.to_owned(),
            is_held: false,
            asked: 0,
        }));
        let known = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let known = Arc::clone(&known);
                thread::spawn(move || exchange(stream, &known));
            }
        });
        Self { address, shared }
    }

    pub fn url(&self) -> String {
        format!("http://localhost:{}/config.json", self.address.port())
    }

    /// From now on it answers so.
    pub fn give(&self, status: u16, content: &str) {
        let mut shared = self.shared.lock().unwrap();
        shared.status = status;
        content.clone_into(&mut shared.content);
    }

    /// Whether answers are held back.
    pub fn hold(&self, is_held: bool) {
        self.shared.lock().unwrap().is_held = is_held;
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.shared.lock().unwrap().asked
    }

    #[track_caller]
    pub fn wait_until_asked(&self, times: usize) {
        wait_until("the web server is asked", || self.asked() >= times);
    }
}

/// One request, and its answer. Who hangs up, or does not trust us, gets none.
fn exchange(mut stream: impl Read + Write, shared: &Mutex<Shared>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return,
        }
    }
    shared.lock().unwrap().asked += 1;
    let began = Instant::now();
    while shared.lock().unwrap().is_held && began.elapsed() < SOON {
        thread::sleep(Duration::from_millis(10));
    }
    let answer = {
        let shared = shared.lock().unwrap();
        format!(
            "HTTP/1.1 {} Said\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
            shared.status,
            shared.content.len(),
            shared.content
        )
    };
    let _ = stream.write_all(answer.as_bytes());
    let _ = stream.flush();
}
