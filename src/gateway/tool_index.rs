//! Finds tools by words, for catalogs that are too large to be read as a whole.
//!
//! BM25F, the form of BM25 for texts in fields: each word of a tool counts by the field that it
//! stands in (name, title, first and second sentence and rest of the description, arguments), by how
//! rare it is in the catalog, and less and less the more often it comes. Words are stems, so that
//! "merged pull requests" finds `merge_pull_request` (`words`); what people say for one another
//! counts nearly as much (`thesaurus`). On top of that
//!
//! - tools whose name and first sentence say little else than what is asked for come first:
//!   `create_issue` before `create_issue_comment` for "create an issue";
//! - tools that do something else than what is asked for, such as delete for add, come later;
//! - tools whose name the query is, or a part of it, stand before all others.
//!
//! Why not a library: of the questions of `benches/discovery/run`, the crate `bm25` has the right
//! tool among the first five for three in four, this index for nine in ten, and it holds a third of
//! the memory. There all text is one field, so that a name counts no more than an argument, all
//! texts are kept beside the index, and a hash map decides the order of equals. A search engine
//! (`tantivy`) is larger than this gateway. What words and stems are is left to libraries:
//! `unicode-segmentation`, and `frostem`, which is the Snowball project's stemmer for English and
//! nothing else. The weights below are round numbers on a wide plateau.

mod arguments;
mod builder;
mod query;
mod thesaurus;
mod words;

#[cfg(test)]
mod tests;

use query::{Query, Word};
use thesaurus::{Actions, thesaurus};

/// What a synonym counts, the word itself being 1.
const SYNONYM: f32 = 0.8;

/// What a word counts that is made of the one asked for: `contributor` for "contributed".
const DERIVED: f32 = 0.8;

/// What a word counts that the one asked for, unknown to all tools, only begins.
const COMPLETED: f32 = 0.5;

/// What [`thesaurus::CALLER`] counts where the query speaks of the one who asks.
const CALLER: f32 = 0.5;

/// How much more a tool counts whose name and first sentence say nothing but what is asked for.
const CONCISE: f32 = 1.5;

/// What is left of a tool that does something else than what is asked for.
const OTHER_ACTION: f32 = 0.6;

/// The shortest beginning of a word, or piece of a name, that is completed, and how many
/// completions are looked at.
const MIN_COMPLETED_BYTES: usize = 3;
const MAX_COMPLETIONS: usize = 32;

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
    /// What is known of each stem, in the order of the stems.
    terms: Box<[Term]>,
    /// All stems, one after the other.
    stems: Box<str>,
    /// Which tools have the stems, one stem after the other.
    postings: Box<[Posting]>,
    tools: Box<[Tool]>,
}

/// A stem: where its text and its postings end. They start where those of the one before end.
#[derive(Clone, Copy, Debug)]
struct Term {
    stem_end: u32,
    postings_end: u32,
    /// How much it tells: the fewer tools have it, the more.
    rarity: f32,
}

/// That a tool has a stem, and what that counts.
#[derive(Clone, Copy, Debug)]
struct Posting {
    tool: u32,
    score: f32,
}

#[derive(Debug)]
struct Tool {
    name: Box<str>,
    /// The words of its name in small letters: `_get_issue_`.
    spelled: Box<str>,
    /// The stems of its name, in their order.
    named: Box<[u32]>,
    /// The stems of its name, its title and its first sentence, each once.
    head: Box<[u32]>,
    actions: Actions,
}

