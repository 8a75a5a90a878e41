//! Resources: URIs that lead to operations which only read.

use percent_encoding::percent_decode_str;
use reqwest::StatusCode;
use serde_json::json;

use super::{call, invalid};
use crate::{
    gateway::SessionError,
    json::{
        Raw,
        tree::{Members, Tree},
    },
    mcp::codes,
    openapi::api::Resource,
    upstream::rest::{
        Rest,
        answer::{self, Answer},
        api::Known,
    },
};

/// JSON-RPC 2.0 section 5.1.
const INTERNAL_ERROR: i64 = -32603;

/// `resources/read`.
pub(super) async fn read(rest: &Rest, known: &Known, uri: &str) -> Result<Raw, SessionError> {
    let resources = || rest.changes.resources(known);
    let exact = resources()
        .find(|resource| !resource.is_template && resource.uri == uri)
        .map(|resource| (resource, Members::new()));
    let found = exact.or_else(|| {
        let templates = resources().filter(|resource| resource.is_template);
        let mut fitting =
            templates.filter_map(|resource| Some((resource, variables(&resource.uri, uri)?)));
        fitting.next()
    });
    let Some((Resource { operation, .. }, arguments)) = found else {
        return Err(unknown(uri));
    };
    let prepared = known
        .operations
        .get(*operation)
        .ok_or_else(|| unknown(uri))?;
    let arguments = Tree::Object(arguments).to_string();
    let mut arguments = Raw::assume_valid(arguments.into());
    if let Some(overridden) = rest.changes.tools.get(&prepared.operation.name) {
        // What callers can't give is in no URI that is served.
        arguments = overridden
            .fix_arguments(&arguments)
            .map_err(|_| unknown(uri))?;
    }
    let (answer, draft) = call::call(rest, prepared, &arguments, true).await?;
    if answer.status.is_success() {
        let uri = uri.to_owned();
        let make = move |answer: &Answer| answer::resource_contents(answer, &uri);
        let (_, contents) = answer::aside(answer, make).await?;
        let result = format!(r#"{{"contents":[{}]}}"#, contents.get());
        return Ok(Raw::assume_valid(result.into()));
    }
    let is_missing = matches!(answer.status, StatusCode::NOT_FOUND | StatusCode::GONE);
    Err(SessionError::Rpc {
        // MCP 2026-07-28, resources, error handling.
        code: if is_missing {
            codes::INVALID_PARAMS
        } else {
            INTERNAL_ERROR
        },
        message: answer::words(&answer, &draft),
        data: Some(Raw::from_value(
            &json!({"uri": uri, "status": answer.status.as_u16()}),
        )),
    })
}

fn unknown(uri: &str) -> SessionError {
    let shown: String = uri.chars().take(200).collect();
    invalid(format!("Resource not found: {shown}"))
}

/// The values of a template's variables in a URI, by name; nothing where it does not fit. Variables
/// in the path stand between what surrounds them and reach over no slash; those of the query may
/// be left out, and stand in any order (RFC 6570).
fn variables(template: &str, uri: &str) -> Option<Members> {
    let (path, optional) = match template.split_once("{?") {
        Some((path, query)) => (path, query),
        None => (template, ""),
    };
    let names: Vec<&str> = optional
        .split('}')
        .flat_map(|part| part.trim_start_matches("{&").split(','))
        .map(|name| name.trim_end_matches('*'))
        .filter(|name| !name.is_empty())
        .collect();
    let (uri, query) = match uri.split_once('?') {
        Some((uri, query)) if !path.contains('?') => (uri, query),
        _ => (uri, ""),
    };
    let mut values = Members::new();
    let mut rest = uri;
    let mut pieces = path;
    while let Some((before, behind)) = pieces.split_once('{') {
        let (name, after) = behind.split_once('}')?;
        rest = rest.strip_prefix(before)?;
        let next = after.split('{').next().unwrap_or_default();
        let end = if next.is_empty() {
            rest.find('/').unwrap_or(rest.len())
        } else {
            rest.find(next)?
        };
        let (value, behind) = rest.split_at_checked(end)?;
        if value.is_empty() || value.contains('/') {
            return None;
        }
        let name = name.trim_start_matches('+');
        values.insert(name.to_owned(), decoded(value)?.into());
        rest = behind;
        pieces = after;
    }
    if rest != pieces {
        return None;
    }
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = decoded(name)?;
        if !names.contains(&name.as_str()) {
            return None;
        }
        let value = Tree::from(decoded(value)?);
        match values.get_mut(&name) {
            Some(Tree::Array(all)) => all.push(value),
            Some(first) => *first = Tree::Array(vec![std::mem::take(first), value]),
            None => {
                values.insert(name, value);
            }
        }
    }
    Some(values)
}

fn decoded(text: &str) -> Option<String> {
    let text = percent_decode_str(text).decode_utf8().ok()?;
    Some(text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(template: &str, uri: &str) -> Option<String> {
        variables(template, uri).map(|values| Tree::Object(values).to_string())
    }

    #[test]
    fn variables_are_found_in_the_uris_of_a_template() {
        let template = "api://pets/{id}/toys/{name}.json{?size,color*}";
        for (uri, values) in [
            (
                "api://pets/7/toys/a%2Fb.json",
                Some(r#"{"id":"7","name":"a/b"}"#),
            ),
            (
                "api://pets/7/toys/a.json?color=red&size=1&color=blue",
                Some(r#"{"id":"7","name":"a","color":["red","blue"],"size":"1"}"#),
            ),
            ("api://pets/7/toys/a.json?other=1", None),
            ("api://pets//toys/a.json", None),
            ("api://pets/7/8/toys/a.json", None),
            ("api://pets/7/toys/a.xml", None),
            ("api://pets/7", None),
        ] {
            assert_eq!(found(template, uri).as_deref(), values, "{uri}");
        }
    }

    #[test]
    fn a_template_with_a_query_alone_fits_without_one() {
        assert_eq!(
            found("api://pets{?limit}", "api://pets").as_deref(),
            Some("{}")
        );
        assert_eq!(
            found("api://pets{?limit}", "api://pets?limit=3").as_deref(),
            Some(r#"{"limit":"3"}"#)
        );
        assert_eq!(found("api://pets{?limit}", "api://pet"), None);
    }
}
