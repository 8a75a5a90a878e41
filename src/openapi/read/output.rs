//! What a success looks like.

use std::collections::HashSet;

use super::Version;
use super::media_type::{self, Kind, MCP_RESULT};
use super::objects::{is_object, says_anything};
use super::resolve::{Place, Resolver};
use super::schemas::{Direction, Schemas, Words};
use super::text::{Fragment, ObjectText};
use crate::openapi::api::Output;

/// What an operation answers.
#[derive(Debug, Default)]
pub(super) struct Answers<'d> {
    /// The media types of successes, best first.
    pub(super) accept: Vec<String>,
    /// The schema of the best success in JSON, where all successes in JSON have that.
    pub(super) schema: Option<Place<'d>>,
    /// Whether the answer is the whole result of a tool of this program's.
    pub(super) is_tool: bool,
    /// Why there is no schema though there could be one.
    pub(super) note: Option<String>,
}

/// Reads the responses of an operation; `produces` is what version 2.0 says of all of them.
pub(super) fn read<'d>(
    resolver: &Resolver<'d>,
    version: Version,
    operation: Place<'d>,
    produces: &[&'d str],
) -> Answers<'d> {
    let mut answers = Answers::default();
    let mut found = Vec::new();
    for (status, response) in operation.map("responses") {
        let Some(rank) = rank(status) else {
            continue;
        };
        match resolver.follow(response) {
            Ok(response) => found.push((rank, response)),
            Err(reason) => answers.note = Some(reason),
        }
    }
    if found.iter().any(|(rank, _)| *rank < DEFAULT) {
        found.retain(|(rank, _)| *rank < DEFAULT);
    }
    found.sort_by_key(|(rank, _)| *rank);
    let mut types: Vec<&str> = Vec::new();
    let mut schemas: Vec<Place<'d>> = Vec::new();
    if version == Version::V2 && !found.is_empty() {
        // What an operation can give is said of it as a whole, schema or not.
        types.extend(produces);
    }
    for (_, response) in &found {
        if version == Version::V2 {
            if let Some(schema) = response.get("schema") {
                let is_json = produces.is_empty()
                    || produces
                        .iter()
                        .any(|one| media_type::kind(one) == Kind::Json);
                if is_json && schema.text("type") != Some("file") {
                    schemas.push(schema);
                }
            }
            continue;
        }
        let content = response.map("content");
        let mut json: Vec<(u8, Place<'d>)> = Vec::new();
        for (media_type, media) in content {
            types.push(media_type);
            answers.is_tool |= media_type == MCP_RESULT;
            if media_type::kind(media_type) == Kind::Json && media_type != MCP_RESULT {
                json.push((media_type::answer_rank(media_type), media));
            }
        }
        json.sort_by_key(|(rank, _)| *rank);
        let best = json.first().map(|(_, media)| resolver.follow(*media));
        match best {
            Some(Ok(media)) => schemas.extend(media.get("schema")),
            Some(Err(reason)) => answers.note = Some(reason),
            None => {}
        }
    }
    types.sort_by_key(|media_type| media_type::answer_rank(media_type));
    let mut seen = HashSet::new();
    types.retain(|media_type| seen.insert(*media_type));
    answers.accept = types.into_iter().map(str::to_owned).collect();
    if let Some((first, others)) = schemas.split_first() {
        let target = |schema: &Place<'d>| resolver.follow(*schema).ok().map(Place::identity);
        let is_same =
            |other: &Place<'d>| target(other) == target(first) || other.tree == first.tree;
        if others.iter().all(is_same) {
            answers.schema = Some(*first);
        }
    }
    answers
}

/// The rank of `default`, which counts only where nothing else says what a success is.
const DEFAULT: u16 = 1000;

/// Which response tells best what a success is: the least. None: it is no success.
fn rank(status: &str) -> Option<u16> {
    match status {
        "default" => Some(DEFAULT),
        "2XX" | "2xx" => Some(300),
        _ => status.parse().ok().filter(|code| (200..300).contains(code)),
    }
}

/// Writes a tool's `outputSchema`, where it has one.
pub(super) fn write<'d>(
    schemas: &mut Schemas<'_, 'd>,
    answers: &Answers<'d>,
    is_wrapped: bool,
    prefixes: &[String],
) -> Result<Option<(String, Output)>, String> {
    let Some(schema) = answers.schema else {
        return Ok(None);
    };
    let target = schemas.resolver.follow(schema)?;
    if !says_anything(target) && !is_wrapped {
        return Ok(None);
    }
    let mut fragment = Fragment::default();
    if !is_wrapped && is_object(schemas.resolver, target) {
        let target = schemas.resolver.inside(target);
        let Some(members) = target.tree.as_object() else {
            return Ok(None);
        };
        let mut object = ObjectText::begin(&mut fragment);
        if !members.contains_key("type") {
            object.member("type").string("object");
        }
        let words = Words::default();
        schemas.members(target, members, &words, Direction::Response, &mut object)?;
        object.end();
        let text = schemas.finish(&fragment, Direction::Response, prefixes)?;
        return Ok(Some((text, Output::Plain)));
    }
    let mut object = ObjectText::begin(&mut fragment);
    object.member("type").string("object");
    let mut properties = ObjectText::begin(object.member("properties"));
    schemas.write(schema, Direction::Response, properties.member("result"))?;
    properties.end();
    object.member("required").push(r#"["result"]"#);
    object.member("x-fastmcp-wrap-result").push("true");
    object.end();
    let text = schemas.finish(&fragment, Direction::Response, prefixes)?;
    Ok(Some((text, Output::Wrapped)))
}
