//! What people say for one another when they ask a program to do something.
//!
//! The words are of no one trade: what is done to things through APIs, and what is called by two
//! names in all of them.

use std::{collections::HashMap, sync::LazyLock};

use super::words::Words;

/// What is to be done with things, as far as words say so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Actions(u8);

impl Actions {
    pub const DELETE: Self = Self(8);

    pub fn add(&mut self, others: Self) {
        self.0 |= others.0;
    }

    pub fn contain(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// Whether both say what is to be done, and nothing of it is the same.
    pub fn contradict(self, others: Self) -> bool {
        self != NONE && others != NONE && self.0 & others.0 == 0
    }
}

const NONE: Actions = Actions(0);
const READ: Actions = Actions(1);
const CREATE: Actions = Actions(2);
const UPDATE: Actions = Actions(4);
const DELETE: Actions = Actions::DELETE;
const SET: Actions = Actions(CREATE.0 | UPDATE.0);
const END: Actions = Actions(UPDATE.0 | DELETE.0);

/// Words that mean about the same, and what they do.
const GROUPS: &[(Actions, &str)] = &[
    (CREATE, "create add new make open insert register"),
    (SET, "add grant give assign"),
    (SET, "put set write save store"),
    (SET, "start run trigger launch begin execute dispatch"),
    (SET, "enable allow"),
    (CREATE, "publish post"),
    (CREATE, "send post submit"),
    (CREATE, "upload import"),
    (CREATE, "generate"),
    (CREATE, "invite"),
    (UPDATE, "update edit change modify set replace"),
    (UPDATE, "rename"),
    (UPDATE, "mark"),
    (UPDATE, "move transfer"),
    (UPDATE, "close finish complete resolve"),
    (END, "disable pause"),
    (END, "stop cancel abort halt shut terminate"),
    (
        DELETE,
        "delete remove drop erase destroy clear discard kick",
    ),
    (DELETE, "revoke withdraw"),
    (READ, "get show read fetch view see retrieve display look"),
    (READ, "list all show every"),
    (READ, "search find query look lookup"),
    (READ, "check verify validate"),
    (READ, "count number"),
    (READ, "compare diff"),
    (READ, "download export"),
    (NONE, "reply answer respond"),
    (NONE, "approve accept confirm"),
    (NONE, "reject decline deny dismiss"),
    (NONE, "copy clone duplicate"),
    (NONE, "watch subscribe subscription"),
    (NONE, "user person people account member"),
    (NONE, "issue bug ticket"),
    (NONE, "mail email"),
    (NONE, "meeting event appointment"),
    (NONE, "task todo"),
    (NONE, "directory folder"),
    (NONE, "picture image photo"),
    (NONE, "error failure problem"),
    (NONE, "price cost billing spend"),
    (NONE, "limit quota restriction"),
    (NONE, "access permission right"),
    (NONE, "statistics stats metrics usage"),
    (NONE, "latest last newest recent"),
    (NONE, "repository repo"),
    (NONE, "organization organisation org"),
    (NONE, "configuration config setting preference option"),
    (NONE, "environment env"),
    (NONE, "pull pr"),
    (NONE, "database db"),
    (NONE, "document doc"),
];

/// Words that begin a question.
const QUESTIONS: &[&str] = &[
    "who", "which", "what", "where", "how", "is", "are", "was", "were", "has", "did", "does",
];

/// Words for the one who asks.
const CALLERS: &[&str] = &["i", "me", "my", "mine", "own"];

/// The stems of what APIs call the one who asks.
pub const CALLER: [&str; 2] = ["authent", "current"];

/// The stems of [`GROUPS`].
pub struct Thesaurus(HashMap<String, Entry>);

#[derive(Default)]
struct Entry {
    actions: Actions,
    synonyms: Vec<String>,
}

/// The one thesaurus.
pub fn thesaurus() -> &'static Thesaurus {
    static THESAURUS: LazyLock<Thesaurus> = LazyLock::new(Thesaurus::new);
    &THESAURUS
}

/// What is done by a question that has this word.
pub fn questions(word: &str) -> Actions {
    if QUESTIONS.contains(&word) {
        READ
    } else {
        NONE
    }
}

/// Whether a word means the one who asks.
pub fn is_caller(word: &str) -> bool {
    CALLERS.contains(&word)
}

impl Thesaurus {
    fn new() -> Self {
        let mut words = Words::default();
        let mut entries = HashMap::<String, Entry>::new();
        for (actions, group) in GROUPS {
            let stems = group.split(' ').filter_map(|word| words.read(word).stem);
            let stems: Vec<String> = stems.map(|stem| stem.text.to_string()).collect();
            for stem in &stems {
                let entry = entries.entry(stem.clone()).or_default();
                entry.actions.add(*actions);
                let others = stems.iter().filter(|other| *other != stem);
                entry.synonyms.extend(others.cloned());
            }
        }
        Self(entries)
    }

    /// The stems that mean about the same as this one.
    pub fn synonyms(&self, stem: &str) -> &[String] {
        let entry = self.0.get(stem);
        entry.map(|entry| &*entry.synonyms).unwrap_or_default()
    }

    /// What is done by something that has this stem in its name.
    pub fn actions(&self, stem: &str) -> Actions {
        self.0.get(stem).map_or(NONE, |entry| entry.actions)
    }
}
