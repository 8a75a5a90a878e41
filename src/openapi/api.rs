//! A REST API as its document describes it: what it offers, and what a call of it needs.
//!
//! This is what both halves of the way from REST to MCP agree on: the reader of documents makes
//! it, the upstream sends requests by it.

mod responses;

use std::collections::HashSet;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::json::Raw;

pub(crate) use responses::is_among;
pub use responses::{
    Definition, Definitions, Header, Response, Responses, SchemaText, Statuses, is_given_back,
};

/// A REST API.
#[derive(Clone, Debug, Default)]
pub struct Api {
    /// `info.title`.
    pub title: Option<String>,
    /// `info.version`.
    pub version: Option<String>,
    /// `info.description`, or `info.summary`: untrusted text.
    pub description: Option<String>,
    /// The first of `servers`, its variables filled in: a URL, or a reference to be resolved
    /// against the document's own URL (`OpenAPI` 3.1 section 4.8.5). In a document of version 2.0
    /// made of `schemes`, `host` and `basePath`.
    pub server: Option<String>,
    /// What can be called, in the document's order.
    pub operations: Vec<Operation>,
    /// Which operations can be read as resources.
    pub resources: Vec<Resource>,
    /// What can be asked for as prompts.
    pub prompts: Vec<ApiPrompt>,
    /// How callers identify themselves, by name (`components.securitySchemes`).
    pub security_schemes: IndexMap<String, SecurityScheme>,
    /// What had to be left out or changed: what it is about (a tool, a path, or the document),
    /// and what is wrong and was done.
    pub warnings: Vec<(String, String)>,
}

/// One operation: a tool.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The tool's name: stable, unique, of `[A-Za-z0-9_-]`, at most 64 characters.
    pub name: String,
    /// The tool's definition (MCP schema, `Tool`): name, title, description, `inputSchema`,
    /// `outputSchema`, `annotations`.
    pub definition: Raw,
    /// The HTTP method, in upper case.
    pub method: String,
    /// The path template, as the document has it: `/pets/{id}`; behind a `?` what each call has in
    /// its query.
    pub path: String,
    /// Another server than the API's, where the path or operation names one.
    pub server: Option<String>,
    /// The server of its document, where that is not the API's first.
    pub document_server: Option<String>,
    /// Its parameters, those of its path included.
    pub parameters: Vec<Parameter>,
    /// The body of a request.
    pub body: Option<RequestBody>,
    /// The arguments outside of JSON that are whole numbers, or lists of them.
    pub integers: HashSet<String>,
    /// What a call is to send as `Accept`, best first; empty where nothing is declared.
    pub accept: Vec<String>,
    /// How a success is told as `structuredContent`.
    pub output: Output,
    /// What it answers, for callers over REST, who get that as it is. Nothing of one that is a
    /// tool's, as our own documents have them: it answers what the tool says.
    pub responses: Option<Arc<Responses>>,
    /// Which security schemes it demands: one of these sets, all schemes of it together. Empty:
    /// none.
    pub security: Vec<Vec<SecurityRequirement>>,
}

/// Whether and how an answer becomes `structuredContent`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Output {
    /// The tool has no `outputSchema`; what is a JSON object becomes structured content.
    #[default]
    Undeclared,
    /// The answer is the structured content.
    Plain,
    /// The answer is no object: it becomes `{"result": …}`.
    Wrapped,
}

/// A parameter of a request outside its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The tool's argument that it is taken from.
    pub argument: String,
    /// Its name in the request. For [`Location::QueryString`] it has none there.
    pub name: String,
    /// Where it stands.
    pub location: Location,
    /// Whether a request without it is refused before it is sent.
    pub required: bool,
    /// How its value is written.
    pub serialization: Serialization,
}

/// Where a parameter stands (`OpenAPI` 3.2, parameter locations).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// In the path.
    Path,
    /// In the query.
    Query,
    /// As the whole query (`OpenAPI` 3.2).
    QueryString,
    /// In a header.
    Header,
    /// In a cookie.
    Cookie,
}

/// How a value is written into a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Serialization {
    /// By a style (`OpenAPI` 3.2, style values and examples).
    Style {
        /// The style.
        style: Style,
        /// Whether each element or member is a parameter, or part, of its own.
        explode: bool,
        /// Whether reserved characters (RFC 3986 section 2.2) are sent as they are.
        allow_reserved: bool,
    },
    /// As text of this media type (`content`), mostly JSON.
    Content(String),
}

/// The style of a parameter. `collectionFormat` of version 2.0 is told in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `;name=value` in a path.
    Matrix,
    /// `.value` in a path.
    Label,
    /// `value,value`.
    Simple,
    /// `name=value,value`, or `name=value&name=value`.
    Form,
    /// `name=value%20value`.
    SpaceDelimited,
    /// `name=value|value`.
    PipeDelimited,
    /// `name=value` with a tab between values (`collectionFormat: tsv` of version 2.0).
    TabDelimited,
    /// `name[member]=value`.
    DeepObject,
    /// As a cookie (`OpenAPI` 3.2): like `form`, but not percent-encoded.
    Cookie,
}

