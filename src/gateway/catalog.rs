//! What an upstream offers just now.

mod granted;
mod prompt;
mod read;

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use granted::Granted;
pub use prompt::Prompt;

use super::{
    ToolOverride,
    view::{Prepared, View},
};
use crate::{
    config::spelling,
    json::Raw,
    mcp::client::Capabilities,
    openapi::api::Responses,
    schema::{ArgumentSchema, Defaults},
};

/// What an upstream offers: an immutable snapshot, replaced whole when the upstream says that
/// it changed.
#[derive(Debug, Default)]
pub struct Catalog {
    /// Grows by one with each snapshot of a server, so that what is derived from it can be kept.
    pub revision: u64,
    /// `serverInfo.name`.
    pub server_name: Option<String>,
    /// `serverInfo.title`.
    pub server_title: Option<String>,
    /// `serverInfo.version`.
    pub server_version: Option<String>,
    /// `instructions`: untrusted text.
    pub instructions: Option<String>,
    /// `serverInfo` as it came.
    pub server_info: Option<Raw>,
    /// What the server declares to offer, as much of it as the gateway decides on.
    pub capabilities: Capabilities,
    /// The same as it came.
    pub declared: Option<Raw>,
    /// The protocol version in use.
    pub protocol_version: String,
    /// Whether that version has no sessions: each request says by itself who asks.
    pub is_stateless: bool,
    /// The tools that may be seen, in the order of the server's list.
    pub tools: Vec<Arc<Tool>>,
    /// The prompts, in the order of the server's list.
    pub prompts: Vec<Arc<Prompt>>,
    /// The resources as they came.
    pub resources: Vec<Raw>,
    /// The resource templates as they came.
    pub resource_templates: Vec<Raw>,
    /// The lists that are offered just as they came.
    pub whole: WholeLists,
    /// What was wrong in what the server offers, for `/status`.
    pub warnings: Vec<Warning>,
    by_name: HashMap<String, Arc<Tool>>,
    prepared: OnceLock<Arc<Prepared>>,
    granted: Granted,
}

/// The results of lists that came in one piece and are offered with nothing left out or changed.
#[derive(Clone, Debug, Default)]
pub struct WholeLists {
    /// `tools/list`.
    pub tools: Option<Raw>,
    /// `prompts/list`.
    pub prompts: Option<Raw>,
    /// `resources/list`.
    pub resources: Option<Raw>,
    /// `resources/templates/list`.
    pub resource_templates: Option<Raw>,
}

/// Something in what a server offers that had to be left out or changed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Warning {
    /// What it is about: a tool's name, or a list.
    pub about: String,
    /// What is wrong and what was done.
    pub message: String,
}

/// So many characters of a warning are kept: it may repeat what a server said.
const LONGEST_WARNING: usize = 500;

impl Warning {
    /// The same, of bounded length.
    #[must_use]
    pub fn cut(self) -> Self {
        Self {
            about: beginning(&self.about, LONGEST_WARNING),
            message: beginning(&self.message, LONGEST_WARNING),
        }
    }
}

