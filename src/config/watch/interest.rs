//! Which folders must be watched so that no change of some files is missed.
//!
//! Files themselves are not watched: editors replace them, and Kubernetes replaces a link on the
//! way to them (`config.json` leads to `..data/config.json`, and `..data` to a folder that is new
//! with each change). So every folder is watched in which a step of the way is taken.

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::config::seen::{Item, Seen};

/// More links than this lead in a circle.
const MOST_LINKS: usize = 40;

/// What must be watched.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Interest {
    /// The folders, without links in their paths.
    pub(super) folders: BTreeSet<PathBuf>,
    /// What matters in them.
    entries: HashSet<PathBuf>,
    /// Those in which everything matters.
    whole: HashSet<PathBuf>,
}

impl Interest {
    pub(super) fn of(seen: &Seen) -> Self {
        let mut interest = Self::default();
        for item in seen.items.keys() {
            match item {
                Item::File(file) => {
                    interest.trace(file);
                }
                Item::Remote(_) => {}
                Item::Folder(folder) => {
                    if let Some(folder) = interest.trace(folder)
                        && folder.is_dir()
                    {
                        interest.folders.insert(folder.clone());
                        interest.whole.insert(folder);
                    }
                }
            }
        }
        interest
    }

    /// Whether something at this path matters.
    pub(super) fn has(&self, path: &Path) -> bool {
        self.entries.contains(path)
            || self.folders.contains(path)
            || path
                .parent()
                .is_some_and(|folder| self.whole.contains(folder))
    }

    /// Goes the way to a file, as the system does, and gives back where it ends. Of what is not
    /// there, the nearest folder that is there is watched.
    fn trace(&mut self, path: &Path) -> Option<PathBuf> {
        let mut place = PathBuf::from("/");
        let mut steps = steps(path);
        let mut links = 0;
        while let Some(step) = steps.pop() {
            match step {
                Step::Root => place = PathBuf::from("/"),
                Step::Up => {
                    place.pop();
                }
                Step::To(name) => {
                    let next = place.join(name);
                    let metadata = fs::symlink_metadata(&next).ok();
                    let is_link = metadata.as_ref().is_some_and(fs::Metadata::is_symlink);
                    if is_link || metadata.is_none() || steps.is_empty() {
                        self.folders.insert(place.clone());
                        self.entries.insert(next.clone());
                    }
                    metadata?;
                    if is_link {
                        links += 1;
                        if links > MOST_LINKS {
                            return None;
                        }
                        steps.extend(self::steps(&fs::read_link(&next).ok()?));
                    } else {
                        place = next;
                    }
                }
            }
        }
        Some(place)
    }
}

enum Step {
    Root,
    Up,
    To(OsString),
}

/// The steps of a path, the last one first.
fn steps(path: &Path) -> Vec<Step> {
    let steps = path.components().rev().filter_map(|component| {
        Some(match component {
            Component::RootDir => Step::Root,
            Component::ParentDir => Step::Up,
            Component::Normal(name) => Step::To(name.to_owned()),
            Component::CurDir | Component::Prefix(_) => return None,
        })
    });
    steps.collect()
}
