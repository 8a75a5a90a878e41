//! The arguments of a tool: parameters and body in one flat object.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;

use super::body::{BodyContent, BodyView, is_file};
use super::objects::ObjectView;
use super::parameters::{Field, ParameterView};
use super::resolve::Place;
use super::schemas::{Direction, Schemas, Words};
use super::text::{Fragment, ObjectText};
use crate::json::tree::Tree;
use crate::openapi::api::{BodyForm, BodyShape, Location, Parameter, RequestBody};

/// What a file is given as.
const FILE: &str = "A file: a data URI (data:<media type>;base64,…), or its bytes in Base64.";

/// What a tool takes and how it is sent.
#[derive(Debug)]
pub(super) struct Arguments<'d> {
    pub(super) input_schema: String,
    /// Each argument with what is known of it, in the order of the schema.
    pub(super) described: Vec<Described<'d>>,
    pub(super) parameters: Vec<Parameter>,
    pub(super) body: Option<RequestBody>,
}

/// An argument, for those who tell about it.
#[derive(Clone, Debug)]
pub(super) struct Described<'d> {
    pub(super) name: String,
    pub(super) is_required: bool,
    pub(super) field: Field<'d>,
}

/// What the body becomes.
enum Layout<'d> {
    /// There is none.
    None,
    /// Each member is an argument.
    Members {
        fields: IndexMap<&'d str, Field<'d>>,
        required: Vec<&'d str>,
        additional: Option<Place<'d>>,
    },
    /// It is one argument.
    Whole,
}

/// Lays out the arguments of an operation.
pub(super) fn lay_out<'d>(
    schemas: &mut Schemas<'_, 'd>,
    parameters: &[ParameterView<'d>],
    body: Option<&BodyView<'d>>,
) -> Result<Arguments<'d>, String> {
    let layout = match body {
        Some(body) => layout(schemas, body)?,
        None => Layout::None,
    };
    let mut fragment = Fragment::default();
    let mut required: Vec<String> = Vec::new();
    let mut object = ObjectText::begin(&mut fragment);
    object.member("type").string("object");
    let mut properties = ObjectText::begin(object.member("properties"));
    let no_members = IndexMap::new();
    let members = match &layout {
        Layout::Members { fields, .. } => fields,
        _ => &no_members,
    };
    let names = parameter_names(parameters, members);
    for (parameter, name) in parameters.iter().zip(&names) {
        write_field(schemas, &parameter.field, false, properties.member(name))?;
        if parameter.is_required {
            required.push(name.clone());
        }
    }
    let parameters_described = parameters.iter().zip(&names);
    let mut described: Vec<Described<'d>> = parameters_described
        .map(|(parameter, name)| Described {
            name: name.clone(),
            is_required: parameter.is_required,
            field: parameter.field.clone(),
        })
        .collect();
    let mut shape = None;
    match (&layout, body) {
        (
            Layout::Members {
                fields,
                required: needed,
                additional,
            },
            Some(body),
        ) => {
            for (name, field) in fields {
                let is_file = is_sent_as_file(body, name);
                write_field(schemas, field, is_file, properties.member(name))?;
                described.push(Described {
                    name: (*name).to_owned(),
                    is_required: body.is_required && needed.contains(name),
                    field: field.clone(),
                });
            }
            if body.is_required {
                required.extend(needed.iter().map(|name| (*name).to_owned()));
            }
            let own = fields.keys();
            let own = own.map(|name| ((*name).to_owned(), (*name).to_owned()));
            shape = Some(BodyShape::Members {
                members: own.collect(),
                takes_others: additional.is_none_or(|one| one.tree != &Tree::Bool(false)),
            });
        }
        (Layout::Whole, Some(body)) => {
            let argument = unused_name("body", &names.iter().map(String::as_str).collect());
            write_whole(schemas, body, properties.member(&argument))?;
            if body.is_required {
                required.push(argument.clone());
            }
            described.push(Described {
                name: argument.clone(),
                is_required: body.is_required,
                field: body.content.field(),
            });
            shape = Some(BodyShape::Whole { argument });
        }
        _ => {}
    }
    properties.end();
    if !required.is_empty() {
        let required: Tree = required.into_iter().map(Tree::from).collect();
        object.member("required").tree(&required);
    }
    match &layout {
        Layout::Members { additional, .. } => {
            if let Some(additional) = additional {
                let out = object.member("additionalProperties");
                schemas.write(*additional, Direction::Request, out)?;
            }
        }
        _ => object.member("additionalProperties").push("false"),
    }
    object.end();
    Ok(Arguments {
        input_schema: schemas.finish(&fragment, Direction::Request, &[])?,
        described,
        parameters: parameters
            .iter()
            .zip(names)
            .map(|(parameter, argument)| Parameter {
                argument,
                name: parameter.name.to_owned(),
                location: parameter.location,
                required: parameter.is_required,
                serialization: parameter.serialization.clone(),
            })
            .collect(),
        body: body.zip(shape).map(|(body, shape)| RequestBody {
            media_type: body.media_type.clone(),
            form: body.form.clone(),
            shape,
            required: body.is_required,
        }),
    })
}

