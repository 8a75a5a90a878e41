//! Makes an HTTP request of an operation and the arguments of a call.
//!
//! - [`style`]: values as text, by the style of their parameter;
//! - [`encode`]: how characters are written where;
//! - [`whole`]: whole numbers, however they came;
//! - [`place`]: the URL;
//! - [`body`], [`form`]: bodies; [`data_uri`]: files in arguments.

mod body;
mod data_uri;
mod encode;
mod form;
mod place;
mod style;
#[cfg(test)]
mod tests;
mod whole;

use std::borrow::Cow;

use bytes::Bytes;
use reqwest::{
    Method, Url,
    header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HeaderMap, HeaderName, HeaderValue},
};
use serde_json::value::RawValue;

pub(super) use self::encode::UNRESERVED;
use self::{
    encode::Encoding,
    style::{Writing, text},
};
use super::media_type;
use crate::{
    gateway::SessionError,
    json::{self, Raw, strict::Segment, tree::Tree},
    openapi::api::{
        BodyShape, Location, Operation, Parameter, Serialization, Style, is_of_the_connection,
    },
    schema::Violation,
};

/// A request as the arguments of a call make it; nothing in it says who we are.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    /// The method.
    pub method: Method,
    /// Where it goes.
    pub url: Url,
    /// The same without what the config says beside the path: for those who may see neither.
    pub public_url: Url,
    /// The operation's path with its variables filled in, for messages.
    pub path: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body; empty for none.
    pub body: Bytes,
}

/// Why no request can be made of arguments.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum RequestError {
    /// They are no object, or not JSON.
    #[error("the arguments can't be read: {0}")]
    Unreadable(String),
    /// Some that must be there are not.
    #[error("required arguments are missing: {}", .0.join(", "))]
    Missing(Vec<String>),
    /// One can't be written where it belongs.
    #[error("the argument {argument:?} can't be sent: {problem}")]
    Unsendable {
        /// The argument.
        argument: String,
        /// Why.
        problem: String,
    },
    /// The operation itself can't be called.
    #[error("the operation can't be called: {0}")]
    Operation(String),
}

impl RequestError {
    /// The error of a call: what is wrong with its arguments, or with the operation itself.
    pub(super) fn of_call(self) -> SessionError {
        let at = |argument: String| vec![Segment::Name(argument)];
        SessionError::InvalidArguments(match self {
            Self::Unreadable(problem) => vec![Violation::unsendable(Vec::new(), &problem)],
            Self::Missing(names) => {
                let missing = |name| Violation::missing(at(name), &serde_json::Value::Null);
                names.into_iter().map(missing).collect()
            }
            Self::Unsendable { argument, problem } => {
                vec![Violation::unsendable(at(argument), &problem)]
            }
            Self::Operation(_) => {
                return SessionError::Failed {
                    reason: self.to_string(),
                    may_have_run: false,
                };
            }
        })
    }
}

/// The arguments of a call, by name, as they came.
type Arguments<'a> = [(Cow<'a, str>, &'a RawValue)];