/// The body of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestBody {
    /// The media type to send, parameters included.
    pub media_type: String,
    /// How the body is written.
    pub form: BodyForm,
    /// Which arguments it is made of.
    pub shape: BodyShape,
    /// Whether a request without it is refused before it is sent.
    pub required: bool,
}

/// How a body is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyForm {
    /// JSON, numbers and members as they came.
    Json,
    /// `application/x-www-form-urlencoded`, with the style of each member by its name in the
    /// body; `form`, exploded, where it says nothing.
    UrlEncoded(IndexMap<String, Serialization>),
    /// `multipart/form-data` (RFC 7578), with what is declared of each part by its name in the
    /// body.
    Multipart(IndexMap<String, Part>),
    /// Text as it is.
    Text,
    /// Bytes, given as a data URI (RFC 2397) or as Base64.
    Binary,
}

/// Whether no argument can set a header: those of the connection and of the body's framing (RFC 9110
/// section 7.6.1), those that say whom we speak to, and those for a proxy.
pub fn is_of_the_connection(header: &str) -> bool {
    [
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ]
    .iter()
    .any(|name| name.eq_ignore_ascii_case(header))
}

/// One part of a multipart body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// The media type, where it is declared; of several the first.
    pub media_type: Option<String>,
    /// Whether it is a file, or several: given as data URIs or as Base64.
    pub is_binary: bool,
}

/// Which arguments a body is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyShape {
    /// Its members are arguments.
    Members {
        /// The arguments and the members' names in the body.
        members: IndexMap<String, String>,
        /// Members that only the API says (`readOnly`), and which are never sent.
        read_only: HashSet<String>,
        /// Whether arguments that nothing else describes become members too.
        takes_others: bool,
    },
    /// It is one argument as a whole.
    Whole {
        /// The argument.
        argument: String,
    },
}

/// An operation that can be read as a resource, or template of resources.
#[derive(Clone, Debug)]
pub struct Resource {
    /// The position in [`Api::operations`].
    pub operation: usize,
    /// The resource or resource template as it is listed (MCP schema, `Resource`,
    /// `ResourceTemplate`).
    pub definition: Raw,
    /// Its URI, or URI template (RFC 6570) whose variables are arguments of the operation.
    pub uri: String,
    /// Whether the URI is a template.
    pub is_template: bool,
}

/// A prompt about an API.
#[derive(Clone, Debug)]
pub struct ApiPrompt {
    /// The prompt's name.
    pub name: String,
    /// The prompt as it is listed (MCP schema, `Prompt`).
    pub definition: Raw,
    /// `description` of the result.
    pub description: Option<String>,
    /// The text of the one message, of the role `user`.
    pub pieces: Vec<PromptPiece>,
}

/// A piece of a prompt's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PromptPiece {
    /// What is said as it is.
    Text(String),
    /// The name of a tool, by its operation's name: callers may know it by another.
    Tool(String),
    /// A line for each argument that is given.
    Given {
        /// What stands above the lines, where there are any.
        heading: &'static str,
        /// What each begins with, and the argument.
        lines: Vec<(String, String)>,
    },
}

/// How callers identify themselves (`OpenAPI` 3.2, security scheme object; flows aside).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecurityScheme {
    /// A key under a name.
    ApiKey {
        /// Where it stands: query, header or cookie.
        location: Location,
        /// Its name.
        name: String,
    },
    /// An `Authorization` header of this scheme, in lower case: `basic`, `bearer` …
    Http {
        /// The scheme.
        scheme: String,
    },
    /// A certificate of the caller's.
    MutualTls,
    /// OAuth 2.0, by whichever flow.
    OAuth2,
    /// `OpenID` Connect.
    OpenIdConnect,
}

/// One scheme that is demanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityRequirement {
    /// Its name in [`Api::security_schemes`].
    pub scheme: String,
}

/// What is made of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadOptions {
    /// Operations that are wanted: those that fit one of these; empty: all.
    pub include: Vec<OperationFilter>,
    /// Operations that are not wanted though they are.
    pub exclude: Vec<OperationFilter>,
    /// Whether operations that only read are resources too.
    pub resources: bool,
    /// Whether there are prompts.
    pub prompts: bool,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            include: Vec::new(),
            exclude: Vec::new(),
            resources: false,
            prompts: true,
        }
    }
}

/// What an operation must be like, in all respects that are given: globs, in which `*` stands
/// for any characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OperationFilter {
    /// One of its tags.
    pub tag: Option<String>,
    /// The method, in any case.
    pub method: Option<String>,
    /// The path template.
    pub path: Option<String>,
    /// The `operationId`.
    pub operation_id: Option<String>,
}
