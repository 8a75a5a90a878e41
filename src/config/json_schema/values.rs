//! How single values are written.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::config::value::{
    AllowedOrigin, EndpointPath, Host, LogFilter, NameSeparator, Number, PathPrefix, Patience,
    Peer, ReplicaName, RootPath, Size, Timeout,
};
use crate::secrets::Secret;

/// What a text looks like that holds a reference: `${PORT}`.
pub(super) const REFERENCE: &str = r"\$\{";

/// A number of a duration, and its units.
const DURATION: &str =
    r"^\s*(?:(?:\d+\.?\d*|\.\d+)|(?:(?:\d+\.?\d*|\.\d+)(?:ms|sec|s|min|m|h|d)\s*)+)\s*$";

/// A number of bytes, or a number and a unit.
const SIZE: &str = r"^\s*\d+\s*(?:[bB]|[kKmMgG](?:[iI]?[bB])?)?\s*$";

/// Text, a number or a boolean: all of them become text.
#[derive(Debug)]
pub struct Scalar;
/// An argument of a program: text, or a number, which becomes text.
#[derive(Debug)]
pub struct Argument;
/// A variable or a header: text, a number or a boolean; `null` counts as not written.
#[derive(Debug)]
pub struct Variable;
/// What is inherited: all, nothing, or what a list names.
#[derive(Debug)]
pub struct Inherit;
/// Words, as a list or separated by spaces.
#[derive(Debug)]
pub struct Words;
/// A URL of HTTP or HTTPS.
#[derive(Debug)]
pub struct HttpUrl;
/// Where an OpenAPI document is, or the document itself; or several of these.
#[derive(Debug)]
pub struct Spec;

/// The schema of a value that is told by a pattern, or holds a reference.
fn text(pattern: &str) -> Schema {
    json_schema!({ "type": "string", "pattern": format!("{pattern}|{REFERENCE}") })
}

/// Declares schemas that stand where their values do.
macro_rules! value_schemas {
    ($($type:ty => $schema:expr;)*) => {
        $(impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        })*
    };
}

value_schemas! {
    Scalar => json_schema!({ "type": ["string", "number", "boolean"] });
    Argument => json_schema!({ "type": ["string", "number"] });
    Variable => json_schema!({ "type": ["string", "number", "boolean", "null"] });
    Inherit => json_schema!({
        "type": ["boolean", "array", "string"],
        "items": { "type": "string" },
        "pattern": REFERENCE,
    });
    Words => json_schema!({ "type": ["array", "string"], "items": { "type": "string" } });
    HttpUrl => text(r"^\s*[hH][tT][tT][pP][sS]?://.");
    Spec => json_schema!({
        "type": ["string", "object", "array"],
        "minLength": 1,
        "minItems": 1,
        "items": { "type": ["string", "object"], "minLength": 1 },
    });
    Secret => json_schema!({ "type": "string" });
    Timeout => json_schema!({
        "type": ["string", "number"],
        "pattern": format!("{DURATION}|{REFERENCE}"),
        "exclusiveMinimum": 0,
        "maximum": 2_592_000,
        "examples": ["30s", "250ms", "5m", "1m30s"],
    });
    Patience => json_schema!({
        "type": ["string", "number"],
        "pattern": format!("{DURATION}|{REFERENCE}"),
        "minimum": 0,
        "maximum": 2_592_000,
        "examples": ["30s", "250ms", "5m", 0],
    });
    Size => json_schema!({
        "type": ["string", "integer"],
        "pattern": format!("{SIZE}|{REFERENCE}"),
        "minimum": 1024,
        "maximum": 4_294_967_296_u64,
        "examples": ["16MiB", "64KiB"],
    });
    Host => {
        let mut schema = text(r"^\s*[^\s/]+\s*$");
        schema.insert("examples".into(), serde_json::json!(["127.0.0.1", "0.0.0.0", "::1", "localhost"]));
        schema
    };
    PathPrefix => text(PATH);
    RootPath => text(PATH);
    EndpointPath => text(PATH);
    NameSeparator => text("^[A-Za-z0-9_-]{1,8}$");
    ReplicaName => text(r"^\s*[A-Za-z0-9._-]{1,64}\s*$");
    Peer => text(r"^\s*[A-Za-z0-9._-]{1,64}\s*=\s*https?://.");
    AllowedOrigin => text(r"^\s*(?:\*|[A-Za-z][A-Za-z0-9+.-]*://[^/\s]+/?)\s*$");
    LogFilter => {
        let levels = "debug|info|warning|warn|error|critical|fatal|trace|off";
        let mut schema = text(&format!("^\\s*(?:{})\\s*$|[=,:\\[]", any_case(levels)));
        schema.insert(
            "examples".into(),
            serde_json::json!(["DEBUG", "INFO", "WARNING", "ERROR", "info,viceversa::upstream=debug"]),
        );
        schema
    };
}

/// A path of a URL: segments and slashes.
const PATH: &str = r"^\s*[A-Za-z0-9\-._~!$&'()*+,;=:@/]*\s*$";

impl<const FROM: u64, const TO: u64> JsonSchema for Number<FROM, TO> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("NumberFrom{FROM}To{TO}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": FROM, "maximum": TO })
    }
}

/// One of some words. The first spellings are what editors offer; letter case does not matter.
pub(crate) fn words(words: &[&str], others: &[&str]) -> Schema {
    let all: Vec<&str> = words.iter().chain(others).copied().collect();
    json_schema!({
        "anyOf": [
            { "enum": words },
            { "type": "string", "pattern": format!("^(?:{})$|{REFERENCE}", any_case(&all.join("|"))) },
        ]
    })
}

/// A pattern that takes letters in either case. Not all readers of schemas know flags in patterns.
pub(super) fn any_case(pattern: &str) -> String {
    let letter = |c: char| {
        if c.is_ascii_alphabetic() {
            format!("[{}{}]", c.to_ascii_lowercase(), c.to_ascii_uppercase())
        } else {
            c.to_string()
        }
    };
    pattern.chars().map(letter).collect()
}
