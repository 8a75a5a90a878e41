//! How answers are made. All JSON, errors included.

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
};
use bytes::Bytes;

/// What errors and values of our own are.
pub const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// JSON that is ready to send.
pub fn json(status: StatusCode, body: impl Into<Bytes>) -> HttpResponse {
    typed(status, JSON, body)
}

/// A value of our own as JSON.
pub fn value(status: StatusCode, value: &impl serde::Serialize) -> HttpResponse {
    match serde_json::to_vec(value) {
        Ok(body) => json(status, body),
        Err(error) => internal(&error),
    }
}

/// A body of this type.
pub fn typed(status: StatusCode, media_type: HeaderValue, body: impl Into<Bytes>) -> HttpResponse {
    let mut response = HttpResponse::with_body(status, body.into()).map_into_boxed_body();
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, media_type);
    response
}

/// An error with text of our own.
pub fn detail(status: StatusCode, message: &str) -> HttpResponse {
    #[derive(serde::Serialize)]
    struct Body<'a> {
        detail: &'a str,
    }
    value(status, &Body { detail: message })
}

/// An error whose detail is JSON already.
pub fn raw_detail(status: StatusCode, detail: &str) -> HttpResponse {
    json(status, format!(r#"{{"detail":{detail}}}"#))
}

/// What isn't here, or is not to be seen.
pub fn not_found() -> HttpResponse {
    detail(StatusCode::NOT_FOUND, "Not Found")
}

/// A bug of ours: the log knows more.
pub fn internal(error: &dyn std::fmt::Display) -> HttpResponse {
    tracing::error!(%error, "a request failed by a bug of the gateway");
    json(
        StatusCode::INTERNAL_SERVER_ERROR,
        r#"{"detail":"Internal Server Error"}"#,
    )
}
