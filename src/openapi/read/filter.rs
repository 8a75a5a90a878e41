//! Which operations are wanted.

use crate::glob::matches;
use crate::openapi::api::{OperationFilter, ReadOptions};

/// What filters look at.
#[derive(Clone, Debug)]
pub(super) struct Traits<'d> {
    pub(super) tags: Vec<&'d str>,
    pub(super) method: &'d str,
    pub(super) path: &'d str,
    pub(super) operation_id: Option<&'d str>,
}

/// Whether an operation is wanted.
pub(super) fn admits(options: &ReadOptions, traits: &Traits<'_>) -> bool {
    let fits = |filter: &OperationFilter| fits(filter, traits);
    (options.include.is_empty() || options.include.iter().any(fits))
        && !options.exclude.iter().any(fits)
}

fn fits(filter: &OperationFilter, traits: &Traits<'_>) -> bool {
    let all = |pattern: &Option<String>, text: Option<&str>| match (pattern, text) {
        (None, _) => true,
        (Some(pattern), Some(text)) => matches(pattern, text),
        (Some(_), None) => false,
    };
    let tag = filter.tag.as_ref();
    let method = filter
        .method
        .as_ref()
        .map(|method| method.to_ascii_uppercase());
    tag.is_none_or(|tag| traits.tags.iter().any(|one| matches(tag, one)))
        && all(&method, Some(traits.method))
        && all(&filter.path, Some(traits.path))
        && all(&filter.operation_id, traits.operation_id)
}
