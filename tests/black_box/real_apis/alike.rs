//! One operation called in three ways.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use url::Url;

use crate::gateway::{Gateway, peer};
use crate::http::{Request, Response};
use crate::mcp::callers::{Caller as _, Client};

pub type Headers = &'static [(&'static str, &'static str)];

/// A request as one who knows the API by heart writes it.
pub struct Ask {
    /// Its method, and the path as the document has it.
    operation: &'static str,
    pub target: &'static str,
    pub headers: Headers,
    /// The media type and the body.
    pub body: Option<(&'static str, &'static str)>,
}

impl Ask {
    pub const fn new(operation: &'static str, target: &'static str) -> Self {
        Self {
            operation,
            target,
            headers: &[],
            body: None,
        }
    }

    fn method(&self) -> &'static str {
        self.operation.split_once(' ').unwrap().0
    }

    /// What an error is about.
    fn words(&self) -> String {
        let path = self.target.split('?').next().unwrap();
        format!("{} {path}", self.method())
    }

    /// The same at another place of the API.
    fn request(&self, address: SocketAddr, target: &str) -> Request {
        let mut request = Request::new(address, self.method(), target);
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        match self.body {
            Some((media_type, body)) => request.header("Content-Type", media_type).body(body),
            // RFC 9110 section 8.6: where a body would mean something, its length is said.
            None if matches!(self.method(), "POST" | "PUT" | "PATCH") => request.body(""),
            None => request,
        }
    }
}

/// What an answer comes to, whichever way it came.
#[derive(Debug, PartialEq)]
pub struct Seen {
    pub status: u16,
    /// Without its parameters. Not known where MCP has no place for it.
    pub media_type: Option<String>,
    pub body: Body,
}

#[derive(Debug, PartialEq)]
pub enum Body {
    /// One value, or one a line.
    Json(Vec<Value>),
    Other(Vec<u8>),
}

impl Body {
    /// JSON where it is declared and is so.
    fn of(media_type: Option<&str>, bytes: Vec<u8>) -> Self {
        if media_type.is_some_and(|kind| kind.ends_with("json"))
            && let Ok(values) = serde_json::Deserializer::from_slice(&bytes)
                .into_iter()
                .collect::<Result<_, _>>()
        {
            return Self::Json(values);
        }
        Self::Other(bytes)
    }
}

/// Asks an API itself. A GET follows redirects, as the gateway does.
#[track_caller]
pub fn directly(ask: &Ask, origin: &Url) -> Seen {
    let address = origin.socket_addrs(|| None).unwrap()[0];
    let mut at = origin.join(ask.target).unwrap();
    let mut answer = ask.request(address, ask.target).send();
    for _ in 0..5 {
        let is_followed = matches!(answer.status, 301 | 302 | 303 | 307 | 308);
        let Some(location) = answer.header("location") else {
            break;
        };
        if !is_followed || ask.method() != "GET" {
            break;
        }
        at = at.join(location).unwrap();
        let next = &at[url::Position::BeforePath..url::Position::AfterQuery];
        answer = ask.request(address, next).send();
    }
    seen(answer)
}

/// Calls the tool over REST.
#[track_caller]
pub fn over_rest(gateway: &Gateway, server: &str, tool: &str, arguments: &str) -> Seen {
    let answer = gateway.call_text(&format!("/{server}/{tool}"), arguments);
    assert_eq!(
        answer.header("x-upstream-status"),
        Some(&*answer.status.to_string()),
        "not the API's own answer to {tool}: {answer}"
    );
    seen(answer)
}

