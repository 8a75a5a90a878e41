//! Looks every now and then at what is fetched from elsewhere, which tells nobody of its changes.

use std::collections::BTreeSet;
use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, sleep_until};

use crate::config::remote::{Answer, FetchError, Fetcher, Remote};
use crate::config::seen::{Item, Print, Seen};

type Poll = Pin<Box<dyn Future<Output = Vec<(Remote, Result<Answer, FetchError>)>> + Send>>;

/// Looks every now and then at what is fetched from elsewhere.
#[derive(Default)]
pub(super) struct Polls {
    fetcher: Arc<Fetcher>,
    next: Option<Instant>,
    /// It goes on where it was when it was given up.
    running: Option<Poll>,
    has_changed: bool,
    /// What could not be fetched the last time.
    failing: BTreeSet<Remote>,
}

impl Polls {
    /// The config was read, so that all is known as of now.
    pub(super) fn begin_anew(&mut self) {
        self.next = None;
        self.running = None;
        self.has_changed = false;
    }

    /// Done when something is not what was seen. Cancel safe.
    pub(super) async fn changed(&mut self, seen: &Seen, interval: Duration) {
        while !self.has_changed {
            if self.running.is_none() {
                let next = *self.next.get_or_insert_with(|| Instant::now() + interval);
                let Some(poll) = poll(&self.fetcher, seen) else {
                    return pending().await;
                };
                sleep_until(next).await;
                self.running = Some(poll);
            }
            if let Some(running) = &mut self.running {
                let answers = running.await;
                self.running = None;
                self.next = None;
                for (remote, answer) in answers {
                    self.take(remote, answer, seen);
                }
            }
        }
    }

    fn take(&mut self, remote: Remote, answer: Result<Answer, FetchError>, seen: &Seen) {
        let answer = match answer {
            Ok(answer) => answer,
            // As long as it lasts, it is told of once.
            Err(_) if self.failing.contains(&remote) => return,
            Err(error) => {
                tracing::warn!(
                    "{remote} can't be looked at for changes: {error}; the config stays as it is, and another look is taken every now and then"
                );
                self.failing.insert(remote);
                return;
            }
        };
        if self.failing.remove(&remote) {
            tracing::info!("{remote} can be looked at for changes again");
        }
        let Answer::Content(fetched) = answer else {
            return;
        };
        let before = seen.items.get(&Item::Remote(remote));
        self.has_changed |= before != Some(&Print::of(&fetched.content));
    }
}

/// A look at everything that is fetched; none: nothing is.
fn poll(fetcher: &Arc<Fetcher>, seen: &Seen) -> Option<Poll> {
    let remotes = seen.items.keys().filter_map(|item| match item {
        Item::Remote(remote) => Some((remote.clone(), seen.tags.get(remote).cloned())),
        Item::File(_) | Item::Folder(_) => None,
    });
    let remotes: Vec<(Remote, Option<String>)> = remotes.collect();
    if remotes.is_empty() {
        return None;
    }
    let fetcher = Arc::clone(fetcher);
    Some(Box::pin(async move {
        let answers = remotes.into_iter().map(async |(remote, tag)| {
            let answer = fetcher.fetch(&remote, tag.as_deref()).await;
            (remote, answer)
        });
        join_all(answers).await
    }))
}
