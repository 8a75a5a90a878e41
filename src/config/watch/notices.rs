//! What the system tells of changes in folders.

use std::collections::BTreeSet;
use std::mem;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{
    Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _, recommended_watcher,
};
use tokio::sync::Notify;
use tokio::time::sleep;

use super::interest::Interest;
use crate::config::seen::Seen;

/// How often at most something is looked at for its sake.
const PAUSE: Duration = Duration::from_millis(20);

/// What the system tells of changes in folders.
pub(super) struct Notices {
    /// None where it tells nothing.
    watcher: Option<RecommendedWatcher>,
    watched: BTreeSet<PathBuf>,
    shared: Arc<Shared>,
}

/// What the thread that hears of changes knows.
#[derive(Default)]
struct Shared {
    interest: Mutex<Interest>,
    /// Folders that were removed or moved: another one in their place is not watched yet.
    lost: Mutex<BTreeSet<PathBuf>>,
    /// Keeps one notice for whoever asks next, and no more: there is no queue.
    wake: Notify,
}

impl Notices {
    pub(super) fn new() -> Self {
        let shared = Arc::new(Shared::default());
        let heard = Arc::clone(&shared);
        let watcher =
            recommended_watcher(move |event| heard.hear(event)).inspect_err(tell_of_no_notices);
        Self {
            watcher: watcher.ok(),
            watched: BTreeSet::new(),
            shared,
        }
    }

    /// Whether the system tells of changes.
    pub(super) fn are_had(&self) -> bool {
        self.watcher.is_some()
    }

    /// Done when something happened to what is followed. What happens before it is waited for
    /// counts.
    pub(super) fn woken(&self) -> impl Future<Output = ()> + use<> {
        let shared = Arc::clone(&self.shared);
        async move {
            shared.wake.notified().await;
            // Of many notices one is enough. Whoever gives up here looks anyway when called again.
            sleep(PAUSE).await;
        }
    }

    /// As if the system told nothing.
    #[cfg(test)]
    pub(super) fn give_up(&mut self) {
        self.watcher = None;
    }

    /// Watches what must be watched, and nothing else.
    pub(super) fn follow(&mut self, seen: &Seen) {
        let Some(watcher) = &mut self.watcher else {
            return;
        };
        let interest = Interest::of(seen);
        let lost = mem::take(&mut *lock(&self.shared.lost));
        let wanted = interest.folders.clone();
        *lock(&self.shared.interest) = interest;
        let unwanted: Vec<PathBuf> = self
            .watched
            .iter()
            .filter(|folder| !wanted.contains(*folder) || lost.contains(*folder))
            .cloned()
            .collect();
        for folder in unwanted {
            // It may be gone, and its watch with it.
            let _ = watcher.unwatch(&folder);
            self.watched.remove(&folder);
        }
        for folder in wanted {
            if self.watched.contains(&folder) {
                continue;
            }
            match watcher.watch(&folder, RecursiveMode::NonRecursive) {
                Ok(()) => {
                    self.watched.insert(folder);
                }
                // It was there just now.
                Err(_) if !folder.is_dir() => self.shared.wake.notify_one(),
                Err(error) => {
                    tell_of_no_notices(&error);
                    self.watcher = None;
                    return;
                }
            }
        }
    }
}

fn tell_of_no_notices(error: &notify::Error) {
    tracing::warn!(
        "the system can't tell of changes of the config, so its files are looked at every 2 s: \
         {error}; where a limit of the system is reached, raise fs.inotify.max_user_watches and \
         fs.inotify.max_user_instances"
    );
}

impl Shared {
    /// What is heard on the watcher's own thread.
    fn hear(&self, event: notify::Result<Event>) {
        let Ok(event) = event else {
            self.wake.notify_one();
            return;
        };
        if event.need_rescan() || self.matters(&event) {
            self.wake.notify_one();
        }
    }

    fn matters(&self, event: &Event) -> bool {
        let is_gone = match event.kind {
            // Of being read, by us too, there is no end.
            EventKind::Access(AccessKind::Close(AccessMode::Write)) => false,
            EventKind::Access(_) => return false,
            EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_)) => true,
            _ => false,
        };
        let interest = lock(&self.interest);
        let mut matters = false;
        for path in &event.paths {
            if is_gone && interest.folders.contains(path) {
                lock(&self.lost).insert(path.clone());
            }
            matters = matters || interest.has(path);
        }
        matters
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
