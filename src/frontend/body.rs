//! Reads a request's body: a JSON object, or nothing.

#[cfg(test)]
mod tests;

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderMap},
    },
    web::Payload,
};
use bytes::{Bytes, BytesMut};
use bytestring::ByteString;
use futures_util::StreamExt as _;

use super::answer;
use crate::{
    gateway::Continuation,
    json::{
        self, Raw,
        strict::{self, Segment, StrictError},
    },
    schema::Violation,
};

/// The media type of a call whose caller can answer the server's requests.
pub const CALL: &str = "application/vnd.mcp.call+json";

/// Why a body can't be used.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// It is larger than allowed, in bytes.
    #[error("The request body is larger than {0} bytes")]
    TooLarge(usize),
    /// It says that it is something else.
    #[error("The request body must be JSON: send it with Content-Type: application/json")]
    NotJson,
    /// It is compressed.
    #[error("The request body must not have a Content-Encoding")]
    Encoded,
    /// It is not JSON, or not an object of the form that is wanted.
    #[error("the request body is not what it should be")]
    Invalid(Vec<Violation>),
    /// It took too long.
    #[error("The request body did not arrive within {} s", .0.as_secs_f32())]
    TooSlow(Duration),
    /// The connection ended before it did, or a chunk has no size (RFC 9112, section 7.1): the
    /// HTTP server tells them not apart.
    #[error("The request body ended too soon, or its chunks are malformed")]
    Incomplete,
}

/// What a caller sent for a call.
#[derive(Debug)]
pub struct CallBody {
    /// The arguments: an object.
    pub arguments: Raw,
    /// The answers to what the server asked for, when the call goes on.
    pub continuation: Option<Continuation>,
    /// Whether the caller can answer what the server asks for.
    pub answers_input: bool,
}

/// What a body may be.
#[derive(Clone, Copy, Debug)]
pub struct BodyLimits {
    /// Its size, in bytes.
    pub size: usize,
    /// How long it may take to arrive.
    pub time: Duration,
}

/// Reads the body of a call.
pub async fn call(
    request: &HttpRequest,
    payload: Payload,
    limits: BodyLimits,
) -> Result<CallBody, BodyError> {
    let (object, kind) = object(request, payload, limits).await?;
    match kind {
        Kind::Json => Ok(CallBody {
            arguments: object,
            continuation: None,
            answers_input: false,
        }),
        Kind::Call => read_call(&object),
    }
}

/// Reads a body that is a JSON object; no body is an empty one.
pub async fn arguments(
    request: &HttpRequest,
    payload: Payload,
    limits: BodyLimits,
) -> Result<Raw, BodyError> {
    match object(request, payload, limits).await? {
        (object, Kind::Json) => Ok(object),
        (_, Kind::Call) => Err(BodyError::NotJson),
    }
}

