//! The URL of a request.

use percent_encoding::percent_decode_str;
use reqwest::Url;

use super::{RequestError, content, encode::Encoding, style::Writing, unsendable};
use crate::{
    json::tree::Tree,
    openapi::api::{Operation, Parameter, Serialization},
};

/// The part of a URL that an operation says.
#[derive(Debug)]
pub(super) struct Place {
    /// The path, its variables filled in.
    pub path: String,
    /// A query that the document has behind the path.
    pub query: Option<String>,
}

/// Fills in the variables of an operation's path. What a variable holds stays within its segment.
pub(super) fn fill(
    operation: &Operation,
    variables: &[(&Parameter, Tree)],
) -> Result<Place, RequestError> {
    // Some documents tell operations of one path apart by what follows it.
    let (template, _) = operation
        .path
        .split_once('#')
        .unwrap_or((&operation.path, ""));
    let (template, query) = match template.split_once('?') {
        Some((template, query)) => (template, Some(query.to_owned())),
        None => (template, None),
    };
    let mut path = String::with_capacity(template.len() + 16);
    let mut rest = template;
    // Where in the path each argument begins and ends.
    let mut filled = Vec::new();
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else {
            break;
        };
        path.push_str(before);
        let variable = variables
            .iter()
            .find(|(parameter, _)| parameter.name == name);
        let Some((parameter, tree)) = variable else {
            return Err(RequestError::Operation(format!(
                "its document does not say what {{{name}}} in its path is"
            )));
        };
        let value = variable_text(parameter, tree);
        if value.is_empty() {
            return Err(unsendable(
                &parameter.argument,
                "it stands in the path, where nothing may be empty",
            ));
        }
        let begin = path.len();
        path.push_str(&value);
        filled.push((begin, path.len(), parameter.argument.as_str()));
        rest = after;
    }
    path.push_str(rest);
    let mut begin = 0;
    for segment in path.split(['/', '\\']) {
        let end = begin + segment.len();
        if has_dots(segment) {
            let problem = "it would lead to another path";
            let within = filled
                .iter()
                .find(|(from, to, _)| begin <= *from && *to <= end);
            return Err(match within {
                Some((.., argument)) => unsendable(argument, problem),
                None => RequestError::Operation(format!("its path has dots: {problem}")),
            });
        }
        begin = end + 1;
    }
    Ok(Place { path, query })
}

fn variable_text(parameter: &Parameter, tree: &Tree) -> String {
    match &parameter.serialization {
        Serialization::Style {
            style,
            explode,
            allow_reserved,
        } => {
            let writing = Writing {
                style: *style,
                explode: *explode,
                encoding: if *allow_reserved {
                    Encoding::ReservedInPath
                } else {
                    Encoding::Strict
                },
            };
            writing.in_path(&parameter.name, tree)
        }
        Serialization::Content(media_type) => Encoding::Strict
            .apply(&content(media_type, tree))
            .into_owned(),
    }
}

/// Whether a segment means another folder (RFC 3986 section 5.2.4), however it is written. Many
/// servers decode `%2F` before they look at folders, and take what follows a `;` away.
fn has_dots(segment: &str) -> bool {
    let decoded = percent_decode_str(segment).collect::<Vec<u8>>();
    decoded
        .split(|byte| matches!(byte, b'/' | b'\\'))
        .filter_map(|piece| piece.split(|byte| *byte == b';').next())
        .any(|name| matches!(name, b"." | b".."))
}

/// The URL below a base, whose path and query are kept; and the same without the base's query and
/// user.
pub(super) fn join(
    base: &Url,
    place: &Place,
    query: &[String],
) -> Result<(Url, Url), RequestError> {
    let mut url = base.clone();
    url.set_fragment(None);
    let stem = base.path().trim_end_matches('/');
    let slash = if place.path.starts_with('/') || place.path.is_empty() {
        ""
    } else {
        "/"
    };
    url.set_path(&format!("{stem}{slash}{}", place.path));
    let own = place.query.iter().map(String::as_str);
    let own = own.chain(query.iter().map(String::as_str));
    let own: Vec<&str> = own.filter(|part| !part.is_empty()).collect();
    let mut public = url.clone();
    public.set_query((!own.is_empty()).then(|| own.join("&")).as_deref());
    let without_user = public
        .set_username("")
        .and_then(|()| public.set_password(None));
    if without_user.is_err() {
        return Err(RequestError::Operation("its URL has no host".to_owned()));
    }
    let all: Vec<&str> = base
        .query()
        .into_iter()
        .filter(|query| !query.is_empty())
        .chain(own)
        .collect();
    url.set_query((!all.is_empty()).then(|| all.join("&")).as_deref());
    Ok((url, public))
}
