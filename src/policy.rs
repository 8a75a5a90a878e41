//! What each exchange passes, in one order: [`Policy::run`].

mod availability;
mod deadline;

use std::{sync::Arc, time::Duration};

use crate::{
    gateway::{
        Activity, Caller, Catalog, End, Exchange, ExchangeError, Operation, Server, SessionError,
        Terms, Tool, tool_override::ArgumentsRefused,
    },
    json::{Raw, strict::Segment},
    schema::{Defaults, Validation, Violation},
};

/// The rules that hold for all exchanges.
#[derive(Clone, Debug)]
pub struct Policy {
    /// How arguments are checked.
    pub validation: Validation,
    /// How long a call waits for a server that starts or comes back.
    pub start_wait: Duration,
}

impl Policy {
    /// Carries an exchange to its end. The order:
    ///
    /// 1. *authorize*: what the caller may not use is not there for it. Frontends don't offer it
    ///    to begin with; this is for whatever they overlook;
    /// 2. *validate*: arguments that don't fit never reach the server, up or down; those that the
    ///    config fixes are put in;
    /// 3. *concurrency*: a server that has as many calls as it may have takes no more;
    /// 4. *availability*: a server that starts or comes back is waited for;
    /// 5. *deadline*: from here on the call's time runs, over all its tries;
    /// 6. *retry*: when the server died in the call, a second try on its successor, if the
    ///    first certainly was not executed or may be repeated.
    ///
    /// Dropping the future cancels the exchange upstream.
    pub async fn run(&self, exchange: Exchange) -> Result<End, ExchangeError> {
        let Exchange {
            server,
            caller,
            operation,
            wishes,
        } = exchange;
        if !caller.grants().admit(&server.name, &operation) {
            return Err(ExchangeError::NotGranted);
        }
        // A server that is taken away or replaced meanwhile ends no sooner.
        let _use = server.enter();
        let operation = self.validate(operation)?;
        let _place = server.admit().map_err(ExchangeError::TooManyCalls)?;
        let session = availability::session(&server, self.start_wait).await?;
        let activity = Activity::start(&wishes);
        let tries = async {
            let mut session = session;
            let mut retried = false;
            loop {
                let terms = Terms {
                    server: &server,
                    caller: &caller,
                    wishes: &wishes,
                    activity: &activity,
                };
                let failure = match session.run(&operation, terms).await {
                    Ok(End::InputRequired(input)) if !wishes.answers_input => {
                        return Err(ExchangeError::InputNotOffered(input));
                    }
                    Ok(end) => return Ok(end),
                    Err(failure) => failure,
                };
                let SessionError::Gone {
                    may_have_run,
                    has_successor: true,
                    ..
                } = failure
                else {
                    return Err(failure.into());
                };
                if retried || (may_have_run && !operation.is_repeatable()) {
                    return Err(failure.into());
                }
                retried = true;
                session = match availability::successor(&server, &session, self.start_wait).await {
                    Ok(successor) => successor,
                    // What may have been executed is no call that a caller may repeat unasked.
                    Err(_) if may_have_run => return Err(failure.into()),
                    Err(error) => return Err(error),
                };
            }
        };
        let settings = server.settings();
        let (timeout, longest) = (settings.call_timeout, settings.max_call_timeout);
        deadline::within(timeout, longest, &activity, tries).await
    }

    /// What a server offers, waiting for one whose first start is on its way.
    pub async fn catalog(&self, server: &Server) -> Result<Arc<Catalog>, ExchangeError> {
        availability::catalog(server, self.start_wait).await
    }

    /// What a server offers to this caller, likewise.
    pub async fn offered(
        &self,
        server: &Server,
        caller: &Caller,
    ) -> Result<Arc<Catalog>, ExchangeError> {
        let catalog = self.catalog(server).await?;
        Ok(catalog.granted(caller.grants(), &server.name))
    }

    fn validate(&self, operation: Operation) -> Result<Operation, ExchangeError> {
        match operation {
            Operation::CallTool {
                tool,
                arguments,
                continuation,
                rest,
            } => {
                let arguments = tool
                    .arguments
                    .prepare(&arguments, self.validation, tool.defaults)
                    .map_err(ExchangeError::InvalidArguments)?;
                let arguments = complete(&tool, arguments)?;
                Ok(Operation::CallTool {
                    tool,
                    arguments,
                    continuation,
                    rest,
                })
            }
            Operation::GetPrompt {
                prompt,
                arguments,
                tool_names,
                continuation,
                rest,
            } => {
                let arguments = prompt
                    .arguments
                    .prepare(&arguments, self.validation, Defaults::Leave)
                    .map_err(ExchangeError::InvalidArguments)?;
                Ok(Operation::GetPrompt {
                    prompt,
                    arguments,
                    tool_names,
                    continuation,
                    rest,
                })
            }
            other @ (Operation::Request { .. } | Operation::List { .. }) => Ok(other),
        }
    }
}

/// The arguments with those that the config fixes, which callers can't give.
fn complete(tool: &Tool, arguments: Raw) -> Result<Raw, ExchangeError> {
    let Some(overridden) = &tool.overridden else {
        return Ok(arguments);
    };
    overridden.fix_arguments(&arguments).map_err(|refused| {
        let extra = |name: String| {
            let path = vec![Segment::Name(name)];
            Violation::extra(path, &serde_json::Value::Null)
        };
        ExchangeError::InvalidArguments(match refused {
            ArgumentsRefused::Unknown(names) => names.into_iter().map(extra).collect(),
            ArgumentsRefused::Unreadable(_) => vec![Violation::not_an_object(
                Vec::new(),
                &serde_json::Value::Null,
            )],
        })
    })
}

impl From<SessionError> for ExchangeError {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Rpc {
                code,
                message,
                data,
            } => Self::Rpc {
                code,
                message,
                data,
            },
            SessionError::InvalidArguments(violations) => Self::InvalidArguments(violations),
            SessionError::Failed {
                reason,
                may_have_run,
            } => Self::Failed {
                reason,
                may_have_run,
            },
            SessionError::Gone {
                reason,
                may_have_run,
                ..
            } => Self::Died {
                reason,
                may_have_run,
            },
            SessionError::Unusable(message) => Self::Unusable(message),
            SessionError::LoginRequired(message) => Self::LoginRequired(message),
            SessionError::Busy(message) => Self::Busy(message),
            SessionError::TooLarge(message) => Self::TooLarge(message),
        }
    }
}
