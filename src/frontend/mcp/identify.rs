//! What the gateway says of itself, or of the one server that a route is about: the beginnings of
//! both eras (MCP 2025-11-25, lifecycle; MCP 2026-07-28, discovery).

use serde_json::json;

use super::{
    conversation::{Conversation, Members, Scope},
    message::{self, object},
};
use crate::{
    gateway::{Catalog, Discovery},
    json::Raw,
    mcp::{Era, LEGACY_VERSIONS, NEWEST_LEGACY_VERSION, STATELESS_VERSION},
};

/// How much of the instructions of one of several servers is passed on, in characters.
const MAX_INSTRUCTIONS: usize = 4000;

/// The version that is spoken with a client that asks for this one (MCP 2025-11-25, version
/// negotiation).
pub fn negotiated(asked: &str) -> &'static str {
    match Era::of_version(asked) {
        Some(Era::Legacy(version)) => version,
        Some(Era::Stateless(_)) | None => NEWEST_LEGACY_VERSION,
    }
}

/// All versions that are spoken here, newest first.
pub fn supported_versions() -> Vec<&'static str> {
    let mut versions = vec![STATELESS_VERSION];
    versions.extend(LEGACY_VERSIONS);
    versions
}

impl Conversation {
    /// The result of `initialize`.
    pub(super) fn initialized(&self, members: &Members, version: &str) -> Raw {
        let mut result = vec![
            ("protocolVersion".to_owned(), Raw::from_value(&version)),
            ("capabilities".to_owned(), self.capabilities(members)),
            ("serverInfo".to_owned(), self.server_info(members)),
        ];
        result.extend(
            self.instructions(members)
                .map(|it| ("instructions".to_owned(), it)),
        );
        object(result)
    }

    /// The result of `server/discover`.
    pub(super) fn discovered(&self, members: &Members) -> Raw {
        let meta = object([(
            "io.modelcontextprotocol/serverInfo".to_owned(),
            self.server_info(members),
        )]);
        let mut result = vec![
            (
                "supportedVersions".to_owned(),
                Raw::from_value(&supported_versions()),
            ),
            ("capabilities".to_owned(), self.capabilities(members)),
        ];
        result.extend(
            self.instructions(members)
                .map(|it| ("instructions".to_owned(), it)),
        );
        result.push(("_meta".to_owned(), meta));
        object(result)
    }

    /// `serverInfo`: a single server's own, as it came.
    fn server_info(&self, members: &Members) -> Raw {
        let version = env!("CARGO_PKG_VERSION");
        match (&self.scope, members.list.first()) {
            (Scope::Server(name), Some(member)) => {
                let catalog = member.catalog.as_ref();
                let own = catalog.and_then(|catalog| catalog.server_info.clone());
                own.unwrap_or_else(|| Raw::from_value(&json!({"name": name, "version": version})))
            }
            (Scope::Group(name), _) => {
                let group = self.group();
                let overrides = group.as_ref().map(|group| &group.overrides);
                let mut info = json!({
                    "name": name,
                    "version": overrides.and_then(|it| it.version.as_deref()).unwrap_or(version),
                });
                let title = overrides.and_then(|overrides| overrides.title.as_deref());
                if let (Some(title), Some(info)) = (title, info.as_object_mut()) {
                    info.insert("title".to_owned(), title.into());
                }
                Raw::from_value(&info)
            }
            (Scope::All | Scope::Server(_), _) => {
                Raw::from_value(&json!({"name": "viceversa", "version": version}))
            }
        }
    }

    /// `instructions`: a single server's own, or those of all under their names.
    fn instructions(&self, members: &Members) -> Option<Raw> {
        let of = |catalog: &Catalog| catalog.instructions.clone();
        let catalogs = || {
            let members = members.list.iter();
            members.filter_map(|member| Some((member, member.catalog.as_ref()?)))
        };
        let text = if self.is_of_one() {
            catalogs().next().and_then(|(_, catalog)| of(catalog))?
        } else {
            let own = self
                .group()
                .and_then(|group| group.overrides.description.clone());
            let theirs = catalogs().filter_map(|(member, catalog)| {
                let text: String = of(catalog)?.chars().take(MAX_INSTRUCTIONS).collect();
                Some(format!("## {}\n\n{text}", member.server.name))
            });
            let parts: Vec<String> = own.into_iter().chain(theirs).collect();
            parts.join("\n\n")
        };
        (!text.is_empty()).then(|| Raw::from_value(&text))
    }

    /// What is offered: a single server's own declaration as it came, as far as the gateway keeps
    /// it, or all that can be offered of several.
    fn capabilities(&self, members: &Members) -> Raw {
        let searches = self.discovery() == Discovery::Search;
        let (true, Some(member)) = (self.is_of_one(), members.list.first()) else {
            let changes = json!({"listChanged": true});
            return Raw::from_value(&json!({
                "tools": if searches { json!({}) } else { changes.clone() },
                "prompts": changes,
                "resources": {"listChanged": true, "subscribe": true},
                "completions": {},
                "logging": {},
            }));
        };
        let Some(catalog) = &member.catalog else {
            return Raw::from_static("{}");
        };
        let declared = catalog.declared.as_ref();
        let declared = declared.and_then(|it| message::members(it, "capabilities").ok());
        let mut declared = declared.unwrap_or_default();
        if matches!(self.era, Era::Stateless(_)) && !catalog.is_stateless {
            // Tasks of the legacy era are followed by the gateway itself.
            declared.retain(|(name, _)| name != "tasks");
        }
        if searches {
            declared.retain(|(name, _)| name != "tools");
        }
        if !catalog.tools.is_empty() && declared.iter().all(|(name, _)| name != "tools") {
            declared.push(("tools".to_owned(), Raw::from_static("{}")));
        }
        object(declared)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_gets_the_version_that_it_asks_for_or_the_newest_of_its_era() {
        assert_eq!(negotiated("2024-11-05"), "2024-11-05");
        assert_eq!(negotiated("2025-06-18"), "2025-06-18");
        assert_eq!(negotiated("2026-07-28"), NEWEST_LEGACY_VERSION);
        assert_eq!(negotiated("1999-01-01"), NEWEST_LEGACY_VERSION);
    }
}
