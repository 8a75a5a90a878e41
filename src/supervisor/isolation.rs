//! Calls that a caller shares with nobody, because the server may ask that caller something.
//!
//! A server of the legacy era asks by a request of its own while the call runs, and on a
//! connection that several callers share nobody could tell whom it asks. So such a call gets a
//! process for itself, on which elicitation, sampling and roots are declared. What the server
//! asks becomes an `InputRequiredResult` (MCP 2026-07-28, multi round-trip requests); the call
//! stays suspended under its `requestState` until the caller repeats it with the answers.
//!
//! Servers of the stateless era do all that by themselves, on the shared connection.

use std::{
    collections::HashMap,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::{json, value::RawValue};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    Placement,
    opening::{self, AbortOnDrop},
};
use crate::{
    gateway::{Activity, Caller, Continuation, End, Operation, Session, SessionError, Terms},
    json::{self, Raw},
    mcp::{
        ClientError, Era, Notice,
        client::{Answer, Use},
        codes,
        peer::refusal,
    },
    upstream::{Connection, McpSession, session, stdio::Launch},
};

/// How many such calls a server has at a time, running and suspended: each is a process.
const MOST: usize = 8;

/// How long a caller may take to answer.
const PATIENCE: Duration = Duration::from_mins(10);

/// How long after a question others may follow that belong to it.
const GATHER: Duration = Duration::from_millis(20);

/// A server's session as callers see it: one connection for all, and one of its own for each
/// call that needs it.
pub(super) struct Supervised {
    shared: Arc<McpSession>,
    launch: Launch,
    placement: Arc<Placement>,
    start_timeout: Duration,
    places: Arc<Semaphore>,
    suspended: Arc<Mutex<HashMap<String, Suspended>>>,
}

/// A call on a connection of its own.
struct Running {
    task: AbortOnDrop<Result<Answer, ClientError>>,
    connection: Connection,
    _place: OwnedSemaphorePermit,
}

/// A call that waits for its caller's answers.
struct Suspended {
    running: Running,
    /// What must be the same when the caller comes back.
    caller: Caller,
    tool: String,
    arguments: Raw,
    /// The questions: the name given to each, and the id under which the server awaits the
    /// answer.
    questions: Vec<(String, Raw)>,
}

struct Question {
    id: Raw,
    method: String,
    params: Option<Raw>,
}

impl Supervised {
    pub(super) fn new(
        shared: Arc<McpSession>,
        launch: Launch,
        placement: Arc<Placement>,
        start_timeout: Duration,
    ) -> Self {
        Self {
            shared,
            launch,
            placement,
            start_timeout,
            places: Arc::new(Semaphore::new(MOST)),
            suspended: Arc::default(),
        }
    }

    async fn isolated(&self, operation: &Operation, terms: Terms<'_>) -> Result<End, SessionError> {
        let Operation::CallTool {
            tool,
            arguments,
            continuation,
        } = operation
        else {
            let carried = self.shared.carry(operation, false, terms.activity);
            return session::end(carried.await);
        };
        let running = match continuation {
            Some(Continuation {
                input_responses,
                request_state: Some(state),
            }) => {
                let suspended = self.take(state, terms.caller, &tool.name, arguments)?;
                self.answer(suspended, state, input_responses.as_ref())
                    .await?
            }
            _ => self.begin(operation, terms.activity).await?,
        };
        self.wait(running, operation, terms.caller).await
    }

