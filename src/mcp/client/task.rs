//! Polls a task to its end, so that a caller who knows no tasks gets the result.
//!
//! Tasks are of two kinds: those of MCP 2025-11-25 (`tasks/result`), and those of the extension
//! `io.modelcontextprotocol/tasks` to 2026-07-28 (SEP-2663), whose `tasks/get` carries the
//! result.

use std::{sync::Arc, time::Duration};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Answer, Asker, Call, Client, ClientError};
use crate::{
    json::Raw,
    mcp::{Observer, PeerError},
};

/// How long to wait between two looks when the server does not say.
const DEFAULT_INTERVAL: Duration = Duration::from_millis(500);

/// Bounds for what the server says.
const INTERVALS: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(20)..=Duration::from_secs(10);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Created<'a> {
    #[serde(borrow)]
    task: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Task<'a> {
    #[serde(rename = "taskId")]
    id: String,
    status: Status,
    #[serde(default)]
    status_message: Option<String>,
    #[serde(alias = "pollIntervalMs", default)]
    poll_interval: Option<f64>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Status {
    Working,
    InputRequired,
    Completed,
    Failed,
    Cancelled,
}

/// A task of MCP 2025-11-25.
pub(super) async fn poll_legacy(
    client: &Client,
    created: &Raw,
    observer: Option<Arc<dyn Observer>>,
) -> Result<Answer, ClientError> {
    let Ok(Created { task }) = serde_json::from_str(created.get()) else {
        // A server may do the work at once after all; then this is the result.
        return Ok(Answer::Complete(created.clone()));
    };
    let mut guard = CancelOnDrop::new(client, &read_task(task.get())?.id);
    let mut state = created.part(task);
    loop {
        let task = read_task(state.get())?;
        match task.status {
            Status::Working => {
                tokio::time::sleep(task.interval()).await;
                let next = guard.ask("tasks/get").await?;
                observe(observer.as_ref(), &state, &next);
                state = next;
            }
            // `tasks/result` carries the error of a failed task too.
            Status::Completed | Status::Failed | Status::Cancelled => {
                guard.disarm();
                return guard.ask("tasks/result").await.map(Answer::Complete);
            }
            Status::InputRequired => return Err(needs_input()),
        }
    }
}

/// A task of the extension to MCP 2026-07-28.
pub(super) async fn poll_extension(
    client: &Client,
    created: &Raw,
    observer: Option<Arc<dyn Observer>>,
) -> Result<Answer, ClientError> {
    let mut guard = CancelOnDrop::new(client, &read_task(created.get())?.id);
    // The first look comes at once where the seed already says that the task has ended: the
    // result stands only in the answer to `tasks/get`.
    let mut pause = match read_task(created.get())? {
        task if task.status == Status::Working => task.interval(),
        _ => Duration::ZERO,
    };
    let mut seen = created.clone();
    loop {
        tokio::time::sleep(pause).await;
        let state = guard.ask("tasks/get").await?;
        let task = read_task(state.get())?;
        match task.status {
            Status::Working => {
                observe(observer.as_ref(), &seen, &state);
                pause = task.interval();
                seen = state;
            }
            Status::Completed => {
                guard.disarm();
                let result = task.result.ok_or_else(|| {
                    ClientError::Protocol("the task completed without a result".into())
                })?;
                return Ok(Answer::Complete(state.part(result)));
            }
            Status::Failed => {
                guard.disarm();
                return Err(match task.error {
                    Some(error) => PeerError::Rpc(state.part(error)).into(),
                    None => ClientError::Protocol(ended("failed", &task)),
                });
            }
            Status::Cancelled => {
                guard.disarm();
                return Err(ClientError::Protocol(ended("was cancelled", &task)));
            }
            Status::InputRequired => return Err(needs_input()),
        }
    }
}

impl Task<'_> {
    fn interval(&self) -> Duration {
        let stated = self
            .poll_interval
            .and_then(|millis| Duration::try_from_secs_f64(millis / 1000.0).ok());
        stated
            .unwrap_or(DEFAULT_INTERVAL)
            .clamp(*INTERVALS.start(), *INTERVALS.end())
    }
}

/// A task of which the server has something new to tell is alive. Times that a server renews in
/// each answer tell nothing.
fn observe(observer: Option<&Arc<dyn Observer>>, before: &Raw, now: &Raw) {
    let told = |state: &Raw| {
        let task = read_task(state.get()).ok()?;
        Some((task.status, task.status_message))
    };
    if let Some(observer) = observer
        && told(before) != told(now)
    {
        observer.alive();
    }
}

fn read_task(text: &str) -> Result<Task<'_>, ClientError> {
    serde_json::from_str(text)
        .map_err(|error| ClientError::Protocol(format!("the server's task can't be read: {error}")))
}

fn ended(how: &str, task: &Task<'_>) -> String {
    match &task.status_message {
        Some(message) => format!("the task {how}: {message}"),
        None => format!("the task {how}"),
    }
}

fn needs_input() -> ClientError {
    ClientError::Protocol("the task needs input that this caller can't give".into())
}

/// Cancels the task when its caller no longer waits for it.
struct CancelOnDrop<'a> {
    client: &'a Client,
    /// As JSON text.
    task_id: String,
    armed: bool,
}

impl<'a> CancelOnDrop<'a> {
    fn new(client: &'a Client, task_id: &str) -> Self {
        Self {
            client,
            task_id: serde_json::Value::from(task_id).to_string(),
            armed: true,
        }
    }

    fn disarm(&mut self) {
        self.armed = false;
    }

    async fn ask(&self, method: &str) -> Result<Raw, ClientError> {
        let call = Call {
            method,
            members: &[("taskId", &self.task_id)],
            asker: Asker::Nobody,
            observer: None,
        };
        match self.client.send(&call).await {
            Ok((state, _)) => Ok(state),
            // This question may not have been sent, but the call was: there is a task of it.
            Err(PeerError::Closed { reason, .. }) => {
                Err(PeerError::Closed { reason, sent: true }.into())
            }
            Err(PeerError::Lost {
                reason, is_last, ..
            }) => Err(PeerError::Lost {
                reason,
                sent: true,
                is_last,
            }
            .into()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Drop for CancelOnDrop<'_> {
    fn drop(&mut self) {
        if self.armed {
            let meta = match self.client.inner.meta.as_str() {
                "" => String::new(),
                meta => format!(
                    r#"{meta}"io.modelcontextprotocol/clientCapabilities":{}"#,
                    Asker::Nobody.capabilities()
                ),
            };
            let params = format!(r#"{{"taskId":{},"_meta":{{{meta}}}}}"#, self.task_id);
            self.client
                .peer()
                .request_and_forget("tasks/cancel", &params);
        }
    }
}
