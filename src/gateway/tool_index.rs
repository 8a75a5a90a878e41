//! Finds tools by words, for catalogs that are too large to be read as a whole.
//!
//! BM25F: each word of a tool counts by the field that it stands in (name, title, description,
//! arguments), by how rare it is in the catalog, and by how long the field is. Words are stems
//! ([`words`]), so that "merged pull requests" finds `merge_pull_request`.

mod arguments;
mod words;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use words::Words;

/// How fast more of the same word stops to count.
const SATURATION: f32 = 1.2;

/// How many words of a query are looked up, and of how many bytes they are taken.
const MAX_QUERY_WORDS: usize = 64;
const MAX_QUERY_BYTES: usize = 8 * 1024;

/// How many words of one field are indexed. More makes no tool easier to find.
const MAX_FIELD_WORDS: usize = 4096;

/// A word that no tool has stands for those that begin with it: from how many bytes, and for how
/// many of them.
const MIN_PREFIX_BYTES: usize = 3;
const MAX_PREFIXED: usize = 32;
const PREFIX_WEIGHT: f32 = 0.5;

/// A field of a tool.
#[derive(Clone, Copy)]
struct Field {
    /// What one word in it counts.
    weight: f32,
    /// How much of that a long field takes away: from 0, nothing, to 1, all in proportion.
    by_length: f32,
}

/// Name, title, description, arguments.
const FIELDS: [Field; 4] = [
    Field {
        weight: 4.0,
        by_length: 0.75,
    },
    Field {
        weight: 3.0,
        by_length: 0.75,
    },
    Field {
        weight: 2.0,
        by_length: 0.75,
    },
    Field {
        weight: 1.0,
        by_length: 0.75,
    },
];

/// What is indexed of a tool.
#[derive(Clone, Copy, Debug)]
pub struct IndexedTool<'a> {
    /// Its name, as callers see it.
    pub name: &'a str,
    /// Its title for people.
    pub title: Option<&'a str>,
    /// What it does.
    pub description: Option<&'a str>,
    /// `inputSchema` as text; the names and descriptions of arguments are read of it. What is no
    /// schema gives none.
    pub input_schema: &'a str,
}

/// A tool that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// Its position among the tools that the index was made of.
    pub position: usize,
    /// How well it answers the query: above 0, and comparable within one answer alone.
    pub score: f32,
}

/// An index of tools by their words. It borrows nothing, and is replaced whole when the tools
/// change.
#[derive(Debug, Default)]
pub struct ToolIndex {
    /// All stems, in their order.
    vocabulary: Box<[Term]>,
    /// The stems' bytes, one after the other.
    stems: Box<str>,
    /// In which tools the stems are, in the order of the vocabulary.
    postings: Box<[Posting]>,
    names: Box<[Name]>,
}

/// Where a stem and its postings end; they start where those of the one before end.
#[derive(Clone, Copy, Debug, Default)]
struct Term {
    stem: u32,
    postings: u32,
}

#[derive(Clone, Copy, Debug)]
struct Posting {
    tool: u32,
    score: f32,
}

/// A tool's name in the three forms in which a query may be the name, or a part of it.
#[derive(Debug)]
struct Name {
    given: Box<str>,
    /// Its words in small letters: `_get_issue_`.
    spelled: Box<str>,
    /// Its stems without those that say nothing, as positions in the vocabulary.
    stems: Box<[u32]>,
}

/// How much of a tool's name the query is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Named {
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

