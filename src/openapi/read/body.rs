//! The body of an operation.

use std::collections::HashMap;

use indexmap::IndexMap;

use super::media_type::{self, Kind};
use super::objects::ObjectView;
use super::parameters::{Field, OldBody, named_style, old_serialization, words};
use super::resolve::{Place, Resolver};
use super::schemas::{MOST_NOTES, Words};
use super::{Version, misspelt};
use crate::json::tree::Tree;
use crate::openapi::api::{BodyForm, Location, Part, Serialization, Style};

/// A body as the document has it.
#[derive(Debug)]
pub(super) struct BodyView<'d> {
    pub(super) media_type: String,
    pub(super) form: BodyForm,
    pub(super) is_required: bool,
    pub(super) content: BodyContent<'d>,
    /// The media types that parts of a multipart body may have, as they are written (`OpenAPI` 3.2,
    /// encoding object, `contentType`).
    pub(super) content_types: HashMap<&'d str, &'d str>,
}

/// What a body is made of.
#[derive(Debug)]
pub(super) enum BodyContent<'d> {
    /// What a schema says.
    Schema(Field<'d>),
    /// Fields, which the document describes one by one, and whether each is required.
    Fields(IndexMap<&'d str, (Field<'d>, bool)>),
    /// Text in a format that has no schema here.
    Text(Words<'d>),
    /// Bytes.
    Binary(Words<'d>),
}

impl<'d> BodyContent<'d> {
    /// The body as one value.
    pub(super) fn field(&self) -> Field<'d> {
        match self {
            Self::Schema(field) => field.clone(),
            Self::Text(words) | Self::Binary(words) => Field {
                schema: None,
                words: words.clone(),
            },
            Self::Fields(_) => Field {
                schema: None,
                words: Words::default(),
            },
        }
    }
}

/// The body of an operation of version 3.
pub(super) fn read<'d>(
    resolver: &Resolver<'d>,
    version: Version,
    body: Place<'d>,
    notes: &mut Vec<String>,
) -> Result<Option<BodyView<'d>>, String> {
    let body = resolver.follow(body)?;
    let mut ranked = Vec::new();
    for (media_type, media) in body.map("content") {
        let media = resolver.follow(media)?;
        let has_files = media_type::kind(media_type) == Kind::Multipart
            && media
                .get("schema")
                .and_then(|schema| ObjectView::new(resolver, version, schema).ok())
                .is_some_and(|view| {
                    let mut properties = view.properties.values();
                    properties.any(|property| is_file(resolver, version, *property))
                });
        ranked.push((
            media_type::body_rank(media_type, has_files),
            media_type,
            media,
        ));
    }
    let Some((_, media_type, media)) = ranked.into_iter().min_by_key(|(rank, ..)| *rank) else {
        return Ok(None);
    };
    let encodings = media.map("encoding");
    let misspelt = encodings.filter_map(|(_, encoding)| misspelt::in_style(resolver, encoding));
    let room = MOST_NOTES.saturating_sub(notes.len());
    notes.extend(misspelt.take(room));
    let schema = media.get("schema");
    let mut words = words(resolver, body);
    words.example = super::parameters::example(resolver, media);
    let (form, content) = match media_type::kind(media_type) {
        Kind::Json => (BodyForm::Json, BodyContent::Schema(Field { schema, words })),
        // Whatever it is, JSON is some of it.
        Kind::Any if schema.is_none_or(|schema| !is_file(resolver, version, schema)) => {
            (BodyForm::Json, BodyContent::Schema(Field { schema, words }))
        }
        Kind::UrlEncoded => {
            let encodings = media.map("encoding");
            let encodings = encodings.filter_map(|(name, encoding)| {
                Some((name.to_owned(), form_serialization(encoding)?))
            });
            let form = BodyForm::UrlEncoded(encodings.collect());
            (form, BodyContent::Schema(Field { schema, words }))
        }
        Kind::Multipart => {
            let form = BodyForm::Multipart(parts(resolver, version, schema, media));
            (form, BodyContent::Schema(Field { schema, words }))
        }
        Kind::Text => (BodyForm::Text, BodyContent::Text(words)),
        Kind::Any | Kind::Binary => (BodyForm::Binary, BodyContent::Binary(words)),
    };
    Ok(Some(BodyView {
        media_type: concrete(media_type),
        form,
        is_required: body.is_true("required"),
        content,
        content_types: media
            .map("encoding")
            .filter_map(|(name, encoding)| Some((name, encoding.text("contentType")?)))
            .collect(),
    }))
}

