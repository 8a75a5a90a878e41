//! Which operations are wanted.

use serde_json::{Map, Value};

use super::operation::Found;
use super::operations::tell;
use crate::config::spelling::nearest;
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

/// Tells of filters that no operation fits, with what was probably meant, and whether all of them
/// together leave nothing.
pub(super) fn warn(
    options: &ReadOptions,
    all: &[Found<'_>],
    is_wanted: &[bool],
    warnings: &mut Vec<(String, String)>,
) {
    if all.is_empty() {
        return;
    }
    let traits: Vec<Traits<'_>> = all.iter().map(Found::traits).collect();
    for (list, filters) in [("include", &options.include), ("exclude", &options.exclude)] {
        let useless = filters
            .iter()
            .filter(|filter| !traits.iter().any(|one| fits(filter, one)));
        for filter in useless {
            let message = format!(
                "no operation fits the filter {} of `{list}`{}",
                shown(filter),
                hint(filter, &traits)
            );
            tell(warnings, "operations".to_owned(), message);
        }
    }
    if !is_wanted.contains(&true) {
        let message = format!(
            "its filters leave none of the {} operations of the document: there are no tools",
            all.len()
        );
        tell(warnings, "operations".to_owned(), message);
    }
}

/// A filter as the config has it.
fn shown(filter: &OperationFilter) -> Value {
    let members = [
        ("tag", &filter.tag),
        ("method", &filter.method),
        ("path", &filter.path),
        ("operationId", &filter.operation_id),
    ];
    let members = members.into_iter();
    let given = members.filter_map(|(name, pattern)| {
        let pattern = pattern.clone()?;
        Some((name.to_owned(), Value::String(pattern)))
    });
    Value::Object(given.collect::<Map<_, _>>())
}

/// What a filter that nothing fits was probably meant to say.
fn hint(filter: &OperationFilter, traits: &[Traits<'_>]) -> String {
    let tags = || traits.iter().flat_map(|one| one.tags.iter().copied());
    let paths = || traits.iter().map(|one| one.path);
    let ids = || traits.iter().filter_map(|one| one.operation_id);
    let near = [
        near("tag", filter.tag.as_deref(), tags()),
        near("path", filter.path.as_deref(), paths()),
        near("operationId", filter.operation_id.as_deref(), ids()),
    ];
    let near: Vec<String> = near.into_iter().flatten().collect();
    if near.is_empty() {
        String::new()
    } else {
        format!("; did you mean the {}?", near.join(", the "))
    }
}

/// The text that is nearest to a pattern which none fits.
fn near<'t>(
    what: &str,
    pattern: Option<&str>,
    texts: impl Iterator<Item = &'t str> + Clone,
) -> Option<String> {
    let pattern = pattern?;
    if texts.clone().any(|text| matches(pattern, text)) {
        return None;
    }
    nearest(pattern, texts).map(|near| format!("{what} {near:?}"))
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
