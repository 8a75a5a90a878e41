//! What a call can be answered with. Every status that the gateway can give stands in the
//! document, so that a client made from it meets nothing unknown.

mod of_api;

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::Security;
use super::read::MCP_RESULT;
use crate::json::tree::{Members, Tree};

pub(super) use of_api::{ApiResponses, Place};

/// The answer of a tool: its value, or the whole result for those that accept that. By the latter
/// a reader knows that the operation is a tool.
pub(super) fn answer(schema: Tree) -> Tree {
    let whole = Tree::object([("schema", Tree::object([("type", "object".into())]))]);
    let mut content = super::document::json_content(schema);
    if let Tree::Object(content) = &mut content {
        content.insert(MCP_RESULT.to_owned(), whole);
    }
    Tree::object([
        ("description", "What the tool answered".into()),
        ("content", content),
    ])
}

/// What the gateway itself answers in a document.
#[derive(Clone, Copy)]
pub(super) struct Own {
    pub(super) security: Security,
    /// The status of the errors that tools report, where there are tools and not APIs alone.
    pub(super) tool_error_status: Option<u16>,
}

/// Each status with a reference to its response, for an operation that is a tool.
pub(super) fn references(security: Security, tool_error_status: u16) -> Members {
    let named = |one: &Response| (one.status.to_string(), reference(one.name));
    let all = all(security, Some(tool_error_status));
    all.iter().map(named).collect()
}

fn reference(name: &str) -> Tree {
    let pointer = format!("#/components/responses/{name}");
    Tree::object([("$ref", pointer.into())])
}

fn schema_reference(name: &str) -> Tree {
    let pointer = format!("#/components/schemas/{name}");
    Tree::object([("$ref", pointer.into())])
}

/// A schema that one of these fits.
fn any_of(mut schemas: Vec<Tree>) -> Tree {
    match schemas.pop() {
        Some(only) if schemas.is_empty() => only,
        last => {
            schemas.extend(last);
            Tree::object([("anyOf", Tree::Array(schemas))])
        }
    }
}

/// The responses, by the names that [`references`] uses.
pub(super) fn responses(own: Own) -> Members {
    let response = |one: &Response| (one.name.to_owned(), one.write().into());
    let all = all(own.security, own.tool_error_status);
    all.iter().map(response).collect()
}

/// The schemas that the responses share.
pub(super) fn schemas() -> Members {
    let schemas = json!({
        "HTTPValidationError": {
            "title": "HTTPValidationError",
            "description": "The body does not fit the tool's arguments.",
            "type": "object",
            "properties": {
                "detail": {
                    "type": "array",
                    "items": {"$ref": "#/components/schemas/ValidationError"}
                }
            },
            "required": ["detail"]
        },
        "ValidationError": {
            "title": "ValidationError",
            "type": "object",
            "properties": {
                "type": {"type": "string", "description": "The kind of error, for programs."},
                "loc": {
                    "description": "Where it is.",
                    "type": "array",
                    "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]}
                },
                "msg": {"type": "string", "description": "What is wrong."},
                "input": {"description": "The value that came, shortened if it is long."},
                "ctx": {"type": "object", "description": "The values inside the message."}
            },
            "required": ["type", "loc", "msg"]
        },
        "Error": {
            "title": "Error",
            "type": "object",
            "properties": {
                "detail": {
                    "anyOf": [
                        {"type": "string"},
                        {"$ref": "#/components/schemas/ErrorDetail"}
                    ]
                }
            },
            "required": ["detail"]
        },
        "ErrorDetail": {
            "title": "ErrorDetail",
            "type": "object",
            "properties": {
                "message": {"type": "string", "description": "What went wrong."},
                "code": {"type": "integer", "description": "The upstream's JSON-RPC error code."},
                "data": {"description": "What the upstream added to its error."},
                "mayHaveRun": {
                    "type": "boolean",
                    "description": "Whether the call may have been executed."
                },
                "server": {"type": "string", "description": "The server that is concerned."},
                "state": {"type": "string", "description": "The state that the server is in."}
            },
            "required": ["message"]
        },
        "ToolError": {
            "title": "ToolError",
            "description": "The tool itself reported an error.",
            "type": "object",
            "properties": {
                "detail": {
                    "type": "object",
                    "properties": {
                        "message": {"type": "string", "description": "What the tool said."},
                        "content": {
                            "description": "All that the tool said, if it is more than one text.",
                            "type": "array",
                            "items": {}
                        }
                    },
                    "required": ["message"]
                }
            },
            "required": ["detail"]
        },
        "InputRequired": {
            "title": "InputRequired",
            "description": "What the server asks of the caller before it goes on, as MCP has it.",
            "type": "object"
        }
    });
    match schemas.into() {
        Tree::Object(schemas) => schemas,
        _ => Members::new(),
    }
}

