//! Answers that are no success, in words that a model can act on.

use super::{Answer, content, meta};
use crate::{
    json::Raw,
    upstream::rest::{media_type, request::Draft},
};

/// How much of a body is told, in bytes.
const MAX_EXCERPT: usize = 8 * 1024;

/// A result that reports the error.
pub(super) fn result(answer: &Answer, draft: &Draft) -> Raw {
    let text = Raw::from_value(&words(answer, draft));
    let text = format!(
        r#"{{"content":[{{"type":"text","text":{}}}],"isError":true{}}}"#,
        text.get(),
        meta(answer, None)
    );
    Raw::assume_valid(text.into())
}

/// What was asked, the status, and the body as far as it is text.
pub(in crate::upstream::rest) fn words(answer: &Answer, draft: &Draft) -> String {
    let reason = answer.status.canonical_reason().unwrap_or_default();
    let head = format!(
        "{} {} was answered with {} {reason}",
        draft.method,
        draft.path,
        answer.status.as_u16()
    );
    let head = head.trim_end();
    let why = answer.unfollowed.as_ref();
    let why = why.map_or_else(String::new, |reason| format!("; {reason}"));
    if answer.body.is_empty() {
        return format!("{head}, without a body{why}");
    }
    let essence = answer.essence();
    let is_text =
        essence.is_empty() || media_type::is_json(&essence) || media_type::is_text(&essence);
    if !is_text {
        let size = answer.body.len();
        return format!("{head} and {size} bytes of {essence}{why}");
    }
    let text = answer.without_hidden(&content::text(answer));
    let text = text.trim();
    let cut = text.floor_char_boundary(MAX_EXCERPT);
    let shown = text.get(..cut).unwrap_or_default();
    if shown.len() < text.len() {
        format!("{head}{why}:\n{shown}… ({} bytes more)", text.len() - cut)
    } else {
        format!("{head}{why}:\n{shown}")
    }
}
