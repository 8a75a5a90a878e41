//! What one caller sees of a catalog.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::{Catalog, WholeLists};
use crate::{
    gateway::{Grants, ServerName},
    json::{self, Raw},
};

/// How many different grants' parts of a catalog are kept. Past them all are made anew when they
/// are asked for.
const MOST: usize = 1024;

/// The parts of a catalog that were asked for so far.
#[derive(Debug, Default)]
pub(super) struct Granted(Mutex<HashMap<Arc<Grants>, Arc<Catalog>>>);

impl Catalog {
    /// What a caller with these grants sees of it: the same snapshot for all who have the same. It
    /// is the catalog of the server of this name, which the caller sees.
    pub fn granted(self: &Arc<Self>, grants: &Arc<Grants>, server: &ServerName) -> Arc<Self> {
        if grants.see_everything() {
            return Arc::clone(self);
        }
        let Granted(kept) = &self.granted;
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(part) = kept.get(grants) {
            return Arc::clone(part);
        }
        let part = Arc::new(self.part(grants, server));
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(Arc::clone(grants), Arc::clone(&part));
        part
    }

    fn part(&self, grants: &Grants, server: &ServerName) -> Self {
        let tools = self.tools.iter();
        let tools: Vec<_> = tools
            .filter(|tool| grants.admit_tool(server, tool))
            .cloned()
            .collect();
        let sees_all = tools.len() == self.tools.len() && grants.resources && grants.prompts;
        let mut capabilities = self.capabilities.clone();
        let mut whole = WholeLists::default();
        let mut part = Self {
            revision: self.revision,
            server_name: self.server_name.clone(),
            server_title: self.server_title.clone(),
            server_version: self.server_version.clone(),
            // They speak of all tools.
            instructions: self.instructions.clone().filter(|_| sees_all),
            server_info: self.server_info.clone(),
            declared: self.declared.as_ref().map(|it| declared(it, grants)),
            protocol_version: self.protocol_version.clone(),
            is_stateless: self.is_stateless,
            by_name: tools
                .iter()
                .map(|tool| (tool.name.clone(), Arc::clone(tool)))
                .collect(),
            tools,
            ..Self::default()
        };
        if sees_all {
            whole.tools.clone_from(&self.whole.tools);
        }
        if grants.prompts {
            part.prompts.clone_from(&self.prompts);
            whole.prompts.clone_from(&self.whole.prompts);
        } else {
            capabilities.prompts = None;
        }
        if grants.resources {
            part.resources.clone_from(&self.resources);
            part.resource_templates.clone_from(&self.resource_templates);
            whole.resources.clone_from(&self.whole.resources);
            whole
                .resource_templates
                .clone_from(&self.whole.resource_templates);
        } else {
            capabilities.resources = None;
        }
        part.capabilities = capabilities;
        part.whole = whole;
        part
    }
}

/// The capabilities that a server declares, without those that these grants hide.
fn declared(capabilities: &Raw, grants: &Grants) -> Raw {
    let is_seen = |name: &str| match name {
        "resources" => grants.resources,
        "prompts" => grants.prompts,
        _ => true,
    };
    let members = json::members(capabilities.get()).unwrap_or_default();
    let seen = members.iter().filter(|(name, _)| is_seen(name));
    let seen: Vec<String> = seen
        .map(|(name, value)| format!("{}:{}", Raw::from_value(name).get(), value.get()))
        .collect();
    Raw::assume_valid(format!("{{{}}}", seen.join(",")).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::{Prompt, Selection, Tool, grants::NameRules};

    fn catalog() -> Arc<Catalog> {
        let tools = [
            r#"{"name":"get","inputSchema":{},"annotations":{"readOnlyHint":true}}"#,
            r#"{"name":"set","inputSchema":{}}"#,
        ];
        let tools = tools.map(|text| Tool::read(&Raw::from_static(text)).unwrap().0);
        let mut catalog = Catalog::with_tools(tools, Vec::new());
        let declared = r#"{"tools":{},"prompts":{},"resources":{"subscribe":true},"x":1.0}"#;
        catalog.declared = Some(Raw::from_static(declared));
        catalog.capabilities = serde_json::from_str(declared).unwrap();
        let prompt = Prompt::read(&Raw::from_static(r#"{"name":"p"}"#)).unwrap();
        catalog.prompts.push(Arc::new(prompt));
        catalog.resources.push(Raw::from_static(r#"{"uri":"a:"}"#));
        catalog.instructions = Some("Call set, then get.".to_owned());
        catalog.whole.tools = Some(Raw::from_static(r#"{"tools":[]}"#));
        Arc::new(catalog)
    }

    #[test]
    fn what_is_not_granted_is_in_no_part_of_the_catalog() {
        let (catalog, server) = (catalog(), "time".parse().unwrap());
        let all = Arc::new(Grants::all());
        assert!(Arc::ptr_eq(&catalog.granted(&all, &server), &catalog));

        let mut grants = Grants::all();
        grants.tools = Selection::new(["time.get".parse().unwrap()]);
        grants.resources = false;
        grants.prompts = false;
        let part = catalog.granted(&Arc::new(grants.clone()), &server);
        assert!(part.tool("get").is_some() && part.tool("set").is_none());
        assert_eq!(part.tools.len(), 1);
        assert_eq!(part.instructions, None);
        assert!(part.whole.tools.is_none() && part.prompts.is_empty() && part.resources.is_empty());
        let capabilities = &part.capabilities;
        assert!(capabilities.resources.is_none() && capabilities.prompts.is_none());
        assert_eq!(
            part.declared.as_ref().unwrap().get(),
            r#"{"tools":{},"x":1.0}"#
        );
        let view = part.prepared();
        assert!(view.view.tools.get("set").is_none() && view.view.tools.get("get").is_some());
        // Others with the same grants see the same snapshot.
        assert!(Arc::ptr_eq(
            &part,
            &catalog.granted(&Arc::new(grants), &server)
        ));

        let mut nothing = Grants::all();
        nothing.servers = NameRules::none();
        assert!(
            catalog
                .granted(&Arc::new(nothing), &server)
                .tools
                .is_empty()
        );
    }
}
