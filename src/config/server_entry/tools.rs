//! What callers see of a server's tools in place of what it says itself.

use std::collections::{BTreeSet, HashMap};

use indexmap::IndexMap;

use crate::config::document::{Kind, Node};
use crate::config::error::{ConfigError, Problem};
use crate::config::warning::Warning;
use crate::gateway::{ArgumentOverride, ToolOverride};
use crate::json::Raw;

const TOOL: &str = "{\"name\": \"now\"}";
const TOOLS: &str = "{\"get_current_time\": {\"name\": \"now\"}}";
const ARGUMENT: &str = "{\"fixed\": \"UTC\"}";
const ARGUMENTS: &str = "{\"timezone\": {\"fixed\": \"UTC\"}}";

/// The changes to tools, by the names that the server gives them.
pub(super) fn read(
    node: &Node<'_>,
    disabled_tools: &BTreeSet<String>,
    warnings: &mut Vec<Warning>,
) -> Result<IndexMap<String, ToolOverride>, ConfigError> {
    if node.kind() == Kind::List {
        // GitHub's Copilot has a list of the tools that may be used, mostly of all.
        if node.strings("[\"*\"]").ok().as_deref() != Some(&["*".to_owned()]) {
            warnings.push(Warning::at(
                &node.place(),
                "this key is ignored: a list of tools is another program's; use `disabledTools` to leave tools out",
            ));
        }
        return Ok(IndexMap::new());
    }
    let mut tools = IndexMap::new();
    // By the names for callers: the tool, and where the name stands.
    let mut names: HashMap<String, (String, Option<Node<'_>>)> = HashMap::new();
    for member in node.clone().object(TOOLS)?.into_members() {
        if member.value.kind() == Kind::Null {
            continue;
        }
        let (name_node, tool) = read_tool(member.value.clone())?;
        if disabled_tools.contains(&member.key) {
            warnings.push(Warning::at(
                &member.place(),
                "this has no effect, since `disabledTools` names the tool too",
            ));
            continue;
        }
        let name = tool.name.clone().unwrap_or_else(|| member.key.clone());
        if let Some((other, other_node)) = names.get(&name) {
            return Err(match (name_node, other_node) {
                (Some(node), _) => node.error(Problem::ToolNameTaken(other.clone())),
                (None, Some(node)) => node.error(Problem::ToolNameTaken(member.key)),
                (None, None) => member.error(Problem::Duplicate),
            });
        }
        names.insert(name, (member.key.clone(), name_node));
        tools.insert(member.key, tool);
    }
    Ok(tools)
}

/// What callers see of a tool, and where its new name stands.
fn read_tool(node: Node<'_>) -> Result<(Option<Node<'_>>, ToolOverride), ConfigError> {
    let mut keys = node.object(TOOL)?;
    let name_node = keys.take("name");
    let name = name_node.as_ref().map(read_name).transpose()?;
    let description = keys
        .take("description")
        .map(|description| description.string("\"What it does\""))
        .transpose()?;
    let arguments = match keys.take("arguments") {
        Some(arguments) => read_arguments(arguments)?,
        None => IndexMap::new(),
    };
    keys.finish()?;
    let tool = ToolOverride {
        name,
        description,
        arguments,
    };
    Ok((name_node, tool))
}

/// A tool's name is a segment of the path of its route.
fn read_name(node: &Node<'_>) -> Result<String, ConfigError> {
    let name = node.string("\"now\"")?;
    match name.as_str() {
        "" | "." | ".." => Err(node.error(Problem::ToolName(name))),
        _ => Ok(name),
    }
}

fn read_arguments(node: Node<'_>) -> Result<IndexMap<String, ArgumentOverride>, ConfigError> {
    let mut arguments = IndexMap::new();
    for member in node.object(ARGUMENTS)?.into_members() {
        if member.value.kind() == Kind::Null {
            continue;
        }
        let mut keys = member.value.clone().object(ARGUMENT)?;
        let fixed = keys.take_even_null("fixed");
        let hidden = keys.take("hidden");
        keys.finish()?;
        let argument = match (fixed, hidden) {
            (Some(_), Some(hidden)) => return Err(hidden.error(Problem::FixedAndHidden)),
            (Some(fixed), None) => ArgumentOverride::Fixed(read_fixed(&fixed)?),
            (None, Some(hidden)) if hidden.boolean()? => ArgumentOverride::Hidden,
            (None, Some(_)) => continue,
            (None, None) => return Err(member.value.error(Problem::NothingOfArgument)),
        };
        arguments.insert(member.key, argument);
    }
    Ok(arguments)
}

/// Any value, to be sent as it stands in the file.
fn read_fixed(node: &Node<'_>) -> Result<Raw, ConfigError> {
    node.refuse_duplicates()?;
    Ok(Raw::assume_valid(node.json()?.into()))
}
