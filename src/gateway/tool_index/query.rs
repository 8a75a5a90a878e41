//! What is asked for.

use super::{
    MIN_COMPLETED_BYTES, Tool, ToolIndex,
    thesaurus::{self, Actions, thesaurus},
    words::{self, Words},
};

/// How much of a query is looked up. A question is far shorter; what is longer costs no more.
const MAX_BYTES: usize = 8 * 1024;
const MAX_WORDS: usize = 64;

/// A query in the forms in which it is looked up.
pub(super) struct Query {
    given: String,
    /// Its words in small letters: `_get_issue_`.
    spelled: String,
    /// The stems of its words, in their order, if all of them are known.
    stems: Vec<u32>,
    is_one_piece: bool,
    /// Whether no word of it is known: then it may be some letters of a name.
    is_unknown: bool,
    /// Its words, each once.
    pub words: Vec<Word>,
    /// What is to be done, as far as it says so.
    pub actions: Actions,
}

/// A word of a query.
#[derive(PartialEq, Eq)]
pub(super) enum Word {
    /// The one who asks: I, my.
    Caller,
    Stem(String),
}

/// How much of a tool's name a query is, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    Not,
    /// Letters in the midst of it.
    Letters,
    /// Some of its words, in their order, in another form.
    Stems,
    /// Some of its words, in their order.
    Words,
    /// All of its words, in another form.
    AllStems,
    /// All of its words.
    AllWords,
    /// It, letter for letter.
    Exactly,
}

impl Named {
    pub fn rank(self) -> f32 {
        f32::from(self as u8)
    }
}

impl Query {
    pub fn read(index: &ToolIndex, query: &str) -> Self {
        let given = query.trim();
        let given = given
            .get(..given.floor_char_boundary(MAX_BYTES))
            .unwrap_or_default();
        let mut read = Self {
            given: given.to_owned(),
            spelled: String::from("_"),
            stems: Vec::new(),
            is_one_piece: !given.contains(char::is_whitespace),
            is_unknown: true,
            words: Vec::new(),
            actions: Actions::default(),
        };
        let mut all_known = true;
        let mut words = Words::default();
        for piece in words::split(given).take(MAX_WORDS) {
            let word = words.read(piece.text);
            if !piece.is_compound {
                read.spelled.push_str(&word.spelled);
                read.spelled.push('_');
                read.actions.add(thesaurus::questions(&word.spelled));
                if thesaurus::is_caller(&word.spelled) {
                    read.push(Word::Caller);
                }
            }
            let Some(stem) = &word.stem else { continue };
            let term = index.term(&stem.text);
            read.is_unknown &= term.is_none();
            if !piece.is_compound {
                match term.and_then(|term| u32::try_from(term).ok()) {
                    Some(term) => read.stems.push(term),
                    None => all_known = false,
                }
                read.actions.add(thesaurus().actions(&stem.text));
            }
            read.push(Word::Stem(stem.text.to_string()));
        }
        if !all_known {
            read.stems.clear();
        }
        read
    }

    fn push(&mut self, word: Word) {
        if !self.words.contains(&word) {
            self.words.push(word);
        }
    }

    /// How much of a tool's name this is. A sentence is no part of a name, though all words of one
    /// may be.
    pub fn names(&self, tool: &Tool) -> Named {
        if self.given.is_empty() {
            return Named::Not;
        }
        if *self.given == *tool.name {
            return Named::Exactly;
        }
        if self.spelled == "_" {
            return Named::Not;
        }
        if *self.spelled == *tool.spelled {
            return Named::AllWords;
        }
        if !self.stems.is_empty() && *self.stems == *tool.named {
            return Named::AllStems;
        }
        if !self.is_one_piece {
            return Named::Not;
        }
        if tool.spelled.contains(&self.spelled) {
            return Named::Words;
        }
        if !self.stems.is_empty()
            && tool
                .named
                .windows(self.stems.len())
                .any(|stems| stems == self.stems)
        {
            return Named::Stems;
        }
        let letters = self.spelled.trim_matches('_');
        if self.is_unknown && letters.len() >= MIN_COMPLETED_BYTES && tool.spelled.contains(letters)
        {
            return Named::Letters;
        }
        Named::Not
    }
}
