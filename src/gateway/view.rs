//! The part of the catalogs that one caller sees on one route.
//!
//! Of a single server that is its catalog, names unchanged. Of several servers together, names of
//! tools and prompts are put behind the server's ([`names`]), and URIs of resources are kept
//! unless two servers offer the same.

mod names;
mod resources;

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

pub use names::ToolNames;
pub use resources::{Listed, Resource, Resources, listed};

use super::{
    Catalog, IndexedTool, Prompt, Selection, ServerName, Tool, ToolIndex, catalog::WholeLists,
};
use crate::json::{Raw, edit};

/// What is seen on a route: an immutable snapshot, made from snapshots of catalogs.
#[derive(Debug, Default)]
pub struct View {
    /// The tools, server by server.
    pub tools: Items<Tool>,
    /// The prompts, server by server.
    pub prompts: Items<Prompt>,
    /// The resources and their templates.
    pub resources: Resources,
    /// Lists that are offered just as a server sent them.
    pub whole: WholeLists,
    /// What stands between the names of servers and of their tools, where there are several.
    separator: Option<Arc<str>>,
}

/// A view, and the index of its tools, which is made when it is first needed.
#[derive(Debug)]
pub struct Prepared {
    /// The view.
    pub view: View,
    index: OnceLock<ToolIndex>,
}

impl Prepared {
    /// A view that is not searched yet.
    pub fn of(view: View) -> Self {
        Self {
            view,
            index: OnceLock::new(),
        }
    }

    /// The index of the view's tools.
    pub fn index(&self) -> &ToolIndex {
        self.index.get_or_init(|| {
            let tools = self.view.tools.list.iter();
            ToolIndex::new(tools.map(|tool| IndexedTool {
                name: &tool.name,
                title: tool.item.title.as_deref(),
                description: tool.item.description.as_deref(),
                input_schema: tool.item.input_schema.get(),
            }))
        })
    }
}

/// Things with names that are unique in a view.
#[derive(Debug)]
pub struct Items<T> {
    /// In their order.
    pub list: Vec<Item<T>>,
    by_name: HashMap<String, usize>,
}

/// Something with a name.
#[derive(Debug)]
pub struct Item<T> {
    /// Its name on this route.
    pub name: String,
    /// Its definition on this route: as the server's, but for the name.
    pub definition: Raw,
    /// Which of the route's servers has it.
    pub source: usize,
    /// What it is.
    pub item: Arc<T>,
}

impl<T> Default for Items<T> {
    fn default() -> Self {
        Self {
            list: Vec::new(),
            by_name: HashMap::new(),
        }
    }
}

impl<T> Items<T> {
    /// The one of that name.
    pub fn get(&self, name: &str) -> Option<&Item<T>> {
        self.by_name.get(name).and_then(|at| self.list.get(*at))
    }

    /// Of several with one name the first is kept.
    fn push(&mut self, item: Item<T>) {
        if !self.by_name.contains_key(&item.name) {
            self.by_name.insert(item.name.clone(), self.list.len());
            self.list.push(item);
        }
    }
}

impl View {
    /// What a single server offers.
    pub fn of_one(catalog: &Catalog) -> Self {
        let mut view = Self {
            whole: catalog.whole.clone(),
            resources: Resources::of_one(catalog),
            ..Self::default()
        };
        for tool in &catalog.tools {
            view.tools.push(Item {
                name: tool.name.clone(),
                definition: tool.definition.clone(),
                source: 0,
                item: Arc::clone(tool),
            });
        }
        for prompt in &catalog.prompts {
            view.prompts.push(Item {
                name: prompt.name.clone(),
                definition: prompt.definition.clone(),
                source: 0,
                item: Arc::clone(prompt),
            });
        }
        view
    }

    /// What several servers offer together. `selection` admits tools.
    pub fn of_many<'a>(
        sources: impl IntoIterator<Item = (&'a ServerName, Option<&'a Catalog>)>,
        separator: &str,
        selection: Option<&Selection>,
    ) -> Self {
        let sources: Vec<(&ServerName, Option<&Catalog>)> = sources.into_iter().collect();
        let mut view = Self {
            resources: Resources::of_many(&sources),
            separator: Some(separator.into()),
            ..Self::default()
        };
        for (source, (server, catalog)) in sources.into_iter().enumerate() {
            let Some(catalog) = catalog else {
                continue;
            };
            let is_admitted =
                |tool: &Tool| selection.is_none_or(|it| it.admits(server.as_str(), &tool.name));
            for tool in catalog.tools.iter().filter(|tool| is_admitted(tool)) {
                let name = names::joined(server.as_str(), separator, &tool.name);
                view.tools.push(Item {
                    definition: renamed(&tool.definition, &name),
                    name,
                    source,
                    item: Arc::clone(tool),
                });
            }
            for prompt in &catalog.prompts {
                let name = names::joined(server.as_str(), separator, &prompt.name);
                view.prompts.push(Item {
                    definition: renamed(&prompt.definition, &name),
                    name,
                    source,
                    item: Arc::clone(prompt),
                });
            }
        }
        view
    }

    /// What the tools of a server are called here.
    pub fn tool_names(&self, server: &ServerName) -> ToolNames {
        let separator = self.separator.as_ref();
        ToolNames {
            behind: separator.map(|separator| (server.clone(), Arc::clone(separator))),
        }
    }
}

/// A definition under another name.
fn renamed(definition: &Raw, name: &str) -> Raw {
    edit::with_member(definition, "name", &Raw::from_value(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog(definitions: &[&'static str]) -> Catalog {
        let tools = definitions.iter().map(|definition| {
            let (tool, _) = Tool::read(&Raw::from_static(definition)).unwrap();
            tool
        });
        Catalog::with_tools(tools, Vec::new())
    }

    #[test]
    fn tools_of_several_servers_keep_all_of_their_definitions_but_the_name() {
        let time = catalog(&[r#"{"b": 1.10, "name" : "now", "inputSchema":{}, "x":{"name":"n"}}"#]);
        let (one, two) = ("time".parse().unwrap(), "down".parse().unwrap());
        let view = View::of_many([(&two, None), (&one, Some(&time))], "__", None);
        let tool = view.tools.get("time__now").unwrap();
        assert_eq!(
            tool.definition.get(),
            r#"{"b": 1.10, "name" : "time__now", "inputSchema":{}, "x":{"name":"n"}}"#
        );
        assert_eq!(tool.source, 1);
        assert_eq!(view.tool_names(&one).name("now"), "time__now");
        assert_eq!(View::of_one(&time).tool_names(&one).name("now"), "now");
        assert_eq!(tool.item.upstream_name, "now");
        assert!(view.tools.get("now").is_none());
    }
}
