//! What is no HTTP request: refused before it has a name or a path, so without a body.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::gateway::{Gateway, fixture};

/// All that comes back until the connection is closed.
fn answer(gateway: &Gateway, sent: &[u8]) -> String {
    let mut stream = TcpStream::connect(gateway.address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    // The gateway may hang up before it has read all.
    let _ = stream.write_all(sent);
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn what_is_no_http_request_is_refused_with_an_empty_body_and_nothing_else_suffers() {
    let gateway = Gateway::single(&["--header-timeout", "500ms"], fixture(&[]));
    let head = "GET /health HTTP/1.1\r\nHost: localhost\r\n";
    let large = format!("{head}X-Large: {}\r\n\r\n", "x".repeat(150_000));
    for (sent, status) in [
        ("GET / HTTP/9.9\r\n\r\n", "400 Bad Request"),
        ("nonsense\r\n\r\n", "400 Bad Request"),
        (&format!("{head}No Name: x\r\n\r\n"), "400 Bad Request"),
        (head, "408 Request Timeout"),
        (&large, "431 Request Header Fields Too Large"),
    ] {
        let answer = answer(&gateway, sent.as_bytes());
        let shown: String = sent.chars().take(80).collect();
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}\r\n")),
            "{shown:?}: {answer}"
        );
        assert!(answer.contains("content-length: 0\r\n"), "{answer}");
        assert!(answer.contains("connection: close\r\n"), "{answer}");
        assert!(answer.ends_with("\r\n\r\n"), "{answer}");
        gateway.get("/health").expect(200);
    }
}

#[test]
fn a_chunk_whose_size_is_no_number_is_called_malformed() {
    let gateway = Gateway::single(&[], fixture(&[]));
    gateway.get("/openapi.json").expect(200);
    let sent = "POST /raw_result HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n";
    let answer = answer(&gateway, sent.as_bytes());
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(answer.contains("chunks are malformed"), "{answer}");
}
