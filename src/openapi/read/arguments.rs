//! The arguments of a tool: parameters and body in one flat object.

mod names;
mod write;

use std::collections::HashSet;

use indexmap::{IndexMap, IndexSet};

use super::body::{self, BodyContent, BodyView, is_list};
use super::objects::ObjectView;
use super::parameters::{Field, ParameterView};
use super::resolve::Place;
use super::schemas::{Direction, Schemas, Words};
use super::text::{Fragment, ObjectText};
use crate::json::tree::Tree;
use crate::openapi::api::{BodyForm, BodyShape, Parameter, RequestBody, Serialization};

use names::parameter_names;
use write::{Upload, write_field, write_whole};

/// The argument that a body is which is no plain object.
const WHOLE: &str = "body";

/// What a tool takes and how it is sent.
#[derive(Debug)]
pub(super) struct Arguments<'d> {
    pub(super) input_schema: String,
    /// Each argument with what is known of it, in the order of the schema.
    pub(super) described: Vec<Described<'d>>,
    pub(super) parameters: Vec<Parameter>,
    pub(super) body: Option<RequestBody>,
    /// The arguments outside of JSON that are whole numbers, or lists of them.
    pub(super) integers: HashSet<String>,
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
        read_only: Vec<&'d str>,
        required: IndexSet<&'d str>,
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
    let of_body = match &layout {
        Layout::None => HashSet::new(),
        Layout::Members { fields, .. } => fields.keys().copied().collect(),
        Layout::Whole => HashSet::from([WHOLE]),
    };
    let names = parameter_names(parameters, &of_body);
    let integers = integers(schemas, parameters, &names, &layout, body);
    let mut described = Vec::new();
    let mut fragment = Fragment::default();
    let mut object = ObjectText::begin(&mut fragment);
    object.member("type").string("object");
    let mut properties = ObjectText::begin(object.member("properties"));
    for (parameter, name) in parameters.iter().zip(&names) {
        let out = properties.member(name);
        write_field(schemas, &parameter.field, Upload::No, out)?;
        described.push(Described {
            name: name.clone(),
            is_required: parameter.is_required,
            field: parameter.field.clone(),
        });
    }
    let mut others_required = Vec::new();
    let shape = match (&layout, body) {
        (Layout::None, _) | (_, None) => None,
        (
            Layout::Members {
                fields,
                read_only,
                required,
                additional,
            },
            Some(body),
        ) => {
            for (name, field) in fields {
                let upload = upload(schemas, body, name, field);
                write_field(schemas, field, upload, properties.member(name))?;
                described.push(Described {
                    name: (*name).to_owned(),
                    is_required: body.is_required && required.contains(name),
                    field: field.clone(),
                });
            }
            if body.is_required {
                let others = required.iter().filter(|name| !fields.contains_key(**name));
                others_required.extend(others.copied());
            }
            let own = fields.keys();
            let own = own.map(|name| ((*name).to_owned(), (*name).to_owned()));
            Some(BodyShape::Members {
                members: own.collect(),
                read_only: read_only.iter().map(|name| (*name).to_owned()).collect(),
                takes_others: admits(*additional),
            })
        }
        (Layout::Whole, Some(body)) => {
            write_whole(schemas, body, properties.member(WHOLE))?;
            described.push(Described {
                name: WHOLE.to_owned(),
                is_required: body.is_required,
                field: body.content.field(),
            });
            Some(BodyShape::Whole {
                argument: WHOLE.to_owned(),
            })
        }
    };
    properties.end();
    let needed = described.iter().filter(|one| one.is_required);
    let needed = needed.map(|one| one.name.as_str()).chain(others_required);
    let required: Vec<Tree> = needed.map(Tree::from).collect();
    if !required.is_empty() {
        object.member("required").tree(&Tree::Array(required));
    }
    write_additional(schemas, &layout, &mut object)?;
    object.end();
    Ok(Arguments {
        input_schema: schemas.finish(&fragment, Direction::Request, &[])?,
        described,
        parameters: parameters
            .iter()
            .zip(names)
            .map(|(parameter, argument)| parameter.taken_from(argument))
            .collect(),
        body: body.zip(shape).map(|(body, shape)| RequestBody {
            media_type: body.media_type.clone(),
            form: body.form.clone(),
            shape,
            required: body.is_required,
        }),
        integers,
    })
}

