//! Names of things of several servers together.

use std::{borrow::Cow, fmt::Write as _, sync::Arc};

use sha2::{Digest as _, Sha256};

use crate::gateway::ServerName;

/// Language models' APIs take no longer name for a tool.
const LONGEST: usize = 64;

/// What callers know the tools of one server as on a route: by default as the server's own catalog
/// has them.
#[derive(Clone, Debug, Default)]
pub struct ToolNames {
    /// Where tools stand together with those of others: behind what.
    pub(super) behind: Option<(ServerName, Arc<str>)>,
}

impl ToolNames {
    /// The name of a tool that the server's catalog has under this one.
    pub fn name<'a>(&self, tool: &'a str) -> Cow<'a, str> {
        match &self.behind {
            Some((server, separator)) => joined(server.as_str(), separator, tool).into(),
            None => tool.into(),
        }
    }
}

/// The name of a server's tool or prompt among those of others: `server`, the separator, `name`.
/// Of `[A-Za-z0-9_-]`, at most 64 characters, unique, and whatever else is there, always the same.
///
/// Where that can't be had by joining alone, a piece of a hash is added: where something had to be
/// replaced or cut, and where the joined name could be read as another server's.
pub(super) fn joined(server: &str, separator: &str, name: &str) -> String {
    let plain = format!("{server}{separator}{name}");
    let fits = plain.len() <= LONGEST && plain.chars().all(is_fit);
    if fits && plain.find(separator) == Some(server.len()) {
        return plain;
    }
    let hash = hash(server, name);
    let mut joined: String = plain
        .chars()
        .map(|c| if is_fit(c) { c } else { '_' })
        .collect();
    joined.truncate(LONGEST - hash.len() - 1);
    let _ = write!(joined, "_{hash}");
    joined
}

fn is_fit(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

/// Eight hexadecimal digits. The zero keeps server `a`, name `b__c` apart from `a__b`, `c`.
fn hash(server: &str, name: &str) -> String {
    let digest = Sha256::new()
        .chain_update(server)
        .chain_update([0])
        .chain_update(name)
        .finalize();
    digest.iter().take(4).fold(String::new(), |mut hash, byte| {
        // Writing to a string does not fail.
        let _ = write!(hash, "{byte:02x}");
        hash
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_that_fit_are_only_joined() {
        assert_eq!(joined("time", "__", "get_time"), "time__get_time");
        assert_eq!(joined("my-files", "-", "read"), "my-files-read_05980ba9");
    }

    #[test]
    fn names_that_could_be_read_as_another_servers_are_told_apart() {
        let names = [
            joined("a", "__", "b__c"),
            joined("a__b", "__", "c"),
            joined("a_", "__", "b"),
            joined("a", "__", "_b"),
        ];
        assert_eq!(names[0], "a__b__c");
        assert_eq!(names[3], "a___b");
        for (at, name) in names.iter().enumerate() {
            assert_eq!(names.iter().position(|other| other == name), Some(at));
        }
    }

    proptest! {
        #[test]
        fn whatever_the_names_the_joined_ones_fit_and_differ(
            one in "[a-z_.é]{1,70}", other in "[a-z_.é]{1,70}",
            tool in "[a-z_/]{1,90}", another in "[a-z_/]{1,90}",
        ) {
            let first = joined(&one, "__", &tool);
            let second = joined(&other, "__", &another);
            prop_assert!(first.len() <= 64 && first.chars().all(is_fit));
            prop_assert_eq!(first == second, (one, tool) == (other, another));
        }
    }
}
