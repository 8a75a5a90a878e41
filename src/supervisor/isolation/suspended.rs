//! Calls that wait for their callers' answers.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::{json, value::RawValue};
use tokio::time::Instant;

use super::{AbortOnDrop, Running};
use crate::{
    gateway::{Caller, Operation, SessionError, lease::InUse},
    json::{self, Raw},
    mcp::codes,
};

/// How long a caller may take to answer.
const PATIENCE: Duration = Duration::from_mins(10);

/// How many calls of one caller wait for it. Past that the oldest ends: nobody needs that many,
/// and each holds a place that others could have.
const MOST_OF_A_CALLER: usize = 8;

/// How many calls of all callers wait. Those that have ended meanwhile hold no place, so that
/// places alone don't bound them.
const MOST: usize = 256;

/// The suspended calls of one server, by their state.
#[derive(Default)]
pub(super) struct SuspendedCalls(Arc<Mutex<HashMap<String, Kept>>>);

/// A call that waits for its caller's answers.
pub(super) struct Suspended {
    pub(super) running: Running,
    /// What must be the same when the caller comes back.
    pub(super) caller: Caller,
    pub(super) operation: Operation,
    /// The questions: the name given to each, and the id under which the server awaits the
    /// answer.
    pub(super) questions: Vec<(String, Raw)>,
    /// As long as it waits, the server that its caller has for itself is not idle.
    pub(super) _in_use: InUse,
}

struct Kept {
    call: Suspended,
    since: Instant,
    /// Ends the call when its caller does not come back.
    _expiry: AbortOnDrop<()>,
}

impl SuspendedCalls {
    /// Keeps a call until its caller comes back, or for [`PATIENCE`]. When the call ends before,
    /// its end is kept, but not its place.
    pub(super) fn keep(&self, state: String, call: Suspended) {
        let all = Arc::downgrade(&self.0);
        let expiring = state.clone();
        let mut is_over = call.running.is_over.clone();
        let expiry = tokio::spawn(async move {
            let expired = Instant::now() + PATIENCE;
            let over = async { while is_over.changed().await.is_ok() {} };
            if tokio::time::timeout_at(expired, over).await.is_ok() {
                if let Some(all) = all.upgrade()
                    && let Some(kept) = lock(&all).get_mut(&expiring)
                {
                    kept.call.running.leave_place();
                }
                tokio::time::sleep_until(expired).await;
            }
            let expired = all.upgrade().and_then(|all| lock(&all).remove(&expiring));
            if let Some(expired) = expired {
                expired.call.running.end();
            }
        });
        let kept = Kept {
            call,
            since: Instant::now(),
            _expiry: AbortOnDrop(expiry),
        };
        let mut all = lock(&self.0);
        let ended = [
            end_oldest(&mut all, MOST_OF_A_CALLER, |other| {
                other.caller == kept.call.caller
            }),
            end_oldest(&mut all, MOST, |_| true),
        ];
        all.insert(state, kept);
        drop(all);
        for ended in ended.into_iter().flatten() {
            ended.call.running.end();
        }
    }

    /// The call that was suspended under a state, if all is as it was, and the caller's answers
    /// by the ids under which the server awaits them. A caller whose answers are not complete
    /// may try again.
    pub(super) fn resume(
        &self,
        state: &Raw,
        (caller, operation): (&Caller, &Operation),
        responses: Option<&Raw>,
    ) -> Result<(Running, Vec<(Raw, Raw)>), SessionError> {
        let unknown = || {
            invalid(
                "requestState is unknown, was used before, or has expired; call again without it"
                    .into(),
            )
        };
        let state: String = serde_json::from_str(state.get()).map_err(|_| unknown())?;
        let mut all = lock(&self.0);
        let call = &all.get(&state).ok_or_else(unknown)?.call;
        if call.caller != *caller || !is_same(&call.operation, operation) {
            return Err(unknown());
        }
        let answers = read_answers(&call.questions, responses).map_err(invalid)?;
        let kept = all.remove(&state).ok_or_else(unknown)?;
        Ok((kept.call.running, answers))
    }
}

/// Makes room for one more of those that are counted, by the oldest of them.
fn end_oldest(
    all: &mut HashMap<String, Kept>,
    most: usize,
    counts: impl Fn(&Suspended) -> bool,
) -> Option<Kept> {
    let counted = || all.iter().filter(|(_, kept)| counts(&kept.call));
    if counted().count() < most {
        return None;
    }
    let (oldest, _) = counted().min_by_key(|(_, kept)| kept.since)?;
    let oldest = oldest.clone();
    all.remove(&oldest)
}

/// Whether two operations ask for the same, with whatever they go on.
fn is_same(one: &Operation, other: &Operation) -> bool {
    match (one, other) {
        (
            Operation::CallTool {
                tool, arguments, ..
            },
            Operation::CallTool {
                tool: other_tool,
                arguments: other_arguments,
                ..
            },
        ) => tool.name == other_tool.name && arguments == other_arguments,
        (
            Operation::GetPrompt {
                prompt, arguments, ..
            },
            Operation::GetPrompt {
                prompt: other_prompt,
                arguments: other_arguments,
                ..
            },
        ) => prompt.name == other_prompt.name && arguments == other_arguments,
        _ => false,
    }
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
            // A server that gets something else may never say so.
            Some(answer) if !answer.get().starts_with('{') => Err(format!(
                "the answer to {name:?} in inputResponses must be an object"
            )),
            Some(answer) => {
                let line = answer.get().replace(['\n', '\r'], " ");
                Ok((id.clone(), Raw::assume_valid(line.into())))
            }
            None => Err(format!("inputResponses lacks the answer to {name:?}")),
        })
        .collect()
}

fn invalid(message: String) -> SessionError {
    SessionError::Rpc {
        code: codes::INVALID_PARAMS,
        message,
        data: Some(Raw::from_value(&json!({ "member": "inputResponses" }))),
    }
}

fn lock(calls: &Mutex<HashMap<String, Kept>>) -> MutexGuard<'_, HashMap<String, Kept>> {
    calls.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_is_none_is_refused_before_the_server_sees_it() {
        let questions = [("a".to_owned(), Raw::from_static("1"))];
        let read = |text: &'static str| read_answers(&questions, Some(&Raw::from_static(text)));
        read(r#"{"a":{"action":"decline"}}"#).unwrap();
        for wrong in [r#"{"a":5}"#, r#"{"b":{}}"#, "[]"] {
            read(wrong).unwrap_err();
        }
    }
}
