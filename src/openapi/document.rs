//! The document as a whole.

use std::collections::HashSet;

use super::schemas::{Arguments, Components};
use super::{DocumentView, Section, Security, ToolView, names, responses, title_case, yaml};
use crate::json::tree::{Members, Tree};

/// A document, to be sent as JSON or YAML. Numbers in it are written as tools wrote them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document(pub(super) Tree);

impl Document {
    /// The document as JSON.
    pub fn to_json(&self) -> String {
        self.0.to_string()
    }

    /// The document as YAML.
    pub fn to_yaml(&self) -> String {
        yaml::write(&self.0)
    }
}

/// Writes the document, in time linear in the size of the view.
pub fn write(view: &DocumentView<'_>) -> Document {
    let status = view.options.tool_error_status;
    let mut components = Components::new(view.options.recursion);
    for (name, schema) in responses::schemas() {
        components.reserve(&name, schema);
    }
    let mut paths = Members::new();
    let mut ids = names::operation_ids(view).into_iter();
    let references = responses::references(view.security, status);
    let own = responses::Own {
        security: view.security,
        tool_error_status: has_tools(view).then_some(status),
    };
    let mut of_apis = responses::ApiResponses::new(own);
    for section in &view.sections {
        let prefix = section.tag.map(|tag| format!("{tag}_")).unwrap_or_default();
        for (tool, id) in section.tools.iter().zip(&mut ids) {
            let path = format!("{}{}", section.path_prefix, tool.path);
            if paths.contains_key(&path) {
                continue;
            }
            let mut operation = operation(section, tool, &id, &mut components);
            let responses = match tool.responses {
                Some(responses) => {
                    let mut place = responses::Place {
                        components: &mut components,
                        prefix: &prefix,
                    };
                    of_apis.of_operation(responses, &mut place)
                }
                None => of_tool(tool, &id, &references, &mut components),
            };
            operation.insert("responses".to_owned(), Tree::Object(responses));
            annotate(tool, &mut operation);
            let operation = Tree::Object(operation);
            paths.insert(path, Tree::object([("post", operation)]));
        }
    }
    components.cut_shared();
    let mut document = Members::new();
    document.insert("openapi".to_owned(), "3.1.0".into());
    document.insert("info".to_owned(), info(view));
    if let Some(url) = view.server_url {
        document.insert(
            "servers".to_owned(),
            Tree::Array(vec![Tree::object([("url", url.into())])]),
        );
    }
    let tags = tags(&view.sections);
    if !tags.is_empty() {
        document.insert("tags".to_owned(), Tree::Array(tags));
    }
    document.insert("paths".to_owned(), Tree::Object(paths));
    let mut shared = Members::new();
    shared.insert("schemas".to_owned(), Tree::Object(components.schemas));
    let headers = of_apis.headers();
    let mut responses = responses::responses(own);
    responses.extend(of_apis.finish());
    shared.insert("responses".to_owned(), Tree::Object(responses));
    if let Some(headers) = headers {
        shared.insert("headers".to_owned(), headers);
    }
    let (schemes, security) = security(view.security);
    if !schemes.is_empty() {
        shared.insert("securitySchemes".to_owned(), Tree::Object(schemes));
    }
    document.insert("components".to_owned(), Tree::Object(shared));
    if !security.is_empty() {
        document.insert("security".to_owned(), Tree::Array(security));
    }
    Document(Tree::Object(document))
}

/// Whether any tool is one of an MCP server, which can report an error of its own. Whoever offers
/// nothing yet may be one.
fn has_tools(view: &DocumentView<'_>) -> bool {
    let mut tools = view.sections.iter().flat_map(|section| &section.tools);
    tools.clone().next().is_none() || tools.any(|tool| tool.responses.is_none())
}

fn info(view: &DocumentView<'_>) -> Tree {
    let mut info = Members::new();
    info.insert("title".to_owned(), view.title.into());
    if let Some(description) = view.description {
        info.insert("description".to_owned(), description.into());
    }
    info.insert("version".to_owned(), view.version.into());
    Tree::Object(info)
}

