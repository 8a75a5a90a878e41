//! The names of operations.

use std::collections::HashMap;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::{DocumentView, OperationIds, Section, ToolView};

/// Language models' APIs take no longer name for a function.
const LONGEST_ID: usize = 64;

/// Writes a tool's name as mcpo does, which is Python's `name.replace("_", " ").title()`.
pub fn title_case(name: &str) -> String {
    let mut title = String::with_capacity(name.len());
    let mut in_word = false;
    for character in name.chars() {
        let character = if character == '_' { ' ' } else { character };
        if in_word {
            title.extend(character.to_lowercase());
        } else {
            title.extend(character.to_uppercase());
        }
        in_word = character.is_alphabetic();
    }
    title
}

/// The ids of all operations, in the order of the view: unique, of `[A-Za-z0-9_-]`, at most 64
/// characters. A tool keeps its id whatever order the tools come in: a name that needs no change
/// is the id itself; one that does and so clashes gets a piece of its hash.
pub(super) fn operation_ids(view: &DocumentView<'_>) -> Vec<String> {
    let style = view.options.operation_ids;
    let all = view.sections.iter().flat_map(|section| {
        let tools = section.tools.iter();
        tools.map(move |tool| Wanted::new(section, tool, style))
    });
    let wanted: Vec<Wanted> = all.collect();
    assign(&wanted)
}

/// Gives each its name, unique, of `[A-Za-z0-9_-]` and at most 64 characters, whatever the order.
pub(super) fn assign(wanted: &[Wanted]) -> Vec<String> {
    let mut rivals: HashMap<&str, (usize, usize)> = HashMap::new();
    for one in wanted {
        let (all, unaltered) = rivals.entry(&one.fitted).or_default();
        *all += 1;
        *unaltered += usize::from(!one.altered);
    }
    let mut taken: HashMap<String, usize> = HashMap::new();
    let ids = wanted.iter().map(|one| {
        let (all, unaltered) = rivals.get(&*one.fitted).copied().unwrap_or_default();
        let keeps =
            one.fitted.len() <= LONGEST_ID && (all == 1 || (!one.altered && unaltered == 1));
        let id = if keeps {
            one.fitted.clone()
        } else {
            one.hashed()
        };
        unused(id, &mut taken)
    });
    ids.collect()
}

/// Adds a number where the name has been given already, which only twins come to.
pub(super) fn unused(name: String, taken: &mut HashMap<String, usize>) -> String {
    let count = taken.entry(name.clone()).or_insert(0);
    *count += 1;
    if *count == 1 {
        return name;
    }
    let mut number = *count;
    loop {
        let suffix = format!("_{number}");
        let end = name.floor_char_boundary(LONGEST_ID.saturating_sub(suffix.len()));
        let candidate = format!("{}{suffix}", name.get(..end).unwrap_or_default());
        if !taken.contains_key(&candidate) {
            taken.insert(candidate.clone(), 1);
            taken.insert(name, number);
            return candidate;
        }
        number += 1;
    }
}

/// Replaces what an id, or the name of a component, can't have.
pub(super) fn fitted(name: &str) -> String {
    let fit = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    name.chars().map(|c| if fit(c) { c } else { '_' }).collect()
}

/// The name that an operation would like to have.
#[derive(Debug)]
pub(super) struct Wanted {
    fitted: String,
    altered: bool,
    hash: String,
}

impl Wanted {
    fn new(section: &Section<'_>, tool: &ToolView<'_>, style: OperationIds) -> Self {
        let full = match section.tag {
            Some(server) => format!("{server}__{}", tool.name),
            None => tool.name.to_owned(),
        };
        let (full, fitted) = match style {
            OperationIds::Tool => {
                let fitted = fitted(&full);
                (full, fitted)
            }
            // FastAPI writes every character that is not one of a word as `_`.
            OperationIds::Mcpo => {
                let id = format!("tool_{}_post", fitted(&full).replace('-', "_"));
                (format!("tool_{full}_post"), id)
            }
        };
        let altered = fitted != full;
        Self::hashed_by(fitted, altered, section.tag.unwrap_or_default(), tool.name)
    }

    /// The id of an operation that others wrote.
    pub(super) fn by_id(id: &str, method: &str, path: &str) -> Self {
        let fitted = fitted(id);
        let altered = fitted != id;
        Self::hashed_by(fitted, altered, method, path)
    }

    /// The name of an operation that has no id: `get_pets_petId`.
    pub(super) fn by_path(method: &str, path: &str) -> Self {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let mut name = method.to_ascii_lowercase();
        for part in path.split(|c| !is_part(c)).filter(|part| !part.is_empty()) {
            name.push('_');
            name.push_str(part);
        }
        Self::hashed_by(name, true, method, path)
    }

    /// `first` and `second` tell it from all others.
    fn hashed_by(fitted: String, altered: bool, first: &str, second: &str) -> Self {
        // The separator keeps server `a`, tool `b__c` apart from server `a__b`, tool `c`.
        let digest = Sha256::new()
            .chain_update(first)
            .chain_update([0])
            .chain_update(second)
            .finalize();
        Self {
            altered,
            fitted,
            hash: digest.iter().take(4).fold(String::new(), |mut hash, byte| {
                // Writing to a string does not fail.
                let _ = write!(hash, "{byte:02x}");
                hash
            }),
        }
    }

    fn hashed(&self) -> String {
        let end = self.fitted.len().min(LONGEST_ID - self.hash.len() - 1);
        let start = self.fitted.get(..end).unwrap_or_default();
        format!("{start}_{}", self.hash)
    }
}