impl ToolIndex {
    /// An index of these tools.
    pub fn new<'a>(tools: impl IntoIterator<Item = IndexedTool<'a>>) -> Self {
        let mut builder = Builder::default();
        for tool in tools {
            builder.add(tool);
        }
        builder.build()
    }

    /// How many tools there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is no tool.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The tools that answer the query best, at most `limit`, the best first; of equals the one
    /// that was indexed first. The tools whose name the query is, or a part of it, stand before
    /// all others. Of a very long query the beginning counts.
    pub fn search(&self, query: &str, limit: usize) -> Vec<Hit> {
        if limit == 0 || self.is_empty() {
            return Vec::new();
        }
        let query = Query::read(self, query);
        let mut scores = vec![0.0_f32; self.names.len()];
        let mut of_word = vec![0.0_f32; self.names.len()];
        for word in &query.words {
            of_word.fill(0.0);
            for (term, weight) in self.alternatives(word) {
                for posting in self.postings(term) {
                    if let Some(score) = of_word.get_mut(posting.tool as usize) {
                        *score = score.max(posting.score * weight);
                    }
                }
            }
            for (score, of_word) in scores.iter_mut().zip(&of_word) {
                *score += of_word;
            }
        }
        let step = 1.0 + scores.iter().copied().fold(0.0, f32::max).ceil();
        for (score, name) in scores.iter_mut().zip(&self.names) {
            *score += step * f32::from(query.names(name) as u8);
        }
        let mut hits: Vec<Hit> = scores
            .into_iter()
            .enumerate()
            .filter(|(_, score)| *score > 0.0)
            .map(|(position, score)| Hit { position, score })
            .collect();
        hits.sort_unstable_by(|one, other| {
            (other.score.total_cmp(&one.score)).then(one.position.cmp(&other.position))
        });
        hits.truncate(limit);
        hits
    }

    /// The terms that a word of a query stands for, and what they count.
    fn alternatives(&self, word: &Word) -> Vec<(usize, f32)> {
        if let Some(term) = word.term {
            return vec![(term, 1.0)];
        }
        let Some(prefix) = word.stem.get(..) else {
            return Vec::new();
        };
        if prefix.len() < MIN_PREFIX_BYTES {
            return Vec::new();
        }
        let first = self.vocabulary_partition(|stem| stem < prefix);
        (first..self.vocabulary.len())
            .take_while(|term| self.stem(*term).starts_with(prefix))
            .take(MAX_PREFIXED)
            .map(|term| (term, PREFIX_WEIGHT))
            .collect()
    }

    fn vocabulary_partition(&self, is_before: impl Fn(&str) -> bool) -> usize {
        let (mut low, mut high) = (0, self.vocabulary.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if is_before(self.stem(middle)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    fn term(&self, stem: &str) -> Option<usize> {
        let term = self.vocabulary_partition(|other| other < stem);
        (term < self.vocabulary.len() && self.stem(term) == stem).then_some(term)
    }

    fn stem(&self, term: usize) -> &str {
        let (start, end) = self.bounds(term, |term| term.stem);
        self.stems.get(start..end).unwrap_or_default()
    }

    fn postings(&self, term: usize) -> &[Posting] {
        let (start, end) = self.bounds(term, |term| term.postings);
        self.postings.get(start..end).unwrap_or_default()
    }

    fn bounds(&self, term: usize, of: impl Fn(&Term) -> u32) -> (usize, usize) {
        let end = |term: usize| self.vocabulary.get(term).map_or(0, &of) as usize;
        (term.checked_sub(1).map_or(0, end), end(term))
    }
}

/// A query in the forms in which it is looked up.
struct Query {
    given: String,
    spelled: String,
    /// The stems of its words that say something, where all of them are in the vocabulary.
    stems: Vec<u32>,
    words: Vec<Word>,
    /// Whether it is one piece that no tool's words contain: then it may be some letters of a name.
    is_fragment: bool,
}

struct Word {
    stem: String,
    term: Option<usize>,
}

impl Query {
    fn read(index: &ToolIndex, query: &str) -> Self {
        let query = query.trim();
        let query = query
            .get(..query.floor_char_boundary(MAX_QUERY_BYTES))
            .unwrap_or_default();
        let mut words = Words::default();
        let (mut found, mut stems, mut spelled) =
            (Vec::<Word>::new(), Vec::new(), String::from("_"));
        for word in words::split(query).take(MAX_QUERY_WORDS) {
            let word = words.read(word);
            spelled.push_str(&word.spelled);
            spelled.push('_');
            let Some(stem) = &word.stem else { continue };
            let term = index.term(stem);
            stems.push(term);
            if !found.iter().any(|other| *other.stem == **stem) {
                found.push(Word {
                    stem: stem.to_string(),
                    term,
                });
            }
        }
        let is_fragment = found.iter().all(|word| word.term.is_none())
            && query.len() >= MIN_PREFIX_BYTES
            && !query.contains(char::is_whitespace);
        let stems: Option<Vec<u32>> = stems
            .into_iter()
            .map(|term| term.and_then(|term| u32::try_from(term).ok()))
            .collect();
        Self {
            given: query.to_owned(),
            spelled,
            stems: stems.unwrap_or_default(),
            words: found,
            is_fragment,
        }
    }

    /// How much of a name the query is.
    fn names(&self, name: &Name) -> Named {
        if *self.given == *name.given && !self.given.is_empty() {
            return Named::Exactly;
        }
        if self.spelled.len() > 1 {
            if *self.spelled == *name.spelled {
                return Named::AllWords;
            }
            if !self.stems.is_empty() && *self.stems == *name.stems {
                return Named::AllStems;
            }
            if name.spelled.contains(&self.spelled) {
                return Named::Words;
            }
            if !self.stems.is_empty()
                && name
                    .stems
                    .windows(self.stems.len())
                    .any(|some| some == self.stems)
            {
                return Named::Stems;
            }
            if self.is_fragment && name.spelled.contains(self.spelled.trim_matches('_')) {
                return Named::Letters;
            }
        }
        Named::Not
    }
}

/// An index in the making.
#[derive(Default)]
struct Builder {
    words: Words,
    /// Numbers of stems in the order in which they appeared, and the stems.
    numbers: HashMap<Box<str>, u32>,
    /// In which tool a stem is how often, by field.
    counts: Vec<Vec<(u32, [u16; FIELDS.len()])>>,
    /// How long the fields of each tool are.
    lengths: Vec<[u32; FIELDS.len()]>,
    names: Vec<Name>,
}

impl Builder {
    fn add(&mut self, tool: IndexedTool<'_>) {
        let Ok(position) = u32::try_from(self.names.len()) else {
            return;
        };
        let mut lengths = [0; FIELDS.len()];
        let arguments = arguments::read(tool.input_schema);
        let texts = [
            tool.name,
            tool.title.unwrap_or_default(),
            tool.description.unwrap_or_default(),
            &arguments,
        ];
        let (mut spelled, mut stems) = (String::from("_"), Vec::new());
        for (field, (text, length)) in texts.into_iter().zip(&mut lengths).enumerate() {
            for word in words::split(text).take(MAX_FIELD_WORDS) {
                let word = self.words.read(word);
                if field == 0 {
                    spelled.push_str(&word.spelled);
                    spelled.push('_');
                }
                let Some(stem) = word.stem else { continue };
                let stem = number(&mut self.numbers, &stem);
                if field == 0 {
                    stems.push(stem);
                }
                *length += 1;
                count(&mut self.counts, stem, position, field);
            }
        }
        self.lengths.push(lengths);
        self.names.push(Name {
            given: tool.name.into(),
            spelled: spelled.into(),
            stems: stems.into(),
        });
    }

    fn build(self) -> ToolIndex {
        let mut ordered: Vec<(Box<str>, u32)> = self.numbers.into_iter().collect();
        ordered.sort_unstable();
        let mut places = vec![0_u32; ordered.len()];
        let averages = averages(&self.lengths);
        let (mut vocabulary, mut stems, mut postings) = (Vec::new(), String::new(), Vec::new());
        for ((stem, number), place) in ordered.iter().zip(0..) {
            if let Some(of_number) = places.get_mut(*number as usize) {
                *of_number = place;
            }
            let counts = self
                .counts
                .get(*number as usize)
                .map(Vec::as_slice)
                .unwrap_or_default();
            let rarity = rarity(counts.len(), self.names.len());
            for (tool, counts) in counts {
                let lengths = self
                    .lengths
                    .get(*tool as usize)
                    .copied()
                    .unwrap_or_default();
                let frequency = frequency(*counts, &lengths, &averages);
                let score = rarity * frequency * (SATURATION + 1.0) / (SATURATION + frequency);
                postings.push(Posting { tool: *tool, score });
            }
            stems.push_str(stem);
            vocabulary.push(Term {
                stem: fits(stems.len()),
                postings: fits(postings.len()),
            });
        }
        let mut names = self.names;
        for stem in names.iter_mut().flat_map(|name| &mut name.stems) {
            *stem = places.get(*stem as usize).copied().unwrap_or_default();
        }
        ToolIndex {
            vocabulary: vocabulary.into(),
            stems: stems.into(),
            postings: postings.into(),
            names: names.into(),
        }
    }
}

fn number(numbers: &mut HashMap<Box<str>, u32>, stem: &str) -> u32 {
    if let Some(number) = numbers.get(stem) {
        return *number;
    }
    let number = fits(numbers.len());
    numbers.insert(stem.into(), number);
    number
}

fn count(counts: &mut Vec<Vec<(u32, [u16; FIELDS.len()])>>, stem: u32, tool: u32, field: usize) {
    let stem = stem as usize;
    if counts.len() <= stem {
        counts.resize_with(stem + 1, Vec::new);
    }
    let Some(counts) = counts.get_mut(stem) else {
        return;
    };
    if counts.last().is_none_or(|(last, _)| *last != tool) {
        counts.push((tool, [0; FIELDS.len()]));
    }
    if let Some(count) = counts
        .last_mut()
        .and_then(|(_, counts)| counts.get_mut(field))
    {
        *count = count.saturating_add(1);
    }
}

/// How long the fields are on average.
#[expect(
    clippy::cast_precision_loss,
    reason = "lengths are small, and scores not exact"
)]
fn averages(lengths: &[[u32; FIELDS.len()]]) -> [f32; FIELDS.len()] {
    let mut sums = [0.0; FIELDS.len()];
    for lengths in lengths {
        for (sum, length) in sums.iter_mut().zip(lengths) {
            *sum += *length as f32;
        }
    }
    sums.map(|sum| (sum / lengths.len() as f32).max(1.0))
}

/// How much a word tells that so many of the tools have.
#[expect(clippy::cast_precision_loss, reason = "scores are not exact")]
fn rarity(having: usize, tools: usize) -> f32 {
    let (having, tools) = (having as f32, tools as f32);
    (1.0 + (tools - having + 0.5) / (having + 0.5)).ln()
}

/// How often a word is in a tool, by the fields' weights and lengths.
#[expect(
    clippy::cast_precision_loss,
    reason = "lengths are small, and scores not exact"
)]
fn frequency(
    counts: [u16; FIELDS.len()],
    lengths: &[u32; FIELDS.len()],
    averages: &[f32; FIELDS.len()],
) -> f32 {
    FIELDS
        .iter()
        .zip(counts)
        .zip(lengths.iter().zip(averages))
        .map(|((field, count), (length, average))| {
            let length = 1.0 - field.by_length + field.by_length * *length as f32 / average;
            field.weight * f32::from(count) / length.max(f32::EPSILON)
        })
        .sum()
}

/// A length that is stored in 32 bits: the words of a catalog take far less than 4 GiB.
fn fits(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
