//! Errors, as a JSON-RPC error object and in the codes of the caller's era.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{json, value::RawValue};

use crate::{
    frontend::mcp::message::object,
    gateway::{ExchangeError, Phase},
    json::{self, Raw},
    mcp::{Era, codes},
    schema::Violation,
};

/// A JSON-RPC error object (JSON-RPC 2.0 section 5.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RpcError {
    /// Its code.
    pub code: i64,
    /// A sentence.
    pub message: String,
    /// More.
    pub data: Option<Raw>,
}

/// Codes of our own, among those that JSON-RPC leaves to implementations and outside the range
/// that MCP reserves (-32020 to -32099).
pub mod own {
    /// The deadline of a call has passed. The SDKs use the same.
    pub const TIMEOUT: i64 = -32001;
    /// A server is not up.
    pub const UNAVAILABLE: i64 = -32010;
    /// There is no place for one more just now.
    pub const BUSY: i64 = -32011;
    /// A server died in a call, or answered with what can't be used.
    pub const FAILED: i64 = -32012;
    /// What is asked for lives on another replica of the gateway.
    pub const ELSEWHERE: i64 = -32013;
    /// The request was cancelled by the client.
    pub const CANCELLED: i64 = -32014;

    /// All of them.
    pub const ALL: [i64; 6] = [TIMEOUT, UNAVAILABLE, BUSY, FAILED, ELSEWHERE, CANCELLED];
}

impl RpcError {
    /// An error without data.
    pub fn new(code: i64, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            data: None,
        }
    }

    /// The same with data.
    #[must_use]
    pub fn with_data(mut self, data: &impl serde::Serialize) -> Self {
        self.data = Some(Raw::from_value(data));
        self
    }

    /// No such method.
    pub fn method_not_found(method: &str) -> Self {
        let shown: String = method.chars().take(100).collect();
        Self::new(
            codes::METHOD_NOT_FOUND,
            format!("there is no method {shown:?} here"),
        )
    }

    /// The error object.
    pub fn object(&self) -> Raw {
        let mut members = vec![
            ("code".to_owned(), Raw::from_value(&self.code)),
            ("message".to_owned(), Raw::from_value(&self.message)),
        ];
        members.extend(self.data.clone().map(|data| ("data".to_owned(), data)));
        object(members)
    }

    /// The error of an exchange with a server.
    pub fn of_exchange(error: ExchangeError, server: &str) -> Self {
        let message = error.to_string();
        match error {
            ExchangeError::Rpc {
                code,
                message,
                data,
            } => Self {
                code,
                message,
                data,
            },
            ExchangeError::InvalidArguments(violations) => {
                Self::new(codes::INVALID_PARAMS, explained(&violations))
                    .with_data(&json!({ "violations": violations }))
            }
            ExchangeError::NotReady {
                phase, retry_after, ..
            } => Self::unavailable(message, server, phase, Some(retry_after)),
            ExchangeError::LoginRequired(_) => {
                Self::unavailable(message, server, Phase::LoginRequired, None)
            }
            ExchangeError::Died { may_have_run, .. }
            | ExchangeError::Failed { may_have_run, .. } => Self::failed(&message, may_have_run),
            ExchangeError::Unusable(_) => Self::failed(&message, true),
            ExchangeError::Busy(_) | ExchangeError::TooManyCalls(_) | ExchangeError::Draining => {
                Self::new(own::BUSY, message)
            }
            ExchangeError::TooLarge(_) | ExchangeError::NotGranted => {
                Self::new(codes::INVALID_PARAMS, message)
            }
            ExchangeError::Timeout(_) => Self::new(own::TIMEOUT, message),
            ExchangeError::InputNotOffered(input) => Self {
                code: codes::MISSING_CLIENT_CAPABILITY,
                message: "the server asks for input that this client did not declare to give"
                    .to_owned(),
                data: Some(required_capabilities(&input)),
            },
        }
    }

    /// A server is not up.
    pub(in crate::frontend::mcp) fn unavailable(
        message: String,
        server: &str,
        phase: Phase,
        retry_after: Option<Duration>,
    ) -> Self {
        let data = json!({
            "server": server,
            "state": phase.as_str(),
            "retryAfterSeconds": retry_after.map(|wait| wait.as_secs_f64().ceil()),
        });
        Self::new(own::UNAVAILABLE, message).with_data(&data)
    }

    fn failed(message: &str, may_have_run: bool) -> Self {
        Self::new(own::FAILED, with_effect(message, may_have_run))
            .with_data(&json!({ "mayHaveRun": may_have_run }))
    }

    /// The same as a caller of this era knows it (MCP 2026-07-28, error codes).
    #[must_use]
    pub fn in_era(mut self, era: &Era, method: &str) -> Self {
        match (era, self.code) {
            (Era::Stateless(_), codes::RESOURCE_NOT_FOUND) => {
                self.code = codes::INVALID_PARAMS;
            }
            (Era::Legacy(_), codes::INVALID_PARAMS)
                if method == "resources/read" && self.names_a_resource() =>
            {
                self.code = codes::RESOURCE_NOT_FOUND;
            }
            _ => {}
        }
        self
    }

    /// Whether the data says which resource is not there.
    fn names_a_resource(&self) -> bool {
        #[derive(Deserialize)]
        struct Data {
            #[serde(rename = "uri")]
            _uri: String,
        }
        let data = self.data.as_ref();
        data.is_some_and(|data| json::object::<Data>(data.get()).is_ok())
    }
}

