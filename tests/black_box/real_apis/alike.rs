//! One operation called in three ways.

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use url::Url;

use crate::gateway::{Gateway, peer};
use crate::http::{Request, Response};
use crate::mcp::callers::{Caller as _, Client};

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
pub fn directly(request: impl Fn(SocketAddr, &str) -> Request, origin: &Url, target: &str) -> Seen {
    let address = origin.socket_addrs(|| None).unwrap()[0];
    let mut at = origin.join(target).unwrap();
    let mut answer = request(address, target).send();
    for _ in 0..5 {
        let is_followed = matches!(answer.status, 301 | 302 | 303 | 307 | 308);
        if !is_followed || !answer.request_line().starts_with("GET ") {
            break;
        }
        let Some(location) = answer.header("location") else {
            break;
        };
        at = at.join(location).unwrap();
        let next = at[url::Position::BeforePath..url::Position::AfterQuery].to_owned();
        answer = request(address, &next).send();
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

/// Calls the tool over streamable HTTP. `asked` is what an error is told to be about.
#[track_caller]
pub fn over_mcp(client: &Client<'_>, tool: &str, arguments: &str, asked: &str) -> Seen {
    let result = client.call(tool, arguments).value();
    let http = &result["_meta"]["viceversa/http"];
    let status = http["status"].as_u64().map_or(200, |status| status as u16);
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
                said_of_error(text, asked, status)
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
        let value = if text.is_object() {
            structured
        } else {
            &structured["result"]
        };
        assert_eq!(*value, text, "{result:#}");
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
    match rest.split_once(":\n") {
        Some((_, body)) => body,
        None => {
            assert!(rest.ends_with("without a body"), "{text:?}");
            ""
        }
    }
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
