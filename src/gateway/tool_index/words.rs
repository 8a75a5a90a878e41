//! Text into words, and words into stems.

use std::{collections::HashMap, rc::Rc};

use frostem::{Algorithm, Stemmer};

/// Words of questions and descriptions that tell no tool from another.
const STOP_WORDS: &[&str] = &[
    "a", "about", "am", "an", "and", "any", "are", "as", "at", "be", "been", "by", "can", "could",
    "did", "do", "does", "for", "from", "had", "has", "have", "how", "i", "if", "in", "into", "is",
    "it", "its", "let", "like", "me", "my", "of", "on", "or", "our", "please", "should", "so",
    "some", "that", "the", "their", "them", "then", "there", "these", "they", "this", "those",
    "to", "us", "want", "was", "we", "were", "what", "when", "where", "which", "who", "whose",
    "will", "with", "would", "you", "your",
];

/// No word has more bytes; of a longer one the beginning counts.
const MAX_BYTES: usize = 64;

/// The words of a text, in their order: what stands between characters that are neither letters
/// nor digits, taken apart where `camelCase` begins a new one.
pub fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(|char: char| !char.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .flat_map(Humps)
}

/// The humps of a `camelCase` word.
struct Humps<'a>(&'a str);

impl<'a> Iterator for Humps<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let mut chars = self.0.char_indices().peekable();
        let mut before: Option<char> = None;
        let mut end = self.0.len();
        while let Some((position, char)) = chars.next() {
            let follows = chars.peek().map(|(_, char)| *char);
            let begins = before.is_some_and(|before| {
                char.is_uppercase()
                    && (!before.is_uppercase() || follows.is_some_and(char::is_lowercase))
            });
            if begins {
                end = position;
                break;
            }
            before = Some(char);
        }
        let (word, rest) = self.0.split_at_checked(end)?;
        self.0 = rest;
        (!word.is_empty()).then_some(word)
    }
}

/// A word as it is compared.
#[derive(Clone)]
pub struct Word {
    /// In small letters.
    pub spelled: Rc<str>,
    /// Its stem; none where it tells nothing.
    pub stem: Option<Rc<str>>,
}

/// Reads words, and remembers those that it has read: catalogs repeat the same few thousand.
pub struct Words {
    stemmer: Stemmer,
    read: HashMap<Box<str>, Word>,
}

impl Default for Words {
    fn default() -> Self {
        Self {
            stemmer: Stemmer::new(Algorithm::English),
            read: HashMap::new(),
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
        let stem = if STOP_WORDS.contains(&spelled.as_str()) {
            None
        } else if spelled.is_ascii() {
            Some(self.stemmer.stem(&spelled).as_ref().into())
        } else {
            Some(spelled.as_str().into())
        };
        let read = Word {
            spelled: spelled.into(),
            stem,
        };
        self.read.insert(word.into(), read.clone());
        read
    }
}