struct Response {
    status: u16,
    name: &'static str,
    description: Cow<'static, str>,
    /// The schemas of the body, any of them.
    bodies: Vec<&'static str>,
    headers: &'static [&'static str],
}

impl Response {
    fn write(&self) -> Value {
        let reference = |name: &&str| json!({"$ref": format!("#/components/schemas/{name}")});
        let schema = match self.bodies.as_slice() {
            [one] => reference(one),
            several => json!({"anyOf": several.iter().map(reference).collect::<Vec<_>>()}),
        };
        let mut content = Map::new();
        content.insert("application/json".to_owned(), json!({"schema": schema}));
        if self.status == 409 {
            let schema = reference(&"InputRequired");
            let media = "application/vnd.mcp.input-required+json".to_owned();
            content.insert(media, json!({"schema": schema}));
        }
        let mut response = Map::new();
        response.insert("description".to_owned(), (*self.description).into());
        if !self.headers.is_empty() {
            let header = |name: &&str| ((*name).to_owned(), header(name));
            let headers = self.headers.iter().map(header).collect();
            response.insert("headers".to_owned(), Value::Object(headers));
        }
        response.insert("content".to_owned(), Value::Object(content));
        Value::Object(response)
    }
}

fn header(name: &str) -> Value {
    let description = match name {
        "Retry-After" => "When to try again, in seconds",
        _ => "How to authenticate",
    };
    json!({"description": description, "schema": {"type": "string"}})
}

/// What the gateway can answer; without a status for the errors of tools, only what is its own.
fn all(security: Security, tool_error_status: Option<u16>) -> Vec<Response> {
    let plain = |status, name, description| Response {
        status,
        name,
        description: Cow::Borrowed(description),
        bodies: vec!["Error"],
        headers: &[],
    };
    let later = |status, name, description| Response {
        headers: &["Retry-After"],
        ..plain(status, name, description)
    };
    let mut all = vec![
        plain(400, "BadRequest", "The upstream refused the request"),
        Response {
            headers: &["WWW-Authenticate"],
            ..plain(401, "Unauthorized", "No credentials, or wrong ones")
        },
        plain(403, "Forbidden", "A wrong key, or one without the grant"),
        plain(
            404,
            "NotFound",
            "No such route, or nothing that the upstream knows",
        ),
        plain(408, "RequestTimeout", "The body came too slowly"),
        plain(
            409,
            "Conflict",
            "The server asks for input before it goes on",
        ),
        plain(413, "ContentTooLarge", "The body is too large"),
        plain(
            415,
            "UnsupportedMediaType",
            "The body is not declared as JSON",
        ),
        Response {
            bodies: vec!["HTTPValidationError", "Error"],
            ..plain(422, "UnprocessableContent", "The arguments don't fit")
        },
        later(
            429,
            "TooManyRequests",
            "A limit of the gateway's is reached",
        ),
        plain(500, "InternalServerError", "The gateway has a defect"),
        plain(
            502,
            "BadGateway",
            "The upstream failed; the call may have been executed",
        ),
        later(503, "ServiceUnavailable", "The server is not up"),
        plain(504, "GatewayTimeout", "The deadline passed"),
    ];
    if !(security.bearer || security.basic) {
        all.retain(|response| response.status != 401);
    }
    let Some(tool_error_status) = tool_error_status else {
        return all;
    };
    if let Some(shared) = all.iter_mut().find(|one| one.status == tool_error_status) {
        shared.description =
            format!("{}, or the tool reported an error", shared.description).into();
        shared.bodies.push("ToolError");
    } else {
        all.push(Response {
            bodies: vec!["ToolError"],
            ..plain(tool_error_status, "ToolError", "The tool reported an error")
        });
        all.sort_by_key(|response| response.status);
    }
    all
}
