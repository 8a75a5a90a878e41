//! The resources that a session wants to hear of.

use std::sync::{Arc, Weak};

use futures_util::{FutureExt as _, future::BoxFuture};
use tokio::sync::mpsc;

use super::{Session, State, TooMany};
use crate::{
    frontend::mcp::outcome,
    gateway::{ExchangeError, Subscription, Subscriptions, Update},
};

/// How many resources a session may subscribe to.
const MAX_SUBSCRIPTIONS: usize = 1000;

/// How many changes of resources may wait.
const UPDATES: usize = 256;

impl Session {
    /// Remembers a subscription under the URI by which the client knows the resource, and gives
    /// what waits for the server to hear of it. The error says that there are too many.
    pub fn subscribe(
        self: &Arc<Self>,
        uri: &str,
        make: impl FnOnce(mpsc::Sender<Update>) -> Subscription,
    ) -> Result<BoxFuture<'static, Result<(), ExchangeError>>, TooMany> {
        let mut state = self.state();
        if let Some(subscription) = state.subscriptions.get(uri) {
            return Ok(subscription.settled().boxed());
        }
        if state.subscriptions.len() >= MAX_SUBSCRIPTIONS {
            return Err(TooMany);
        }
        let updates = state.updates.get_or_insert_with(|| {
            let (updates, heard) = mpsc::channel(UPDATES);
            // It ends with the session, which has the other end.
            tokio::spawn(pass_updates(Arc::downgrade(self), heard));
            updates
        });
        let subscription = make(updates.clone());
        let settled = subscription.settled();
        state.subscriptions.insert(uri.to_owned(), subscription);
        Ok(settled.boxed())
    }

    /// Ends a subscription.
    pub fn unsubscribe(&self, uri: &str) {
        // Dropped outside of the lock: it takes another.
        let ended = self.state().subscriptions.remove(uri);
        drop(ended);
    }
}

impl State {
    /// Has subscriptions to one server be such to another; gives back what they were.
    pub(super) fn carry_over(
        &mut self,
        before: &Subscriptions,
        to: &Subscriptions,
    ) -> Vec<Subscription> {
        let subscriptions = self.subscriptions.values_mut();
        let ended = subscriptions.filter_map(|subscription| {
            let carried = subscription.carried_over(before, to)?;
            Some(std::mem::replace(subscription, carried))
        });
        ended.collect()
    }
}

/// Passes changes of resources on to the client, as long as the session lives.
async fn pass_updates(session: Weak<Session>, mut updates: mpsc::Receiver<Update>) {
    while let Some(Update(params)) = updates.recv().await {
        let Some(session) = session.upgrade() else {
            return;
        };
        session.send(outcome::notification(
            "notifications/resources/updated",
            Some(&params),
        ));
    }
}