/// The body of an operation of version 2.0.
pub(super) fn read_old<'d>(
    resolver: &Resolver<'d>,
    old: &OldBody<'d>,
    consumes: &[&str],
) -> Option<BodyView<'d>> {
    if let Some(body) = old.whole {
        let best = consumes
            .iter()
            .min_by_key(|one| media_type::body_rank(one, false));
        let media_type = best.copied().unwrap_or("application/json");
        let words = words(resolver, body);
        let schema = body.get("schema");
        let kind = media_type::kind(media_type);
        let is_structured = schema
            .and_then(|schema| resolver.follow(schema).ok())
            .is_some_and(|schema| schema.text("type") != Some("string"));
        let (media_type, form, content) = match kind {
            Kind::Text if !is_structured => (media_type, BodyForm::Text, BodyContent::Text(words)),
            Kind::Text if media_type::essence(media_type) != "text/plain" => {
                (media_type, BodyForm::Text, BodyContent::Text(words))
            }
            Kind::Binary if !is_structured => {
                (media_type, BodyForm::Binary, BodyContent::Binary(words))
            }
            Kind::Json => (
                media_type,
                BodyForm::Json,
                BodyContent::Schema(Field { schema, words }),
            ),
            // A form has no body parameter, and other types no schema: JSON is meant.
            _ => (
                "application/json",
                BodyForm::Json,
                BodyContent::Schema(Field { schema, words }),
            ),
        };
        return Some(BodyView {
            media_type: media_type.to_owned(),
            form,
            is_required: body.is_true("required"),
            content,
            content_types: HashMap::new(),
        });
    }
    if old.fields.is_empty() {
        return None;
    }
    let has_files = old
        .fields
        .values()
        .any(|field| field.text("type") == Some("file"));
    let takes = |kind| consumes.iter().any(|one| media_type::kind(one) == kind);
    let is_multipart = has_files || (takes(Kind::Multipart) && !takes(Kind::UrlEncoded));
    let (media_type, form) = if is_multipart {
        let parts = old.fields.iter().map(|(name, field)| {
            let part = Part {
                media_type: None,
                is_binary: field.text("type") == Some("file"),
            };
            ((*name).to_owned(), part)
        });
        ("multipart/form-data", BodyForm::Multipart(parts.collect()))
    } else {
        let lists = old.fields.iter();
        let lists = lists.filter(|(_, field)| field.text("type") == Some("array"));
        let styles = lists.map(|(name, field)| {
            (
                (*name).to_owned(),
                old_serialization(*field, Location::Query),
            )
        });
        (
            "application/x-www-form-urlencoded",
            BodyForm::UrlEncoded(styles.collect()),
        )
    };
    let fields = old.fields.iter().map(|(name, field)| {
        let mut words = words(resolver, *field);
        words.is_parameter = true;
        let is_required = field.is_true("required");
        let schema = Some(*field);
        (*name, (Field { schema, words }, is_required))
    });
    let fields: IndexMap<_, _> = fields.collect();
    Some(BodyView {
        media_type: media_type.to_owned(),
        form,
        is_required: fields.values().any(|(_, is_required)| *is_required),
        content: BodyContent::Fields(fields),
        content_types: HashMap::new(),
    })
}

/// A media type that can be sent, for a range of them.
fn concrete(media_type: &str) -> String {
    match media_type::kind(media_type) {
        Kind::Any => "application/json".to_owned(),
        _ if media_type.ends_with("/*") => {
            let main = media_type.split('/').next().unwrap_or_default();
            match main {
                "text" => "text/plain".to_owned(),
                "multipart" => "multipart/form-data".to_owned(),
                _ => "application/octet-stream".to_owned(),
            }
        }
        _ => media_type.to_owned(),
    }
}

/// Whether a value is a file, or several (`OpenAPI` 3.2, file uploads, and before).
pub(super) fn is_file<'d>(resolver: &Resolver<'d>, version: Version, schema: Place<'d>) -> bool {
    let Ok(schema) = beside_null(resolver, schema) else {
        return false;
    };
    if let Some(items) = schema.get("items") {
        return resolver
            .follow(items)
            .is_ok_and(|items| says_file(version, items));
    }
    says_file(version, schema)
}

