//! What routes of several servers offer: made once from the catalogs, and kept as long as those
//! are true.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use super::conversation::Scope;
use crate::gateway::{Catalog, View, view::Prepared};

/// The views that were asked for so far.
#[derive(Debug, Default)]
pub struct Views(Mutex<HashMap<Key, Kept>>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    scope: Scope,
    /// Where the catalogs are in memory, as long as somebody remembers them.
    catalogs: Vec<Option<usize>>,
}

#[derive(Debug)]
struct Kept {
    /// No more than remembered: a catalog that was replaced is to go, and its address is not given
    /// to another before this is forgotten.
    catalogs: Vec<Weak<Catalog>>,
    prepared: Arc<Prepared>,
}

impl Views {
    /// The view of these catalogs on a route; made where it is not there.
    pub fn get(
        &self,
        scope: &Scope,
        catalogs: &[Option<Arc<Catalog>>],
        make: impl FnOnce() -> View,
    ) -> Arc<Prepared> {
        let addresses = catalogs
            .iter()
            .map(|catalog| catalog.as_ref().map(|catalog| Arc::as_ptr(catalog).addr()))
            .collect();
        let key = Key {
            scope: scope.clone(),
            catalogs: addresses,
        };
        if let Some(kept) = self.lock().get(&key) {
            return Arc::clone(&kept.prepared);
        }
        // Not under the lock: it may take a while. Two that make the same do no harm.
        let prepared = Arc::new(Prepared::of(make()));
        let mut views = self.lock();
        // Those whose catalogs were replaced nobody asks for any more.
        views.retain(|_, kept| {
            let is_there = |catalog: &Weak<Catalog>| catalog.strong_count() > 0;
            kept.catalogs.iter().all(is_there)
        });
        let catalogs = catalogs.iter().flatten().map(Arc::downgrade).collect();
        let kept = views.entry(key).or_insert(Kept { catalogs, prepared });
        Arc::clone(&kept.prepared)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
