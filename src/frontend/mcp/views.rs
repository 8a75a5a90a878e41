//! What routes offer: made once from the catalogs, and kept as long as those are true.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use super::conversation::Scope;
use crate::gateway::{Catalog, IndexedTool, ToolIndex, View};

/// The views that were asked for so far.
#[derive(Debug, Default)]
pub struct Views(Mutex<HashMap<Key, Kept>>);

/// A view, and what is made of it when it is first needed.
#[derive(Debug)]
pub struct Prepared {
    /// The view.
    pub view: View,
    index: OnceLock<ToolIndex>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    scope: Scope,
    /// Where the catalogs are in memory, as long as they are kept.
    catalogs: Vec<Option<usize>>,
}

#[derive(Debug)]
struct Kept {
    catalogs: Vec<Option<Arc<Catalog>>>,
    prepared: Arc<Prepared>,
}

impl Prepared {
    /// The index of the view's tools.
    pub fn index(&self) -> &ToolIndex {
        self.index.get_or_init(|| {
            let tools = self.view.tools.list.iter();
            ToolIndex::new(tools.map(|tool| IndexedTool {
                name: &tool.name,
                title: tool.item.title.as_deref(),
                description: tool.item.description.as_deref(),
                input_schema: tool.item.input_schema.get(),
            }))
        })
    }
}

impl Views {
    /// The view of these catalogs on a route; made where it is not there.
    pub fn get(
        &self,
        scope: &Scope,
        catalogs: Vec<Option<Arc<Catalog>>>,
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
        let prepared = Arc::new(Prepared {
            view: make(),
            index: OnceLock::new(),
        });
        let mut views = self.lock();
        // Those whose catalogs were replaced nobody asks for any more.
        views.retain(|_, kept| {
            let is_true = |catalog: &Arc<Catalog>| Arc::strong_count(catalog) > 1;
            kept.catalogs.iter().flatten().all(is_true)
        });
        let kept = views.entry(key).or_insert(Kept { catalogs, prepared });
        Arc::clone(&kept.prepared)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
