//! Why an exchange failed, in HTTP's vocabulary.

#[cfg(test)]
mod tests;

use std::{fmt::Write as _, time::Duration};

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
};

use super::json_string;
use crate::{
    frontend::{answer, body},
    gateway::{ExchangeError, Phase},
};

/// An error answer, not yet sent: as a response, or as the last event of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its status.
    pub status: StatusCode,
    /// The `detail` member: JSON.
    detail: String,
    /// The JSON-RPC code of an upstream's error.
    pub code: Option<i64>,
    /// Seconds until another attempt makes sense.
    retry_after: Option<u64>,
}

/// JSON-RPC 2.0, section 5.1.
const PARSE_ERROR: i64 = -32700;
const INVALID_REQUEST: i64 = -32600;
const METHOD_NOT_FOUND: i64 = -32601;
pub(super) const INVALID_PARAMS: i64 = -32602;
/// MCP until 2025-11-25: a resource is not found.
const RESOURCE_NOT_FOUND: i64 = -32002;
/// MCP 2025-11-25: the user must open a URL first.
const URL_ELICITATION_REQUIRED: i64 = -32042;

impl Failure {
    /// An error whose detail is this JSON.
    pub fn new(status: StatusCode, detail: String) -> Self {
        Self {
            status,
            detail,
            code: None,
            retry_after: None,
        }
    }

    /// An error with a message.
    pub fn message(status: StatusCode, message: &str) -> Self {
        Self::new(status, format!(r#"{{"message":{}}}"#, json_string(message)))
    }

    /// An error of the upstream's in a call: whether it was executed matters to those who would
    /// repeat it.
    fn bad_gateway(message: &str, may_have_run: bool) -> Self {
        let message = if may_have_run {
            format!("{message}; the call may have been executed")
        } else {
            format!("{message}; the call was not executed")
        };
        Self::new(
            StatusCode::BAD_GATEWAY,
            format!(
                r#"{{"message":{},"mayHaveRun":{may_have_run}}}"#,
                json_string(&message)
            ),
        )
    }

    fn not_ready(message: &str, server: &str, phase: Phase) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            format!(
                r#"{{"message":{},"server":{},"state":"{}"}}"#,
                json_string(message),
                json_string(server),
                phase.as_str()
            ),
        )
    }

    /// The answer to a result that can't be read.
    pub fn unreadable_result(error: &serde_json::Error) -> Self {
        Self::bad_gateway(&format!("the server's result can't be read: {error}"), true)
    }

    fn retry_after(mut self, wait: Duration) -> Self {
        let whole = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        self.retry_after = Some(whole.max(1));
        self
    }

    /// The answer to an exchange that failed.
    pub fn from_exchange(error: ExchangeError, server: &str) -> Self {
        let text = error.to_string();
        match error {
            ExchangeError::InvalidArguments(violations) => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                serde_json::to_string(&violations).unwrap_or_else(|_| "[]".into()),
            ),
            ExchangeError::Rpc {
                code,
                message,
                data,
            } => {
                let mut detail = format!(r#"{{"message":{},"code":{code}"#, json_string(&message));
                if let Some(data) = data {
                    // Writing to a string does not fail.
                    let _ = write!(detail, r#","data":{}"#, data.get());
                }
                let status = rpc_status(code);
                if status == StatusCode::BAD_GATEWAY {
                    // The message is the upstream's, and stays as it came.
                    detail.push_str(r#","mayHaveRun":true"#);
                }
                detail.push('}');
                Self {
                    code: Some(code),
                    ..Self::new(status, detail)
                }
            }
            ExchangeError::NotReady {
                phase, retry_after, ..
            } => Self::not_ready(&text, server, phase).retry_after(retry_after),
            ExchangeError::Died { may_have_run, .. }
            | ExchangeError::Failed { may_have_run, .. } => Self::bad_gateway(&text, may_have_run),
            ExchangeError::Unusable(_) => Self::bad_gateway(&text, true),
            ExchangeError::LoginRequired(_) => Self::not_ready(&text, server, Phase::LoginRequired),
            ExchangeError::NotGranted => Self::new(StatusCode::NOT_FOUND, json_string("Not Found")),
            ExchangeError::Busy(_) | ExchangeError::Draining => {
                Self::message(StatusCode::SERVICE_UNAVAILABLE, &text)
                    .retry_after(Duration::from_secs(1))
            }
            ExchangeError::TooManyCalls(_) => Self::message(StatusCode::TOO_MANY_REQUESTS, &text)
                .retry_after(Duration::from_secs(1)),
            ExchangeError::TooLarge(_) => {
                // As of a body that is too large.
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, json_string(&text))
            }
            ExchangeError::Timeout(_) => Self::message(StatusCode::GATEWAY_TIMEOUT, &text),
            ExchangeError::InputNotOffered(_) => Self::message(
                StatusCode::UNPROCESSABLE_ENTITY,
                &format!(
                    "{text}; a call with Content-Type: {} is answered with what it asks for",
                    body::CALL
                ),
            ),
        }
    }

    /// The response.
    pub fn response(&self) -> HttpResponse {
        let mut response = answer::raw_detail(self.status, &self.detail);
        if let Some(seconds) = self.retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }

    /// The data of an `error` event.
    pub fn event_data(&self) -> String {
        format!(
            r#"{{"status":{},"detail":{}}}"#,
            self.status.as_u16(),
            self.detail
        )
    }
}

/// The status of an upstream's JSON-RPC error.
fn rpc_status(code: i64) -> StatusCode {
    match code {
        PARSE_ERROR | INVALID_REQUEST => StatusCode::BAD_REQUEST,
        METHOD_NOT_FOUND | RESOURCE_NOT_FOUND => StatusCode::NOT_FOUND,
        INVALID_PARAMS => StatusCode::UNPROCESSABLE_ENTITY,
        URL_ELICITATION_REQUIRED => StatusCode::CONFLICT,
        _ => StatusCode::BAD_GATEWAY,
    }
}
