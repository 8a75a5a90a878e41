//! The parameters of an operation.

use std::collections::HashSet;

use indexmap::{IndexMap, IndexSet};

use super::resolve::{Place, Resolver};
use super::schemas::{MOST_NOTES, Words};
use super::{Version, media_type, misspelt};
use crate::json::tree::Tree;
use crate::openapi::api::{Location, Parameter, Serialization, Style, is_of_the_connection};

/// A parameter as the document has it.
#[derive(Clone, Debug)]
pub(super) struct ParameterView<'d> {
    pub(super) name: &'d str,
    pub(super) location: Location,
    pub(super) is_required: bool,
    pub(super) serialization: Serialization,
    pub(super) field: Field<'d>,
}

impl ParameterView<'_> {
    /// The parameter, whose value is an argument.
    pub(super) fn taken_from(&self, argument: String) -> Parameter {
        Parameter {
            argument,
            name: self.name.to_owned(),
            location: self.location,
            required: self.is_required,
            serialization: self.serialization.clone(),
        }
    }
}

/// A value that a caller gives: its schema and what is said of it beside.
#[derive(Clone, Debug)]
pub(super) struct Field<'d> {
    /// None: any value.
    pub(super) schema: Option<Place<'d>>,
    pub(super) words: Words<'d>,
}

/// What version 2.0 has among the parameters, and later ones as the body.
#[derive(Debug, Default)]
pub(super) struct OldBody<'d> {
    /// The parameter `in: body`.
    pub(super) whole: Option<Place<'d>>,
    /// Those `in: formData`, by name.
    pub(super) fields: IndexMap<&'d str, Place<'d>>,
}

/// All parameters of an operation: those of its path, and its own, which replace those of the
/// same name in the same place.
pub(super) fn read<'d>(
    resolver: &Resolver<'d>,
    version: Version,
    places: &[Place<'d>],
    template: &'d str,
    notes: &mut Vec<String>,
) -> Result<(Vec<ParameterView<'d>>, OldBody<'d>), String> {
    let mut found: IndexMap<(&'d str, &'d str), Place<'d>> = IndexMap::new();
    let mut body = OldBody::default();
    for holder in places {
        for parameter in holder.list("parameters") {
            resolver.spend(1)?;
            let parameter = resolver.follow(parameter)?;
            let location = parameter.text("in").unwrap_or_default();
            match (location, parameter.text("name")) {
                ("body", _) if version == Version::V2 => body.whole = Some(parameter),
                ("formData", Some(name)) if version == Version::V2 => {
                    body.fields.insert(name, parameter);
                }
                ("querystring", name) => {
                    found.insert((name.unwrap_or("query"), location), parameter);
                }
                ("path" | "query" | "header" | "cookie", Some(name)) => {
                    found.insert((name, location), parameter);
                }
                (_, Some(name)) => {
                    return Err(misspelt::in_location(resolver, parameter, name));
                }
                (_, None) => return Err("a parameter has no name".to_owned()),
            }
        }
    }
    let mut note = |text: String| {
        if notes.len() < MOST_NOTES {
            notes.push(text);
        }
    };
    let mut views = Vec::new();
    let variables = variables(template);
    for ((name, location), parameter) in found {
        let location = match location {
            "path" => Location::Path,
            "query" => Location::Query,
            "header" => Location::Header,
            "cookie" => Location::Cookie,
            _ => Location::QueryString,
        };
        if location == Location::Header && is_no_parameter(name) {
            continue;
        }
        if location == Location::Header && is_of_the_connection(name) {
            note(format!(
                "the header parameter {name:?} is ignored: it belongs to the connection"
            ));
            continue;
        }
        if location == Location::Path && !variables.contains(name) {
            note(format!(
                "the path parameter {name:?} is ignored: {template} has no such variable"
            ));
            continue;
        }
        if let Some(text) = misspelt::in_style(resolver, parameter) {
            note(text);
        }
        views.push(view(resolver, version, name, location, parameter));
    }
    let paths = views.iter().filter(|view| view.location == Location::Path);
    let described: HashSet<&str> = paths.map(|view| view.name).collect();
    for variable in variables {
        if !described.contains(variable) {
            note(format!(
                "no parameter describes the variable {variable:?} of its path; any value is taken"
            ));
            views.push(undescribed(variable));
        }
    }
    Ok((views, body))
}

/// The variables of a path template.
pub(super) fn variables(template: &str) -> IndexSet<&str> {
    let mut variables = IndexSet::new();
    let mut rest = template;
    while let Some((_, after)) = rest.split_once('{') {
        let Some((variable, after)) = after.split_once('}') else {
            break;
        };
        variables.insert(variable);
        rest = after;
    }
    variables
}

/// A variable that the document forgets.
fn undescribed(variable: &str) -> ParameterView<'_> {
    ParameterView {
        name: variable,
        location: Location::Path,
        is_required: true,
        serialization: Serialization::Style {
            style: Style::Simple,
            explode: false,
            allow_reserved: false,
        },
        field: Field {
            schema: None,
            words: Words::default(),
        },
    }
}

