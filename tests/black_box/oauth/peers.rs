//! An authorization server, an MCP server that wants its tokens, and a browser that logs in.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use url::Url;

use crate::gateway::peer;
use crate::http::{Request, Response};

/// oidc-provider; see `tests/fixtures/oauth/authorization_server.mjs`.
pub struct AuthorizationServer(Peer);

/// The Python SDK's server; see `tests/fixtures/oauth/resource_server.py`.
pub struct ResourceServer(Peer);

/// A program that says where it listens, ended when it is dropped.
struct Peer {
    child: Child,
    origin: Url,
}

impl AuthorizationServer {
    pub fn start(flags: &[&str]) -> Self {
        let mut command = Command::new("node");
        command
            .arg(fixture("authorization_server.mjs"))
            .args(flags)
            .env("VICEVERSA_OAUTH_PEER", peer("oauth"));
        Self(Peer::start(command))
    }

    pub fn issuer(&self) -> &str {
        self.0.origin.as_str().trim_end_matches('/')
    }

    /// How many times tokens were given in this way.
    pub fn grants(&self, grant_type: &str) -> u64 {
        let grants: Value = self.0.send("GET", "/test/grants").json();
        grants[grant_type].as_u64().unwrap_or_default()
    }

    /// The next request for a token is refused.
    pub fn forget(&self) {
        self.0.send("POST", "/test/forget").expect(200);
    }

    /// From here on users say no.
    pub fn deny(&self) {
        self.0.send("POST", "/test/deny").expect(200);
    }
}

impl ResourceServer {
    pub fn start(server: &AuthorizationServer) -> Self {
        let mut command = Command::new(peer("py-new/bin/python"));
        command
            .arg(fixture("resource_server.py"))
            .arg(server.issuer());
        Self(Peer::start(command))
    }

    pub fn url(&self) -> Url {
        self.0.origin.join("/mcp").unwrap()
    }

    /// From here on the tokens that it has seen are worth nothing.
    pub fn refuse(&self) {
        self.0.send("POST", "/test/refuse").expect(200);
    }

    /// What it answers to a request that carries this `Authorization`.
    pub fn answer(&self, authorization: Option<&str>) -> Response {
        let request = Request::new(address(&self.0.origin), "POST", "/mcp")
            .header("Accept", "application/json, text/event-stream")
            .json_text(
                r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}"#,
            );
        match authorization {
            Some(value) => request.header("Authorization", value).send(),
            None => request.send(),
        }
    }
}

impl Peer {
    fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the peer starts");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let origin = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("listening on ").map(str::to_owned));
        // Nobody reads on: it says no more.
        std::thread::spawn(move || lines.for_each(drop));
        let origin = origin.expect("the peer says where it listens");
        Self {
            child,
            origin: Url::parse(&origin).unwrap(),
        }
    }

    fn send(&self, method: &str, path: &str) -> Response {
        Request::new(address(&self.origin), method, path).send()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.child), Signal::KILL);
        let _ = self.child.wait();
    }
}

fn fixture(name: &str) -> String {
    format!("{}/tests/fixtures/oauth/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn address(url: &Url) -> SocketAddr {
    url.socket_addrs(|| None).unwrap()[0]
}

/// A parameter of a URL's query.
#[track_caller]
pub fn parameter(url: &Url, name: &str) -> String {
    let found = url.query_pairs().find(|(key, _)| key == name);
    let (_, value) = found.unwrap_or_else(|| panic!("no {name} in {url}"));
    value.into_owned()
}

/// Opens a login's URL as somebody's browser would, and gives the callback's URL, to which it
/// is sent at last.
#[track_caller]
pub fn log_in(url: &str) -> Url {
    let start = Url::parse(url).unwrap();
    let callback = parameter(&start, "redirect_uri");
    let mut cookies: BTreeMap<String, String> = BTreeMap::new();
    let mut at = start;
    for _ in 0..12 {
        let target = match at.query() {
            Some(query) => format!("{}?{query}", at.path()),
            None => at.path().to_owned(),
        };
        let jar: Vec<String> = cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let answer = Request::new(address(&at), "GET", &target)
            .header("Cookie", &jar.join("; "))
            .send();
        for (name, value) in &answer.headers {
            if name == "set-cookie" {
                let pair = value.split(';').next().unwrap_or_default();
                if let Some((name, value)) = pair.split_once('=') {
                    cookies.insert(name.to_owned(), value.to_owned());
                }
            }
        }
        let location = answer
            .header("location")
            .unwrap_or_else(|| panic!("{at} is the end of the way: {answer}"))
            .to_owned();
        at = at.join(&location).unwrap();
        if at.as_str().starts_with(&callback) {
            return at;
        }
    }
    panic!("too many redirects: {at}");
}

/// Brings a callback's URL to where it leads.
pub fn visit(url: &Url) -> Response {
    let target = format!("{}?{}", url.path(), url.query().unwrap_or_default());
    Request::new(address(url), "GET", &target).send()
}

/// The one file of tokens in a folder.
pub fn token_file(folder: &std::path::Path) -> std::path::PathBuf {
    let mut files = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            let is_record = path
                .extension()
                .is_some_and(|extension| extension == "json");
            name.starts_with("secured-") && is_record
        });
    let file = files.next().expect("a file of tokens");
    assert_eq!(files.next(), None);
    file
}