/// Whether a value is a list.
pub(super) fn is_list<'d>(resolver: &Resolver<'d>, schema: Place<'d>) -> bool {
    let schema = beside_null(resolver, schema);
    schema.is_ok_and(|schema| schema.get("items").is_some())
}

/// Whether a value is a whole number, or a list of them.
pub(super) fn is_integer<'d>(resolver: &Resolver<'d>, schema: Place<'d>) -> bool {
    let Ok(schema) = beside_null(resolver, schema) else {
        return false;
    };
    let items = schema.get("items");
    let items = items.map(|items| beside_null(resolver, items));
    items.unwrap_or(Ok(schema)).is_ok_and(says_integer)
}

fn says_integer(schema: Place<'_>) -> bool {
    match schema.tree.get("type") {
        Some(Tree::String(name)) => name == "integer",
        Some(Tree::Array(names)) => {
            let is = |name: &Tree, wanted: &str| name.as_str() == Some(wanted);
            names.iter().any(|name| is(name, "integer"))
                && names
                    .iter()
                    .all(|name| is(name, "integer") || is(name, "null"))
        }
        _ => false,
    }
}

/// What a value is that may also be null, as an optional file of `FastAPI`'s.
fn beside_null<'d>(resolver: &Resolver<'d>, schema: Place<'d>) -> Result<Place<'d>, String> {
    let schema = resolver.follow(schema)?;
    let alternatives = schema.list("anyOf").chain(schema.list("oneOf"));
    let mut others = Vec::new();
    for alternative in alternatives {
        resolver.spend(1)?;
        let alternative = resolver.follow(alternative)?;
        if alternative.text("type") != Some("null") {
            others.push(alternative);
        }
    }
    match others.as_slice() {
        [only] => Ok(*only),
        _ => Ok(schema),
    }
}

fn says_file(version: Version, schema: Place<'_>) -> bool {
    let is_encoded = schema.text("contentEncoding").is_some();
    let content = schema.text("contentMediaType");
    schema.text("format") == Some("binary")
        || schema.text("type") == Some("file")
        || (version == Version::V31
            && !is_encoded
            && content.is_some_and(|content| media_type::kind(content) == Kind::Binary))
}

fn parts<'d>(
    resolver: &Resolver<'d>,
    version: Version,
    schema: Option<Place<'d>>,
    media: Place<'d>,
) -> IndexMap<String, Part> {
    let mut parts: IndexMap<String, Part> = IndexMap::new();
    let view = schema.and_then(|schema| ObjectView::new(resolver, version, schema).ok());
    for (name, property) in view.iter().flat_map(|view| &view.properties) {
        let part = Part {
            media_type: beside_null(resolver, *property)
                .ok()
                .and_then(|property| property.text("contentMediaType"))
                .map(str::to_owned),
            is_binary: is_file(resolver, version, *property),
        };
        if part != Part::default() {
            parts.insert((*name).to_owned(), part);
        }
    }
    for (name, encoding) in media.map("encoding") {
        if let Some(types) = encoding.text("contentType") {
            let first = types.split(',').next().unwrap_or_default().trim();
            if !first.is_empty() && !first.contains('*') {
                parts.entry(name.to_owned()).or_default().media_type = Some(first.to_owned());
            }
        }
    }
    parts
}

/// How a member of a form is written, where the document says so.
fn form_serialization(encoding: Place<'_>) -> Option<Serialization> {
    let style = encoding.text("style").and_then(named_style);
    let explode = encoding.tree.get("explode").filter(|one| one.is_boolean());
    let reserved = encoding.tree.get("allowReserved");
    if style.is_none() && explode.is_none() && reserved.is_none() {
        let types = encoding.text("contentType")?;
        let first = types.split(',').next().unwrap_or_default().trim();
        return Some(Serialization::Content(first.to_owned()));
    }
    let style = style.unwrap_or(Style::Form);
    Some(Serialization::Style {
        style,
        explode: explode.map_or(style == Style::Form, |one| one == &Tree::Bool(true)),
        allow_reserved: reserved == Some(&Tree::Bool(true)),
    })
}