    /// Opens a connection and starts the call on it.
    async fn begin(
        &self,
        operation: &Operation,
        activity: &Arc<Activity>,
    ) -> Result<Running, SessionError> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| {
            SessionError::Busy(format!(
                "the server already has {MOST} calls that may ask their callers something"
            ))
        })?;
        let opening = opening::open(
            &self.placement,
            self.launch.clone(),
            Some(self.shared.client().era().clone()),
            Use::Isolated,
        );
        let connection = match tokio::time::timeout(self.start_timeout, opening).await {
            Ok(Ok(connection)) => connection,
            Ok(Err(error)) => return Err(not_started(&error.message)),
            Err(_) => return Err(not_started("it was not ready in time")),
        };
        let session = Arc::clone(&connection.session);
        let operation = operation.clone();
        let activity = Arc::clone(activity);
        let task = tokio::spawn(async move { session.carry(&operation, true, &activity).await });
        Ok(Running {
            task: AbortOnDrop(task),
            connection,
            _place: place,
        })
    }

    /// Waits until the call ends, or the server asks something.
    async fn wait(
        &self,
        mut running: Running,
        operation: &Operation,
        caller: &Caller,
    ) -> Result<End, SessionError> {
        let questions = loop {
            let notice = tokio::select! {
                answer = &mut running.task.0 => {
                    let answer = answer.unwrap_or_else(|error| {
                        Err(ClientError::Protocol(format!("the call ended badly: {error}")))
                    });
                    return session::end(answer);
                }
                notice = running.connection.notices.recv() => notice,
            };
            let questions = self.gather(&mut running, notice).await;
            if !questions.is_empty() {
                break questions;
            }
        };
        Ok(End::InputRequired(
            self.suspend(running, questions, operation, caller)?,
        ))
    }

    /// The questions among a notice and those that follow at once.
    async fn gather(&self, running: &mut Running, first: Option<Notice>) -> Vec<Question> {
        let mut questions = Vec::new();
        let mut next = first;
        while let Some(notice) = next {
            match notice {
                Notice::Request { id, method, params } if is_question(&method) => {
                    questions.push(Question { id, method, params });
                }
                Notice::Request { id, method, .. } => {
                    let refusal = refusal(&method);
                    let peer = running.connection.session.client().peer();
                    // When the connection has ended, the call has too.
                    let _ = peer.respond(&id, Err(&refusal)).await;
                }
                Notice::Notification { method, .. } => {
                    tracing::debug!(server = %self.launch.name, method, "a notification is not used");
                }
                Notice::Unusable { problem } => {
                    tracing::warn!(target: "viceversa::server", server = %self.launch.name, "{problem}");
                }
            }
            if questions.is_empty() {
                return questions;
            }
            let following = running.connection.notices.recv();
            next = tokio::time::timeout(GATHER, following).await.ok().flatten();
        }
        questions
    }

    fn suspend(
        &self,
        running: Running,
        questions: Vec<Question>,
        operation: &Operation,
        caller: &Caller,
    ) -> Result<Raw, SessionError> {
        let Operation::CallTool {
            tool, arguments, ..
        } = operation
        else {
            return Err(SessionError::Unusable(
                "only tool calls are suspended".into(),
            ));
        };
        let state = random_state()?;
        let named = || (1..).map(|number| format!("input-{number}"));
        let requests: Vec<String> = named()
            .zip(&questions)
            .map(|(name, question)| {
                let method = Raw::from_value(&question.method);
                let params = question.params.as_ref().map_or("{}", Raw::get);
                format!(
                    r#""{name}":{{"method":{},"params":{params}}}"#,
                    method.get()
                )
            })
            .collect();
        let result = format!(
            r#"{{"resultType":"input_required","inputRequests":{{{}}},"requestState":"{state}"}}"#,
            requests.join(",")
        );
        let suspended = Suspended {
            running,
            caller: caller.clone(),
            tool: tool.name.clone(),
            arguments: arguments.clone(),
            questions: named()
                .zip(questions)
                .map(|(name, question)| (name, question.id))
                .collect(),
        };
        self.keep(state, suspended);
        Ok(Raw::assume_valid(result.into()))
    }

    /// Keeps a suspended call until its caller comes back, or for [`PATIENCE`].
    fn keep(&self, state: String, suspended: Suspended) {
        lock(&self.suspended).insert(state.clone(), suspended);
        let all = Arc::downgrade(&self.suspended);
        // Ends by itself; a call that went on meanwhile has another state.
        tokio::spawn(async move {
            tokio::time::sleep(PATIENCE).await;
            if let Some(all) = all.upgrade() {
                lock(&all).remove(&state);
            }
        });
    }

    /// The call that was suspended under a state, if all is as it was.
    fn take(
        &self,
        state: &Raw,
        caller: &Caller,
        tool: &str,
        arguments: &Raw,
    ) -> Result<Suspended, SessionError> {
        let unknown = || {
            invalid(
                "requestState is unknown, was used before, or has expired; call again without it"
                    .into(),
            )
        };
        let state: String = serde_json::from_str(state.get()).map_err(|_| unknown())?;
        let mut all = lock(&self.suspended);
        let same = all.get(&state).is_some_and(|suspended| {
            suspended.caller == *caller
                && suspended.tool == tool
                && suspended.arguments == *arguments
        });
        if !same {
            return Err(unknown());
        }
        all.remove(&state).ok_or_else(unknown)
    }

    /// Gives the server its answers. One that is missing leaves the call suspended.
    async fn answer(
        &self,
        suspended: Suspended,
        state: &Raw,
        responses: Option<&Raw>,
    ) -> Result<Running, SessionError> {
        let answers = match read_answers(&suspended.questions, responses) {
            Ok(answers) => answers,
            Err(problem) => {
                if let Ok(state) = serde_json::from_str(state.get()) {
                    self.keep(state, suspended);
                }
                return Err(invalid(problem));
            }
        };
        let peer = suspended.running.connection.session.client().peer().clone();
        for (id, answer) in answers {
            // When the connection has ended, the call says so.
            let _ = peer.respond(&id, Ok(answer.get())).await;
        }
        Ok(suspended.running)
    }
}

