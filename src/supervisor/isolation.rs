//! Calls that a caller shares with nobody, because the server may ask that caller something.
//!
//! A server of the legacy era asks by a request of its own while the call runs, and on a
//! connection that several callers share nobody could tell whom it asks. So such a call has a
//! connection for itself (a process, or a session of a remote server), on which what the caller
//! answers is declared: the caller's own where there is one, on which its calls take [`turns`],
//! else one for this call alone. What the server asks becomes an `InputRequiredResult`, and the
//! call stays suspended under its `requestState` until the caller repeats it with the answers.
//!
//! Servers of the stateless era do all that by themselves, on the shared connection.

mod question;
mod relay;
mod suspended;
pub(super) mod turns;

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};

use self::{
    question::Questions,
    relay::Relay,
    suspended::{Suspended, SuspendedCalls},
    turns::{Turn, Turns},
};
use super::{
    Placement, login,
    opening::{self, AbortOnDrop},
};
use crate::{
    gateway::{
        Continuation, End, Operation, Replica, Server, Session, SessionError, Terms, Wishes,
    },
    json::Raw,
    mcp::{
        ClientError, Era, Notice, Observer,
        client::{Answer, LEGACY_CAPABILITIES_WITH_INPUT, Use},
        peer::refusal,
    },
    upstream::{Connection, Link, LiveSession, McpSession, Upstream, session},
};

/// How long after it has been met a server may ask for the roots of its own accord: such a question
/// belongs to no call.
pub(super) const HOUSEKEEPING: Duration = Duration::from_millis(500);

/// Whether a server may do so, that was told of these capabilities.
pub(super) fn keeps_house(capabilities: &str) -> bool {
    capabilities.contains("\"roots\"")
}

/// How long a call waits for its turn before it gets a connection of its own, which takes about as
/// long to open.
const TURN_PATIENCE: Duration = Duration::from_secs(1);

/// What isolated calls of one server need, whichever shared connection it has just now.
pub(super) struct Isolation {
    upstream: Upstream,
    placement: Arc<Placement>,
    server: Arc<Server>,
    replica: Replica,
    /// How many such calls there may be at a time, running and suspended.
    places: Arc<Semaphore>,
    suspended: SuspendedCalls,
}

/// A server's session as callers see it: one connection for all, and one of its own for each
/// call that needs it.
pub(super) struct Supervised {
    pub(super) shared: LiveSession,
    pub(super) isolation: Arc<Isolation>,
    /// Where the connection is one caller's own: whose turn it is on it.
    pub(super) turns: Option<Arc<Turns>>,
}

/// A call on a connection of its own.
struct Running {
    task: AbortOnDrop<Result<Answer, ClientError>>,
    /// Closed when the task has ended.
    is_over: watch::Receiver<()>,
    session: Arc<McpSession>,
    /// What the server asks and says.
    notices: mpsc::Receiver<Notice>,
    relay: Arc<Relay>,
    place: Place,
}

/// What a call has for itself.
enum Place {
    /// A connection, and one of the places for those.
    Connection(Link, OwnedSemaphorePermit),
    /// A turn on the caller's own connection; nothing once the call has ended.
    Turn { turn: Option<Turn> },
    /// Nothing any more: the call has ended.
    Nothing,
}

impl Isolation {
    pub(super) fn new(
        upstream: Upstream,
        placement: Arc<Placement>,
        server: Arc<Server>,
        places: Arc<Semaphore>,
        replica: Replica,
    ) -> Arc<Self> {
        Arc::new(Self {
            places,
            upstream,
            placement,
            server,
            replica,
            suspended: SuspendedCalls::default(),
        })
    }

