//! What each exchange passes, in one order: [`Policy::run`].

use std::time::Duration;

use crate::{
    gateway::{End, Exchange, ExchangeError},
    schema::Validation,
};

/// The rules that hold for all exchanges.
#[derive(Clone, Debug)]
pub struct Policy {
    /// How arguments are checked.
    pub validation: Validation,
    /// How long a call waits for a server that starts or comes back.
    pub start_wait: Duration,
    /// How long a call may take at the most, however much progress it shows.
    pub max_call_timeout: Duration,
}

impl Policy {
    /// Carries an exchange to its end.
    ///
    /// Dropping the future cancels the exchange upstream.
    pub async fn run(&self, _exchange: Exchange) -> Result<End, ExchangeError> {
        Err(ExchangeError::Draining)
    }
}