/// Headers that are described elsewhere (`OpenAPI` 3.2, parameter object, `name`).
pub(super) fn is_no_parameter(header: &str) -> bool {
    ["Accept", "Content-Type", "Authorization"]
        .iter()
        .any(|name| name.eq_ignore_ascii_case(header))
}

fn view<'d>(
    resolver: &Resolver<'d>,
    version: Version,
    name: &'d str,
    location: Location,
    parameter: Place<'d>,
) -> ParameterView<'d> {
    let is_required = location == Location::Path || parameter.is_true("required");
    let mut words = words(resolver, parameter);
    let (serialization, schema) = if version == Version::V2
        && let Some(schema) = later_schema(parameter)
    {
        let says_how = ["style", "explode"]
            .iter()
            .any(|word| parameter.get(word).is_some());
        let serialization = if says_how {
            style(parameter, location)
        } else {
            old_serialization(parameter, location)
        };
        (serialization, Some(schema))
    } else if version == Version::V2 {
        words.is_parameter = true;
        let serialization = old_serialization(parameter, location);
        (serialization, Some(parameter))
    } else if let Some((media_type, media)) = content(parameter) {
        if words.example.is_none() {
            words.example = example(resolver, media);
        }
        let text = Serialization::Content(media_type.to_owned());
        (text, media.get("schema"))
    } else {
        let style = style(parameter, location);
        (style, parameter.get("schema"))
    };
    ParameterView {
        name,
        location,
        is_required,
        serialization,
        field: Field { schema, words },
    }
}

/// The schema of a parameter that a document of version 2.0 describes as later versions do: it is
/// not allowed to, but some do, httpbin among them.
fn later_schema(parameter: Place<'_>) -> Option<Place<'_>> {
    let is_old = parameter.get("type").is_some();
    parameter.get("schema").filter(|_| !is_old)
}

/// What is said of a value beside its schema.
pub(super) fn words<'d>(resolver: &Resolver<'d>, holder: Place<'d>) -> Words<'d> {
    let description = holder.text("description");
    let description = description.filter(|text| !text.trim().is_empty());
    Words {
        description: description.map(str::to_owned),
        is_deprecated: holder.is_true("deprecated"),
        example: example(resolver, holder),
        is_parameter: false,
    }
}

/// The example, or first example, of a parameter or media type.
pub(super) fn example<'d>(resolver: &Resolver<'d>, holder: Place<'d>) -> Option<&'d Tree> {
    let one = holder.tree.get("example");
    one.or_else(|| {
        let (_, first) = holder.map("examples").next()?;
        let first = resolver.follow(first).ok()?;
        first
            .tree
            .get("value")
            .or_else(|| first.tree.get("dataValue"))
    })
}

/// The media type in which a value is written, JSON before all others.
fn content(parameter: Place<'_>) -> Option<(&str, Place<'_>)> {
    parameter
        .map("content")
        .min_by_key(|(media_type, _)| media_type::answer_rank(media_type))
}

fn style(parameter: Place<'_>, location: Location) -> Serialization {
    let default = match location {
        Location::Path | Location::Header => Style::Simple,
        Location::Query | Location::QueryString | Location::Cookie => Style::Form,
    };
    let style = parameter.text("style").and_then(named_style);
    let style = style.unwrap_or(default);
    let explode = parameter.tree.get("explode").filter(|one| one.is_boolean());
    let explode = match explode {
        Some(explode) => explode == &Tree::Bool(true),
        None => matches!(style, Style::Form | Style::Cookie | Style::DeepObject),
    };
    Serialization::Style {
        style,
        explode,
        allow_reserved: parameter.is_true("allowReserved"),
    }
}

pub(super) fn named_style(name: &str) -> Option<Style> {
    Some(match name {
        "matrix" => Style::Matrix,
        "label" => Style::Label,
        "simple" => Style::Simple,
        "form" => Style::Form,
        "spaceDelimited" => Style::SpaceDelimited,
        "pipeDelimited" => Style::PipeDelimited,
        "deepObject" => Style::DeepObject,
        "cookie" => Style::Cookie,
        _ => return None,
    })
}

/// `collectionFormat` (`OpenAPI` 2.0, parameter object).
pub(super) fn old_serialization(parameter: Place<'_>, location: Location) -> Serialization {
    let is_named = matches!(
        location,
        Location::Query | Location::QueryString | Location::Cookie
    );
    let format = parameter.text("collectionFormat").unwrap_or("csv");
    let (style, explode) = match format {
        "ssv" => (Style::SpaceDelimited, false),
        "tsv" => (Style::TabDelimited, false),
        "pipes" => (Style::PipeDelimited, false),
        "multi" if is_named => (Style::Form, true),
        _ if is_named => (Style::Form, false),
        _ => (Style::Simple, false),
    };
    Serialization::Style {
        style,
        explode,
        allow_reserved: false,
    }
}