    /// Carries what may ask its caller something on a connection of its own. One that dies is followed by a second
    /// try under the same rule as on a shared connection.
    async fn carry(
        &self,
        own: (&Arc<McpSession>, Option<&Arc<Turns>>),
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
                let peer = running.session.client().peer();
                // When the connection has ended, the call says so.
                let _ = peer.respond(&id, Ok(answer.get())).await;
            }
            return self.wait(running, operation, terms).await;
        }
        let mut is_first = true;
        loop {
            let Some(running) = self.begin(own, operation, terms).await? else {
                // There is no place: on a shared connection the server can't ask, but the call may
                // well do without.
                return own.0.run(operation, terms).await;
            };
            match self.wait(running, operation, terms).await {
                Err(SessionError::Gone {
                    may_have_run: false,
                    ..
                }) if login::for_all(&self.upstream).is_some() => return Err(login_required()),
                // The caller's own connection is followed by another, on which the caller of this
                // tries again.
                Err(SessionError::Gone {
                    may_have_run,
                    has_successor: false,
                    ..
                }) if is_first && (!may_have_run || operation.is_repeatable()) => {
                    is_first = false;
                }
                end => return end,
            }
        }
    }

    /// Starts the call in a turn of its caller's own connection, or else opens one for it.
    /// Nothing where all places for those are taken.
    async fn begin(
        &self,
        (session, turns): (&Arc<McpSession>, Option<&Arc<Turns>>),
        operation: &Operation,
        terms: Terms<'_>,
    ) -> Result<Option<Running>, SessionError> {
        let turn = match turns {
            Some(turns) => turns.take(TURN_PATIENCE).await,
            None => None,
        };
        if let Some((turn, questions)) = turn {
            let place = Place::Turn { turn: Some(turn) };
            let running = start(Arc::clone(session), questions, place, operation, terms);
            return Ok(Some(running));
        }
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            return Ok(None);
        };
        let era = session.client().era();
        let declared = declared(terms.wishes);
        let opening = opening::open(
            &self.placement,
            self.upstream.clone(),
            Some(era.clone()),
            Use::Isolated(Arc::clone(&declared)),
        );
        let start_timeout = self.server.settings().start_timeout;
        let connection = match tokio::time::timeout(start_timeout, opening).await {
            Ok(Ok(connection)) => connection,
            Ok(Err(_)) if login::for_all(&self.upstream).is_some() => return Err(login_required()),
            Ok(Err(error)) => return Err(not_started(&error.message)),
            Err(_) => return Err(not_started("it was not ready in time")),
        };
        let Connection {
            session: LiveSession::Mcp(session),
            link,
            mut notices,
        } = connection
        else {
            // Whoever asks its callers something speaks MCP.
            return Ok(None);
        };
        if terms.wishes.client.is_some() && keeps_house(&declared) {
            refuse_for(HOUSEKEEPING, &session, &mut notices).await;
        }
        let place = Place::Connection(link, place);
        Ok(Some(start(session, notices, place, operation, terms)))
    }

    /// Waits until the call ends, or the server asks something.
    async fn wait(
        &self,
        mut running: Running,
        operation: &Operation,
        terms: Terms<'_>,
    ) -> Result<End, SessionError> {
        let mut questions = Questions::default();
        loop {
            let notice = tokio::select! {
                answer = &mut running.task.0 => {
                    let has_successor = matches!(running.place, Place::Turn { .. });
                    running.end();
                    let answer = answer.unwrap_or_else(|error| {
                        Err(ClientError::Protocol(format!("the call ended badly: {error}")))
                    });
                    let end = session::end(answer);
                    return if has_successor { end } else { without_successor(end) };
                }
                notice = running.notices.recv(), if questions.may_grow() => notice,
                () = questions.complete() => break,
            };
            let peer = running.session.client().peer();
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
            caller: terms.caller.clone(),
            operation: operation.clone(),
            questions: questions.into_names_and_ids(),
            _in_use: terms.server.in_use(),
        };
        self.suspended.keep(state, call);
        Ok(End::InputRequired(result))
    }
}

impl Running {
    /// Ends the call if it has not ended by itself, and leaves its place.
    fn end(mut self) {
        self.leave_place();
    }

    /// Ends the connection in order, whose place is free when it has ended; or the turn.
    fn leave_place(&mut self) {
        let left = match &mut self.place {
            Place::Turn { turn } => {
                turn.take();
                return;
            }
            place => std::mem::replace(place, Place::Nothing),
        };
        let Place::Connection(link, place) = left else {
            return;
        };
        // Bounded by its own deadlines; when the gateway ends first, the guard does the rest.
        tokio::spawn(async move {
            link.stop().await;
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
        let may_ask = matches!(
            operation,
            Operation::CallTool { .. } | Operation::GetPrompt { .. }
        );
        match &self.shared {
            LiveSession::Mcp(session)
                if may_ask
                    && terms.wishes.may_be_suspended()
                    && matches!(session.client().era(), Era::Legacy(_)) =>
            {
                let own = (session, self.turns.as_ref());
                Box::pin(self.isolation.carry(own, operation, terms))
            }
            session => session.run(operation, terms),
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

/// Refuses for a while what the server asks of its own accord.
async fn refuse_for(time: Duration, session: &McpSession, notices: &mut mpsc::Receiver<Notice>) {
    let refusing = async {
        while let Some(notice) = notices.recv().await {
            if let Notice::Request { id, method, .. } = notice {
                let peer = session.client().peer();
                // When the connection has ended, the call says so.
                let _ = peer.respond(&id, Err(&refusal(&method))).await;
            }
        }
    };
    // It ends early where the connection does.
    let _ = tokio::time::timeout(time, refusing).await;
}

/// Starts a call on a connection on which the server may ask.
fn start(
    session: Arc<McpSession>,
    notices: mpsc::Receiver<Notice>,
    place: Place,
    operation: &Operation,
    terms: Terms<'_>,
) -> Running {
    let relay = Arc::new(Relay::to(Arc::clone(terms.activity) as _));
    let carrying = Arc::clone(&session);
    let operation = operation.clone();
    let wishes = terms.wishes.clone();
    let observer: Arc<dyn Observer> = Arc::clone(&relay) as _;
    let (running, is_over) = watch::channel(());
    let task = tokio::spawn(async move {
        let _running = running;
        let client = wishes.client.as_deref();
        if let Some(level) = client.and_then(|client| client.log_level.as_deref()) {
            carrying.set_log_level(level).await;
        }
        carrying.carry(&operation, &wishes, observer).await
    });
    Running {
        task: AbortOnDrop(task),
        is_over,
        session,
        notices,
        relay,
        place,
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
