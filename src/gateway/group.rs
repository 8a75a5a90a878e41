//! Groups: several servers, or some of their tools, under one name.

#[cfg(test)]
mod tests;

use std::{fmt, str::FromStr, sync::Arc};

use super::{Catalog, Discovery, ServerName, Warning};
use crate::config::documents::DocumentOverrides;
use crate::glob::matches;

/// Several servers, or some of their tools, under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name, which is its route segment as a server's is.
    pub name: ServerName,
    /// Its servers, in the order of the config; at least one, and none twice.
    pub servers: Vec<ServerName>,
    /// Which of their tools belong to it.
    pub selection: Selection,
    /// What is said of it as a whole.
    pub overrides: DocumentOverrides,
    /// How its tools are found; none: as the global setting says.
    pub discovery: Option<Discovery>,
}

/// Which tools belong to a group: the last rule that matches a tool decides, as in `.gitignore`.
/// A tool that no rule matches belongs to the group if no rule admits anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Selection(Vec<Rule>);

/// A pattern of tools, which are taken into a group or left out of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rule {
    /// Whether what matches is left out.
    excludes: bool,
    /// `tool` or `server.tool`; `*` stands for any text, dots included.
    pattern: String,
}

/// Why a text is no rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRule {
    /// Nothing, or nothing behind the `!`.
    #[error("it is empty")]
    Empty,
    /// A dot without anything before or behind it.
    #[error("a side of the dot is empty")]
    HalfEmpty,
}

impl Group {
    /// What is wrong with it as its servers are just now: patterns that no tool fits. Of those
    /// that are about a server that has not been up yet nothing is known.
    pub fn warnings(&self, catalog: impl Fn(&ServerName) -> Option<Arc<Catalog>>) -> Vec<Warning> {
        let catalogs: Vec<_> = self
            .servers
            .iter()
            .map(|name| (name, catalog(name)))
            .collect();
        let Selection(rules) = &self.selection;
        let is_idle = |rule: &&Rule| {
            let mut about = catalogs
                .iter()
                .filter(|(server, _)| rule.is_about(server.as_str()));
            about.all(|(server, catalog)| {
                catalog.as_ref().is_some_and(|catalog| {
                    let mut tools = catalog.tools.iter();
                    !tools.any(|tool| rule.matches(server.as_str(), &tool.name))
                })
            })
        };
        let warning = |rule: &Rule| Warning {
            about: rule.to_string(),
            message: "no tool of the group's servers fits this pattern".to_owned(),
        };
        rules.iter().filter(is_idle).map(warning).collect()
    }
}

impl Selection {
    /// A selection by these rules. Without any, all tools are admitted.
    pub fn new(rules: impl IntoIterator<Item = Rule>) -> Self {
        Self(rules.into_iter().collect())
    }

    /// Whether it leaves nothing out, as far as that shows without looking at tools.
    pub fn admits_all(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a tool of a server belongs to the group. Both names are those that callers see.
    pub fn admits(&self, server: &str, tool: &str) -> bool {
        let Self(rules) = self;
        match rules.iter().rfind(|rule| rule.matches(server, tool)) {
            Some(rule) => !rule.excludes,
            None => rules.iter().all(|rule| rule.excludes),
        }
    }
}

impl Rule {
    /// Whether what matches is left out.
    pub fn excludes(&self) -> bool {
        self.excludes
    }

    /// Whether it is about this tool of this server.
    pub fn matches(&self, server: &str, tool: &str) -> bool {
        if self.names_no_server() {
            return matches(&self.pattern, tool);
        }
        self.sides()
            .any(|(servers, tools)| matches(servers, server) && matches(tools, tool))
    }

    /// Whether it is about any tool of this server.
    pub fn is_about(&self, server: &str) -> bool {
        self.names_no_server() || self.sides().any(|(servers, _)| matches(servers, server))
    }

    /// Whether all that the other one matches is matched by this one too. It may say no where that
    /// can't be told from the patterns alone.
    pub fn covers(&self, other: &Self) -> bool {
        // Only a `*` matches a `*`, and it matches all that the latter stands for.
        if other.names_no_server() {
            return self.matches("*", &other.pattern);
        }
        other
            .sides()
            .all(|(servers, tools)| self.matches(servers, tools))
    }

    /// The pattern without the `!`.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    fn names_no_server(&self) -> bool {
        !self.pattern.contains('.')
    }

    /// What stands before a dot, and behind it. Names may hold dots too, so each is tried.
    fn sides(&self) -> impl Iterator<Item = (&str, &str)> {
        let dots = self.pattern.match_indices('.');
        dots.filter_map(|(dot, _)| {
            let (before, after) = self.pattern.split_at_checked(dot)?;
            let after = after.get(1..)?;
            (!before.is_empty() && !after.is_empty()).then_some((before, after))
        })
    }
}

/// As in the config.
impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.excludes { "!" } else { "" };
        write!(formatter, "{mark}{}", self.pattern)
    }
}

impl FromStr for Rule {
    type Err = InvalidRule;

    fn from_str(text: &str) -> Result<Self, InvalidRule> {
        let text = text.trim();
        let (pattern, excludes) = match text.strip_prefix('!') {
            Some(pattern) => (pattern, true),
            None => (text, false),
        };
        let rule = Self {
            excludes,
            pattern: pattern.to_owned(),
        };
        if pattern.is_empty() {
            Err(InvalidRule::Empty)
        } else if !rule.names_no_server() && rule.sides().next().is_none() {
            Err(InvalidRule::HalfEmpty)
        } else {
            Ok(rule)
        }
    }
}
