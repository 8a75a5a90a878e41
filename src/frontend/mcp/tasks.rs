//! Tasks belong to the caller that made them (MCP 2025-11-25, tasks; the extension
//! `io.modelcontextprotocol/tasks` to 2026-07-28).

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use indexmap::IndexMap;
use memchr::memmem::Finder;
use serde::Deserialize;
use serde_json::{json, value::RawValue};

use super::{
    conversation::{Conversation, Members},
    message::Params,
    outcome::RpcError,
    perform::Failure,
};
use crate::{
    gateway::{Caller, Lease, Operation, ServerName, Wishes},
    json::{self, Raw},
    mcp::{Era, codes},
};

/// How many tasks are remembered. The oldest are forgotten, and are then nobody's.
const MAX_TASKS: usize = 10_000;

/// Whose tasks are whose, and on which server they are.
#[derive(Debug, Default)]
pub struct Tasks(Mutex<IndexMap<String, Owner>>);

#[derive(Debug)]
struct Owner {
    caller: Caller,
    server: ServerName,
}

impl Tasks {
    /// Remembers the task that a call became, if it became one.
    pub fn remember(&self, caller: &Caller, server: &ServerName, result: &Raw) {
        let Some(id) = created(result) else {
            return;
        };
        let mut tasks = self.lock();
        if tasks.len() >= MAX_TASKS {
            tasks.shift_remove_index(0);
        }
        let owner = Owner {
            caller: caller.clone(),
            server: server.clone(),
        };
        tasks.insert(id, owner);
    }

    /// On which server a task of this caller is.
    fn server_of(&self, caller: &Caller, id: &str) -> Option<ServerName> {
        let tasks = self.lock();
        let owner = tasks.get(id).filter(|owner| owner.caller == *caller)?;
        Some(owner.server.clone())
    }

    fn lock(&self) -> MutexGuard<'_, IndexMap<String, Owner>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The id of a task in a `CreateTaskResult` of either kind.
fn created(result: &Raw) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct View<'a> {
        #[serde(default, deserialize_with = "json::lenient")]
        result_type: Option<String>,
        #[serde(default, deserialize_with = "json::lenient")]
        task_id: Option<String>,
        #[serde(borrow)]
        task: Option<&'a RawValue>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Task {
        task_id: String,
    }
    static NAME: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new("taskId"));
    let text = result.get();
    NAME.find(text.as_bytes())?;
    let view: View<'_> = json::object(text).ok()?;
    match (view.task, view.result_type.as_deref()) {
        (Some(task), _) => {
            let task: Task = json::object(task.get()).ok()?;
            Some(task.task_id)
        }
        (None, Some("task")) => view.task_id,
        (None, _) => None,
    }
}

impl Conversation {
    /// `tasks/get`, `tasks/result`, `tasks/cancel`, `tasks/update`: of the caller's own tasks.
    pub(super) async fn of_task(
        &self,
        members: &Members,
        method: &'static str,
        params: &Params,
        wishes: Wishes,
    ) -> Result<Raw, Failure> {
        let follows = wishes.client.as_ref().is_some_and(|it| it.follows_tasks());
        if matches!(self.era, Era::Stateless(_)) && !follows {
            let required = json!({
                "requiredCapabilities": {"extensions": {"io.modelcontextprotocol/tasks": {}}},
            });
            let error = RpcError::new(
                codes::MISSING_CLIENT_CAPABILITY,
                "tasks are an extension that this client did not declare",
            );
            return Err(error.with_data(&required).into());
        }
        let id = params.string("taskId")?;
        let server = self
            .service
            .tasks
            .server_of(&self.caller, &id)
            .and_then(|name| find(members, &name))
            .ok_or_else(|| RpcError::new(codes::INVALID_PARAMS, "there is no such task"))?;
        let operation = Operation::Request {
            method: method.into(),
            params: params.object(),
            repeatable: matches!(method, "tasks/get" | "tasks/result"),
        };
        self.ask(server, operation, wishes).await
    }

    /// `tasks/list`: the caller's own tasks of all servers that keep such a list.
    pub(super) async fn list_tasks(&self, members: &Members) -> Result<Raw, Failure> {
        let mut tasks: Vec<Raw> = Vec::new();
        for member in &members.list {
            let declared = member.catalog.as_ref();
            if declared.is_none_or(|catalog| catalog.capabilities.tasks.is_none()) {
                continue;
            }
            let operation = Operation::List {
                method: "tasks/list",
                member: "tasks",
            };
            let listed = self.ask(&member.server, operation, Wishes::default()).await;
            // A server that does not list its tasks has none to list.
            let Ok(listed) = listed else { continue };
            tasks.extend(self.own_tasks(&listed));
        }
        let tasks: Vec<&str> = tasks.iter().map(Raw::get).collect();
        let text = format!(r#"{{"tasks":[{}]}}"#, tasks.join(","));
        Ok(Raw::assume_valid(text.into()))
    }

    fn own_tasks(&self, listed: &Raw) -> Vec<Raw> {
        #[derive(Deserialize)]
        struct Page<'a> {
            #[serde(borrow)]
            tasks: Vec<&'a RawValue>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Task {
            task_id: String,
        }
        let is_own = |task: &&&RawValue| {
            let task = json::object::<Task>(task.get());
            task.is_ok_and(|task| {
                let tasks = &self.service.tasks;
                tasks.server_of(&self.caller, &task.task_id).is_some()
            })
        };
        let page: Page<'_> = json::object(listed.get()).unwrap_or(Page { tasks: Vec::new() });
        let own = page.tasks.iter().filter(is_own);
        own.map(|task| listed.part(task)).collect()
    }
}

fn find<'a>(members: &'a Members, name: &ServerName) -> Option<&'a Lease> {
    let member = members
        .list
        .iter()
        .find(|member| member.server.name == *name);
    member.map(|member| &member.server)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_its_makers_alone() {
        let tasks = Tasks::default();
        let (ada, bob) = (Caller::named("ada"), Caller::named("bob"));
        let server: ServerName = "one".parse().unwrap();
        let legacy = Raw::from_static(r#"{"task":{"taskId":"t1","status":"working"}}"#);
        tasks.remember(&ada, &server, &legacy);
        let modern = Raw::from_static(r#"{"resultType":"task","taskId":"t2"}"#);
        tasks.remember(&ada, &server, &modern);
        let none = Raw::from_static(r#"{"content":[],"taskId":"t3"}"#);
        tasks.remember(&ada, &server, &none);
        assert_eq!(tasks.server_of(&ada, "t1"), Some(server.clone()));
        assert_eq!(tasks.server_of(&ada, "t2"), Some(server));
        assert_eq!(tasks.server_of(&bob, "t1"), None);
        assert_eq!(tasks.server_of(&ada, "t3"), None);
    }
}
