//! A REST API that costs as little as possible, for load tests: one thread, and what httpbin's
//! `/get` and `/post` do, told in a document.
//!
//! `fast-api PORT` serves on that port of 127.0.0.1: `GET /openapi.json`, `GET /echo/{name}` with
//! the query parameter `text`, and `POST /echo` with a JSON object.

#![expect(
    clippy::expect_used,
    reason = "a fixture that nobody runs but the benchmark"
)]

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

const DOCUMENT: &str = r##"{
  "openapi": "3.1.0",
  "info": {"title": "Echo", "version": "1.0.0"},
  "paths": {
    "/echo/{name}": {"get": {
      "operationId": "get_echo",
      "summary": "Gives the query back",
      "parameters": [
        {"name": "name", "in": "path", "required": true, "schema": {"type": "string"}},
        {"name": "text", "in": "query", "required": true, "schema": {"type": "string", "minLength": 1}}
      ],
      "responses": {"200": {"description": "OK", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Echo"}}}}}
    }},
    "/echo": {"post": {
      "operationId": "post_echo",
      "summary": "Gives the body back",
      "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Echo"}}}},
      "responses": {"200": {"description": "OK", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Echo"}}}}}
    }}
  },
  "components": {"schemas": {"Echo": {
    "type": "object", "required": ["text"],
    "properties": {"text": {"type": "string"}, "name": {"type": "string"}}
  }}}
}"##;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let port: u16 = std::env::args()
        .nth(1)
        .and_then(|port| port.parse().ok())
        .expect("a port is the one argument");
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let connection =
            http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(respond));
        // It ends with its client, and how does not matter.
        tokio::spawn(async { drop(connection.await) });
    }
}

async fn respond(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path();
    let body = match (request.method(), path.strip_prefix("/echo")) {
        (&Method::GET, None) if path == "/openapi.json" => Bytes::from_static(DOCUMENT.as_bytes()),
        (&Method::GET, Some(name)) => {
            let name = name.trim_start_matches('/');
            let query = request.uri().query().unwrap_or_default();
            let text = url::form_urlencoded::parse(query.as_bytes())
                .find(|(name, _)| name == "text")
                .map(|(_, text)| text)
                .unwrap_or_default();
            serde_json::json!({"text": text, "name": name})
                .to_string()
                .into()
        }
        (&Method::POST, Some("")) => match request.into_body().collect().await {
            Ok(body) => body.to_bytes(),
            Err(_) => return Ok(status(StatusCode::BAD_REQUEST)),
        },
        _ => return Ok(status(StatusCode::NOT_FOUND)),
    };
    let mut response = Response::new(Full::new(body));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}