/// The arguments of a tool that this program published: the body's schema is that of the
/// arguments, just as it stands.
pub(super) fn lay_out_tool<'d>(
    schemas: &mut Schemas<'_, 'd>,
    body: Option<&BodyView<'d>>,
    prefixes: &[String],
) -> Result<Arguments<'d>, String> {
    let schema = body.and_then(|body| match &body.content {
        BodyContent::Schema(field) => field.schema,
        _ => None,
    });
    let (Some(body), Some(schema)) = (body, schema) else {
        return Ok(Arguments {
            input_schema: r#"{"type":"object","properties":{}}"#.to_owned(),
            described: Vec::new(),
            parameters: Vec::new(),
            body: None,
        });
    };
    let schema = schemas.resolver.follow(schema)?;
    let view = ObjectView::new(schemas.resolver, schemas.version, schema)?;
    let mut fragment = Fragment::default();
    schemas.write(schema, Direction::Request, &mut fragment)?;
    let names = view.properties.keys();
    let members = names.map(|name| ((*name).to_owned(), (*name).to_owned()));
    let described = view.properties.iter().map(|(name, property)| Described {
        name: (*name).to_owned(),
        is_required: body.is_required && view.required.contains(name),
        field: Field {
            schema: Some(*property),
            words: Words::default(),
        },
    });
    Ok(Arguments {
        described: described.collect(),
        input_schema: schemas.finish(&fragment, Direction::Request, prefixes)?,
        parameters: Vec::new(),
        body: Some(RequestBody {
            media_type: body.media_type.clone(),
            form: body.form.clone(),
            shape: BodyShape::Members {
                members: members.collect(),
                takes_others: view.takes_others(),
            },
            required: body.is_required,
        }),
    })
}

fn layout<'d>(schemas: &Schemas<'_, 'd>, body: &BodyView<'d>) -> Result<Layout<'d>, String> {
    match &body.content {
        BodyContent::Fields(fields) => {
            let required = fields.iter().filter(|(_, (_, is_required))| *is_required);
            let required = required.map(|(name, _)| *name).collect();
            let fields = fields.iter();
            let fields = fields.map(|(name, (field, _))| (*name, field.clone()));
            Ok(Layout::Members {
                fields: fields.collect(),
                required,
                additional: None,
            })
        }
        BodyContent::Text(_) | BodyContent::Binary(_) => Ok(Layout::Whole),
        BodyContent::Schema(Field { schema: None, .. }) => Ok(Layout::Whole),
        BodyContent::Schema(Field {
            schema: Some(schema),
            ..
        }) => {
            let view = ObjectView::new(schemas.resolver, schemas.version, *schema)?;
            let is_form = !matches!(body.form, BodyForm::Json);
            if view.properties.is_empty() || !(view.is_plain || is_form) {
                return Ok(Layout::Whole);
            }
            let mut fields = IndexMap::new();
            let mut hidden = HashSet::new();
            for (name, property) in view.properties {
                if schemas.is_hidden(property, Direction::Request) {
                    hidden.insert(name);
                    continue;
                }
                let field = Field {
                    schema: Some(property),
                    words: Words::default(),
                };
                fields.insert(name, field);
            }
            let takes_others = view
                .additional
                .is_none_or(|one| one.tree != &Tree::Bool(false));
            let mut required = view.required;
            required.retain(|name| {
                !hidden.contains(name) && (takes_others || fields.contains_key(name))
            });
            Ok(Layout::Members {
                fields,
                required,
                additional: view.additional,
            })
        }
    }
}

