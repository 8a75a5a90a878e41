//! Lists, which servers give page by page.

use std::collections::HashSet;

use super::{Asker, Call, Client, ClientError};
use crate::json::{self, Raw};

/// How many pages a list may have before it is taken for one that never ends.
const MAX_PAGES: usize = 1000;

/// How many items a list may have.
const MAX_ITEMS: usize = 100_000;

/// How many bytes the pages of a list may have.
const MAX_LIST_BYTES: usize = 128 * 1024 * 1024;

/// A list, whole.
#[derive(Debug, Default)]
pub struct Listed {
    /// Its items as they came.
    pub items: Vec<Raw>,
    /// The result that they came in, where it was a single one.
    pub whole: Option<Raw>,
}

impl Client {
    /// All items of a list, following `nextCursor` to its end, as they came.
    pub async fn list(&self, method: &str, member: &str) -> Result<Listed, ClientError> {
        let mut items = Vec::new();
        let mut seen = HashSet::new();
        let mut bytes = 0;
        let mut cursor: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let members: Vec<(&str, &str)> = cursor
                .iter()
                .map(|cursor| ("cursor", cursor.as_str()))
                .collect();
            let (page, _) = self
                .send(&Call {
                    method,
                    members: &members,
                    asker: Asker::Nobody,
                    observer: None,
                })
                .await?;
            bytes += page.get().len();
            if bytes > MAX_LIST_BYTES {
                break;
            }
            let most = MAX_ITEMS.saturating_sub(items.len());
            let (page_items, next) = read_page(&page, member, most).map_err(|error| {
                ClientError::Protocol(format!("the answer to {method} can't be read: {error}"))
            })?;
            let is_first = cursor.is_none();
            items.extend(page_items);
            match next {
                None => {
                    let whole = is_first.then_some(page);
                    return Ok(Listed { items, whole });
                }
                Some(next) if !seen.insert(next.clone()) => {
                    return Err(ClientError::Protocol(format!(
                        "the pages of {method} go in circles: a cursor came twice"
                    )));
                }
                Some(next) => cursor = Some(next),
            }
        }
        Err(ClientError::Protocol(format!(
            "{method} has more than {MAX_PAGES} pages, {MAX_ITEMS} items or {MAX_LIST_BYTES} bytes"
        )))
    }
}

/// The items of a page, at most so many, and the cursor of the next, as JSON text.
fn read_page(
    page: &Raw,
    member: &str,
    most: usize,
) -> Result<(Vec<Raw>, Option<String>), serde_json::Error> {
    let mut items = Vec::new();
    let mut next = None;
    for (name, value) in json::members(page.get())? {
        if name == member {
            items = json::items(value.get(), most)?;
        } else if name == "nextCursor" && !matches!(value.get(), "null" | "\"\"") {
            next = Some(value.get().to_owned());
        }
    }
    Ok((
        items.into_iter().map(|item| page.part(item)).collect(),
        next,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_gives_its_items_as_they_came_and_its_cursor_as_json() {
        let page = Raw::from_static(r#"{"tools":[{"b":1.10,"a":1e400}, 7],"nextCursor":"x\"y"}"#);
        let (items, next) = read_page(&page, "tools", 10).unwrap();
        assert_eq!(items[0].get(), r#"{"b":1.10,"a":1e400}"#);
        assert_eq!(next.as_deref(), Some(r#""x\"y""#));
        assert!(read_page(&page, "tools", 1).is_err());
        let twice = Raw::from_static(r#"{"tools":[],"tools":[1]}"#);
        assert!(read_page(&twice, "tools", 10).is_err());
    }
}
