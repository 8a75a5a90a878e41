//! One operation: a tool.

use std::sync::Arc;

use bytestring::ByteString;
use percent_encoding::percent_decode_str;

use super::arguments::{self, Arguments, Described};
use super::filter::Traits;
use super::output::{self, Answers};
use super::resolve::Place;
use super::responses::{Asked, ResponseReader};
use super::schemas::Schemas;
use super::text::{Fragment, ObjectText};
use super::{Version, annotations, body, parameters, security, servers};
use crate::json::Raw;
use crate::json::tree::Tree;
use crate::openapi::api::{Location, Operation, Output, Response, Statuses};

/// An operation in its document.
#[derive(Clone, Debug)]
pub(super) struct Found<'d> {
    /// The document.
    pub(super) root: Place<'d>,
    pub(super) version: Version,
    /// In upper case.
    pub(super) method: String,
    pub(super) path: &'d str,
    /// The path item; before it what it refers to.
    pub(super) items: Vec<Place<'d>>,
    pub(super) operation: Place<'d>,
    /// The document's server, where it is not the API's.
    pub(super) server: Option<String>,
}

/// What was made of it.
#[derive(Debug)]
pub(super) struct Read<'d> {
    pub(super) operation: Operation,
    /// What it answers, unless it is a tool's.
    pub(super) responses: Option<Vec<(Statuses, Arc<Response>)>>,
    pub(super) title: Option<&'d str>,
    pub(super) description: Option<String>,
    pub(super) arguments: Vec<Described<'d>>,
    /// What had to be left out or changed.
    pub(super) notes: Vec<String>,
}

impl Read<'_> {
    /// About how many bytes it takes to keep it.
    pub(super) fn size(&self) -> usize {
        let operation = &self.operation;
        let sets = operation.security.iter();
        let several = self.arguments.len()
            + operation.parameters.len()
            + operation.accept.len()
            + self.responses.as_ref().map_or(0, Vec::len)
            + sets.map(|set| 1 + set.len()).sum::<usize>();
        let description = self.description.as_ref().map_or(0, String::len);
        operation.definition.get().len() + description + operation.path.len() + several * 200
    }
}

impl<'d> Found<'d> {
    /// The author's name for it.
    pub(super) fn id(&self) -> Option<&'d str> {
        let id = self.operation.text("operationId");
        id.filter(|id| !id.trim().is_empty())
    }

    /// For messages.
    pub(super) fn label(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// What filters look at.
    pub(super) fn traits(&self) -> Traits<'_> {
        Traits {
            tags: self.tags(),
            method: &self.method,
            path: self.path,
            operation_id: self.id(),
        }
    }

    fn tags(&self) -> Vec<&'d str> {
        let tags = self.operation.list("tags");
        tags.filter_map(|tag| tag.tree.as_str()).collect()
    }

    /// The media types that version 2.0 says for the operation, or for the whole document.
    fn media_types(&self, keyword: &str) -> Vec<&'d str> {
        let own = self.operation.tree.get(keyword).is_some();
        let holder = if own { self.operation } else { self.root };
        let all = holder.list(keyword);
        all.filter_map(|one| one.tree.as_str()).collect()
    }
}

/// The server that an operation, or its path, names.
pub(super) fn own_server(found: &Found<'_>) -> Option<String> {
    let items = found.items.iter().rev().copied();
    let mut holders = std::iter::once(found.operation).chain(items);
    holders.find_map(servers::first)
}

