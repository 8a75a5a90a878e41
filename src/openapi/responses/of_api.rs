//! What an API answers, beside what the gateway itself does.
//!
//! Over REST callers get the API's own answers, so a document has each of the API's responses as
//! the API's document has it. For a status that the gateway gives too, or that is the API's by a
//! range or by `default`, both are told in one response: in a document the more exact one would
//! hide the other.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::{Own, Response as OwnResponse, all, reference};
use crate::json::tree::{Members, Tree};
use crate::openapi::api::{Definitions, Header, Response, Responses, Statuses};
use crate::openapi::document::json_content;
use crate::openapi::names::unused;
use crate::openapi::schemas::Components;

/// Where the description of the header stands that tells whose an answer is.
const UPSTREAM_STATUS: &str = "#/components/headers/UpstreamStatus";

/// Writes the responses of operations of APIs.
pub(in crate::openapi) struct ApiResponses {
    /// What the gateway can answer by itself to such a call.
    own: Vec<OwnResponse>,
    /// The status whose response in the document also tells of the errors that tools report.
    tool_error_status: Option<u16>,
    /// The name of the one of that status which does not.
    without_tools: Option<String>,
    /// The names of what both can answer, by the API's response and the status.
    shared: HashMap<(*const Response, u16), String>,
    taken: HashMap<String, usize>,
    written: Members,
    is_used: bool,
}

/// Where the schemas of an API's responses belong.
pub(in crate::openapi) struct Place<'a> {
    pub(in crate::openapi) components: &'a mut Components,
    /// Before the names of the definitions.
    pub(in crate::openapi) prefix: &'a str,
}

impl ApiResponses {
    pub(in crate::openapi) fn new(
        Own {
            security,
            tool_error_status,
        }: Own,
    ) -> Self {
        let mut own = all(security, None);
        // Only an MCP server asks for input.
        own.retain(|one| one.status != 409);
        let taken = all(security, None)
            .iter()
            .map(|one| (one.name.to_owned(), 1))
            .collect();
        Self {
            own,
            tool_error_status,
            without_tools: None,
            shared: HashMap::new(),
            taken,
            written: Members::new(),
            is_used: false,
        }
    }

    /// The responses of an operation, by status.
    pub(in crate::openapi) fn of_operation(
        &mut self,
        responses: &Responses,
        place: &mut Place<'_>,
    ) -> Members {
        self.is_used = true;
        let definitions = &*responses.definitions;
        let mut all: BTreeMap<Statuses, Tree> = BTreeMap::new();
        if !responses.tell_of_success() {
            all.insert(Statuses::Others, untold());
        }
        for (statuses, response) in &responses.all {
            all.insert(*statuses, write(response, definitions, place));
        }
        for index in 0..self.own.len() {
            let Some(own) = self.own.get(index) else {
                continue;
            };
            let status = own.status;
            let told = match responses.of(status) {
                None => reference(self.own_alone(index)),
                Some(response) => reference(self.both(index, response, definitions, place)),
            };
            all.insert(Statuses::One(status), told);
        }
        let named = all.into_iter();
        named
            .map(|(statuses, tree)| (statuses.to_string(), tree))
            .collect()
    }

    /// The headers that the responses refer to; nothing where there are none.
    pub(in crate::openapi) fn headers(&self) -> Option<Tree> {
        let header = Tree::object([
            (
                "description",
                "The status of the API's own answer; an answer without it is the gateway's".into(),
            ),
            ("schema", Tree::object([("type", "string".into())])),
        ]);
        self.is_used
            .then(|| Tree::object([("UpstreamStatus", header)]))
    }

    /// What the operations refer to beside the gateway's own.
    pub(in crate::openapi) fn finish(self) -> Members {
        self.written
    }

    /// The name of the response that is the gateway's alone.
    fn own_alone(&mut self, index: usize) -> &str {
        let Some(own) = self.own.get(index) else {
            return "";
        };
        if self.tool_error_status != Some(own.status) {
            return own.name;
        }
        self.without_tools.get_or_insert_with(|| {
            let name = unused(own.name.to_owned(), &mut self.taken);
            self.written.insert(name.clone(), own.write().into());
            name
        })
    }

