//! Objects of the file, member by member.

use crate::config::document::members::{Key, Members};
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
    key_offset: usize,
    taken: bool,
}

impl<'d> Object<'d> {
    /// Reads an object; two members of one name are an error.
    pub(super) fn read(node: Node<'d>, example: &'static str) -> Result<Self, ConfigError> {
        let document = node.document;
        let Members(raw) = match serde_json::from_str::<Members<'d>>(node.text) {
            Ok(members) => members,
            Err(error) if node.kind() == Kind::Object => return Err(node.bad_escape(&error)),
            Err(_) => return Err(node.wrong_kind("an object", example)),
        };
        let mut members: Vec<Member<'d>> = Vec::with_capacity(raw.len());
        for (key, value) in raw {
            let text = value.get();
            // A key with escapes is not a slice of the text: the value's place must do.
            let key_offset = match key {
                Key::Slice(key) => document.offset(key).saturating_sub(1),
                Key::Unescaped(_) => document.offset(text),
            };
            let key = key.into_string();
            let path = node.path.member(&key);
            if members.iter().any(|member| member.key == key) {
                return Err(document.error(key_offset, &path, Problem::Duplicate));
            }
            let value = Node {
                document,
                text,
                path,
            };
            members.push(Member {
                key,
                value,
                key_offset,
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
            .error(member.key_offset, &member.value.path, problem)
    }
}

impl Member<'_> {
    /// Where the key stands.
    pub(crate) fn place(&self) -> Place {
        self.value.document.place(self.key_offset, &self.value.path)
    }

    /// The error stands at the key.
    pub(crate) fn error(&self, problem: Problem) -> ConfigError {
        self.value
            .document
            .error(self.key_offset, &self.value.path, problem)
    }
}
