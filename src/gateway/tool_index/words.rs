//! Text into words, and words into stems.

use std::{collections::HashMap, rc::Rc};

use frostem::{Algorithm, Stemmer};
use unicode_segmentation::UnicodeSegmentation;

/// Words of questions and descriptions that tell no tool from another.
const STOP_WORDS: &[&str] = &[
    "a", "about", "am", "an", "and", "any", "are", "as", "at", "be", "been", "by", "can", "could",
    "did", "do", "does", "for", "from", "had", "has", "have", "how", "i", "if", "in", "into", "is",
    "it", "its", "let", "like", "me", "my", "of", "on", "or", "our", "please", "should", "so",
    "some", "that", "the", "their", "them", "then", "there", "these", "they", "this", "those",
    "to", "us", "want", "was", "we", "were", "what", "when", "where", "which", "who", "whose",
    "will", "with", "would", "you", "your",
];

/// What English appends to a stem to name who does something, to whom, and the doing, where the
/// stemmer leaves it: `contribut-or`, `assign-e(e)`, `member-ship`.
pub const DERIVING: &[&str] = &[
    "or", "er", "e", "ee", "ship", "ment", "ion", "at", "ation", "ist", "ant", "ent",
];

/// No word has more bytes; of a longer one the beginning counts.
const MAX_BYTES: usize = 64;

/// A piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    pub text: &'a str,
    /// Whether it is several words in `camelCase`, which came before it one by one. It counts as a
    /// word too, since "GitHub" is also written "github".
    pub is_compound: bool,
}

/// The words of a text, in their order: Unicode's words, taken apart at all ASCII characters that
/// are neither letters nor digits, and where `camelCase` begins a new one.
pub fn split(text: &str) -> impl Iterator<Item = Piece<'_>> {
    text.split(|char: char| char.is_ascii() && !char.is_ascii_alphanumeric())
        .filter(|run| !run.is_empty())
        .flat_map(|run| {
            // Letters and digits of ASCII are one word to Unicode too; most runs are such.
            let (word, rest) = if run.is_ascii() {
                (Some(run), "")
            } else {
                (None, run)
            };
            word.into_iter().chain(rest.unicode_words())
        })
        .flat_map(|word| Humps { word, rest: word })
}

/// The humps of a word in `camelCase`, and then the word, if there is more than one.
struct Humps<'a> {
    word: &'a str,
    rest: &'a str,
}

impl<'a> Iterator for Humps<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let (hump, rest) = self.rest.split_at_checked(hump(self.rest))?;
        if hump.is_empty() {
            let text = std::mem::take(&mut self.word);
            return (!text.is_empty()).then_some(Piece {
                text,
                is_compound: true,
            });
        }
        if hump.len() == self.word.len() {
            self.word = "";
        }
        self.rest = rest;
        Some(Piece {
            text: hump,
            is_compound: false,
        })
    }
}

/// How many bytes the first hump of a word has: `HTTPServer` is `HTTP` and `Server`.
fn hump(word: &str) -> usize {
    let mut before: Option<char> = None;
    let mut chars = word.char_indices().peekable();
    while let Some((position, char)) = chars.next() {
        let mut starts_word = || chars.peek().is_some_and(|(_, next)| next.is_lowercase());
        if char.is_uppercase()
            && before.is_some_and(|before| !before.is_uppercase() || starts_word())
        {
            return position;
        }
        before = Some(char);
    }
    word.len()
}

/// The first sentence of a description, or its first line if that ends before, and the rest.
pub fn first_sentence(description: &str) -> (&str, &str) {
    let description = description.trim_start();
    let line = description.find('\n');
    let sentence = description.find(". ").map(|dot| dot + 1);
    let end = [line, sentence].into_iter().flatten().min();
    description
        .split_at_checked(end.unwrap_or(description.len()))
        .unwrap_or((description, ""))
}

/// A word as it is compared.
#[derive(Clone)]
pub struct Word {
    /// In small letters.
    pub spelled: Rc<str>,
    /// None where it tells nothing.
    pub stem: Option<Stem>,
}

/// What several forms of a word have in common.
#[derive(Clone)]
pub struct Stem {
    pub text: Rc<str>,
    /// How many others were read before it.
    pub number: usize,
}

/// Reads words, and remembers those that it has read: a catalog repeats the same few thousand.
pub struct Words {
    stemmer: Stemmer,
    read: HashMap<Box<str>, Word>,
    stems: HashMap<Rc<str>, usize>,
}

impl Default for Words {
    fn default() -> Self {
        Self {
            stemmer: Stemmer::new(Algorithm::English),
            read: HashMap::new(),
            stems: HashMap::new(),
        }
    }
}

impl Words {
    /// Reads one word that [`split`] gave.
    pub fn read(&mut self, word: &str) -> Word {
        let word = word
            .get(..word.floor_char_boundary(MAX_BYTES))
            .unwrap_or_default();
        if let Some(read) = self.read.get(word) {
            return read.clone();
        }
        let spelled = word.to_lowercase();
        let stem = (!STOP_WORDS.contains(&spelled.as_str())).then(|| self.stem(&spelled));
        let spelled = spelled.into();
        let read = Word { spelled, stem };
        self.read.insert(word.into(), read.clone());
        read
    }

    fn stem(&mut self, spelled: &str) -> Stem {
        let text: Rc<str> = if spelled.is_ascii() {
            self.stemmer.stem(spelled).as_ref().into()
        } else {
            spelled.into()
        };
        let next = self.stems.len();
        let number = *self.stems.entry(Rc::clone(&text)).or_insert(next);
        Stem { text, number }
    }

    /// All stems that were read, and their numbers.
    pub fn into_stems(self) -> impl Iterator<Item = (Rc<str>, usize)> {
        self.stems.into_iter()
    }
}