impl Session for Supervised {
    fn run<'a>(
        &'a self,
        operation: &'a Operation,
        terms: Terms<'a>,
    ) -> Pin<Box<dyn Future<Output = Result<End, SessionError>> + Send + 'a>> {
        if terms.answers_input && matches!(self.shared.client().era(), Era::Legacy(_)) {
            Box::pin(self.isolated(operation, terms))
        } else {
            self.shared.run(operation, terms)
        }
    }
}

/// What a client can be asked (MCP 2025-11-25, client features).
fn is_question(method: &str) -> bool {
    matches!(
        method,
        "elicitation/create" | "sampling/createMessage" | "roots/list"
    )
}

/// An answer for each question, on one line as stdio needs it.
fn read_answers(
    questions: &[(String, Raw)],
    responses: Option<&Raw>,
) -> Result<Vec<(Raw, Raw)>, String> {
    let members = match responses {
        Some(responses) => json::members(responses.get())
            .map_err(|error| format!("inputResponses is no object: {error}"))?,
        None => Vec::new(),
    };
    let find = |name: &str| -> Option<&RawValue> {
        let member = members.iter().find(|(key, _)| key == name);
        member.map(|(_, value)| *value)
    };
    questions
        .iter()
        .map(|(name, id)| match find(name) {
            Some(answer) => {
                let line = answer.get().replace(['\n', '\r'], " ");
                Ok((id.clone(), Raw::assume_valid(line.into())))
            }
            None => Err(format!("inputResponses lacks the answer to {name:?}")),
        })
        .collect()
}

fn random_state() -> Result<String, SessionError> {
    let mut bytes = [0_u8; 24];
    getrandom::fill(&mut bytes)
        .map_err(|error| SessionError::Unusable(format!("no random number: {error}")))?;
    let alphabet = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    Ok(base64::Engine::encode(&alphabet, bytes))
}

fn invalid(message: String) -> SessionError {
    SessionError::Rpc {
        code: codes::INVALID_PARAMS,
        message,
        data: Some(Raw::from_value(&json!({ "member": "inputResponses" }))),
    }
}

fn not_started(reason: &str) -> SessionError {
    SessionError::Unusable(format!(
        "the server could not be started for this call: {reason}"
    ))
}

fn lock(
    suspended: &Mutex<HashMap<String, Suspended>>,
) -> MutexGuard<'_, HashMap<String, Suspended>> {
    suspended.lock().unwrap_or_else(PoisonError::into_inner)
}