/// Makes the request. `required`: the arguments that the tool's schema demands.
pub(super) fn draft(
    operation: &Operation,
    required: &[String],
    base: &Url,
    arguments: &Raw,
) -> Result<Draft, RequestError> {
    let arguments = json::members(arguments.get())
        .map_err(|error| RequestError::Unreadable(error.to_string()))?;
    complete(operation, required, &arguments)?;
    let method = Method::from_bytes(operation.method.as_bytes())
        .map_err(|_| RequestError::Operation("its method is none".to_owned()))?;
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, accept(&operation.accept));
    let mut query = Vec::new();
    let mut cookies = Vec::new();
    let mut variables = Vec::new();
    for parameter in &operation.parameters {
        let Some(mut tree) = value(parameter, &arguments)? else {
            continue;
        };
        if operation.integers.contains(&parameter.argument) {
            tree = whole::spelt(tree);
        }
        match parameter.location {
            Location::Path => variables.push((parameter, tree)),
            Location::Query => query.extend(pairs(parameter, &tree, Encoding::ReservedInQuery)),
            Location::QueryString => query.extend(whole_query(parameter, &tree)),
            Location::Header => header(parameter, &tree, &mut headers)?,
            Location::Cookie => cookies.extend(cookie(parameter, &tree)?),
        }
    }
    if !cookies.is_empty() {
        add_cookies(&mut headers, &cookies)?;
    }
    let place = place::fill(operation, &variables)?;
    let (url, public_url) = place::join(base, &place, &query)?;
    let body = operation
        .body
        .as_ref()
        .map_or(Ok(None), |body| body::write(body, operation, &arguments))?;
    let body = match body {
        Some((media_type, body)) => {
            if !headers.contains_key(CONTENT_TYPE) {
                let media_type = HeaderValue::from_str(&media_type).map_err(|_| {
                    RequestError::Operation("its body has no proper media type".to_owned())
                })?;
                headers.insert(CONTENT_TYPE, media_type);
            }
            body
        }
        None => Bytes::new(),
    };
    if body.is_empty() && matches!(method, Method::POST | Method::PUT | Method::PATCH) {
        // Some servers insist (RFC 9110 section 8.6).
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    Ok(Draft {
        method,
        url,
        public_url,
        path: place.path,
        headers,
        body,
    })
}

/// Whether all is there that must be.
fn complete(
    operation: &Operation,
    required: &[String],
    arguments: &Arguments<'_>,
) -> Result<(), RequestError> {
    let is_there = |name: &str| arguments.iter().any(|(known, _)| known == name);
    let has_value = |name: &str| {
        arguments
            .iter()
            .any(|(known, value)| known == name && value.get() != "null")
    };
    let mut missing: Vec<String> = operation
        .parameters
        .iter()
        .filter(|parameter| parameter.required || parameter.location == Location::Path)
        .filter(|parameter| !has_value(&parameter.argument))
        .map(|parameter| parameter.argument.clone())
        .collect();
    let mut need = |name: &String| {
        if !is_there(name) && !missing.contains(name) {
            missing.push(name.clone());
        }
    };
    if let Some(body) = &operation.body
        && body.required
        && let BodyShape::Whole { argument } = &body.shape
    {
        need(argument);
    }
    required.iter().for_each(need);
    if missing.is_empty() {
        Ok(())
    } else {
        Err(RequestError::Missing(missing))
    }
}

/// The value of a parameter, if there is one: `null` is none.
fn value(parameter: &Parameter, arguments: &Arguments<'_>) -> Result<Option<Tree>, RequestError> {
    let given = arguments
        .iter()
        .find(|(name, _)| *name == parameter.argument)
        .filter(|(_, value)| value.get() != "null");
    given
        .map(|(_, value)| tree(&parameter.argument, value))
        .transpose()
}

fn tree(argument: &str, value: &RawValue) -> Result<Tree, RequestError> {
    Tree::parse(value.get()).map_err(|error| unsendable(argument, error.to_string()))
}

fn unsendable(argument: &str, problem: impl Into<String>) -> RequestError {
    RequestError::Unsendable {
        argument: argument.to_owned(),
        problem: problem.into(),
    }
}

/// The pairs of a parameter in a query or form. `reserved`: how characters are written where
/// reserved ones may stay.
fn pairs(parameter: &Parameter, tree: &Tree, reserved: Encoding) -> Vec<String> {
    serialized(&parameter.name, &parameter.serialization, tree, reserved)
}

fn serialized(
    name: &str,
    serialization: &Serialization,
    tree: &Tree,
    reserved: Encoding,
) -> Vec<String> {
    match serialization {
        Serialization::Style {
            style,
            explode,
            allow_reserved,
        } => {
            let writing = Writing {
                style: *style,
                explode: *explode,
                encoding: if *allow_reserved {
                    reserved
                } else {
                    Encoding::Strict
                },
            };
            writing.pairs(name, tree)
        }
        Serialization::Content(media_type) => {
            let value = content(media_type, tree);
            let write = |text| Encoding::Strict.apply(text).into_owned();
            vec![format!("{}={}", write(name), write(&value))]
        }
    }
}

