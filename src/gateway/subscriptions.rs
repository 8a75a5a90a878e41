//! Who wants to hear of changes of which resources of one server.
//!
//! Frontends subscribe; the supervisor keeps the server informed of what is wanted, over whichever
//! connection it has just now, and announces what the server says.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::{mpsc, watch};

use super::ExchangeError;
use crate::json::{Raw, edit};

/// How long a subscriber waits for the server to hear of it. It hears of it later where it is slow
/// or just being started.
const SETTLE: Duration = Duration::from_secs(1);

/// A resource has changed: the params of `notifications/resources/updated`, as they came but for
/// the URI, where the subscriber knows the resource by another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update(pub Raw);

/// The subscriptions to the resources of one server. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Subscriptions(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    next: AtomicU64,
    listeners: Mutex<HashMap<Arc<str>, Vec<Listener>>>,
    /// Grows whenever another set of resources is wanted.
    changes: watch::Sender<u64>,
    told: watch::Sender<Told>,
}

/// What the server knows of what is wanted.
#[derive(Debug, Default)]
struct Told {
    /// Up to which change.
    up_to: u64,
    /// Resources of which it tells nothing, and why.
    refused: HashMap<Arc<str>, ExchangeError>,
}

#[derive(Debug)]
struct Listener {
    id: u64,
    /// By which URI the subscriber knows the resource.
    known_as: Arc<str>,
    updates: mpsc::Sender<Update>,
}

/// One subscription; it ends when this is dropped.
#[derive(Debug)]
pub struct Subscription {
    subscriptions: Subscriptions,
    uri: Arc<str>,
    id: u64,
    /// The change that the server must know of to know of it.
    since: u64,
}

impl Subscriptions {
    /// Has changes of a resource, which the subscriber knows as `known_as`, sent to `updates`, as
    /// far as there is room.
    pub fn subscribe(
        &self,
        uri: &str,
        known_as: &str,
        updates: mpsc::Sender<Update>,
    ) -> Subscription {
        let uri: Arc<str> = uri.into();
        let known_as: Arc<str> = known_as.into();
        let id = self.0.next.fetch_add(1, Ordering::Relaxed);
        let is_new = {
            let mut listeners = self.listeners();
            let listeners = listeners.entry(Arc::clone(&uri)).or_default();
            listeners.push(Listener {
                id,
                known_as,
                updates,
            });
            listeners.len() == 1
        };
        if is_new {
            self.say_changed();
        }
        Subscription {
            subscriptions: self.clone(),
            uri,
            id,
            since: *self.0.changes.borrow(),
        }
    }

    /// The server has been told what was wanted at a change; of some resources it tells nothing.
    pub fn told(&self, up_to: u64, refused: HashMap<Arc<str>, ExchangeError>) {
        self.0.told.send_replace(Told { up_to, refused });
    }

    /// The resources that somebody wants to hear of.
    pub fn wanted(&self) -> BTreeSet<Arc<str>> {
        self.listeners().keys().cloned().collect()
    }

    /// Follows whether other resources are wanted.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    /// Tells whoever subscribed to a resource, or to one that it is a part of (MCP 2025-11-25,
    /// `ResourceUpdatedNotification`), that it has changed.
    pub fn announce(&self, uri: &str, params: &Raw) {
        for (subscribed, listeners) in &*self.listeners() {
            if !is_part_of(uri, subscribed) {
                continue;
            }
            for listener in listeners {
                let params = if listener.known_as == *subscribed {
                    params.clone()
                } else {
                    let below = uri.strip_prefix(&**subscribed).unwrap_or_default();
                    let known_as = format!("{}{below}", listener.known_as);
                    edit::with_member(params, "uri", &Raw::from_value(&known_as))
                };
                let update = Update(params);
                if listener.updates.try_send(update).is_err() {
                    tracing::debug!(
                        "a resource's change was dropped: its subscriber is slow or gone"
                    );
                }
            }
        }
    }

    fn listeners(&self) -> MutexGuard<'_, HashMap<Arc<str>, Vec<Listener>>> {
        self.0
            .listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the server to hear of the subscription to a resource.
    async fn settled(self, uri: Arc<str>, since: u64) -> Result<(), ExchangeError> {
        let mut told = self.0.told.subscribe();
        let heard = told.wait_for(|told| told.up_to >= since);
        match tokio::time::timeout(SETTLE, heard).await {
            Ok(Ok(told)) => told.refused.get(&uri).cloned().map_or(Ok(()), Err),
            _ => Ok(()),
        }
    }

    fn say_changed(&self) {
        self.0.changes.send_modify(|count| *count += 1);
    }
}

impl Subscription {
    /// Waits until the server has heard of it, within a bound, so that no change from then on is
    /// missed.
    ///
    /// # Errors
    ///
    /// The server refuses to tell of this resource.
    pub fn settled(&self) -> impl Future<Output = Result<(), ExchangeError>> + use<> {
        let subscriptions = self.subscriptions.clone();
        subscriptions.settled(Arc::clone(&self.uri), self.since)
    }

