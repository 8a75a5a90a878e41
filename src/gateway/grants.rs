//! What a caller may use.

#[cfg(test)]
mod tests;

use std::{fmt, str::FromStr, sync::Arc};

use super::{Operation, Selection, ServerName, Tool};
use crate::glob::matches;

/// What a caller may use. What it may not use does not exist for it: it is in no list and no
/// document, is found by no search, and is answered as a thing that is not there.
///
/// Equal grants see equal things, so that what was made for one caller may be kept for another
/// with the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "each is a grant of its own")]
pub struct Grants {
    /// The servers that it reaches on their own routes, and where all servers are together.
    pub servers: NameRules,
    /// The groups that it reaches. A group brings its tools along, whatever `servers` says.
    pub groups: NameRules,
    /// Which tools of those, by `tool` or `server.tool`.
    pub tools: Selection,
    /// Whether only tools that declare themselves read-only (`annotations.readOnlyHint`).
    pub read_only: bool,
    /// Whether it sees resources and their templates.
    pub resources: bool,
    /// Whether it sees prompts.
    pub prompts: bool,
    /// Which protocols it may speak.
    pub protocols: Protocols,
    /// Whether it may see the state of all servers and of the config, and have the config read
    /// again.
    pub admin: bool,
    /// Whether it may read metrics. Administrators may.
    pub metrics: bool,
}

/// Which protocols a caller may speak. One of them at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Protocols {
    /// MCP, over whatever transport.
    pub mcp: bool,
    /// REST, its documents and their pages.
    pub rest: bool,
}

/// A protocol of callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// MCP, over whatever transport.
    Mcp,
    /// REST, its documents and their pages.
    Rest,
}

/// Which names are admitted: the last rule that matches decides, as in `.gitignore`. A name that no
/// rule matches is admitted if no rule admits anything but by exclusion; no rules at all admit
/// nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct NameRules(Vec<NameRule>);

/// A pattern of names, which are admitted or not.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NameRule {
    excludes: bool,
    /// `*` stands for any text.
    pattern: String,
}

/// A rule without a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is empty")]
pub struct EmptyRule;

impl Protocols {
    /// All of them.
    pub const ALL: Self = Self {
        mcp: true,
        rest: true,
    };

    /// Whether this one is among them.
    pub fn admit(self, protocol: Protocol) -> bool {
        match protocol {
            Protocol::Mcp => self.mcp,
            Protocol::Rest => self.rest,
        }
    }
}

impl NameRules {
    /// Rules that admit these names.
    pub fn new(rules: impl IntoIterator<Item = NameRule>) -> Self {
        Self(rules.into_iter().collect())
    }

    /// All names.
    pub fn all() -> Self {
        Self::new([NameRule {
            excludes: false,
            pattern: "*".to_owned(),
        }])
    }

    /// No name.
    pub fn none() -> Self {
        Self::default()
    }

    /// Whether this name is admitted.
    pub fn admit(&self, name: &str) -> bool {
        let Self(rules) = self;
        match rules.iter().rfind(|rule| matches(&rule.pattern, name)) {
            Some(rule) => !rule.excludes,
            None => !rules.is_empty() && rules.iter().all(|rule| rule.excludes),
        }
    }

    /// Whether every name is admitted, as far as that shows without looking at names.
    pub fn admit_all(&self) -> bool {
        let Self(rules) = self;
        rules
            .last()
            .is_some_and(|rule| !rule.excludes && rule.pattern == "*")
    }

    /// The rules, in their order.
    pub fn rules(&self) -> impl Iterator<Item = &NameRule> {
        self.0.iter()
    }
}

impl NameRule {
    /// Whether what matches is not admitted.
    pub fn excludes(&self) -> bool {
        self.excludes
    }

    /// The pattern without the `!`.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }
}

impl FromStr for NameRule {
    type Err = EmptyRule;

    fn from_str(text: &str) -> Result<Self, EmptyRule> {
        let text = text.trim();
        let (pattern, excludes) = match text.strip_prefix('!') {
            Some(pattern) => (pattern, true),
            None => (text, false),
        };
        if pattern.is_empty() {
            return Err(EmptyRule);
        }
        Ok(Self {
            excludes,
            pattern: pattern.to_owned(),
        })
    }
}

/// As in the config.
impl fmt::Display for NameRule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.excludes { "!" } else { "" };
        write!(formatter, "{mark}{}", self.pattern)
    }
}

impl Grants {
    /// Everything there is, administration included.
    pub fn all() -> Self {
        Self {
            servers: NameRules::all(),
            groups: NameRules::all(),
            tools: Selection::default(),
            read_only: false,
            resources: true,
            prompts: true,
            protocols: Protocols::ALL,
            admin: true,
            metrics: true,
        }
    }

    /// Whether all that servers offer is seen, so that what is made for everyone will do.
    pub fn see_everything(&self) -> bool {
        self.servers.admit_all() && self.groups.admit_all() && self.see_all_of_a_server()
    }

    /// Whether the server is seen on its own route, and where all are together.
    pub fn admit_server(&self, server: &ServerName) -> bool {
        self.servers.admit(server.as_str())
    }

    /// Whether the group is seen.
    pub fn admit_group(&self, group: &ServerName) -> bool {
        self.groups.admit(group.as_str())
    }

    /// The same on the route of a group that is seen, which brings its servers along.
    pub fn in_group(self: &Arc<Self>) -> Arc<Self> {
        if self.servers.admit_all() {
            return Arc::clone(self);
        }
        let mut within = Self::clone(self);
        within.servers = NameRules::all();
        Arc::new(within)
    }

    /// Whether a tool of a server is seen. Names are those that callers see.
    pub fn admit_tool(&self, server: &ServerName, tool: &Tool) -> bool {
        self.admit_server(server)
            && self.tools.admits(server.as_str(), &tool.name)
            && (!self.read_only || tool.is_read_only())
    }

    /// Whether an operation may be carried out on a server.
    pub fn admit(&self, server: &ServerName, operation: &Operation) -> bool {
        let admits = |method: &str| match method.split('/').next() {
            Some("resources") => self.resources,
            Some("prompts") => self.prompts,
            Some("completion") => self.resources || self.prompts,
            // Of these a caller has its own alone.
            Some("tasks" | "logging" | "ping") => true,
            // Nobody knows what else may do.
            _ => self.see_all_of_a_server(),
        };
        self.admit_server(server)
            && match operation {
                Operation::CallTool { tool, .. } => self.admit_tool(server, tool),
                Operation::GetPrompt { .. } => self.prompts,
                Operation::Request { method, .. } => admits(method),
                Operation::List { method, .. } => admits(method),
            }
    }

    fn see_all_of_a_server(&self) -> bool {
        self.tools.admits_all() && !self.read_only && self.resources && self.prompts
    }
}