/// Makes a tool of an operation, or says why that can't be. Parameters that are supplied are left
/// out of it.
pub(super) fn read<'d>(
    schemas: &mut Schemas<'_, 'd>,
    reader: &mut ResponseReader<'d>,
    found: &Found<'d>,
    name: &str,
    is_supplied: &dyn Fn(Location, &str) -> bool,
) -> Result<Read<'d>, String> {
    let resolver = schemas.resolver;
    let version = found.version;
    let operation = found.operation;
    schemas.version = version;
    schemas.notes.clear();
    let mut notes = Vec::new();
    // Many authors put into a path what no server ever sees.
    let path = found.path.split('#').next().unwrap_or_default();
    let (template, fixed) = fixed_query(path);
    let mut holders = found.items.clone();
    holders.push(operation);
    let (mut parameters, old_body) =
        parameters::read(resolver, version, &holders, template, &mut notes)?;
    parameters.retain(|parameter| {
        let is_fixed = parameter.location == Location::Query && is_fixed(&fixed, parameter.name);
        !is_fixed && !is_supplied(parameter.location, parameter.name)
    });
    let body = match operation.get("requestBody") {
        Some(body) if version != Version::V2 => body::read(resolver, version, body, &mut notes)?,
        _ => body::read_old(resolver, &old_body, &found.media_types("consumes")),
    };
    let produces = found.media_types("produces");
    resolver.spend(produces.len())?;
    let answers = output::read(resolver, version, operation, &produces);
    notes.extend(answers.note.clone());
    let is_tool = answers.is_tool && found.method == "POST" && parameters.is_empty();
    let prefixes = match found.id().filter(|_| is_tool) {
        Some(id) => vec![format!("{id}_result_"), format!("{id}_")],
        None => Vec::new(),
    };
    let Arguments {
        input_schema,
        described,
        parameters,
        body,
        integers,
    } = if is_tool {
        arguments::lay_out_tool(schemas, body.as_ref(), &prefixes)?
    } else {
        arguments::lay_out(schemas, &parameters, body.as_ref())?
    };
    let output = read_output(schemas, found, &answers, &prefixes, &mut notes);
    notes.append(&mut schemas.notes);
    let asked = Asked {
        operation,
        produces: &produces,
        is_bodiless: found.method == "HEAD",
    };
    let responses = (!is_tool).then(|| reader.read(schemas, &asked, &mut notes));
    // What is wrong with a schema was said above, where the tool needs it.
    schemas.notes.clear();
    let title = title(found, is_tool);
    let description = description(found, is_tool);
    let mut definition = Fragment::default();
    let mut object = ObjectText::begin(&mut definition);
    object.member("name").string(name);
    if let Some(title) = title {
        object.member("title").string(title);
    }
    if let Some(description) = &description {
        object.member("description").string(description);
    }
    object.member("inputSchema").push(&input_schema);
    if let Some((schema, _)) = &output {
        object.member("outputSchema").push(schema);
    }
    match operation.tree.get("x-mcp-annotations") {
        Some(annotations) if annotations.is_object() => {
            object.member("annotations").tree(annotations);
        }
        _ if is_tool => {}
        _ => annotations::write(&found.method, object.member("annotations")),
    }
    object.end();
    if definition.is_too_large() {
        return Err("its definition has more than 8 MiB".to_owned());
    }
    Ok(Read {
        operation: Operation {
            name: name.to_owned(),
            definition: Raw::assume_valid(ByteString::from(definition.text)),
            method: found.method.clone(),
            path: match fixed.as_slice() {
                [] => template.to_owned(),
                fixed => format!("{template}?{}", fixed.join("&")),
            },
            server: own_server(found),
            document_server: found.server.clone(),
            parameters,
            body,
            integers,
            accept: answers.accept,
            output: output.map_or(Output::Undeclared, |(_, output)| output),
            responses: None,
            security: security::requirements(found.root, operation),
        },
        responses,
        title,
        description,
        arguments: described,
        notes,
    })
}

/// A path without its query, and the pairs of that which are always the same. One that has a
/// variable is left to the parameter of its name.
fn fixed_query(path: &str) -> (&str, Vec<&str>) {
    let (template, query) = path.split_once('?').unwrap_or((path, ""));
    let pairs = query.split('&');
    let fixed = pairs.filter(|pair| !pair.is_empty() && !pair.contains('{'));
    (template, fixed.collect())
}

fn is_fixed(pairs: &[&str], name: &str) -> bool {
    let names = pairs.iter().filter_map(|pair| pair.split('=').next());
    names
        .map(percent_decode_str)
        .any(|known| known.decode_utf8().is_ok_and(|known| known == name))
}

fn read_output<'d>(
    schemas: &mut Schemas<'_, 'd>,
    found: &Found<'d>,
    answers: &Answers<'d>,
    prefixes: &[String],
    notes: &mut Vec<String>,
) -> Option<(String, Output)> {
    if found.method == "HEAD" {
        return None;
    }
    let is_wrapped = found.operation.is_true("x-mcp-wrapped-result");
    match output::write(schemas, answers, is_wrapped, prefixes) {
        Ok(output) => output,
        Err(reason) => {
            notes.push(format!("it has no outputSchema: {reason}"));
            None
        }
    }
}

fn summary<'d>(found: &Found<'d>) -> Option<&'d str> {
    let mut holders = std::iter::once(found.operation).chain(found.items.iter().rev().copied());
    let summary = holders.find_map(|holder| holder.text("summary"))?.trim();
    (!summary.is_empty()).then_some(summary)
}

/// Our own documents say a tool's title beside the summary, which may be made of its name; it may
/// be that of its annotations.
fn title<'d>(found: &Found<'d>, is_tool: bool) -> Option<&'d str> {
    if !is_tool {
        return summary(found);
    }
    let annotations = found.operation.tree.get("x-mcp-annotations");
    let annotated = annotations.and_then(|one| one.get("title")?.as_str());
    let title = found.operation.text("x-mcp-title")?;
    (annotated != Some(title)).then_some(title)
}

fn description(found: &Found<'_>, is_tool: bool) -> Option<String> {
    let text = found.operation.text("description");
    if is_tool {
        return text.map(str::to_owned);
    }
    let mut holders = std::iter::once(found.operation).chain(found.items.iter().rev().copied());
    let text = holders.find_map(|holder| holder.text("description"));
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    let mut whole = match (summary(found), text) {
        (Some(summary), Some(text)) if !text.starts_with(summary) => {
            format!("{summary}\n\n{text}")
        }
        (_, Some(text)) => text.to_owned(),
        (Some(summary), None) => summary.to_owned(),
        (None, None) => found.label(),
    };
    if found.operation.tree.get("deprecated") == Some(&Tree::Bool(true)) {
        whole.push_str("\n\nDeprecated.");
    }
    Some(whole)
}
