//! Lists of what a route offers.
//!
//! They are given whole, in one page. A single server's list that came in one piece is given as
//! it came.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use super::{
    conversation::{Conversation, Member, Members},
    discovery,
    outcome::RpcError,
    perform::Failure,
};
use crate::{
    gateway::{Discovery, Operation, ServerName, Wishes, view},
    json::{self, Raw},
};

/// How long a list waits for one of several servers that would not say when its list changes.
const PATIENCE: Duration = Duration::from_secs(2);

/// How many items of one list are read.
const MAX_ITEMS: usize = 100_000;

impl Conversation {
    /// `tools/list`.
    pub(super) fn list_tools(&self, members: &Members) -> Result<Raw, Failure> {
        if self.discovery() == Discovery::Search {
            return Ok(list("tools", &discovery::definitions(), members));
        }
        let view = members.view();
        if let Some(whole) = &view.whole.tools {
            return self.if_offered(members, "tools/list", view.tools.list.is_empty(), whole);
        }
        let definitions: Vec<&str> = view
            .tools
            .list
            .iter()
            .map(|tool| tool.definition.get())
            .collect();
        let whole = list("tools", &definitions, members);
        self.if_offered(members, "tools/list", definitions.is_empty(), &whole)
    }

    /// `prompts/list`.
    pub fn list_prompts(&self, members: &Members) -> Result<Raw, Failure> {
        let view = members.view();
        let definitions: Vec<&str> = view
            .prompts
            .list
            .iter()
            .map(|prompt| prompt.definition.get())
            .collect();
        let whole = match &view.whole.prompts {
            Some(whole) => whole.clone(),
            None => list("prompts", &definitions, members),
        };
        self.if_offered(members, "prompts/list", definitions.is_empty(), &whole)
    }

    /// `resources/list`. A server that would not say when its list changes is asked for it.
    pub async fn list_resources(&self, members: &Members) -> Result<Raw, Failure> {
        let view = members.view();
        if let [member] = members.list.as_slice()
            && self.is_of_one()
        {
            if !announces_resources(member) {
                return self.list_now(member, "resources/list", "resources").await;
            }
            let definitions: Vec<&str> = view.resources.list.iter().map(Raw::get).collect();
            let whole = match &view.whole.resources {
                Some(whole) => whole.clone(),
                None => list("resources", &definitions, members),
            };
            return self.if_offered(members, "resources/list", definitions.is_empty(), &whole);
        }
        let fresh = self.fresh(members, "resources/list", "resources").await;
        if fresh.iter().all(Option::is_none) {
            let definitions: Vec<&str> = view.resources.list.iter().map(Raw::get).collect();
            return Ok(list("resources", &definitions, members));
        }
        let lists: Vec<(&ServerName, &[Raw])> = members
            .list
            .iter()
            .zip(&fresh)
            .map(|(member, fresh)| {
                let known = member.catalog.as_ref().map(|catalog| &catalog.resources);
                let resources = fresh.as_ref().or(known);
                (
                    &member.server.name,
                    resources.map_or(&[][..], Vec::as_slice),
                )
            })
            .collect();
        let listed = view::listed(&lists);
        let definitions: Vec<&str> = listed.iter().map(|it| it.definition.get()).collect();
        Ok(list("resources", &definitions, members))
    }

    /// `resources/templates/list`.
    pub async fn list_templates(&self, members: &Members) -> Result<Raw, Failure> {
        let method = "resources/templates/list";
        let view = members.view();
        let definitions: Vec<&str> = view.resources.templates.iter().map(Raw::get).collect();
        if let [member] = members.list.as_slice()
            && self.is_of_one()
        {
            if !announces_resources(member) {
                return self.list_now(member, method, "resourceTemplates").await;
            }
            let whole = match &view.whole.resource_templates {
                Some(whole) => whole.clone(),
                None => list("resourceTemplates", &definitions, members),
            };
            return self.if_offered(members, method, definitions.is_empty(), &whole);
        }
        Ok(list("resourceTemplates", &definitions, members))
    }

    /// The list as a single server has it just now; the last one known if it does not give it.
    async fn list_now(
        &self,
        member: &Member,
        method: &'static str,
        items: &'static str,
    ) -> Result<Raw, Failure> {
        let offers = member
            .catalog
            .as_ref()
            .is_some_and(|catalog| catalog.capabilities.resources.is_some());
        if !offers {
            return Err(RpcError::method_not_found(method).into());
        }
        let operation = Operation::List {
            method,
            member: items,
        };
        self.ask(&member.server, operation, Wishes::default()).await
    }

    /// What each of several servers lists just now, if it would not say when its list changes. One
    /// that takes long is left out.
    async fn fresh(
        &self,
        members: &Members,
        method: &'static str,
        items: &'static str,
    ) -> Vec<Option<Vec<Raw>>> {
        let lists = members.list.iter().map(async |member| {
            let offers = member
                .catalog
                .as_ref()
                .is_some_and(|catalog| catalog.capabilities.resources.is_some());
            if !offers || member.problem.is_some() || announces_resources(member) {
                return None;
            }
            let list = self.list_now(member, method, items);
            let list = tokio::time::timeout(PATIENCE, list).await.ok()?.ok()?;
            Some(items_of(&list, items))
        });
        join_all(lists).await
    }

    /// A list that a single server gives only if it says that it has such things.
    fn if_offered(
        &self,
        members: &Members,
        method: &str,
        is_empty: bool,
        whole: &Raw,
    ) -> Result<Raw, Failure> {
        let is_offered = match (self.is_of_one(), members.list.first()) {
            (true, Some(member)) => member.catalog.as_ref().is_some_and(|catalog| {
                let capabilities = &catalog.capabilities;
                let capability = match method {
                    "tools/list" => &capabilities.tools,
                    "prompts/list" => &capabilities.prompts,
                    _ => &capabilities.resources,
                };
                capability.is_some()
            }),
            _ => true,
        };
        if is_offered || !is_empty {
            Ok(whole.clone())
        } else {
            Err(RpcError::method_not_found(method).into())
        }
    }
}

/// Whether a change of a server's resources would be heard of.
fn announces_resources(member: &Member) -> bool {
    let catalog = member.catalog.as_ref();
    catalog.is_some_and(|catalog| {
        let resources = catalog.capabilities.resources.as_ref();
        resources.is_some_and(|resources| resources.list_changed)
    })
}

/// A list of these items. Servers of several that can't be used just now stand in `_meta`.
fn list(member: &str, items: &[&str], members: &Members) -> Raw {
    let mut text = format!(r#"{{"{member}":[{}]"#, items.join(","));
    let missing: Vec<serde_json::Value> = members
        .list
        .iter()
        .filter_map(|member| {
            let state = member.problem.as_deref()?;
            Some(json!({
                "server": member.server.name,
                "state": state,
                "listed": member.catalog.is_some(),
            }))
        })
        .collect();
    if !missing.is_empty() && members.list.len() > 1 {
        let missing = Raw::from_value(&missing);
        text.push_str(r#","_meta":{"viceversa/unavailable":"#);
        text.push_str(missing.get());
        text.push('}');
    }
    text.push('}');
    Raw::assume_valid(text.into())
}

/// The items of a list's result.
fn items_of(list: &Raw, member: &str) -> Vec<Raw> {
    let members = json::members(list.get()).unwrap_or_default();
    let items = members.into_iter().find(|(name, _)| name == member);
    let Some((_, items)) = items else {
        return Vec::new();
    };
    let items = json::items(items.get(), MAX_ITEMS).unwrap_or_default();
    items.into_iter().map(|item| list.part(item)).collect()
}