    /// The same subscription among others, where it is one of `before`: of a server in whose place
    /// there is another.
    pub fn carried_over(&self, before: &Subscriptions, to: &Subscriptions) -> Option<Self> {
        let is_of =
            |subscriptions: &Subscriptions| Arc::ptr_eq(&self.subscriptions.0, &subscriptions.0);
        if !is_of(before) || is_of(to) {
            return None;
        }
        let (known_as, updates) = {
            let listeners = before.listeners();
            let mut listeners = listeners.get(&self.uri)?.iter();
            let own = listeners.find(|listener| listener.id == self.id)?;
            (Arc::clone(&own.known_as), own.updates.clone())
        };
        Some(to.subscribe(&self.uri, &known_as, updates))
    }
}

/// Whether a resource is another one, or lies below it.
fn is_part_of(uri: &str, whole: &str) -> bool {
    uri.strip_prefix(whole).is_some_and(|rest| {
        rest.is_empty() || whole.ends_with('/') || rest.starts_with(['/', '#', '?'])
    })
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let is_last = {
            let mut all = self.subscriptions.listeners();
            let Some(listeners) = all.get_mut(&self.uri) else {
                return;
            };
            listeners.retain(|listener| listener.id != self.id);
            let is_last = listeners.is_empty();
            if is_last {
                all.remove(&self.uri);
            }
            is_last
        };
        if is_last {
            self.subscriptions.say_changed();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_changes_with_the_first_and_the_last_subscriber_alone() {
        let subscriptions = Subscriptions::default();
        let mut changes = subscriptions.watch();
        let (updates, _heard) = mpsc::channel(1);
        let first = subscriptions.subscribe("file:///a", "file:///a", updates.clone());
        assert!(changes.has_changed().unwrap());
        changes.mark_unchanged();
        let second = subscriptions.subscribe("file:///a", "file:///a", updates);
        drop(first);
        assert!(!changes.has_changed().unwrap());
        assert_eq!(subscriptions.wanted().len(), 1);
        drop(second);
        assert!(changes.has_changed().unwrap());
        assert!(subscriptions.wanted().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_subscriber_waits_until_the_server_knows_or_refuses_and_not_forever() {
        let subscriptions = Subscriptions::default();
        let (updates, _heard) = mpsc::channel(1);
        let first = subscriptions.subscribe("file:///a", "file:///a", updates.clone());
        let changes = *subscriptions.watch().borrow();
        let mut settled = std::pin::pin!(first.settled());
        assert!(futures_util::poll!(&mut settled).is_pending());
        subscriptions.told(changes, HashMap::new());
        settled.await.unwrap();

        let second = subscriptions.subscribe("file:///b", "file:///b", updates);
        second.settled().await.unwrap();
        let refusal = ExchangeError::Unusable("no".to_owned());
        let refused = HashMap::from([("file:///b".into(), refusal)]);
        subscriptions.told(changes + 1, refused);
        second.settled().await.unwrap_err();
        first.settled().await.unwrap();
    }

    #[test]
    fn a_subscription_is_carried_over_to_what_takes_the_place_of_its_server() {
        let (before, after, others) = <(Subscriptions, Subscriptions, Subscriptions)>::default();
        let (updates, mut heard) = mpsc::channel(8);
        let first = before.subscribe("file:///a", "x:a", updates);
        assert!(first.carried_over(&others, &after).is_none());
        assert!(first.carried_over(&before, &before).is_none());
        let second = first.carried_over(&before, &after).unwrap();
        drop(first);
        assert!(before.wanted().is_empty());
        let params = Raw::from_static(r#"{"uri":"file:///a"}"#);
        after.announce("file:///a", &params);
        assert_eq!(heard.try_recv().unwrap().0.get(), r#"{"uri":"x:a"}"#);
        drop(second);
        assert!(after.wanted().is_empty());
    }

    #[test]
    fn changes_reach_those_who_subscribed_to_the_resource_or_to_what_it_is_part_of() {
        let subscriptions = Subscriptions::default();
        let (updates, mut heard) = mpsc::channel(8);
        let _folder = subscriptions.subscribe("file:///a", "x:a", updates.clone());
        let _other = subscriptions.subscribe("file:///b", "file:///b", updates);
        let params = Raw::from_static(r#"{"uri":"file:///a/x","n":1.10}"#);
        subscriptions.announce("file:///a/x", &params);
        subscriptions.announce("file:///ab", &params);
        let Update(update) = heard.try_recv().unwrap();
        assert_eq!(update.get(), r#"{"uri":"x:a/x","n":1.10}"#);
        assert!(heard.try_recv().is_err());
    }
}
