//! What the config changes of tools, where resources and prompts are about the same operations.

use std::{collections::HashSet, sync::Arc};

use indexmap::IndexMap;

use super::api::Known;
use crate::{
    gateway::ToolOverride,
    openapi::api::{ApiPrompt, PromptPiece, Resource},
};

/// What the config changes of the tools of an API, by the names that its document gives them.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// The operations that nobody is to see.
    pub disabled: HashSet<String>,
    /// Other names, and arguments that callers can't give.
    pub tools: Arc<IndexMap<String, Arc<ToolOverride>>>,
    /// What `serverInfo` names the API, in place of its title.
    pub server_name: Option<String>,
}

impl Changes {
    /// The resources that callers may see.
    pub(super) fn resources<'a>(&'a self, known: &'a Known) -> impl Iterator<Item = &'a Resource> {
        let resources = known.api.resources.iter();
        resources.filter(|resource| self.shows_resource(known, resource))
    }

    fn shows_resource(&self, known: &Known, resource: &Resource) -> bool {
        let Some(prepared) = known.operations.get(resource.operation) else {
            return false;
        };
        let name = &prepared.operation.name;
        if self.disabled.contains(name) {
            return false;
        }
        // What callers can't give can't be in a URI of theirs.
        let mut variables = resource
            .uri
            .split('{')
            .skip(1)
            .filter_map(|part| part.split('}').next())
            .flat_map(|names| names.split(','))
            .map(|name| name.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '_'));
        let Some(overridden) = self.tools.get(name) else {
            return true;
        };
        variables.all(|variable| !overridden.arguments.contains_key(variable))
    }

    /// The prompts that callers may see. One about an operation has its name; others are about
    /// several. One that would tell of arguments which callers can't give is left out.
    pub(super) fn prompts<'a>(&'a self, known: &'a Known) -> impl Iterator<Item = &'a ApiPrompt> {
        let prompts = known.api.prompts.iter();
        prompts.filter(|prompt| self.shows_prompt(known, prompt))
    }

    fn shows_prompt(&self, known: &Known, prompt: &ApiPrompt) -> bool {
        let is_disabled = prompt.pieces.iter().any(|piece| match piece {
            PromptPiece::Tool(operation) => self.disabled.contains(operation),
            PromptPiece::Text(_) | PromptPiece::Given { .. } => false,
        });
        let is_about_one = known.operation(&prompt.name).is_some();
        let hides = || {
            let overridden = self.tools.get(&prompt.name);
            overridden.is_some_and(|it| !it.arguments.is_empty())
        };
        !(is_disabled || is_about_one && hides())
    }

    /// What callers know the tool of an operation as.
    pub(super) fn tool_name<'a>(&'a self, operation: &'a str) -> &'a str {
        let overridden = self.tools.get(operation);
        overridden
            .and_then(|it| it.name.as_deref())
            .unwrap_or(operation)
    }
}