    /// The name of the response that tells of both.
    fn both(
        &mut self,
        index: usize,
        response: &Arc<Response>,
        definitions: &Definitions,
        place: &mut Place<'_>,
    ) -> &str {
        let Some(own) = self.own.get(index) else {
            return "";
        };
        let key = (Arc::as_ptr(response), own.status);
        self.shared.entry(key).or_insert_with(|| {
            let name = unused(own.name.to_owned(), &mut self.taken);
            let both = add(own, write(response, definitions, place));
            self.written.insert(name.clone(), both);
            name
        })
    }
}

/// What is known of an API's answers whose document says nothing of them.
fn untold() -> Tree {
    Tree::object([
        (
            "description",
            "What the API answered, of which its document tells nothing".into(),
        ),
        (
            "headers",
            Tree::object([("X-Upstream-Status", upstream_status())]),
        ),
        ("content", Tree::object([("*/*", Tree::object([]))])),
    ])
}

fn upstream_status() -> Tree {
    Tree::object([("$ref", UPSTREAM_STATUS.into())])
}

fn write(response: &Response, definitions: &Definitions, place: &mut Place<'_>) -> Tree {
    let mut schema = |schema| place.components.shared(schema, definitions, place.prefix);
    let mut headers = Members::new();
    for header in &response.headers {
        let written = header.schema.as_ref().map(&mut schema);
        headers.insert(header.name.clone(), write_header(header, written));
    }
    headers.insert("X-Upstream-Status".to_owned(), upstream_status());
    let mut content = Members::new();
    for (media_type, body) in &response.content {
        let media = match body {
            Some(body) => Tree::object([("schema", schema(body))]),
            None => Tree::object([]),
        };
        content.insert(media_type.clone(), media);
    }
    let mut written = Members::new();
    written.insert(
        "description".to_owned(),
        response.description.as_str().into(),
    );
    written.insert("headers".to_owned(), Tree::Object(headers));
    if !content.is_empty() {
        written.insert("content".to_owned(), Tree::Object(content));
    }
    Tree::Object(written)
}

fn write_header(header: &Header, schema: Option<Tree>) -> Tree {
    let mut written = Members::new();
    if let Some(description) = &header.description {
        written.insert("description".to_owned(), description.as_str().into());
    }
    if header.is_required {
        written.insert("required".to_owned(), true.into());
    }
    let schema = schema.unwrap_or_else(|| Tree::object([]));
    written.insert("schema".to_owned(), schema);
    Tree::Object(written)
}

/// The same response with what the gateway answers. That does not have the headers that an API's
/// always has.
fn add(own: &OwnResponse, mut response: Tree) -> Tree {
    let Tree::Object(members) = &mut response else {
        return response;
    };
    let told = members.get("description").and_then(Tree::as_str);
    let told = told.unwrap_or_default();
    let gap = if told.is_empty() { "" } else { "\n\n" };
    let ours = format!(
        "{told}{gap}Of the gateway, without `X-Upstream-Status`: {}",
        own.description
    );
    members.insert("description".to_owned(), ours.into());
    if let Some(Tree::Object(headers)) = members.get_mut("headers") {
        for header in headers.values_mut() {
            if let Tree::Object(header) = header {
                header.shift_remove("required");
            }
        }
        for name in own.headers {
            if !headers.keys().any(|known| known.eq_ignore_ascii_case(name)) {
                headers.insert((*name).to_owned(), super::header(name).into());
            }
        }
    }
    let bodies = own.bodies.iter();
    let bodies: Vec<Tree> = bodies.map(|name| super::schema_reference(name)).collect();
    let content = members
        .entry("content".to_owned())
        .or_insert_with(|| Tree::Object(Members::new()));
    let Tree::Object(content) = content else {
        return response;
    };
    match content.get_mut("application/json") {
        None => {
            if let Tree::Object(ours) = json_content(super::any_of(bodies)) {
                content.extend(ours);
            }
        }
        Some(Tree::Object(media)) => {
            // Without a schema it may be anything already.
            if let Some(schema) = media.get_mut("schema") {
                let theirs = std::mem::take(schema);
                *schema = super::any_of(std::iter::once(theirs).chain(bodies).collect());
            }
        }
        Some(_) => {}
    }
    response
}