/// Reads the body of a message of another protocol: text that says it is JSON. Whether it is, is
/// for that protocol to say.
pub async fn message(
    request: &HttpRequest,
    payload: Payload,
    limits: BodyLimits,
) -> Result<ByteString, BodyError> {
    let headers = request.headers();
    let body = tokio::time::timeout(limits.time, collect(headers, payload, limits.size))
        .await
        .map_err(|_| BodyError::TooSlow(limits.time))??;
    match kind(headers)? {
        Kind::Json => text(body),
        Kind::Call => Err(BodyError::NotJson),
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Json,
    Call,
}

async fn object(
    request: &HttpRequest,
    payload: Payload,
    limits: BodyLimits,
) -> Result<(Raw, Kind), BodyError> {
    let headers = request.headers();
    let body = tokio::time::timeout(limits.time, collect(headers, payload, limits.size))
        .await
        .map_err(|_| BodyError::TooSlow(limits.time))??;
    if body.is_empty() {
        return Ok((Raw::from_static("{}"), Kind::Json));
    }
    let kind = kind(headers)?;
    let text = text(body)?;
    let start = text
        .bytes()
        .find(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
    let raw = Raw::parse(text.clone()).map_err(|error| invalid(&text, &error))?;
    if start != Some(b'{') {
        return Err(BodyError::Invalid(vec![not_an_object(Vec::new(), &text)]));
    }
    Ok((raw, kind))
}

/// What is wrong with a text that is not JSON.
fn invalid(text: &str, error: &serde_json::Error) -> BodyError {
    // This reader knows the place in the whole text, not in a line of it.
    let error = strict::parse(text)
        .err()
        .unwrap_or_else(|| StrictError::Syntax {
            offset: 0,
            message: error.to_string(),
        });
    BodyError::Invalid(vec![Violation::unreadable(text, error)])
}

/// What the headers say that the body is. A body without a type is not taken for JSON: any page
/// can make a browser send one without asking first (Fetch standard, CORS protocol).
fn kind(headers: &HeaderMap) -> Result<Kind, BodyError> {
    if headers
        .get(header::CONTENT_ENCODING)
        .is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity"))
    {
        return Err(BodyError::Encoded);
    }
    let media_type = headers.get(header::CONTENT_TYPE);
    let media_type = media_type.and_then(|media_type| media_type.to_str().ok());
    let media_type = media_type.ok_or(BodyError::NotJson)?;
    let essence = media_type
        .split_once(';')
        .map_or(media_type, |(essence, _)| essence)
        .trim();
    let ends_with = |suffix: &str| {
        essence
            .len()
            .checked_sub(suffix.len())
            .and_then(|start| essence.get(start..))
            .is_some_and(|end| end.eq_ignore_ascii_case(suffix))
    };
    if essence.eq_ignore_ascii_case(CALL) {
        Ok(Kind::Call)
    } else if essence.eq_ignore_ascii_case("application/json")
        || (ends_with("+json")
            && essence
                .get(..12)
                .is_some_and(|start| start.eq_ignore_ascii_case("application/")))
    {
        Ok(Kind::Json)
    } else {
        Err(BodyError::NotJson)
    }
}

/// Collects a body, sharing its bytes where it came in one piece.
async fn collect(
    headers: &HeaderMap,
    mut payload: Payload,
    limit: usize,
) -> Result<Bytes, BodyError> {
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok())
        .and_then(|length| length.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(BodyError::TooLarge(limit));
    }
    let Some(first) = next(&mut payload).await? else {
        return Ok(Bytes::new());
    };
    if first.len() > limit {
        return Err(BodyError::TooLarge(limit));
    }
    let Some(second) = next(&mut payload).await? else {
        return Ok(first);
    };
    // What is announced is not yet there: it only says where to begin.
    let expected = announced
        .unwrap_or(0)
        .min(1 << 20)
        .max(first.len() + second.len());
    let mut body = BytesMut::with_capacity(expected);
    body.extend_from_slice(&first);
    let mut chunk = Some(second);
    while let Some(bytes) = chunk {
        if body.len() + bytes.len() > limit {
            return Err(BodyError::TooLarge(limit));
        }
        body.extend_from_slice(&bytes);
        chunk = next(&mut payload).await?;
    }
    Ok(body.freeze())
}

async fn next(payload: &mut Payload) -> Result<Option<Bytes>, BodyError> {
    payload
        .next()
        .await
        .transpose()
        .map_err(|_| BodyError::Incomplete)
}

/// The body as text, without a byte order mark (RFC 8259, section 8.1).
fn text(mut body: Bytes) -> Result<ByteString, BodyError> {
    if body.starts_with(b"\xef\xbb\xbf") {
        body = body.slice(3..);
    }
    ByteString::try_from(body.clone()).map_err(|error| {
        let valid = body.get(..error.valid_up_to()).unwrap_or_default();
        let valid = std::str::from_utf8(valid).unwrap_or_default();
        let error = StrictError::Syntax {
            offset: valid.len(),
            message: "the text is not UTF-8".into(),
        };
        BodyError::Invalid(vec![Violation::unreadable(valid, error)])
    })
}

/// A value, at `path` within the body, that should be an object.
fn not_an_object(path: Vec<Segment>, text: &str) -> Violation {
    match strict::parse(text) {
        Ok(value) => Violation::not_an_object(path, &value),
        Err(error) => Violation::unreadable(text, error),
    }
}

fn read_call(body: &Raw) -> Result<CallBody, BodyError> {
    let mut call = CallBody {
        arguments: Raw::from_static("{}"),
        continuation: None,
        answers_input: true,
    };
    let mut violations = Vec::new();
    let members = json::members(body.get()).map_err(|error| invalid(body.get(), &error))?;
    for (name, value) in members {
        let place = || vec![Segment::Name(name.to_string())];
        match &*name {
            "arguments" | "inputResponses" | "requestState" if value.get() == "null" => {}
            "arguments" if value.get().starts_with('{') => call.arguments = body.part(value),
            "arguments" => violations.push(not_an_object(place(), value.get())),
            "inputResponses" => {
                let continuation = call.continuation.get_or_insert_default();
                continuation.input_responses = Some(body.part(value));
            }
            "requestState" => {
                let continuation = call.continuation.get_or_insert_default();
                continuation.request_state = Some(body.part(value));
            }
            _ => {
                let input = strict::parse(value.get()).unwrap_or_default();
                violations.push(Violation::extra(place(), &input));
            }
        }
    }
    if violations.is_empty() {
        Ok(call)
    } else {
        Err(BodyError::Invalid(violations))
    }
}

impl BodyError {
    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotJson | Self::Encoded => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooSlow(_) => StatusCode::REQUEST_TIMEOUT,
            Self::Incomplete => StatusCode::BAD_REQUEST,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    /// The answer: `FastAPI`'s list where the body is at fault.
    pub fn response(&self) -> HttpResponse {
        let message = self.to_string();
        match self {
            Self::Invalid(violations) => {
                answer::value(self.status(), &serde_json::json!({"detail": violations}))
            }
            Self::TooLarge(_)
            | Self::NotJson
            | Self::Encoded
            | Self::TooSlow(_)
            | Self::Incomplete => self.close(text_detail(self.status(), &message)),
        }
    }

    /// After a body that is too large the connection is of no use: its rest is not worth reading.
    pub fn close(&self, mut response: HttpResponse) -> HttpResponse {
        if matches!(self, Self::TooLarge(_)) {
            response
                .head_mut()
                .set_connection_type(actix_web::http::ConnectionType::Close);
        }
        response
    }
}

fn text_detail(status: StatusCode, message: &str) -> HttpResponse {
    answer::value(status, &serde_json::json!({"detail": message}))
}