/// Calls the tool over streamable HTTP. An error is told to be about what is asked.
#[track_caller]
pub fn over_mcp(client: &Client<'_>, tool: &str, arguments: &str, ask: &Ask) -> Seen {
    let result = client.call(tool, arguments).value();
    let http = &result["_meta"]["viceversa/http"];
    let status = http["status"]
        .as_u64()
        .map_or(200, |status| u16::try_from(status).unwrap());
    let content = result["content"].as_array().unwrap();
    assert!(content.len() < 2, "{result:#}");
    assert_eq!(
        result["isError"] == true,
        !(200..300).contains(&status),
        "{result:#}"
    );
    let Some(content) = content.first() else {
        return Seen {
            status,
            media_type: None,
            body: Body::Other(Vec::new()),
        };
    };
    let (media_type, bytes) = match content["type"].as_str().unwrap() {
        "text" => {
            let text = content["text"].as_str().unwrap();
            let text = if status < 300 {
                text
            } else {
                said_of_error(text, &ask.words(), status)
            };
            (None, text.as_bytes().to_vec())
        }
        "image" | "audio" => (
            content["mimeType"].as_str(),
            STANDARD.decode(content["data"].as_str().unwrap()).unwrap(),
        ),
        "resource" => {
            let resource = &content["resource"];
            let blob = STANDARD.decode(resource["blob"].as_str().unwrap());
            (resource["mimeType"].as_str(), blob.unwrap())
        }
        other => panic!("{other}: {result:#}"),
    };
    if let Some(structured) = result.get("structuredContent") {
        let text: Value = serde_json::from_slice(&bytes).unwrap();
        // What may be no object stands in one, also when it is.
        let is_wrapped = *structured == json!({ "result": text });
        assert!(*structured == text || is_wrapped, "{result:#}");
        assert!(is_wrapped || text.is_object(), "{result:#}");
    }
    Seen {
        status,
        media_type: media_type.map(str::to_owned),
        body: Body::Other(bytes),
    }
}

/// The body of which an error tells.
#[track_caller]
fn said_of_error<'t>(text: &'t str, asked: &str, status: u16) -> &'t str {
    let start = format!("{asked} was answered with {status} ");
    let rest = text.strip_prefix(&start);
    let rest = rest.unwrap_or_else(|| panic!("not {start:?}: {text:?}"));
    if let Some((_, body)) = rest.split_once(":\n") {
        return body;
    }
    assert!(rest.contains(", without a body"), "{text:?}");
    ""
}

/// Fails unless what MCP tells is what the API said, as far as MCP has a place for it.
#[track_caller]
pub fn assert_told(what: &str, told: Seen, own: &Seen) {
    assert_eq!(told.status, own.status, "{what}: {told:?}");
    if told.media_type.is_some() {
        assert_eq!(told.media_type, own.media_type, "{what}");
    }
    let body = match (told.body, &own.body) {
        (Body::Other(bytes), Body::Json(_)) => Body::of(Some("json"), bytes),
        // Errors are told without the space around them.
        (Body::Other(bytes), Body::Other(own)) if told.status >= 300 => {
            let own = String::from_utf8_lossy(own);
            assert_eq!(String::from_utf8_lossy(&bytes), own.trim(), "{what}");
            return;
        }
        (body, _) => body,
    };
    assert_eq!(body, own.body, "{what}");
}

fn seen(answer: Response) -> Seen {
    let media_type = answer.header("content-type").map(|value| {
        let essence = value.split(';').next().unwrap_or_default();
        essence.trim().to_owned()
    });
    let bytes = match answer.header("content-encoding") {
        Some(coding) => decoded(coding, &answer.body),
        None => answer.body,
    };
    Seen {
        status: answer.status,
        body: Body::of(media_type.as_deref(), bytes),
        media_type,
    }
}

/// Takes a content coding off, by libraries that are not the gateway's.
fn decoded(coding: &str, body: &[u8]) -> Vec<u8> {
    let decode = match coding {
        "gzip" => "gzip.decompress",
        "deflate" => "zlib.decompress",
        "br" => "brotlicffi.decompress",
        other => panic!("the coding {other}"),
    };
    let program = format!(
        "import gzip, zlib, brotlicffi, sys; \
         sys.stdout.buffer.write({decode}(sys.stdin.buffer.read()))"
    );
    let mut python = Command::new(peer("httpbin/bin/python"))
        .args(["-c", &program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    python.stdin.take().unwrap().write_all(body).unwrap();
    let mut decoded = Vec::new();
    let mut output = python.stdout.take().unwrap();
    output.read_to_end(&mut decoded).unwrap();
    assert!(python.wait().unwrap().success());
    decoded
}

/// A document of the API's own.
#[track_caller]
pub fn document(origin: &Url, path: &str) -> Value {
    let address = origin.socket_addrs(|| None).unwrap()[0];
    Request::new(address, "GET", path).send().expect(200).json()
}

/// `GET /path` of every operation in the document at this path.
#[track_caller]
pub fn operations(origin: &Url, path: &str) -> BTreeSet<String> {
    let document = document(origin, path);
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().keys();
        methods.map(move |method| format!("{} {path}", method.to_uppercase()))
    });
    operations.collect()
}