/// The beginning of a text, in characters, and a sign where it is not the whole.
pub fn beginning(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

impl Catalog {
    /// A catalog of these tools; of several with one name the first is kept and the others
    /// reported beside `warnings`.
    pub fn with_tools(tools: impl IntoIterator<Item = Tool>, warnings: Vec<Warning>) -> Self {
        let mut catalog = Self {
            warnings,
            ..Self::default()
        };
        for tool in tools {
            if let Some(first) = catalog.by_name.get(&tool.name) {
                let is_renamed = |tool: &Tool| tool.name != tool.upstream_name;
                let message = if is_renamed(first) || is_renamed(&tool) {
                    format!(
                        "the tools {:?} and {:?} of the server have this name, since the config \
                         renames one (`tools`); the first is served",
                        first.upstream_name, tool.upstream_name
                    )
                } else {
                    "the server lists this name more than once; the first is served".into()
                };
                catalog.warnings.push(Warning {
                    about: tool.name.clone(),
                    message,
                });
                continue;
            }
            let tool = Arc::new(tool);
            catalog.by_name.insert(tool.name.clone(), Arc::clone(&tool));
            catalog.tools.push(tool);
        }
        catalog
    }

    /// Takes away the tools that the server gives these names, as the config wants it. A name that
    /// no tool has is reported.
    pub fn hide_tools(&mut self, names: &[String]) {
        if !names.is_empty() {
            self.whole.tools = None;
        }
        let mut unknown = Vec::new();
        for name in names {
            let hidden = self
                .tools
                .iter()
                .position(|tool| tool.upstream_name == *name);
            if let Some(hidden) = hidden {
                let tool = self.tools.remove(hidden);
                self.by_name.remove(&tool.name);
            } else {
                unknown.push(name);
            }
        }
        for name in unknown {
            let left = self.tools.iter().map(|tool| tool.upstream_name.as_str());
            let hint = spelling::hint(spelling::nearest(name, left));
            self.warnings.push(Warning {
                about: name.clone(),
                message: format!("disabledTools names it, but the server has no such tool{hint}"),
            });
        }
    }

    /// Whether another snapshot offers the same, to the letter.
    pub fn offers_the_same_as(&self, other: &Self) -> bool {
        let tools = |catalog: &Self| -> Vec<Raw> {
            let tools = catalog.tools.iter();
            tools.map(|tool| tool.definition.clone()).collect()
        };
        let prompts = |catalog: &Self| -> Vec<Raw> {
            let prompts = catalog.prompts.iter();
            prompts.map(|prompt| prompt.definition.clone()).collect()
        };
        tools(self) == tools(other)
            && prompts(self) == prompts(other)
            && self.resources == other.resources
            && self.resource_templates == other.resource_templates
            && self.warnings == other.warnings
            && self.answers_the_same_as(other)
    }

    /// Whether the tools of APIs answer the same. What the responses of an API point to is the
    /// same for all its tools, and is looked at once.
    fn answers_the_same_as(&self, other: &Self) -> bool {
        let responses = |catalog: &Self| -> Vec<Option<Arc<Responses>>> {
            let tools = catalog.tools.iter();
            tools.map(|tool| tool.responses.clone()).collect()
        };
        let (own, others) = (responses(self), responses(other));
        let definitions = |all: &[Option<Arc<Responses>>]| {
            let first = all.iter().flatten().next();
            first.map(|first| Arc::clone(&first.definitions))
        };
        let are_same = |pair: (&Option<Arc<Responses>>, &Option<Arc<Responses>>)| match pair {
            (Some(one), Some(other)) => one.all == other.all,
            (one, other) => one.is_none() && other.is_none(),
        };
        own.len() == others.len()
            && own.iter().zip(&others).all(are_same)
            && definitions(&own) == definitions(&others)
    }

    /// What is seen of it where it stands alone.
    pub fn prepared(&self) -> Arc<Prepared> {
        let prepared = self
            .prepared
            .get_or_init(|| Arc::new(Prepared::of(View::of_one(self))));
        Arc::clone(prepared)
    }

    /// The prompt of that name; of several the first.
    pub fn prompt(&self, name: &str) -> Option<&Arc<Prompt>> {
        self.prompts.iter().find(|prompt| prompt.name == name)
    }

    /// The tool of that name.
    pub fn tool(&self, name: &str) -> Option<&Arc<Tool>> {
        self.by_name.get(name)
    }
}

/// A tool: its definition as it came, and what the gateway reads of it.
#[derive(Debug)]
pub struct Tool {
    /// Its name, as callers know it.
    pub name: String,
    /// Its name upstream.
    pub upstream_name: String,
    /// The definition, as callers see it: as it came, but for what the config changes.
    pub definition: Raw,
    /// `title`, or `annotations.title`.
    pub title: Option<String>,
    /// `description`.
    pub description: Option<String>,
    /// `annotations` as they came.
    pub annotations: Option<Raw>,
    /// `inputSchema` as it came.
    pub input_schema: Raw,
    /// `outputSchema` as it came, if it can be used.
    pub output_schema: Option<Raw>,
    /// Whether there is an output schema, be it broken: then the structured result stands for
    /// the text.
    pub is_structured: bool,
    /// Whether the output schema wraps a plain value in an object with the one member `result`.
    pub wrapped_result: bool,
    /// The compiled input schema.
    pub arguments: ArgumentSchema,
    /// What becomes of its defaults: those of a REST API are its own to fill in, since one in a
    /// PATCH would overwrite data.
    pub defaults: Defaults,
    /// What the API behind it answers, where there is one: over REST that is given back as it is.
    pub responses: Option<Arc<Responses>>,
    /// What the config changes of it.
    pub overridden: Option<Arc<ToolOverride>>,
    /// What calling it does, by `annotations.readOnlyHint` and `annotations.idempotentHint`.
    effect: Effect,
    /// `execution.taskSupport`.
    pub task_support: TaskSupport,
}

/// Whether a tool is called as a task (MCP 2025-11-25, tasks, tool-level negotiation).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskSupport {
    /// It may.
    Optional,
    /// It must.
    Required,
    /// It must not.
    #[default]
    #[serde(other)]
    Forbidden,
}

impl Tool {
    /// Whether the server declares that calling it twice does no more than calling it once.
    pub fn is_repeatable(&self) -> bool {
        match self.effect {
            Effect::None | Effect::Once => true,
            Effect::Any => false,
        }
    }

    /// Whether the server declares that the tool changes nothing.
    pub fn is_read_only(&self) -> bool {
        self.effect == Effect::None
    }
}

/// What calling a tool does, as its server declares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    /// Nothing changes.
    None,
    /// Calling it twice does no more than calling it once.
    Once,
    /// All else.
    Any,
}
