//! URLs and errors as messages name them: without what may be secret.

use std::error::Error;

use reqwest::Url;

/// A URL without what may be secret in it, for messages: its user, the values of its query, its
/// fragment.
pub fn without_secrets(url: &Url) -> String {
    let mut shown = format!("{}{}", origin(url), url.path());
    for (index, pair) in url
        .query()
        .into_iter()
        .flat_map(|it| it.split('&'))
        .enumerate()
    {
        shown.push(if index == 0 { '?' } else { '&' });
        match pair.split_once('=') {
            Some((name, _)) => shown.extend([name, "=…"]),
            // What has no name may be a value.
            None => shown.push('…'),
        }
    }
    shown
}

/// Scheme, host and port of a URL, for messages.
pub fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// An error with its causes, without the URL that it happened at.
pub(super) fn causes(error: &reqwest::Error) -> String {
    let mut text = String::new();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        // Wrappers tend to repeat what they wrap.
        if !text.ends_with(&cause_text) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    if text.is_empty() {
        text.push_str("the request failed");
    }
    text
}