impl ToolIndex {
    /// An index of these tools.
    pub fn new<'a>(tools: impl IntoIterator<Item = IndexedTool<'a>>) -> Self {
        let mut builder = builder::Builder::default();
        for tool in tools {
            builder.add(tool);
        }
        builder.build()
    }

    /// How many tools there are.
    pub fn len(&self) -> usize {
        self.tools.len()
    }

    /// Whether there is no tool.
    pub fn is_empty(&self) -> bool {
        self.tools.is_empty()
    }

    /// How much memory it holds.
    pub fn heap_bytes(&self) -> usize {
        let tools = self.tools.iter().map(|tool| {
            let stems = tool.named.len() + tool.head.len();
            tool.name.len() + tool.spelled.len() + stems * size_of::<u32>()
        });
        self.stems.len()
            + self.terms.len() * size_of::<Term>()
            + self.postings.len() * size_of::<Posting>()
            + self.tools.len() * size_of::<Tool>()
            + tools.sum::<usize>()
    }

    /// The tools that answer the query best, at most `limit`, the best first; of equals the one
    /// that was indexed first. A tool that shares nothing with the query is not among them. Of a
    /// very long query the beginning counts.
    pub fn search(&self, query: &str, limit: usize) -> Vec<Hit> {
        if limit == 0 || self.is_empty() {
            return Vec::new();
        }
        let query = Query::read(self, query);
        let mut scores = self.scores(&query);
        // What is found by name is lifted above what is found by words.
        let step = scores.iter().copied().fold(1.0, f32::max) * 2.0;
        for (score, tool) in scores.iter_mut().zip(&self.tools) {
            *score += step * query.names(tool).rank();
        }
        let mut hits: Vec<Hit> = scores
            .into_iter()
            .enumerate()
            .filter(|(_, score)| *score > 0.0)
            .map(|(position, score)| Hit { position, score })
            .collect();
        hits.sort_unstable_by(|one, other| {
            let by_score = other.score.total_cmp(&one.score);
            by_score.then(one.position.cmp(&other.position))
        });
        hits.truncate(limit);
        hits
    }

    /// What each tool has of the words of a query.
    fn scores(&self, query: &Query) -> Vec<f32> {
        let mut scores = vec![0.0_f32; self.tools.len()];
        let mut asked = vec![0.0_f32; self.terms.len()];
        let mut of_word = vec![0.0_f32; self.tools.len()];
        for word in &query.words {
            // Of all that stands for one word, the best counts.
            of_word.fill(0.0);
            for (term, weight) in self.alternatives(word, query.actions) {
                raise(&mut asked, term, weight);
                for posting in self.postings(term) {
                    raise(&mut of_word, posting.tool as usize, posting.score * weight);
                }
            }
            for (score, of_word) in scores.iter_mut().zip(&of_word) {
                *score += of_word;
            }
        }
        for (score, tool) in scores.iter_mut().zip(&self.tools) {
            if *score > 0.0 {
                *score *= 1.0 + CONCISE * self.share(&tool.head, &asked);
                if query.actions.contradict(tool.actions) {
                    *score *= OTHER_ACTION;
                }
            }
        }
        scores
    }

    /// How much of what some stems tell is asked for, from 0 to 1.
    fn share(&self, stems: &[u32], asked: &[f32]) -> f32 {
        let (mut told, mut found) = (f32::EPSILON, 0.0);
        for stem in stems {
            let stem = *stem as usize;
            let rarity = self.terms.get(stem).map_or(0.0, |term| term.rarity);
            told += rarity;
            found += rarity * asked.get(stem).copied().unwrap_or_default();
        }
        found / told
    }

    /// The terms that a word of a query stands for, and what they count.
    fn alternatives(&self, word: &Word, actions: Actions) -> Vec<(usize, f32)> {
        let mut found = Vec::new();
        match word {
            Word::Caller => {
                found.extend(self.known(thesaurus::CALLER, CALLER));
            }
            Word::Stem(stem) => {
                self.meanings(stem, &mut found);
                if actions.contain(Actions::DELETE)
                    && let Some(undoing) = self.term(&format!("un{stem}"))
                {
                    // "Remove my star" is `unstar` rather than `star`.
                    for (_, weight) in &mut found {
                        *weight *= SYNONYM;
                    }
                    found.push((undoing, 1.0));
                }
                if let Some(stem) = stem.strip_prefix("un").filter(|_| found.is_empty()) {
                    self.meanings(stem, &mut found);
                }
                if found.is_empty() && stem.len() >= MIN_COMPLETED_BYTES {
                    let completions = self.beginning_with(stem).take(MAX_COMPLETIONS);
                    found.extend(completions.map(|(term, _)| (term, COMPLETED)));
                }
            }
        }
        found
    }

    /// The stem itself, its synonyms, and the words that are made of it.
    fn meanings(&self, stem: &str, found: &mut Vec<(usize, f32)>) {
        found.extend(self.known(thesaurus().synonyms(stem), SYNONYM));
        if let Some(term) = self.term(stem) {
            found.push((term, 1.0));
            found.extend(
                self.beginning_with(stem)
                    .take(MAX_COMPLETIONS)
                    .filter(|(_, rest)| words::DERIVING.contains(rest))
                    .map(|(term, _)| (term, DERIVED)),
            );
        }
    }

    fn known<S: AsRef<str>>(
        &self,
        stems: impl IntoIterator<Item = S>,
        weight: f32,
    ) -> impl Iterator<Item = (usize, f32)> {
        stems
            .into_iter()
            .filter_map(move |stem| Some((self.term(stem.as_ref())?, weight)))
    }

    /// The stems that begin so, and what follows.
    fn beginning_with<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
        (self.first_from(prefix)..self.terms.len())
            .map_while(move |term| Some((term, self.stem(term).strip_prefix(prefix)?)))
    }

    fn term(&self, stem: &str) -> Option<usize> {
        let term = self.first_from(stem);
        (term < self.terms.len() && self.stem(term) == stem).then_some(term)
    }

    /// The first term that does not come before a stem.
    fn first_from(&self, stem: &str) -> usize {
        let (mut low, mut high) = (0, self.terms.len());
        while low < high {
            let middle = low.midpoint(high);
            if self.stem(middle) < stem {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    fn stem(&self, term: usize) -> &str {
        let (start, end) = self.bounds(term, |term| term.stem_end);
        self.stems.get(start..end).unwrap_or_default()
    }

    fn postings(&self, term: usize) -> &[Posting] {
        let (start, end) = self.bounds(term, |term| term.postings_end);
        self.postings.get(start..end).unwrap_or_default()
    }

    fn bounds(&self, term: usize, end: impl Fn(&Term) -> u32) -> (usize, usize) {
        let end = |term: usize| self.terms.get(term).map_or(0, &end) as usize;
        (term.checked_sub(1).map_or(0, end), end(term))
    }
}

/// Makes the value at a place at least so large.
fn raise(values: &mut [f32], place: usize, least: f32) {
    if let Some(value) = values.get_mut(place) {
        *value = value.max(least);
    }
}