/// The arguments that are whole numbers, or lists of them, and not written as JSON.
fn integers<'d>(
    schemas: &Schemas<'_, 'd>,
    parameters: &[ParameterView<'d>],
    names: &[String],
    layout: &Layout<'d>,
    body: Option<&BodyView<'d>>,
) -> HashSet<String> {
    let is_integer = |field: &Field<'d>| {
        let schema = field.schema;
        schema.is_some_and(|schema| body::is_integer(schemas.resolver, schema))
    };
    let styled = parameters
        .iter()
        .zip(names)
        .filter(|(parameter, _)| matches!(parameter.serialization, Serialization::Style { .. }));
    let mut integers: HashSet<String> = styled
        .filter(|(parameter, _)| is_integer(&parameter.field))
        .map(|(_, name)| name.clone())
        .collect();
    let is_form = body
        .is_some_and(|body| matches!(body.form, BodyForm::UrlEncoded(_) | BodyForm::Multipart(_)));
    if let Layout::Members { fields, .. } = layout
        && is_form
    {
        let fields = fields.iter().filter(|(_, field)| is_integer(field));
        integers.extend(fields.map(|(name, _)| (*name).to_owned()));
    }
    integers
}

/// Says which arguments there may be beside those that are described.
fn write_additional<'d>(
    schemas: &mut Schemas<'_, 'd>,
    layout: &Layout<'d>,
    object: &mut ObjectText<'_>,
) -> Result<(), String> {
    match layout {
        Layout::Members { additional, .. } => {
            if let Some(additional) = additional {
                let out = object.member("additionalProperties");
                schemas.write(*additional, Direction::Request, out)?;
            }
        }
        _ => object.member("additionalProperties").push("false"),
    }
    Ok(())
}

/// Whether `additionalProperties` admits any.
fn admits(additional: Option<Place<'_>>) -> bool {
    additional.is_none_or(|additional| additional.tree != &Tree::Bool(false))
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
            integers: HashSet::new(),
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
                read_only: HashSet::new(),
                takes_others: view.takes_others(),
            },
            required: body.is_required,
        }),
        integers: HashSet::new(),
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
                read_only: Vec::new(),
                required,
                additional: None,
            })
        }
        BodyContent::Text(_)
        | BodyContent::Binary(_)
        | BodyContent::Schema(Field { schema: None, .. }) => Ok(Layout::Whole),
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
            let mut read_only = HashSet::new();
            for (name, property) in view.properties {
                if schemas.is_hidden(property, Direction::Request) {
                    read_only.insert(name);
                    continue;
                }
                let field = Field {
                    schema: Some(property),
                    words: Words::default(),
                };
                fields.insert(name, field);
            }
            let takes_others = admits(view.additional);
            let mut required = view.required;
            required.retain(|name| {
                !read_only.contains(name) && (takes_others || fields.contains_key(name))
            });
            Ok(Layout::Members {
                fields,
                read_only: read_only.into_iter().collect(),
                required,
                additional: view.additional,
            })
        }
    }
}

/// How a member of a body is sent as a file.
fn upload<'d>(
    schemas: &Schemas<'_, 'd>,
    body: &BodyView<'d>,
    member: &str,
    field: &Field<'d>,
) -> Upload<'d> {
    let BodyForm::Multipart(parts) = &body.form else {
        return Upload::No;
    };
    if !parts.get(member).is_some_and(|part| part.is_binary) {
        return Upload::No;
    }
    let types = body.content_types.get(member).copied();
    let schema = field.schema;
    if schema.is_some_and(|schema| is_list(schemas.resolver, schema)) {
        Upload::Files(types)
    } else {
        Upload::File(types)
    }
}
