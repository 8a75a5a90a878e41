//! A web server that gives a config, as slowly or as badly as a test wants.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::gateway::{SOON, wait_until};
use crate::tls::SelfSigned;

/// A web server with one resource, whatever the path.
pub struct Web {
    address: SocketAddr,
    scheme: &'static str,
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
        Self::serve("http", content, None)
    }

    /// Over TLS, with this certificate.
    pub fn with_certificate(content: &str, made: &SelfSigned) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let certificate = CertificateDer::from_pem_file(&made.certificate_file).unwrap();
        let key = PrivateKeyDer::from_pem_file(&made.key_file).unwrap();
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        Self::serve("https", content, Some(Arc::new(config)))
    }

    fn serve(scheme: &'static str, content: &str, tls: Option<Arc<ServerConfig>>) -> Self {
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
                let (known, tls) = (Arc::clone(&known), tls.clone());
                thread::spawn(move || answer(stream, tls, &known));
            }
        });
        Self {
            address,
            scheme,
            shared,
        }
    }

    pub fn url(&self) -> String {
        format!(
            "{}://localhost:{}/config.json",
            self.scheme,
            self.address.port()
        )
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

fn answer(stream: TcpStream, tls: Option<Arc<ServerConfig>>, shared: &Mutex<Shared>) {
    match tls {
        None => exchange(stream, shared),
        Some(config) => {
            let connection = ServerConnection::new(config).unwrap();
            exchange(StreamOwned::new(connection, stream), shared);
        }
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
