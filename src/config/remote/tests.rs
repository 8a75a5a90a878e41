use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::cli::arguments::parse_from;
use crate::config::environment::Environment;
use crate::config::reader::ConfigReader;
use crate::config::watch::ConfigWatch;

/// A web server with one resource.
struct Web {
    origin: String,
    /// The head of the answer and its body; none: it hangs up.
    answer: Mutex<Option<(String, String)>>,
    /// The statuses that it gave.
    given: Mutex<Vec<u16>>,
}

impl Web {
    async fn start(head: &str, body: &str) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let web = Arc::new(Self {
            origin: format!("http://{}", listener.local_addr().unwrap()),
            answer: Mutex::new(Some((head.to_owned(), body.to_owned()))),
            given: Mutex::default(),
        });
        let this = Arc::clone(&web);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut asked = Vec::new();
                while !asked.ends_with(b"\r\n\r\n") {
                    let mut part = [0; 1024];
                    let length = stream.read(&mut part).await.unwrap();
                    asked.extend_from_slice(&part[..length]);
                }
                let answer = this.answer(&String::from_utf8(asked).unwrap());
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        web
    }

    fn has(&self, head: &str, body: &str) {
        *self.answer.lock().unwrap() = Some((head.to_owned(), body.to_owned()));
    }

    /// The tag of the resource is its body, which is asked for in vain by whoever has it.
    fn answer(&self, asked: &str) -> String {
        let Some((head, body)) = self.answer.lock().unwrap().clone() else {
            return String::new();
        };
        let tag = format!(
            "\"{}\"",
            body.len() + body.bytes().map(usize::from).sum::<usize>()
        );
        let asked = asked.to_ascii_lowercase();
        let is_known = asked.contains(&format!("if-none-match: {tag}"));
        let (head, body) = if is_known {
            ("304 Not Modified".to_owned(), String::new())
        } else {
            (head, body)
        };
        self.given.lock().unwrap().push(head[..3].parse().unwrap());
        format!(
            "HTTP/1.1 {head}\r\nETag: {tag}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
    }
}

fn reader(line: &str) -> ConfigReader {
    let words = line.split_whitespace().map(Into::into);
    let line = std::iter::once("viceversa".into()).chain(words);
    ConfigReader::new(parse_from(line).unwrap().serve, Environment::default())
}

fn config(name: &str) -> String {
    format!(r#"{{"mcpServers": {{"{name}": {{"command": "x"}}}}}}"#)
}

async fn changed(watch: &mut ConfigWatch) {
    let changed = timeout(Duration::from_secs(5), watch.changed());
    changed.await.expect("the change is noticed");
}

async fn message(line: &str) -> String {
    match reader(line).read().await {
        Ok(_) => panic!("this was accepted: {line}"),
        Err(error) => format!("{error} [exit {}]", error.exit_code()),
    }
}

#[tokio::test]
async fn a_config_of_the_web_is_read_and_followed() {
    let web = Web::start("200 OK", &config("a")).await;
    let mut reader = reader(&format!(
        "--config {}/config.json --poll-interval 1s",
        web.origin
    ));
    let servers = async |reader: &mut ConfigReader| {
        let config = reader.read().await.unwrap();
        config
            .servers
            .keys()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    assert_eq!(servers(&mut reader).await, ["a"]);
    let mut watch = reader.watch();
    let nothing = timeout(Duration::from_millis(2500), watch.changed());
    assert!(nothing.await.is_err());
    assert_eq!(*web.given.lock().unwrap(), [200, 304, 304]);

    web.has("200 OK", &config("b"));
    changed(&mut watch).await;
    // As long as it is not read it is told of.
    changed(&mut watch).await;
    assert_eq!(servers(&mut reader).await, ["b"]);

    // What can't be had for a while is no change.
    *web.answer.lock().unwrap() = None;
    let nothing = timeout(Duration::from_millis(2500), watch.changed());
    assert!(nothing.await.is_err());
    let error = reader.read().await.unwrap_err().to_string();
    assert!(error.contains("/config.json can't be fetched: "), "{error}");

    // After a reading that failed anything is.
    web.has("200 OK", &config("b"));
    changed(&mut watch).await;
    assert_eq!(servers(&mut reader).await, ["b"]);

    // Polls go on where they were given up.
    web.has("200 OK", &config("c"));
    let told = async {
        while timeout(Duration::from_millis(20), watch.changed())
            .await
            .is_err()
        {}
    };
    timeout(Duration::from_secs(5), told).await.unwrap();
    assert_eq!(servers(&mut reader).await, ["c"]);
}

#[tokio::test]
async fn a_config_of_the_web_is_in_the_format_that_its_name_or_its_type_says() {
    let yaml = "mcpServers: {a: {command: x}}";
    let toml = "[mcpServers.a]\ncommand = 'x'";
    for (path, head, body) in [
        (
            "/config.yaml",
            "200 OK\r\nContent-Type: application/json",
            yaml,
        ),
        (
            "/config",
            "200 OK\r\nContent-Type: application/yaml; charset=utf-8",
            yaml,
        ),
        ("/config", "200 OK\r\nContent-Type: application/toml", toml),
        ("/config", "200 OK\r\nContent-Type: text/plain", toml),
        ("/config.toml?x=y.json", "200 OK", toml),
    ] {
        let web = Web::start(head, body).await;
        let read = reader(&format!("--config {}{path}", web.origin))
            .read()
            .await;
        assert!(read.unwrap().servers.contains_key("a"), "{path} {head}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_location_is_told_without_its_secrets() {
    let mut messages = Vec::new();
    for line in [
        "--config http://example.com/config.json?hush",
        "--config https://",
        "--config s3://bucket",
        "--config s3:///key",
        "--config ssm:",
        "--config ftp://example.com/config.json",
        "--config=",
    ] {
        messages.push(format!("{line}\n=> {}\n", message(line).await));
    }
    for (head, body) in [
        ("404 Not Found", ""),
        ("403 Forbidden", "hush"),
        ("302 Found\r\nLocation: ftp://x", ""),
        ("200 OK", "{\"mcpServers\": 5}"),
        ("200 OK", "{\"mcpServers\""),
    ] {
        let web = Web::start(head, body).await;
        let origin = web.origin.replace("//", "//hush:hush@");
        let told = message(&format!("--config {origin}/c.json?hush#hush")).await;
        let told = told.replace(&web.origin, "ORIGIN");
        messages.push(format!("{head} {body}\n=> {told}\n"));
    }
    let messages = messages.join("\n");
    let told = messages.lines().filter(|line| line.starts_with("=>"));
    assert!(
        told.clone().all(|line| !line.contains("hush")),
        "{messages}"
    );
    insta::assert_snapshot!(messages);
}
