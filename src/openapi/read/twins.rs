//! Operations that share an `operationId`, which `OpenAPI` says must be unique.

use indexmap::IndexMap;

use super::operation::Found;
use super::operations::tell;

/// Of so many operations with one id it is told what they are called.
const MOST_NAMED: usize = 10;

/// Tells which operations have one `operationId`, and what each is called therefore. `is_wanted`
/// says of which it matters.
pub(super) fn warn(
    all: &[Found<'_>],
    names: &[String],
    is_wanted: &[bool],
    warnings: &mut Vec<(String, String)>,
) {
    let mut by_id: IndexMap<&str, Vec<usize>> = IndexMap::new();
    for (index, found) in all.iter().enumerate() {
        if let Some(id) = found.id() {
            by_id.entry(id).or_default().push(index);
        }
    }
    for (id, twins) in by_id {
        let matters = twins
            .iter()
            .any(|index| is_wanted.get(*index) == Some(&true));
        if twins.len() < 2 || !matters {
            continue;
        }
        let told = twins.iter().take(MOST_NAMED).filter_map(|index| {
            let (found, name) = (all.get(*index)?, names.get(*index)?);
            Some(format!("{} is {name:?}", found.label()))
        });
        let mut told: Vec<String> = told.collect();
        let more = twins.len().saturating_sub(MOST_NAMED);
        if more > 0 {
            told.push(format!("and {more} more"));
        }
        let message = format!(
            "{} operations have this operationId, so each got a name of its own: {}; give each its \
             own id",
            twins.len(),
            told.join(", ")
        );
        tell(warnings, id.to_owned(), message);
    }
}
