//! `groups`: several servers, or some of their tools, under one name.

#[cfg(test)]
mod tests;

use indexmap::IndexMap;

use crate::config::document::{Kind, Member, Node};
use crate::config::error::{ConfigError, Problem};
use crate::config::server::ServerConfig;
use crate::config::server_entry::{Common, read_discovery, read_documents};
use crate::config::spelling;
use crate::config::warning::Warning;
use crate::gateway::group::Rule;
use crate::gateway::{Group, Selection, ServerName};

const SERVERS: &str = "[\"time\", \"memory\"]";
const TOOLS: &str = "[\"time.*\", \"!time.convert_time\"]";

/// The servers that groups can have.
pub(crate) struct Servers<'a> {
    pub(crate) enabled: &'a IndexMap<ServerName, ServerConfig>,
    /// The names of those that are switched off.
    pub(crate) disabled: &'a [String],
}

impl Servers<'_> {
    fn is_disabled(&self, name: &str) -> bool {
        self.disabled.iter().any(|disabled| disabled == name)
    }

    fn has(&self, name: &str) -> bool {
        self.enabled.contains_key(name) || self.is_disabled(name)
    }

    /// The new name of a tool that a rule calls by the name which its server gives it.
    fn new_name(&self, listed: &[String], rule: &Rule) -> Option<&str> {
        if rule.pattern().contains('*') {
            return None;
        }
        let listed = listed.iter().filter_map(|name| {
            let server = self.enabled.get(name.as_str())?;
            Some((name, server))
        });
        let mut renamed = listed.flat_map(|(server, config)| {
            let tools = config.tools.iter();
            tools.filter_map(move |(tool, changes)| Some((server, tool, changes.name.as_deref()?)))
        });
        // Another tool may have the name now.
        let is_taken = |server: &str, tool: &str| {
            let tools = self.enabled.get(server).map(|config| config.tools.values());
            tools.is_some_and(|mut tools| tools.any(|other| other.name.as_deref() == Some(tool)))
        };
        renamed.find_map(|(server, tool, new_name)| {
            let means_it = rule.matches(server, tool) && !is_taken(server, tool);
            means_it.then_some(new_name)
        })
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let disabled = self.disabled.iter().map(String::as_str);
        self.enabled.keys().map(ServerName::as_str).chain(disabled)
    }
}

/// Reads all groups. One whose servers are all disabled is left out.
pub(crate) fn read(
    node: Node<'_>,
    servers: &Servers<'_>,
    common: &Common,
    warnings: &mut Vec<Warning>,
) -> Result<IndexMap<ServerName, Group>, ConfigError> {
    let example = "{\"research\": {\"servers\": [\"time\", \"memory\"]}}";
    let mut groups = IndexMap::new();
    for entry in node.object(example)?.into_members() {
        if entry.value.kind() == Kind::Null {
            continue;
        }
        let name: ServerName = entry
            .key
            .parse()
            .map_err(|problem| entry.error(Problem::GroupName(problem)))?;
        if servers.has(name.as_str()) {
            return Err(entry.error(Problem::GroupNamedAsServer));
        }
        common.refuse_name_of_an_endpoint(&entry)?;
        match read_group(&entry, name.clone(), servers, warnings)? {
            Some(group) => {
                groups.insert(name, group);
            }
            None => warnings.push(Warning::at(
                &entry.place(),
                "all servers of this group are disabled, so it is left out",
            )),
        }
    }
    Ok(groups)
}

fn read_group(
    entry: &Member<'_>,
    name: ServerName,
    servers: &Servers<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<Option<Group>, ConfigError> {
    let mut keys = entry
        .value
        .clone()
        .object("{\"servers\": [\"time\", \"memory\"]}")?;
    let servers_node = keys.take("servers");
    let tools = keys.take("tools");
    let overrides = read_documents(&mut keys)?;
    let discovery = read_discovery(&mut keys)?;
    keys.finish()?;
    let servers_node = servers_node.ok_or_else(|| entry.error(Problem::NoServersOfGroup))?;
    let listed = read_servers(&servers_node, servers, warnings)?;
    let selection = match tools {
        Some(tools) => read_selection(&tools, &listed, servers, warnings)?,
        None => Selection::default(),
    };
    let enabled = listed
        .iter()
        .filter_map(|name| servers.enabled.get_key_value(name.as_str()))
        .map(|(name, _)| name.clone());
    let group = Group {
        name,
        servers: enabled.collect(),
        selection,
        overrides,
        discovery,
    };
    Ok((!group.servers.is_empty()).then_some(group))
}

/// The names of its servers, disabled ones included.
fn read_servers(
    node: &Node<'_>,
    servers: &Servers<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<String>, ConfigError> {
    let mut listed = Vec::new();
    for item in node.list("a list of servers", SERVERS)? {
        let name = item.string("\"time\"")?;
        if listed.contains(&name) {
            return Err(item.error(Problem::ListedTwice));
        }
        if !servers.has(&name) {
            let near = spelling::nearest(&name, servers.names()).map(str::to_owned);
            return Err(item.error(Problem::NoSuchServer { name, near }));
        }
        if servers.is_disabled(&name) {
            warnings.push(Warning::at(
                &item.place(),
                "this server is disabled, and left out of the group",
            ));
        }
        listed.push(name);
    }
    if listed.is_empty() {
        return Err(node.error(Problem::NoServersOfGroup));
    }
    Ok(listed)
}

fn read_selection(
    node: &Node<'_>,
    listed: &[String],
    servers: &Servers<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<Selection, ConfigError> {
    let mut rules: Vec<(Node<'_>, Rule)> = Vec::new();
    for item in node.list("a list of patterns", TOOLS)? {
        let text = item.string("\"time.*\"")?;
        let rule: Rule = text
            .parse()
            .map_err(|problem| item.error(Problem::Pattern(problem)))?;
        if !listed.iter().any(|server| rule.is_about(server)) {
            let (server, _) = rule.pattern().split_once('.').unwrap_or_default();
            let near = spelling::nearest(server, listed.iter().map(String::as_str));
            let near = near.map(str::to_owned);
            return Err(item.error(Problem::PatternOfNoServer { near }));
        }
        if let Some(new_name) = servers.new_name(listed, &rule) {
            warnings.push(Warning::at(
                &item.place(),
                &format!(
                    "callers see this tool as `{}`, and groups select by the names that callers see; write that name",
                    new_name.escape_debug()
                ),
            ));
        }
        rules.push((item, rule));
    }
    for (index, (item, rule)) in rules.iter().enumerate() {
        let mut later = rules.iter().skip(index + 1).map(|(_, later)| later);
        if rule.excludes()
            && let Some(later) = later.find(|later| !later.excludes() && later.covers(rule))
        {
            warnings.push(Warning::at(
                &item.place(),
                &format!(
                    "this has no effect: of the patterns that match a tool the last decides, and `{}` takes the same tools in again; write this one after it",
                    later.pattern().escape_debug()
                ),
            ));
        }
    }
    Ok(Selection::new(rules.into_iter().map(|(_, rule)| rule)))
}
