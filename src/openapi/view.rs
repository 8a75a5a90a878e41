//! What a document is written from.

use super::api::Responses;

/// All that one document says.
#[derive(Debug, Clone)]
pub struct DocumentView<'a> {
    /// The API's title.
    pub title: &'a str,
    /// The API's version, not `OpenAPI`'s.
    pub version: &'a str,
    /// Markdown about the API.
    pub description: Option<&'a str>,
    /// Where the paths begin, if not at the document's own host.
    pub server_url: Option<&'a str>,
    /// What the gateway demands of callers.
    pub security: Security,
    /// The servers whose tools the document holds.
    pub sections: Vec<Section<'a>>,
    /// How it is written.
    pub options: DocumentOptions,
}

/// The credentials that the gateway takes: any one of them will do. None: it is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Security {
    /// `Authorization: Bearer`.
    pub bearer: bool,
    /// `Authorization: Basic`.
    pub basic: bool,
}

/// The tools of one server.
#[derive(Debug, Clone)]
pub struct Section<'a> {
    /// The server's name, in a document of several servers. It becomes a tag, and the first part
    /// of the operations' ids.
    pub tag: Option<&'a str>,
    /// What the tag means.
    pub tag_description: Option<&'a str>,
    /// What stands before the tools' paths, such as `/` or `/time/`, percent-encoded.
    pub path_prefix: &'a str,
    /// The tools, in the order in which they are published.
    pub tools: Vec<ToolView<'a>>,
}

/// One tool.
#[derive(Debug, Clone)]
pub struct ToolView<'a> {
    /// The tool's name, whatever characters it has.
    pub name: &'a str,
    /// Its title, for people.
    pub title: Option<&'a str>,
    /// Its description.
    pub description: Option<&'a str>,
    /// The JSON text of its annotations.
    pub annotations: Option<&'a str>,
    /// The JSON text of its `inputSchema`.
    pub input_schema: &'a str,
    /// The JSON text of its `outputSchema`.
    pub output_schema: Option<&'a str>,
    /// Whether the gateway takes the wrapper `{"result": …}` off its results
    /// ([`is_wrapped_result`](super::is_wrapped_result)).
    pub wrapped_result: bool,
    /// What the API behind it answers, where there is one: callers over REST get that as it is,
    /// and the output schema is of no matter to them.
    pub responses: Option<&'a Responses>,
    /// The path below the section's prefix, percent-encoded.
    pub path: String,
    /// Publish any object as arguments, since the input schema can't be used.
    pub free_form: bool,
}

/// How a document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocumentOptions {
    /// What the operations are called.
    pub operation_ids: OperationIds,
    /// What becomes of schemas that contain themselves.
    pub recursion: Recursion,
    /// The status of a tool's own errors: 422, or 500 as mcpo has it.
    pub tool_error_status: u16,
}

impl Default for DocumentOptions {
    fn default() -> Self {
        Self {
            operation_ids: OperationIds::default(),
            recursion: Recursion::default(),
            tool_error_status: 422,
        }
    }
}

/// What the operations are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OperationIds {
    /// By the tool's name; in a document of several servers, `{server}__{tool}`.
    #[default]
    Tool,
    /// As mcpo calls them: `tool_{name}_post`.
    Mcpo,
}

/// What becomes of schemas that contain themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Recursion {
    /// They stay as they are.
    #[default]
    Keep,
    /// Where a schema would come to itself again, any value is admitted: for readers that follow
    /// references without end.
    Cut,
}
