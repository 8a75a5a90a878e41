//! Calls that a caller shares with nobody, because the server may ask that caller something.
//!
//! A server of the legacy era asks by a request of its own while the call runs, and on a
//! connection that several callers share nobody could tell whom it asks. So such a call gets a
//! connection for itself (a process, or a session of a remote server), on which elicitation, sampling and roots are declared. What the server
//! asks becomes an `InputRequiredResult`, and the call stays suspended under its `requestState`
//! until the caller repeats it with the answers.
//!
//! Servers of the stateless era do all that by themselves, on the shared connection.

mod question;
mod relay;
mod suspended;

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use self::{
    question::Questions,
    relay::Relay,
    suspended::{Suspended, SuspendedCalls},
};
use super::{
    Placement, login,
    opening::{self, AbortOnDrop},
};
use crate::{
    gateway::{
        Caller, Continuation, End, Operation, Replica, Session, SessionError, Terms, Wishes,
    },
    json::Raw,
    mcp::{
        ClientError, Era, Observer,
        client::{Answer, LEGACY_CAPABILITIES_WITH_INPUT, Use},
    },
    upstream::{Connection, McpSession, Upstream, session},
};

/// What isolated calls of one server need, whichever shared connection it has just now.
pub(super) struct Isolation {
    upstream: Upstream,
    placement: Arc<Placement>,
    start_timeout: Duration,
    replica: Replica,
    /// How many such calls there may be at a time, running and suspended.
    places: Arc<Semaphore>,
    suspended: SuspendedCalls,
}

/// A server's session as callers see it: one connection for all, and one of its own for each
/// call that needs it.
pub(super) struct Supervised {
    pub(super) shared: Arc<McpSession>,
    pub(super) isolation: Arc<Isolation>,
}

/// A call on a connection of its own.
struct Running {
    task: AbortOnDrop<Result<Answer, ClientError>>,
    connection: Connection,
    relay: Arc<Relay>,
    place: OwnedSemaphorePermit,
}

impl Isolation {
    pub(super) fn new(
        upstream: Upstream,
        placement: Arc<Placement>,
        start_timeout: Duration,
        replica: Replica,
    ) -> Arc<Self> {
        Arc::new(Self {
            places: Arc::new(Semaphore::new(upstream.most_isolated())),
            upstream,
            placement,
            start_timeout,
            replica,
            suspended: SuspendedCalls::default(),
        })
    }

    /// Carries what may ask its caller something on a connection of its own. One that dies is followed by a second
    /// try under the same rule as on a shared connection.
    async fn carry(
        &self,
        era: &Era,
        operation: &Operation,
        terms: Terms<'_>,
    ) -> Result<End, SessionError> {
        if let Some(Continuation {
            input_responses,
            request_state: Some(state),
        }) = operation.continuation()
        {
            let (running, answers) = self.suspended.resume(
                state,
                (terms.caller, operation),
                input_responses.as_ref(),
            )?;
            running.relay.hand_over(Arc::clone(terms.activity) as _);
            for (id, answer) in answers {
                let peer = running.connection.session.client().peer();
                // When the connection has ended, the call says so.
                let _ = peer.respond(&id, Ok(answer.get())).await;
            }
            return self.wait(running, operation, terms.caller).await;
        }
        let mut is_first = true;
        loop {
            let running = self.begin(era, operation, terms).await?;
            match self.wait(running, operation, terms.caller).await {
                Err(SessionError::Gone {
                    may_have_run: false,
                    ..
                }) if login::for_all(&self.upstream).is_some() => return Err(login_required()),
                Err(SessionError::Gone { may_have_run, .. })
                    if is_first && (!may_have_run || operation.is_repeatable()) =>
                {
                    is_first = false;
                }
                end => return end,
            }
        }
    }

