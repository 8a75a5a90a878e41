//! What the config changes of tools, where resources and prompts are about the same operations.

use std::{borrow::Cow, collections::HashSet, sync::Arc};

use indexmap::IndexMap;

use super::api::Known;
use crate::{
    gateway::ToolOverride,
    openapi::api::{ApiPrompt, Resource},
};

/// What the config changes of the tools of an API, by the names that its document gives them.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// The operations that nobody is to see.
    pub disabled: HashSet<String>,
    /// Other names, and arguments that callers can't give.
    pub tools: Arc<IndexMap<String, Arc<ToolOverride>>>,
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

    /// The prompts that callers may see, which name tools as callers know them. One about an
    /// operation has its name; others are about several. One that would tell of arguments which
    /// callers can't give is left out.
    pub(super) fn prompts<'a>(
        &'a self,
        known: &'a Known,
    ) -> impl Iterator<Item = Cow<'a, ApiPrompt>> {
        let prompts = known.api.prompts.iter();
        prompts.filter_map(|prompt| self.changed(known, prompt))
    }

    fn changed<'a>(&self, known: &Known, prompt: &'a ApiPrompt) -> Option<Cow<'a, ApiPrompt>> {
        let mut text = Cow::Borrowed(prompt.text.as_str());
        if known.operation(&prompt.name).is_some() {
            let overridden = self.tools.get(&prompt.name);
            let hides = overridden.is_some_and(|it| !it.arguments.is_empty());
            if hides || self.disabled.contains(&prompt.name) {
                return None;
            }
            if let Some(name) = overridden.and_then(|it| it.name.as_ref()) {
                text = text
                    .replacen(&quoted(&prompt.name), &quoted(name), 1)
                    .into();
            }
        } else {
            if self.disabled.iter().any(|it| text.contains(&quoted(it))) {
                return None;
            }
            for (old, overridden) in &*self.tools {
                if let Some(name) = &overridden.name {
                    text = text.replace(&quoted(old), &quoted(name)).into();
                }
            }
        }
        Some(match text {
            Cow::Borrowed(_) => Cow::Borrowed(prompt),
            Cow::Owned(text) => Cow::Owned(ApiPrompt {
                text,
                ..prompt.clone()
            }),
        })
    }
}

fn quoted(name: &str) -> String {
    format!("`{name}`")
}
