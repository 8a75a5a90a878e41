//! The least that can stand between MCP and a REST API: the yardstick of `benches/load`.
//!
//! A handler reads the name and the arguments of a `tools/call`, asks the API, and puts what it
//! says into a result, as structured content and as text. No policy, no validation, no
//! authentication, no document is read, no error handling worth the name.
//!
//! `minimal-hop PORT API_URL`

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a yardstick that nobody runs but the benchmark"
)]

use actix_web::{App, HttpResponse, HttpServer, web};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{json, value::RawValue};

/// What the workers share.
#[derive(Clone)]
struct Hop {
    client: reqwest::Client,
    url: String,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    method: &'a str,
    #[serde(borrow)]
    params: Option<Params<'a>>,
}

#[derive(Deserialize)]
struct Params<'a> {
    #[serde(borrow)]
    arguments: Option<Arguments<'a>>,
}

#[derive(Deserialize)]
struct Arguments<'a> {
    name: &'a str,
    text: &'a str,
}

async fn message(hop: web::Data<Hop>, body: Bytes) -> HttpResponse {
    let message: Message<'_> = serde_json::from_slice(&body).expect("a message");
    let Some(id) = message.id else {
        return HttpResponse::Accepted().finish();
    };
    let arguments = message.params.and_then(|params| params.arguments);
    let result = match (message.method, arguments) {
        ("tools/call", Some(Arguments { name, text })) => {
            let text: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
            let request = hop
                .client
                .get(format!("{}/echo/{name}?text={text}", hop.url));
            let answer = request.send().await.expect("the API answers");
            let answer = answer.text().await.expect("the API answers whole");
            let text = serde_json::to_string(&answer).unwrap();
            format!(
                r#"{{"content":[{{"type":"text","text":{text}}}],"structuredContent":{answer}}}"#
            )
        }
        _ => json!({
            "protocolVersion": "2025-11-25",
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "minimal-hop", "version": "0"},
        })
        .to_string(),
    };
    HttpResponse::Ok()
        .content_type("application/json")
        .insert_header(("mcp-session-id", "minimal-session"))
        .body(format!(
            r#"{{"jsonrpc":"2.0","id":{},"result":{result}}}"#,
            id.get()
        ))
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let port = arguments
        .next()
        .and_then(|port| port.parse().ok())
        .expect("a port comes first");
    let _ = rustls::crypto::ring::default_provider().install_default();
    let hop = web::Data::new(Hop {
        client: reqwest::Client::new(),
        url: arguments.next().expect("the API's URL comes second"),
    });
    HttpServer::new(move || {
        App::new()
            .app_data(hop.clone())
            .route("/mcp", web::post().to(message))
    })
    .workers(2)
    .bind(("127.0.0.1", port))?
    .run()
    .await
}
