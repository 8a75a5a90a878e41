//! A server over HTTP that says what a test wants it to say.

use std::{collections::HashMap, sync::Mutex};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

use super::*;
use crate::http_client::HttpSettings;

const LONG: Duration = Duration::from_mins(1);

/// Has a script answer nothing, and not hang up.
const SILENCE: &str = " ";

/// At the end of a script's stream has it end there.
const END: &str = ": the end\n\n";

/// A request as it came.
struct Received {
    method: String,
    headers: HashMap<String, String>,
    body: Value,
}

impl Received {
    fn rpc_method(&self) -> &str {
        self.body["method"].as_str().unwrap_or_default()
    }

    fn id(&self) -> &Value {
        &self.body["id"]
    }
}

/// A server, with all that it has received.
struct Scripted {
    url: Url,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Scripted {
    /// Answers each request with the text that `script` makes of it; an empty one hangs up.
    async fn start(script: impl Fn(&Received) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let received: Arc<Mutex<Vec<Received>>> = Arc::default();
        let keeping = Arc::clone(&received);
        let script = Arc::new(script);
        tokio::spawn(async move {
            loop {
                let (connection, _) = listener.accept().await.unwrap();
                let (script, keeping) = (Arc::clone(&script), Arc::clone(&keeping));
                tokio::spawn(async move {
                    let mut connection = BufReader::new(connection);
                    let request = receive(&mut connection).await;
                    let answer = script(&request);
                    keeping.lock().unwrap().push(request);
                    if answer != SILENCE {
                        let _ = connection.get_mut().write_all(answer.as_bytes()).await;
                    }
                    if answer == SILENCE
                        || answer.contains("text/event-stream") && !answer.ends_with(END)
                    {
                        // A stream stays open.
                        std::future::pending::<()>().await;
                    }
                });
            }
        });
        Self {
            url: url.parse().unwrap(),
            received,
        }
    }

    fn remote(&self, transport: Transport) -> Arc<Remote> {
        let mut headers = HeaderMap::new();
        headers.insert("x-key", "secret".parse().unwrap());
        Arc::new(Remote {
            name: "scripted".parse().unwrap(),
            transport,
            url: self.url.clone(),
            audience: Audience::Everybody,
            headers,
            authorizer: None,
            client: HttpClient::new(&HttpSettings::default()).unwrap(),
            first_byte_timeout: LONG,
            idle_timeout: None,
            longest_call: LONG,
            max_message_size: 1024 * 1024,
        })
    }

    async fn open(&self, known: Option<&Era>) -> Result<Connection, OpenError> {
        open(&self.remote(Transport::StreamableHttp), known, &Use::Shared).await
    }

    /// Waits until so many messages with a method have come.
    async fn wait_for(&self, method: &str, count: usize) {
        let has_come = async {
            let is_it = |known: &String| known == method;
            while self
                .rpc_methods()
                .iter()
                .filter(|known| is_it(known))
                .count()
                < count
            {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let waited = tokio::time::timeout(LONG / 6, has_come).await;
        assert!(waited.is_ok(), "{method}: {:?}", self.rpc_methods());
    }

    fn count_of(&self, method: &str) -> usize {
        let received = self.received.lock().unwrap();
        received
            .iter()
            .filter(|known| known.method == method)
            .count()
    }

    fn rpc_methods(&self) -> Vec<String> {
        let received = self.received.lock().unwrap();
        let posts = received.iter().filter(|request| request.method == "POST");
        posts
            .map(|request| request.rpc_method().to_owned())
            .collect()
    }
}

async fn receive(connection: &mut BufReader<TcpStream>) -> Received {
    let mut line = String::new();
    connection.read_line(&mut line).await.unwrap();
    let method = line.split(' ').next().unwrap().to_owned();
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        connection.read_line(&mut line).await.unwrap();
        let Some((name, value)) = line.trim().split_once(": ") else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length").map_or("0", String::as_str);
    let mut body = vec![0; length.parse().unwrap()];
    connection.read_exact(&mut body).await.unwrap();
    Received {
        method,
        headers,
        body: serde_json::from_slice(&body).unwrap_or_default(),
    }
}

fn answer(head: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}")
}

fn json_answer(head: &str, body: &Value) -> String {
    answer(
        &format!("{head}\r\ncontent-type: application/json"),
        &body.to_string(),
    )
}

fn stream(events: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/event-stream\r\n\r\n{events}"
    )
}

fn result(request: &Received, result: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": request.id(), "result": result})
}

fn error(request: &Received, code: i64) -> Value {
    let error = json!({"code": code, "message": "no such thing"});
    json!({"jsonrpc": "2.0", "id": request.id(), "error": error})
}

/// What a legacy server says to the handshake; none to whatever else comes.
fn legacy_handshake(request: &Received) -> Option<String> {
    match (request.method.as_str(), request.rpc_method()) {
        ("POST", "initialize") => {
            let initialized = json!({"protocolVersion": "2025-11-25", "capabilities": {},
                "serverInfo": {"name": "scripted", "version": "1"}});
            Some(json_answer(
                "200 OK\r\nmcp-session-id: s1",
                &result(request, &initialized),
            ))
        }
        ("POST", "server/discover") => {
            Some(json_answer("400 Bad Request", &error(request, -32600)))
        }
        ("POST", method) if method.starts_with("notifications/") => {
            Some(answer("202 Accepted", ""))
        }
        ("POST", _) => None,
        ("GET", _) => Some(answer("405 Method Not Allowed", "")),
        _ => Some(answer("200 OK", "")),
    }
}

fn legacy() -> Era {
    Era::Legacy(NEWEST_LEGACY_VERSION)
}

#[tokio::test]
async fn an_event_stream_that_is_redirected_elsewhere_gets_no_messages_and_no_credentials() {
    let elsewhere = Scripted::start(|request| match request.method.as_str() {
        "GET" => stream("event: endpoint\ndata: /take\n\n"),
        _ => answer("202 Accepted", ""),
    })
    .await;
    let target = elsewhere.url.clone();
    let server = Scripted::start(move |_| {
        answer(&format!("307 Temporary Redirect\r\nlocation: {target}"), "")
    })
    .await;
    let remote = server.remote(Transport::Sse);
    let refused = open(&remote, None, &Use::Shared).await.unwrap_err();
    let place = origin(&elsewhere.url);
    assert!(refused.message.contains(&place), "{refused}");
    let received = elsewhere.received.lock().unwrap();
    assert!(received.iter().all(|request| request.method == "GET"));
    assert!(
        !received
            .iter()
            .any(|request| request.headers.contains_key("x-key"))
    );
}

#[tokio::test]
async fn credentials_stay_within_the_configured_origin_whatever_is_posted_where() {
    let server = Scripted::start(|_| answer("202 Accepted", "")).await;
    let elsewhere = Scripted::start(|_| answer("202 Accepted", "")).await;
    let (peer, _outgoing, _notices) = crate::mcp::Peer::new(1024);
    let wire = wire::Wire::new(&server.remote(Transport::Sse), peer);
    for url in [&server.url, &elsewhere.url] {
        let posted = wire
            .post(url, ("{}".into(), None), HeaderMap::new(), false)
            .await;
        assert!(posted.unwrap().status().is_success());
    }
    let sent_to = |server: &Scripted| {
        let received = server.received.lock().unwrap();
        received[0].headers.contains_key("x-key")
    };
    assert!(sent_to(&server));
    assert!(!sent_to(&elsewhere));
}

#[tokio::test]
async fn a_404_ends_the_session_whoever_it_names_unless_the_method_is_unknown() {
    for (code, ends) in [(-32001, true), (-32601, false)] {
        let server = Scripted::start(move |request| {
            legacy_handshake(request)
                .unwrap_or_else(|| json_answer("404 Not Found", &error(request, code)))
        })
        .await;
        let connection = server.open(Some(&legacy())).await.unwrap();
        let peer = connection.session.mcp().unwrap().client().peer();
        let called = peer
            .request("tools/call", |_, line| line.extend_from_slice(b"{}"), None)
            .await;
        if ends {
            let Err(PeerError::Lost { sent, is_last, .. }) = called else {
                panic!("{called:?}");
            };
            assert!(is_last && !sent);
            connection.link.ended().await;
        } else {
            assert!(matches!(called, Err(PeerError::Rpc(_))), "{called:?}");
        }
    }
}

#[tokio::test]
async fn a_server_that_hangs_up_on_the_probe_is_given_initialize_next() {
    let server = Scripted::start(|request| match request.rpc_method() {
        "server/discover" => String::new(),
        _ => legacy_handshake(request).unwrap_or_default(),
    })
    .await;
    let failed = server.open(None).await.unwrap_err();
    assert!(failed.again, "{failed}");
    let connection = server.open(failed.learnt.as_ref()).await.unwrap();
    assert_eq!(connection.session.mcp().unwrap().client().era(), &legacy());
    assert_eq!(server.rpc_methods()[..2], ["server/discover", "initialize"]);
}

#[tokio::test]
async fn a_large_call_that_takes_long_holds_up_neither_others_nor_what_is_urgent() {
    let server = Scripted::start(|request| match request.rpc_method() {
        "slow" => SILENCE.to_owned(),
        "small" | "ping" => json_answer("200 OK", &result(request, &json!({}))),
        _ => legacy_handshake(request).unwrap_or_default(),
    })
    .await;
    let connection = server.open(Some(&legacy())).await.unwrap();
    let peer = connection.session.mcp().unwrap().client().peer();
    let ask = |method: &'static str, length: usize| async move {
        let params = format!(r#"{{"text":"{}"}}"#, "x".repeat(length));
        let write = |_: u64, line: &mut Vec<u8>| line.extend_from_slice(params.as_bytes());
        peer.request(method, write, None).await
    };
    // Two of them take all the room that there is.
    let slow = async { tokio::join!(ask("slow", 1_000_000), ask("slow", 1_000_000)) };
    let others = async {
        server.wait_for("slow", 2).await;
        let small = ask("small", 300_000).await;
        small.and(ask("ping", 0).await)
    };
    tokio::select! {
        _ = slow => panic!("the server is silent"),
        answered = tokio::time::timeout(LONG / 6, others) => {
            answered.unwrap().unwrap();
        }
    }
}

#[tokio::test]
async fn a_session_given_up_ends_after_its_calls_and_what_it_is_asked_meanwhile_is_refused() {
    let server = Scripted::start(|request| match request.rpc_method() {
        "slow" => {
            let question = json!({"jsonrpc": "2.0", "id": "q", "method": "roots/list"});
            stream(&format!("data: {question}\n\n"))
        }
        "gone" => json_answer("404 Not Found", &error(request, -32001)),
        _ => legacy_handshake(request).unwrap_or_else(|| answer("202 Accepted", "")),
    })
    .await;
    let Connection {
        session,
        link,
        notices,
    } = server.open(Some(&legacy())).await.unwrap();
    let peer = session.mcp().unwrap().client().peer().clone();
    let ask = |method: &'static str| {
        let peer = peer.clone();
        async move {
            let write = |_: u64, line: &mut Vec<u8>| line.extend_from_slice(b"{}");
            peer.request(method, write, None).await
        }
    };
    drop(notices);
    assert!(ask("gone").await.is_err());
    let slow = tokio::spawn(ask("slow"));
    server.wait_for("slow", 1).await;
    link.stop().await;
    // The answer to its question has no method.
    server.wait_for("", 1).await;
    assert_eq!(server.count_of("DELETE"), 0, "a call still goes on");
    slow.abort();
    tokio::time::timeout(LONG / 6, async {
        while server.count_of("DELETE") == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_stream_may_be_silent_as_long_as_a_call_and_one_for_changes_much_longer() {
    let server = Scripted::start(|_| String::new()).await;
    let mut remote = Arc::into_inner(server.remote(Transport::Either)).unwrap();
    assert_eq!(remote.answer_timeout(), remote.longest_call);
    assert!(remote.listening_timeout() >= Duration::from_hours(24));
    remote.idle_timeout = Some(LONG / 2);
    assert_eq!(remote.answer_timeout(), LONG / 2);
    assert_eq!(remote.listening_timeout(), LONG / 2);
}

#[tokio::test]
async fn an_event_that_can_t_be_used_fails_a_call_only_where_no_answer_follows() {
    let huge = "x".repeat(2 * 1024 * 1024);
    let server = Scripted::start(move |request| {
        let answer = match request.rpc_method() {
            "answered" => format!("data: {}\n\n", result(request, &json!({}))),
            _ => String::new(),
        };
        let said = format!(r#"{{"method":"notifications/message","params":"{huge}"}}"#);
        legacy_handshake(request)
            .unwrap_or_else(|| stream(&format!("data: {said}\n\n{answer}")) + END)
    })
    .await;
    let connection = server.open(Some(&legacy())).await.unwrap();
    let peer = connection.session.mcp().unwrap().client().peer();
    let write = |_: u64, line: &mut Vec<u8>| line.extend_from_slice(b"{}");
    peer.request("answered", write, None).await.unwrap();
    let unanswered = peer.request("unanswered", write, None).await;
    let Err(PeerError::Unusable(problem)) = unanswered else {
        panic!("{unanswered:?}");
    };
    assert!(problem.contains("--max-line-size"), "{problem}");
}

#[tokio::test]
async fn listening_goes_on_after_a_refusal_that_may_pass_and_ends_where_there_is_no_stream() {
    for (status, again) in [("429 Too Many Requests", true), ("200 OK", false)] {
        let server = Scripted::start(move |request| match request.method.as_str() {
            "GET" => json_answer(status, &error(request, -32000)),
            _ => legacy_handshake(request).unwrap_or_default(),
        })
        .await;
        let connection = server.open(Some(&legacy())).await.unwrap();
        let asked_again = async {
            while server.count_of("GET") < 2 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let patience = Duration::from_secs(if again { 20 } else { 3 });
        let asked_again = tokio::time::timeout(patience, asked_again).await;
        assert_eq!(asked_again.is_ok(), again, "{status}");
        assert_eq!(server.count_of("GET"), 1 + usize::from(again));
        drop(connection);
    }
}
