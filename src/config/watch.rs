//! Waits until something that the config was read from may have changed.

mod interest;
mod notices;
mod polls;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep_until};

use crate::config::reload::ReloadConfig;
use crate::config::seen::{Item, Print, Seen};
use notices::Notices;
use polls::Polls;

/// How long nothing must happen before a change counts as complete: editors and copying programs
/// write a file in several steps.
const QUIET: Duration = Duration::from_millis(100);

/// A change is told of after this long, whatever still happens: someone who saves ten times a
/// second is not to be left behind for ever.
const LONGEST: Duration = Duration::from_millis(500);

/// How long something may be away, while it is replaced.
const AWAY: Duration = Duration::from_secs(1);

/// How often files are looked at where the system tells nobody of their changes.
const WITHOUT_NOTICES: Duration = Duration::from_secs(2);

/// Waits until something that the config was read from may have changed. It belongs to a
/// [`ConfigReader`](crate::config::reader::ConfigReader), whose last reading it follows.
pub struct ConfigWatch {
    seen: watch::Receiver<Arc<Seen>>,
    notices: Notices,
    polls: Polls,
    unsettled: Option<Unsettled>,
    next_look: Option<Instant>,
}

/// A change that may not be complete yet.
struct Unsettled {
    since: Instant,
    is_away: bool,
    /// What was there when last looked.
    prints: BTreeMap<Item, Print>,
    quiet_since: Instant,
}

/// What a look at all files found.
enum Look {
    Same,
    Different {
        prints: BTreeMap<Item, Print>,
        is_away: bool,
    },
}

impl ConfigWatch {
    pub(crate) fn new(seen: watch::Receiver<Arc<Seen>>) -> Self {
        Self {
            seen,
            notices: Notices::new(),
            polls: Polls::default(),
            unsettled: None,
            next_look: None,
        }
    }

    /// Done when something that the last reading looked at, whether that gave a config or an
    /// error, is not any more what it was: a file or folder of the config, something that was
    /// fetched, or anything that the config names. What can't be fetched just now is logged once,
    /// and is no change. What changed before the first call counts too. Until the config is read again, the
    /// change is told of again at each call.
    ///
    /// Several changes within a short time are one. Cancel safe.
    pub async fn changed(&mut self) {
        loop {
            if self.seen.has_changed().unwrap_or(false) {
                self.unsettled = None;
                self.polls.begin_anew();
            }
            let seen = Arc::clone(&self.seen.borrow_and_update());
            // First the notices, then the look: nothing can happen unseen between the two.
            self.notices.follow(&seen);
            let woken = self.notices.woken();
            let look = look(Arc::clone(&seen)).await;
            let now = Instant::now();
            let until = match look {
                Look::Same => {
                    self.unsettled = None;
                    self.next_look(&seen, now)
                }
                Look::Different { prints, is_away } => {
                    let until = self.settled_at(prints, is_away, now);
                    if until <= now {
                        self.unsettled = None;
                        return;
                    }
                    until
                }
            };
            let interval = poll_interval(&seen);
            tokio::select! {
                () = self.polls.changed(&seen, interval) => return,
                () = woken => self.note_event(),
                () = sleep_until(until) => self.next_look = None,
                // Without a reader there are no more readings to compare with.
                Ok(()) = self.seen.changed() => self.seen.mark_changed(),
            }
        }
    }

    /// When a change counts as complete.
    fn settled_at(
        &mut self,
        prints: BTreeMap<Item, Print>,
        is_away: bool,
        now: Instant,
    ) -> Instant {
        let unsettled = self.unsettled.get_or_insert_with(|| Unsettled {
            since: now,
            is_away,
            prints: prints.clone(),
            quiet_since: now,
        });
        if unsettled.prints != prints {
            unsettled.prints = prints;
            unsettled.quiet_since = now;
        }
        if unsettled.is_away != is_away {
            // What came back is written from now on.
            unsettled.is_away = is_away;
            unsettled.since = now;
        }
        if is_away {
            return unsettled.since + AWAY;
        }
        (unsettled.quiet_since + QUIET).min(unsettled.since + LONGEST)
    }

    fn note_event(&mut self) {
        if let Some(unsettled) = &mut self.unsettled {
            unsettled.quiet_since = Instant::now();
        }
    }

    /// When to look without having been told to.
    fn next_look(&mut self, seen: &Seen, now: Instant) -> Instant {
        let interval = if self.notices.are_had() {
            // Network file systems give no notice of what others do.
            poll_interval(seen)
        } else {
            WITHOUT_NOTICES
        };
        *self.next_look.get_or_insert(now + interval)
    }
}

fn poll_interval(seen: &Seen) -> Duration {
    let default = ReloadConfig::default().poll_interval;
    seen.poll_interval.unwrap_or(default)
}

/// Looks at everything, on a thread where that may take long.
async fn look(seen: Arc<Seen>) -> Look {
    let look = spawn_blocking(move || {
        let prints: BTreeMap<Item, Print> = seen
            .items
            .iter()
            .map(|(item, before)| {
                let print = match before {
                    Print::Once => Print::Once,
                    before => item.print().unwrap_or_else(|| before.clone()),
                };
                (item.clone(), print)
            })
            .collect();
        if prints == seen.items {
            return Look::Same;
        }
        let is_away = prints.iter().any(|(item, print)| {
            *print == Print::Absent && seen.items.get(item) != Some(&Print::Absent)
        });
        Look::Different { prints, is_away }
    });
    // The runtime ends, and nothing is to be told of any more.
    look.await.unwrap_or(Look::Same)
}
