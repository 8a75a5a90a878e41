//! Tasks belong to the caller that made them (MCP 2025-11-25, tasks; the extension
//! `io.modelcontextprotocol/tasks` to 2026-07-28).

use std::{
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::future::join_all;
use indexmap::IndexSet;
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

/// How long a list of tasks waits for one of its servers.
const LIST_PATIENCE: Duration = Duration::from_secs(2);

/// How many tasks are remembered. The oldest are forgotten, and are then nobody's.
const MAX_TASKS: usize = 10_000;

/// Whose tasks are whose, and on which server they are.
#[derive(Debug, Default)]
pub struct Tasks(Mutex<IndexSet<Task>>);

/// Servers number their tasks as they like, so that an id alone says little.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Task {
    caller: Caller,
    server: ServerName,
    id: String,
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
        tasks.insert(Task {
            caller: caller.clone(),
            server: server.clone(),
            id,
        });
    }

    /// Whether a task is this caller's.
    fn is_of(&self, caller: &Caller, server: &ServerName, id: &str) -> bool {
        self.lock().contains(&Task {
            caller: caller.clone(),
            server: server.clone(),
            id: id.to_owned(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, IndexSet<Task>> {
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
        let server = self.server_of_task(members, &id)?;
        let operation = Operation::Request {
            method: method.into(),
            params: params.object(),
            repeatable: matches!(method, "tasks/get" | "tasks/result"),
        };
        self.ask(server, operation, wishes).await
    }

    /// `tasks/list`: the caller's own tasks of all servers that keep such a list.
    pub(super) async fn list_tasks(&self, members: &Members) -> Result<Raw, Failure> {
        let lists = members.list.iter().map(async |member| {
            let declared = member.catalog.as_ref()?;
            declared.capabilities.tasks.as_ref()?;
            let operation = Operation::List {
                method: "tasks/list",
                member: "tasks",
            };
            let listed = self.ask(&member.server, operation, Wishes::default());
            // A server that does not list its tasks, or not soon, has none to list.
            let listed = tokio::time::timeout(LIST_PATIENCE, listed)
                .await
                .ok()?
                .ok()?;
            Some(self.own_tasks(&member.server.name, &listed))
        });
        let tasks: Vec<Raw> = join_all(lists)
            .await
            .into_iter()
            .flatten()
            .flatten()
            .collect();
        let tasks: Vec<&str> = tasks.iter().map(Raw::get).collect();
        let text = format!(r#"{{"tasks":[{}]}}"#, tasks.join(","));
        Ok(Raw::assume_valid(text.into()))
    }

    /// The server that has a task of this caller.
    fn server_of_task<'a>(&self, members: &'a Members, id: &str) -> Result<&'a Lease, RpcError> {
        let tasks = &self.service.tasks;
        let mut servers = members
            .list
            .iter()
            .map(|member| &member.server)
            .filter(|server| tasks.is_of(&self.caller, &server.name, id));
        match (servers.next(), servers.next()) {
            (Some(server), None) => Ok(server),
            (Some(one), Some(other)) => Err(RpcError::new(
                codes::INVALID_PARAMS,
                format!(
                    "the servers {} and {} both have a task of this id; ask at the endpoint of \
                     the one that is meant",
                    one.name, other.name
                ),
            )),
            (None, _) => Err(RpcError::new(
                codes::INVALID_PARAMS,
                "there is no such task",
            )),
        }
    }

    fn own_tasks(&self, server: &ServerName, listed: &Raw) -> Vec<Raw> {
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
                tasks.is_of(&self.caller, server, &task.task_id)
            })
        };
        let page: Page<'_> = json::object(listed.get()).unwrap_or(Page { tasks: Vec::new() });
        let own = page.tasks.iter().filter(is_own);
        own.map(|task| listed.part(task)).collect()
    }
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
        let other: ServerName = "two".parse().unwrap();
        assert!(tasks.is_of(&ada, &server, "t1"));
        assert!(tasks.is_of(&ada, &server, "t2"));
        assert!(!tasks.is_of(&bob, &server, "t1"));
        assert!(!tasks.is_of(&ada, &other, "t1"));
        assert!(!tasks.is_of(&ada, &server, "t3"));
        // Another's task of the same id takes nothing from hers.
        tasks.remember(&bob, &other, &legacy);
        assert!(tasks.is_of(&ada, &server, "t1"));
    }
}
