//! Operations that only read, as resources.
//!
//! The URI is `api://{title}{path}`: the API's title in lower case with dashes, and the path of
//! the operation, whose variables are those of a template. `GET /pets/{petId}` of “Pet Store” is
//! `api://pet-store/pets/{petId}`.

use std::collections::HashMap;

use super::media_type::{Kind, MCP_RESULT, kind};
use super::operation::Read;
use super::operations::tell;
use super::text::{Fragment, ObjectText};
use crate::json::Raw;
use crate::openapi::api::{Location, Operation, Resource};

/// The resources among the operations: each `GET` that needs nothing but what its path says.
pub(super) fn make(
    read: &[Read<'_>],
    title: Option<&str>,
    warnings: &mut Vec<(String, String)>,
) -> Vec<Resource> {
    let slug = slug(title.unwrap_or_default());
    let mut resources = Vec::new();
    for (index, one) in read.iter().enumerate() {
        let operation = &one.operation;
        let needs_more = |parameter: &crate::openapi::api::Parameter| {
            parameter.required && parameter.location != Location::Path
        };
        if operation.method != "GET"
            || operation.body.is_some()
            || operation.path.contains('?')
            || operation.parameters.iter().any(needs_more)
        {
            continue;
        }
        let Some(path) = template(operation) else {
            tell(
                warnings,
                operation.name.clone(),
                "it is no resource: a URI template can't have the names of its path parameters"
                    .to_owned(),
            );
            continue;
        };
        let is_template = path.contains('{');
        let uri = format!("api://{slug}{path}");
        let mut definition = Fragment::default();
        let mut object = ObjectText::begin(&mut definition);
        let member = if is_template { "uriTemplate" } else { "uri" };
        object.member(member).string(&uri);
        object.member("name").string(&operation.name);
        if let Some(title) = one.title {
            object.member("title").string(title);
        }
        if let Some(description) = &one.description {
            object.member("description").string(description);
        }
        let concrete = |one: &&String| *one != MCP_RESULT && kind(one) != Kind::Any;
        if let Some(media_type) = operation.accept.iter().find(concrete) {
            object.member("mimeType").string(media_type);
        }
        object.end();
        resources.push(Resource {
            operation: index,
            definition: Raw::assume_valid(definition.text.into()),
            uri,
            is_template,
        });
    }
    resources
}

/// The path with the names of arguments, or `None` where RFC 6570 has no such names.
fn template(operation: &Operation) -> Option<String> {
    let parameters = operation.parameters.iter();
    let paths = parameters.filter(|one| one.location == Location::Path);
    let arguments: HashMap<&str, &str> = paths
        .map(|one| (one.name.as_str(), one.argument.as_str()))
        .collect();
    let mut template = String::new();
    let mut rest = operation.path.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        let (variable, after) = after.split_once('}')?;
        let argument = arguments.get(variable)?;
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if argument.is_empty() || !argument.chars().all(fits) {
            return None;
        }
        template.push_str(before);
        template.push('{');
        template.push_str(argument);
        template.push('}');
        rest = after;
    }
    template.push_str(rest);
    Some(template)
}

fn slug(title: &str) -> String {
    let words = title.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    if words.is_empty() {
        "api".to_owned()
    } else {
        words.join("-")
    }
}
