//! Bodies of requests.

use std::borrow::Cow;

use bytes::Bytes;
use serde_json::value::RawValue;

use super::{Arguments, RequestError, data_uri, form, style::text, tree, unsendable, whole};
use crate::{
    json::{self, Raw, tree::Tree},
    openapi::api::{BodyForm, BodyShape, Operation, RequestBody},
    upstream::rest::media_type,
};

/// The argument that is a body as a whole.
const WHOLE: &str = "body";

/// What is wrong with a member that callers can't set.
const READ_ONLY: &str = "the API's document says that it is `readOnly`: the API sets it by itself, \
                         and it is never sent; leave it out";

/// A member of a body.
pub(super) struct Member<'a> {
    /// Its name in the body.
    pub name: &'a str,
    /// The argument that it comes from, for messages.
    pub argument: &'a str,
    /// Its value as it came.
    pub value: &'a RawValue,
    /// Whether it is a whole number, or a list of them.
    pub is_integer: bool,
}

impl Member<'_> {
    /// Its value, or one in the list that it is, where it is not written as JSON.
    pub(super) fn tree(&self, value: &RawValue) -> Result<Tree, RequestError> {
        let tree = tree(self.argument, value)?;
        Ok(if self.is_integer {
            whole::spelt(tree)
        } else {
            tree
        })
    }
}

/// The body and its media type; nothing where no argument is part of it and it may be left out.
pub(super) fn write(
    body: &RequestBody,
    operation: &Operation,
    arguments: &Arguments<'_>,
) -> Result<Option<(String, Bytes)>, RequestError> {
    match &body.shape {
        BodyShape::Members {
            members,
            read_only,
            takes_others,
        } => {
            let is_parameter = |name: &str| {
                let mut parameters = operation.parameters.iter();
                parameters.any(|known| known.argument == name)
            };
            // To send it would be wrong, and to drop it would be to say that it was done.
            let refused = arguments
                .iter()
                .find(|(name, _)| read_only.contains(name.as_ref()) && !is_parameter(name));
            if let Some((argument, _)) = refused {
                return Err(unsendable(argument, READ_ONLY));
            }
            let found: Vec<Member<'_>> = arguments
                .iter()
                .filter_map(|(argument, value)| {
                    let argument = argument.as_ref();
                    let name = match members.get(argument) {
                        Some(name) => name.as_str(),
                        None if *takes_others && !is_parameter(argument) => argument,
                        None => return None,
                    };
                    Some(Member {
                        name,
                        argument,
                        value,
                        is_integer: operation.integers.contains(argument),
                    })
                })
                .collect();
            let is_declared = members.contains_key(WHOLE) || is_parameter(WHOLE);
            if !is_declared && body.form == BodyForm::Json && is_empty_body(&found, arguments) {
                return of_members(body, &[]).map(Some);
            }
            if found.is_empty() && !body.required {
                return Ok(None);
            }
            of_members(body, &found).map(Some)
        }
        BodyShape::Whole { argument } => {
            let given = arguments.iter().find(|(name, _)| name == argument);
            let Some((_, value)) = given else {
                return Ok(None);
            };
            if value.get() == "null" && !body.required {
                return Ok(None);
            }
            as_a_whole(body, argument, value).map(Some)
        }
    }
}

/// Whether a caller gives the empty object as the body as a whole, since none of its members says
/// that it is not to be left out.
fn is_empty_body(members: &[Member<'_>], arguments: &Arguments<'_>) -> bool {
    let given = arguments.iter().find(|(name, _)| name == WHOLE);
    let is_empty = |value: &RawValue| {
        let inside = value.get().strip_prefix('{');
        let inside = inside.and_then(|rest| rest.strip_suffix('}'));
        inside.is_some_and(|inside| inside.trim().is_empty())
    };
    given.is_some_and(|(_, value)| is_empty(value))
        && members.iter().all(|member| member.argument == WHOLE)
}

fn of_members(body: &RequestBody, members: &[Member<'_>]) -> Result<(String, Bytes), RequestError> {
    match &body.form {
        BodyForm::UrlEncoded(styles) => {
            let text = form::url_encoded(members, styles)?;
            Ok((body.media_type.clone(), text.into()))
        }
        BodyForm::Multipart(parts) => form::multipart(&body.media_type, members, parts),
        // Text and bytes have no members: what is given is an object.
        BodyForm::Json | BodyForm::Text | BodyForm::Binary => {
            Ok((body.media_type.clone(), object(members).into()))
        }
    }
}

/// An object of these members, each as it came.
fn object(members: &[Member<'_>]) -> String {
    let mut text = String::from("{");
    for (index, member) in members.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(Raw::from_value(&member.name).get());
        text.push(':');
        text.push_str(member.value.get());
    }
    text.push('}');
    text
}

fn as_a_whole(
    body: &RequestBody,
    argument: &str,
    value: &RawValue,
) -> Result<(String, Bytes), RequestError> {
    match &body.form {
        BodyForm::Json => Ok((
            body.media_type.clone(),
            Bytes::copy_from_slice(value.get().as_bytes()),
        )),
        BodyForm::Text => {
            let text = text(&tree(argument, value)?);
            Ok((body.media_type.clone(), text.into()))
        }
        BodyForm::Binary => {
            let data = bytes(argument, value)?;
            let declared = media_type::essence(&body.media_type);
            // A range says only what it may be.
            let media_type = if declared.contains('*') {
                let generic = || "application/octet-stream".to_owned();
                data.media_type.unwrap_or_else(generic)
            } else {
                body.media_type.clone()
            };
            Ok((media_type, data.bytes.into()))
        }
        BodyForm::UrlEncoded(_) | BodyForm::Multipart(_) => {
            let members = json::members(value.get())
                .map_err(|_| unsendable(argument, "the body is a form: it must be an object"))?;
            let members: Vec<Member<'_>> = members
                .iter()
                .map(|(name, value)| Member {
                    name: name.as_ref(),
                    argument: name.as_ref(),
                    value,
                    is_integer: false,
                })
                .collect();
            of_members(body, &members)
        }
    }
}

/// The bytes that a string stands for.
pub(super) fn bytes(argument: &str, value: &RawValue) -> Result<data_uri::Data, RequestError> {
    let text: Option<Cow<'_, str>> = serde_json::from_str(value.get()).ok();
    text.and_then(|text| data_uri::read(&text)).ok_or_else(|| {
        unsendable(
            argument,
            "it must be bytes, written as a data URI (data:image/png;base64,…) or as Base64",
        )
    })
}