    /// Opens a connection and starts the call on it.
    async fn begin(
        &self,
        era: &Era,
        operation: &Operation,
        terms: Terms<'_>,
    ) -> Result<Running, SessionError> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| {
            SessionError::Busy(format!(
                "the server already has {} calls that may ask their callers something",
                self.upstream.most_isolated()
            ))
        })?;
        let opening = opening::open(
            &self.placement,
            self.upstream.clone(),
            Some(era.clone()),
            Use::Isolated(declared(terms.wishes)),
        );
        let connection = match tokio::time::timeout(self.start_timeout, opening).await {
            Ok(Ok(connection)) => connection,
            Ok(Err(_)) if login::for_all(&self.upstream).is_some() => return Err(login_required()),
            Ok(Err(error)) => return Err(not_started(&error.message)),
            Err(_) => return Err(not_started("it was not ready in time")),
        };
        let relay = Arc::new(Relay::to(Arc::clone(terms.activity) as _));
        let session = Arc::clone(&connection.session);
        let operation = operation.clone();
        let wishes = terms.wishes.clone();
        let observer: Arc<dyn Observer> = Arc::clone(&relay) as _;
        let task = tokio::spawn(async move { session.carry(&operation, &wishes, observer).await });
        Ok(Running {
            task: AbortOnDrop(task),
            connection,
            relay,
            place,
        })
    }

    /// Waits until the call ends, or the server asks something.
    async fn wait(
        &self,
        mut running: Running,
        operation: &Operation,
        caller: &Caller,
    ) -> Result<End, SessionError> {
        let mut questions = Questions::default();
        loop {
            let notice = tokio::select! {
                answer = &mut running.task.0 => {
                    running.end();
                    let answer = answer.unwrap_or_else(|error| {
                        Err(ClientError::Protocol(format!("the call ended badly: {error}")))
                    });
                    return without_successor(session::end(answer));
                }
                notice = running.connection.notices.recv(), if questions.may_grow() => notice,
                () = questions.complete() => break,
            };
            let peer = running.connection.session.client().peer();
            match notice {
                Some(notice) => {
                    let server = self.upstream.name().as_str();
                    questions.take(notice, peer, server).await;
                }
                // The connection has ended, and the call says so.
                None => questions.close(),
            }
        }
        let state = self
            .replica
            .state()
            .map_err(|error| SessionError::Unusable(error.to_string()))?;
        let result = questions.input_required(&state);
        let call = Suspended {
            running,
            caller: caller.clone(),
            operation: operation.clone(),
            questions: questions.into_names_and_ids(),
        };
        self.suspended.keep(state, call);
        Ok(End::InputRequired(result))
    }
}

impl Running {
    /// Ends the connection in order; its place is free when it has ended.
    fn end(self) {
        let Self {
            connection, place, ..
        } = self;
        // Bounded by its own deadlines; when the gateway ends first, the guard does the rest.
        tokio::spawn(async move {
            connection.link.stop().await;
            drop(place);
        });
    }
}

impl Session for Supervised {
    fn run<'a>(
        &'a self,
        operation: &'a Operation,
        terms: Terms<'a>,
    ) -> Pin<Box<dyn Future<Output = Result<End, SessionError>> + Send + 'a>> {
        let era = self.shared.client().era();
        let may_ask = matches!(
            operation,
            Operation::CallTool { .. } | Operation::GetPrompt { .. }
        );
        if may_ask && terms.wishes.may_be_suspended() && matches!(era, Era::Legacy(_)) {
            Box::pin(self.isolation.carry(era, operation, terms))
        } else {
            self.shared.run(operation, terms)
        }
    }

    fn notify<'a>(
        &'a self,
        method: &'a str,
        params: &'a Raw,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        self.shared.notify(method, params)
    }
}

/// What a server is told that a call's caller can be asked for.
fn declared(wishes: &Wishes) -> Arc<str> {
    match &wishes.client {
        Some(client) => client.askable_capabilities().into(),
        None => LEGACY_CAPABILITIES_WITH_INPUT.into(),
    }
}

/// No other connection follows one that was for a single call.
fn without_successor(end: Result<End, SessionError>) -> Result<End, SessionError> {
    end.map_err(|error| match error {
        SessionError::Gone {
            reason,
            may_have_run,
            ..
        } => SessionError::Gone {
            reason,
            may_have_run,
            has_successor: false,
        },
        other => other,
    })
}

fn login_required() -> SessionError {
    SessionError::LoginRequired(
        "somebody must log in to the server first: its operator finds the URL in /status and in \
         the log"
            .into(),
    )
}

fn not_started(reason: &str) -> SessionError {
    SessionError::Gone {
        reason: format!("the server could not be started for this call: {reason}").into(),
        may_have_run: false,
        has_successor: false,
    }
}
