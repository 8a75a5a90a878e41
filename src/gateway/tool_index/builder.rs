//! The making of an index.

use std::rc::Rc;

use super::{
    IndexedTool, Posting, Term, Tool, ToolIndex, arguments,
    thesaurus::{Actions, thesaurus},
    words::{self, Words},
};

/// How soon more of the same word stops to count: BM25's k1.
const SATURATION: f32 = 1.2;

/// How many words of one field are indexed. More makes no tool easier to find.
const MAX_FIELD_WORDS: usize = 4096;

/// How many stems are looked at to see whether a tool does little else than what is asked for.
const MAX_HEAD: usize = 128;

/// A field of a tool.
struct Field {
    /// What one word in it counts.
    weight: f32,
    /// How much of that a field takes away that is longer than others: BM25's b.
    by_length: f32,
}

/// How many fields there are, and which of them say what a tool is.
const COUNT: usize = 6;
const HEAD: usize = 3;

/// Name, title, first and second sentence and rest of the description, arguments.
const FIELDS: [Field; COUNT] = [
    Field::new(4.0, 0.75),
    Field::new(3.0, 0.75),
    Field::new(2.0, 0.75),
    Field::new(1.0, 0.75),
    Field::new(0.3, 0.75),
    Field::new(0.3, 0.3),
];

impl Field {
    const fn new(weight: f32, by_length: f32) -> Self {
        Self { weight, by_length }
    }
}

/// An index in the making.
#[derive(Default)]
pub(super) struct Builder {
    words: Words,
    /// By number of stem: how often it is in the fields of which tools.
    counts: Vec<Vec<Count>>,
    /// How many words the fields of the tools have.
    lengths: Vec<[u32; COUNT]>,
    tools: Vec<Tool>,
}

struct Count {
    tool: u32,
    in_fields: [u16; COUNT],
}

impl Builder {
    pub fn add(&mut self, tool: IndexedTool<'_>) {
        let Ok(position) = u32::try_from(self.tools.len()) else {
            return;
        };
        let arguments = arguments::read(tool.input_schema);
        let (first, rest) = words::first_sentence(tool.description.unwrap_or_default());
        let (second, rest) = words::first_sentence(rest);
        let texts = [
            tool.name,
            tool.title.unwrap_or_default(),
            first,
            second,
            rest,
            &arguments,
        ];
        let mut lengths = [0; COUNT];
        let mut spelled = String::from("_");
        let (mut named, mut head) = (Vec::new(), Vec::new());
        let (mut actions, mut first_action) = (Actions::default(), None);
        for (field, (text, length)) in texts.into_iter().zip(&mut lengths).enumerate() {
            for piece in words::split(text).take(MAX_FIELD_WORDS) {
                let word = self.words.read(piece.text);
                let is_in_name = field == 0 && !piece.is_compound;
                if is_in_name {
                    spelled.push_str(&word.spelled);
                    spelled.push('_');
                }
                let Some(stem) = word.stem else { continue };
                *length += u32::from(!piece.is_compound);
                self.count(stem.number, position, field);
                let number = fits(stem.number);
                if is_in_name {
                    named.push(number);
                    actions.add(thesaurus().actions(&stem.text));
                } else if field == HEAD - 1 && first_action.is_none() {
                    first_action = Some(thesaurus().actions(&stem.text));
                }
                let is_in_head = field < HEAD && !piece.is_compound && head.len() < MAX_HEAD;
                if is_in_head && !head.contains(&number) {
                    head.push(number);
                }
            }
        }
        if actions == Actions::default() {
            actions = first_action.unwrap_or_default();
        }
        self.lengths.push(lengths);
        self.tools.push(Tool {
            name: tool.name.into(),
            spelled: spelled.into(),
            named: named.into(),
            head: head.into(),
            actions,
        });
    }

    fn count(&mut self, number: usize, tool: u32, field: usize) {
        if self.counts.len() <= number {
            self.counts.resize_with(number + 1, Vec::new);
        }
        let Some(counts) = self.counts.get_mut(number) else {
            return;
        };
        if counts.last().is_none_or(|count| count.tool != tool) {
            let in_fields = [0; COUNT];
            counts.push(Count { tool, in_fields });
        }
        let count = counts
            .last_mut()
            .and_then(|count| count.in_fields.get_mut(field));
        if let Some(count) = count {
            *count = count.saturating_add(1);
        }
    }

    pub fn build(self) -> ToolIndex {
        let mut ordered: Vec<(Rc<str>, usize)> = self.words.into_stems().collect();
        ordered.sort_unstable();
        let averages = averages(&self.lengths);
        let mut places = vec![0; ordered.len()];
        let (mut terms, mut stems, mut postings) = (Vec::new(), String::new(), Vec::new());
        for (place, (stem, number)) in ordered.iter().enumerate() {
            if let Some(of_number) = places.get_mut(*number) {
                *of_number = fits(place);
            }
            let counts = self
                .counts
                .get(*number)
                .map(Vec::as_slice)
                .unwrap_or_default();
            let rarity = rarity(counts.len(), self.tools.len());
            for count in counts {
                let lengths = self.lengths.get(count.tool as usize);
                let frequency = frequency(count, lengths.unwrap_or(&[0; COUNT]), &averages);
                let score = rarity * frequency * (SATURATION + 1.0) / (SATURATION + frequency);
                let tool = count.tool;
                postings.push(Posting { tool, score });
            }
            stems.push_str(stem);
            terms.push(Term {
                stem_end: fits(stems.len()),
                postings_end: fits(postings.len()),
                rarity,
            });
        }
        let mut tools = self.tools;
        for tool in &mut tools {
            for number in tool.named.iter_mut().chain(&mut tool.head) {
                *number = places.get(*number as usize).copied().unwrap_or_default();
            }
        }
        ToolIndex {
            terms: terms.into(),
            stems: stems.into(),
            postings: postings.into(),
            tools: tools.into(),
        }
    }
}

/// How long the fields are on average.
#[expect(clippy::cast_precision_loss, reason = "scores are not exact")]
fn averages(lengths: &[[u32; COUNT]]) -> [f32; COUNT] {
    let mut sums = [0.0; COUNT];
    for lengths in lengths {
        for (sum, length) in sums.iter_mut().zip(lengths) {
            *sum += *length as f32;
        }
    }
    sums.map(|sum| (sum / lengths.len() as f32).max(1.0))
}

/// How much a stem tells that so many of the tools have: BM25's idf, as Lucene computes it.
#[expect(clippy::cast_precision_loss, reason = "scores are not exact")]
fn rarity(having: usize, tools: usize) -> f32 {
    let (having, tools) = (having as f32, tools as f32);
    (1.0 + (tools - having + 0.5) / (having + 0.5)).ln()
}

/// How often a stem is in a tool, by the fields' weights and lengths.
#[expect(clippy::cast_precision_loss, reason = "scores are not exact")]
fn frequency(count: &Count, lengths: &[u32; COUNT], averages: &[f32; COUNT]) -> f32 {
    FIELDS
        .iter()
        .zip(count.in_fields)
        .zip(lengths.iter().zip(averages))
        .map(|((field, count), (length, average))| {
            let length = 1.0 - field.by_length + field.by_length * *length as f32 / average;
            field.weight * f32::from(count) / length
        })
        .sum()
}

/// A length in 32 bits: the words of a catalog take far less than 4 GiB.
fn fits(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