/// What a client would have to declare to answer an `InputRequiredResult`.
pub(super) fn required_capabilities(input: &Raw) -> Raw {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Input<'a> {
        #[serde(borrow)]
        input_requests: Option<&'a RawValue>,
    }
    #[derive(Deserialize)]
    struct Asked {
        method: String,
    }
    let requests = serde_json::from_str::<Input<'_>>(input.get()).ok();
    let requests = requests.and_then(|input| input.input_requests);
    let requests = requests.map_or_else(Vec::new, |requests| {
        json::members(requests.get()).unwrap_or_default()
    });
    let mut required = serde_json::Map::new();
    for (_, request) in requests {
        let Ok(Asked { method }) = json::object(request.get()) else {
            continue;
        };
        if let Some((capability, _)) = method.split_once('/') {
            required.insert(capability.to_owned(), json!({}));
        }
    }
    Raw::from_value(&json!({ "requiredCapabilities": required }))
}

/// What a failed call of a tool is to a model, where that can do something about it: mend the
/// arguments, or tell what the tool said (MCP 2025-11-25, tools, error handling). Nothing for what
/// is an error of the protocol, or of the gateway.
pub fn for_models(error: &ExchangeError) -> Option<String> {
    match error {
        ExchangeError::InvalidArguments(violations) => Some(explained(violations)),
        ExchangeError::Failed {
            reason,
            may_have_run,
        } => Some(with_effect(reason, *may_have_run)),
        ExchangeError::Rpc { .. }
        | ExchangeError::NotReady { .. }
        | ExchangeError::Died { .. }
        | ExchangeError::Unusable(_)
        | ExchangeError::LoginRequired(_)
        | ExchangeError::Busy(_)
        | ExchangeError::TooLarge(_)
        | ExchangeError::TooManyCalls(_)
        | ExchangeError::Timeout(_)
        | ExchangeError::InputNotOffered(_)
        | ExchangeError::NotGranted
        | ExchangeError::Draining => None,
    }
}

/// A message that says what whoever would repeat the call must know.
fn with_effect(message: &str, may_have_run: bool) -> String {
    let what = if may_have_run {
        "may have been"
    } else {
        "was not"
    };
    format!("{message}; the call {what} executed")
}

/// What is wrong with arguments, for people and models.
pub fn explained(violations: &[Violation]) -> String {
    let are_unsendable = violations.iter().all(Violation::is_unsendable);
    let lines: Vec<String> = violations
        .iter()
        .map(|violation| {
            let path: Vec<String> = violation
                .loc
                .iter()
                .skip(1)
                .map(|segment| match segment {
                    json::strict::Segment::Name(name) => name.clone(),
                    json::strict::Segment::Index(index) => index.to_string(),
                })
                .collect();
            let problem = if are_unsendable {
                violation.problem()
            } else {
                &violation.msg
            };
            if path.is_empty() {
                problem.to_owned()
            } else {
                format!("{}: {problem}", path.join("."))
            }
        })
        .collect();
    let problem = if are_unsendable {
        "The arguments can't be sent."
    } else {
        "The arguments do not fit the tool's schema."
    };
    format!("{problem} {}", lines.join("; "))
}