/// The arguments that parameters are taken from: their names, unless the body or another
/// parameter has that too.
fn parameter_names(
    parameters: &[ParameterView<'_>],
    members: &IndexMap<&str, Field<'_>>,
) -> Vec<String> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for parameter in parameters {
        *counts.entry(parameter.name).or_default() += 1;
    }
    let clashes =
        |name: &str| members.contains_key(name) || counts.get(name).is_some_and(|count| *count > 1);
    let mut taken: HashSet<String> = members.keys().map(|name| (*name).to_owned()).collect();
    let plain = parameters.iter().filter(|one| !clashes(one.name));
    taken.extend(plain.map(|one| one.name.to_owned()));
    let named = parameters.iter().map(|parameter| {
        if !clashes(parameter.name) {
            return parameter.name.to_owned();
        }
        let location = match parameter.location {
            Location::Path => "path",
            Location::Query | Location::QueryString => "query",
            Location::Header => "header",
            Location::Cookie => "cookie",
        };
        let wanted = format!("{}__{location}", parameter.name);
        let name = unused_name(&wanted, &taken.iter().map(String::as_str).collect());
        taken.insert(name.clone());
        name
    });
    named.collect()
}

/// The name, with a number if it is taken.
fn unused_name(name: &str, taken: &HashSet<&str>) -> String {
    let mut unused = name.to_owned();
    let mut number = 1;
    while taken.contains(&*unused) {
        number += 1;
        unused = format!("{name}_{number}");
    }
    unused
}

fn is_sent_as_file(body: &BodyView<'_>, member: &str) -> bool {
    match &body.form {
        BodyForm::Multipart(parts) => parts.get(member).is_some_and(|part| part.is_binary),
        _ => false,
    }
}

fn write_field<'d>(
    schemas: &mut Schemas<'_, 'd>,
    field: &Field<'d>,
    is_file: bool,
    out: &mut Fragment,
) -> Result<(), String> {
    let mut words = field.words.clone();
    if is_file {
        let said = words.description.take();
        let said = said.or_else(|| {
            let text = field.schema?.text("description")?;
            Some(text.to_owned())
        });
        words.description = Some(match said {
            Some(said) => format!("{said}\n\n{FILE}"),
            None => FILE.to_owned(),
        });
    }
    match field.schema {
        Some(schema) => schemas.write_with(schema, &words, Direction::Request, out),
        None => {
            write_typed(None, &words, out);
            Ok(())
        }
    }
}

/// A body that is one argument.
fn write_whole<'d>(
    schemas: &mut Schemas<'_, 'd>,
    body: &BodyView<'d>,
    out: &mut Fragment,
) -> Result<(), String> {
    let described = |words: &Words<'d>, default: String| {
        let mut words = words.clone();
        words.description = Some(match words.description {
            Some(said) => format!("{said}\n\n{default}"),
            None => default,
        });
        words
    };
    match &body.content {
        BodyContent::Schema(field) => {
            let is_file = field
                .schema
                .is_some_and(|schema| is_file(schemas.resolver, schemas.version, schema));
            write_field(schemas, field, is_file && body.form != BodyForm::Json, out)
        }
        BodyContent::Text(words) => {
            let words = described(words, format!("The body, as {}.", body.media_type));
            write_typed(Some("string"), &words, out);
            Ok(())
        }
        BodyContent::Binary(words) => {
            let words = described(words, FILE.to_owned());
            write_typed(Some("string"), &words, out);
            Ok(())
        }
        BodyContent::Fields(_) => Ok(()),
    }
}

fn write_typed(name: Option<&str>, words: &Words<'_>, out: &mut Fragment) {
    let mut object = ObjectText::begin(out);
    if let Some(name) = name {
        object.member("type").string(name);
    }
    words.write(&mut object);
    object.end();
}