fn tags<'a>(sections: &'a [Section<'a>]) -> Vec<Tree> {
    let mut seen = HashSet::new();
    let tag = |section: &'a Section<'a>| {
        let name = section.tag?;
        if !seen.insert(name) {
            return None;
        }
        Some(match section.tag_description {
            Some(description) => {
                Tree::object([("name", name.into()), ("description", description.into())])
            }
            None => Tree::object([("name", name.into())]),
        })
    };
    sections.iter().filter_map(tag).collect()
}

fn security(security: Security) -> (Members, Vec<Tree>) {
    let mut schemes = Members::new();
    let mut either = Vec::new();
    for (wanted, name) in [(security.bearer, "bearer"), (security.basic, "basic")] {
        if wanted {
            let scheme = Tree::object([("type", "http".into()), ("scheme", name.into())]);
            schemes.insert(name.to_owned(), scheme);
            either.push(Tree::object([(name, Tree::Array(Vec::new()))]));
        }
    }
    (schemes, either)
}

fn operation(
    section: &Section<'_>,
    tool: &ToolView<'_>,
    id: &str,
    components: &mut Components,
) -> Members {
    let annotations = annotations(tool);
    let mut operation = Members::new();
    if let Some(tag) = section.tag {
        operation.insert("tags".to_owned(), Tree::Array(vec![tag.into()]));
    }
    let named = annotations
        .as_ref()
        .and_then(|one| one.get("title")?.as_str());
    let title = tool.title.or(named).filter(|title| !title.is_empty());
    let summary = title.map_or_else(|| title_case(tool.name), str::to_owned);
    operation.insert("summary".to_owned(), summary.into());
    if let Some(description) = tool.description {
        operation.insert("description".to_owned(), description.into());
    }
    operation.insert("operationId".to_owned(), id.into());
    if let Some(body) = request_body(tool, id, components) {
        operation.insert("requestBody".to_owned(), body);
    }
    operation
}

/// What a tool answers.
fn of_tool(
    tool: &ToolView<'_>,
    id: &str,
    references: &Members,
    components: &mut Components,
) -> Members {
    let output = tool.output_schema;
    let answer = output.and_then(|text| components.result(id, text, tool.wrapped_result));
    let answer = answer.unwrap_or_else(|| Tree::object([]));
    let mut responses = Members::new();
    responses.insert("200".to_owned(), responses::answer(answer));
    responses.extend(references.clone());
    responses
}

fn annotations(tool: &ToolView<'_>) -> Option<Tree> {
    let annotations = Tree::parse(tool.annotations?).ok();
    annotations.filter(Tree::is_object)
}

/// What a tool has that an operation has not.
fn annotate(tool: &ToolView<'_>, operation: &mut Members) {
    if let Some(title) = tool.title {
        // The summary may be made of the name.
        operation.insert("x-mcp-title".to_owned(), title.into());
    }
    if let Some(annotations) = annotations(tool) {
        operation.insert("x-mcp-annotations".to_owned(), annotations);
    }
    if tool.wrapped_result && tool.responses.is_none() {
        // Else a reader could not know, where the result may be an object too.
        operation.insert("x-mcp-wrapped-result".to_owned(), true.into());
    }
}

fn request_body(tool: &ToolView<'_>, id: &str, components: &mut Components) -> Option<Tree> {
    let Arguments { schema, required } = if tool.free_form {
        Components::any_arguments()
    } else {
        components.arguments(id, tool.input_schema)?
    };
    let mut body = Members::new();
    body.insert("required".to_owned(), required.into());
    body.insert("content".to_owned(), json_content(schema));
    Some(Tree::Object(body))
}

/// A body of JSON.
pub(super) fn json_content(schema: Tree) -> Tree {
    let media = Tree::object([("schema", schema)]);
    Tree::object([("application/json", media)])
}
