//! Objects of the file, member by member.

use std::collections::HashSet;

use super::tree::Content;
use crate::config::document::{Kind, Node};
use crate::config::error::{ConfigError, Place, Problem};
use crate::config::spelling;

/// The members of an object, to be taken one by one; what is left is unknown.
pub(crate) struct Object<'d> {
    node: Node<'d>,
    members: Vec<Member<'d>>,
    known: Vec<&'static str>,
}

/// A member of an object.
pub(crate) struct Member<'d> {
    pub(crate) key: String,
    pub(crate) value: Node<'d>,
    /// Which of the texts it stands in, and at which byte.
    key_place: (usize, usize),
    taken: bool,
}

impl<'d> Object<'d> {
    /// Reads an object; two members of one name are an error.
    pub(super) fn read(node: Node<'d>, example: &'static str) -> Result<Self, ConfigError> {
        let document = node.document;
        let Content::Object(entries) = &node.value.content else {
            return Err(node.wrong_kind("an object", example));
        };
        let mut keys = HashSet::with_capacity(entries.len());
        let mut members = Vec::with_capacity(entries.len());
        for entry in entries {
            let path = node.path.member(&entry.key);
            let key_place = (entry.value.place.text, entry.key_offset);
            if !keys.insert(entry.key.as_str()) {
                return Err(document.error(key_place, &path, Problem::Duplicate));
            }
            members.push(Member {
                key: entry.key.clone(),
                value: Node {
                    document,
                    value: &entry.value,
                    path,
                },
                key_place,
                taken: false,
            });
        }
        Ok(Self {
            node,
            members,
            known: Vec::new(),
        })
    }

    /// The member of that name. One that is `null` counts as absent.
    pub(crate) fn take(&mut self, key: &'static str) -> Option<Node<'d>> {
        self.take_even_null(key)
            .filter(|value| value.kind() != Kind::Null)
    }

    /// The value of that name where `null` is a value as others are.
    pub(crate) fn take_even_null(&mut self, key: &'static str) -> Option<Node<'d>> {
        #[cfg(test)]
        recorded::note(self.node.path.0.as_str(), key);
        self.known.push(key);
        let member = self.members.iter_mut().find(|member| member.key == key)?;
        member.taken = true;
        Some(member.value.clone())
    }

    /// The member of one of two spellings.
    pub(crate) fn take_either(
        &mut self,
        key: &'static str,
        other: &'static str,
    ) -> Result<Option<Node<'d>>, ConfigError> {
        match (self.take(key), self.take(other)) {
            (Some(_), Some(second)) => Err(second.error(Problem::TwoSpellings { key, other })),
            (first, second) => Ok(first.or(second)),
        }
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.members
            .iter()
            .any(|member| member.key == key && member.value.kind() != Kind::Null)
    }

    /// Where a key stands, if it is there.
    pub(crate) fn place_of(&self, key: &str) -> Option<Place> {
        let member = self.members.iter().find(|member| member.key == key)?;
        (member.value.kind() != Kind::Null).then(|| member.place())
    }

    /// What a value refers to, as it may be shown; none where it refers to nothing.
    pub(crate) fn references_of(&self, key: &str) -> Option<String> {
        let member = self.members.iter().find(|member| member.key == key)?;
        member.value.shown_references()
    }

    pub(crate) fn node(&self) -> &Node<'d> {
        &self.node
    }

    /// All members, where the names are the user's own.
    pub(crate) fn into_members(self) -> Vec<Member<'d>> {
        self.members
    }

    /// Members that nobody took and that are no known key misspelt.
    pub(crate) fn unknown(&self, foreign: &[&str]) -> Result<Vec<&Member<'d>>, ConfigError> {
        let mut unknown = Vec::new();
        for member in self.members.iter().filter(|member| !member.taken) {
            if !foreign.contains(&member.key.as_str())
                && let Some(near) = spelling::nearest(&member.key, self.known.iter().copied())
            {
                return Err(self.unknown_error(member, Some(near)));
            }
            unknown.push(member);
        }
        Ok(unknown)
    }

    /// Refuses members that nobody took.
    pub(crate) fn finish(self) -> Result<(), ConfigError> {
        match self.unknown(&[])?.first() {
            Some(member) => Err(self.unknown_error(member, None)),
            None => Ok(()),
        }
    }

    fn unknown_error(&self, member: &Member<'d>, near: Option<&str>) -> ConfigError {
        let problem = Problem::UnknownKey {
            key: member.key.clone(),
            near: near.map(str::to_owned),
        };
        self.node
            .document
            .error(member.key_place, &member.value.path, problem)
    }
}

impl Member<'_> {
    /// Where the key stands.
    pub(crate) fn place(&self) -> Place {
        self.value.document.place(self.key_place, &self.value.path)
    }

    /// The error stands at the key.
    pub(crate) fn error(&self, problem: Problem) -> ConfigError {
        self.value
            .document
            .error(self.key_place, &self.value.path, problem)
    }
}

/// Which keys are asked for, for tests that hold the reader against what others say of it.
#[cfg(test)]
pub(super) mod recorded {
    use std::cell::RefCell;
    use std::collections::BTreeSet;

    /// Paths of objects, each with a key that was asked for there.
    type Keys = BTreeSet<(String, &'static str)>;

    thread_local! {
        static KEYS: RefCell<Option<Keys>> = const { RefCell::new(None) };
    }

    pub(super) fn note(path: &str, key: &'static str) {
        KEYS.with_borrow_mut(|keys| {
            if let Some(keys) = keys {
                keys.insert((path.to_owned(), key));
            }
        });
    }

    /// The keys that are asked for meanwhile on this thread.
    pub(crate) fn recorded_keys<T>(read: impl FnOnce() -> T) -> Keys {
        KEYS.set(Some(Keys::new()));
        read();
        KEYS.take().unwrap_or_default()
    }
}