/// A value as text of a media type: JSON, or a string as it is.
fn content(media_type: &str, tree: &Tree) -> String {
    if media_type::is_json(&media_type::essence(media_type)) {
        tree.to_string()
    } else {
        text(tree)
    }
}

/// A query that one parameter makes up (`OpenAPI` 3.2, `in: querystring`).
fn whole_query(parameter: &Parameter, tree: &Tree) -> Vec<String> {
    match (&parameter.serialization, tree) {
        (Serialization::Content(media_type), tree)
            if media_type::is_json(&media_type::essence(media_type)) =>
        {
            vec![Encoding::Strict.apply(&tree.to_string()).into_owned()]
        }
        (_, Tree::Object(members)) => members
            .iter()
            .flat_map(|(name, value)| {
                let by_default = form::by_default(value);
                serialized(name, &by_default, value, Encoding::Strict)
            })
            .collect(),
        // A query that is ready: only what can't stand in one is encoded.
        (_, tree) => {
            let encoded: Vec<String> = text(tree)
                .trim_start_matches('?')
                .split('&')
                .map(|pair| Encoding::ReservedInQuery.apply(pair).into_owned())
                .collect();
            vec![encoded.join("&")]
        }
    }
}

fn header(parameter: &Parameter, tree: &Tree, headers: &mut HeaderMap) -> Result<(), RequestError> {
    let refused = |problem: &str| unsendable(&parameter.argument, problem);
    let name = HeaderName::from_bytes(parameter.name.as_bytes())
        .map_err(|_| refused("its name can't be that of a header"))?;
    if is_of_the_connection(name.as_str()) {
        return Err(refused("this header belongs to the connection"));
    }
    let value = match &parameter.serialization {
        Serialization::Content(media_type) => Some(content(media_type, tree)),
        Serialization::Style { explode, .. } => {
            let writing = Writing {
                style: Style::Simple,
                explode: *explode,
                encoding: Encoding::Raw,
            };
            writing.in_header(tree)
        }
    };
    if let Some(value) = value {
        let value = HeaderValue::from_bytes(value.as_bytes())
            .map_err(|_| refused("a header can't hold line breaks or control characters"))?;
        headers.insert(name, value);
    }
    Ok(())
}

fn cookie(parameter: &Parameter, tree: &Tree) -> Result<Vec<String>, RequestError> {
    let is_plain = matches!(
        parameter.serialization,
        Serialization::Style {
            style: Style::Cookie,
            ..
        }
    );
    if !is_plain {
        return Ok(pairs(parameter, tree, Encoding::Strict));
    }
    let Serialization::Style { explode, .. } = parameter.serialization else {
        return Ok(Vec::new());
    };
    let writing = Writing {
        style: Style::Cookie,
        explode,
        encoding: Encoding::Raw,
    };
    let pairs = writing.pairs(&parameter.name, tree);
    if pairs.iter().any(|pair| pair.contains(';')) {
        return Err(unsendable(
            &parameter.argument,
            "a cookie can't hold a semicolon",
        ));
    }
    Ok(pairs)
}

fn add_cookies(headers: &mut HeaderMap, cookies: &[String]) -> Result<(), RequestError> {
    let value = HeaderValue::from_bytes(cookies.join("; ").as_bytes()).map_err(|_| {
        RequestError::Operation("a cookie can't hold line breaks or control characters".to_owned())
    })?;
    headers.append(COOKIE, value);
    Ok(())
}

/// What is asked for, best first, and anything else rather than nothing.
fn accept(wanted: &[String]) -> HeaderValue {
    let anything = HeaderValue::from_static("*/*");
    if wanted.is_empty() {
        return anything;
    }
    let mut quality = 10_u32;
    let mut ranges: Vec<String> = Vec::new();
    for media_type in wanted {
        ranges.push(match quality {
            10 => media_type.clone(),
            quality => format!("{media_type};q=0.{quality}"),
        });
        quality = quality.saturating_sub(1).max(2);
    }
    if !wanted.iter().any(|media_type| media_type == "*/*") {
        ranges.push("*/*;q=0.1".to_owned());
    }
    HeaderValue::from_str(&ranges.join(", ")).unwrap_or(anything)
}
