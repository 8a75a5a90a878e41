//! `grants`: what a caller may use.

use crate::config::document::Node;
use crate::config::error::{AuthProblem, ConfigError, Problem};
use crate::gateway::grants::{Grants, NameRule, NameRules, Protocols};
use crate::gateway::group::{Rule, Selection};

const GRANTS: &str = "{\"servers\": [\"time\"], \"readOnly\": true}";
const SERVERS: &str = "[\"time\", \"git*\"]";
const TOOLS: &str = "[\"time.*\", \"!time.convert_time\"]";
const PROTOCOLS: &str = "[\"mcp\"]";

/// Reads what a caller may use. What is not said:
///
/// - without `servers` and `groups` all of both, with one of them none of the other;
/// - without `tools` all of them; with it no resources and prompts;
/// - both protocols;
/// - no administration, and no metrics.
pub(super) fn read(node: Option<Node<'_>>) -> Result<Grants, ConfigError> {
    let mut grants = Grants {
        admin: false,
        metrics: false,
        ..Grants::all()
    };
    let Some(node) = node else {
        return Ok(grants);
    };
    let mut members = node.object(GRANTS)?;
    let servers = members.take("servers");
    let groups = members.take("groups");
    let tools = members.take("tools");
    let read_only = members.take("readOnly");
    let resources = members.take("resources");
    let prompts = members.take("prompts");
    let protocols = members.take("protocols");
    let admin = members.take("admin");
    let metrics = members.take("metrics");
    members.finish()?;

    let boolean = |node: Option<Node<'_>>, default| node.map_or(Ok(default), |it| it.boolean());
    (grants.servers, grants.groups) = match (servers, groups) {
        (None, None) => (NameRules::all(), NameRules::all()),
        (Some(servers), None) => (read_names(&servers)?, NameRules::none()),
        (None, Some(groups)) => (NameRules::none(), read_names(&groups)?),
        (Some(servers), Some(groups)) => (read_names(&servers)?, read_names(&groups)?),
    };
    let has_tools = tools.is_some();
    if let Some(tools) = tools {
        grants.tools = read_tools(&tools)?;
    }
    grants.read_only = boolean(read_only, false)?;
    grants.resources = boolean(resources, !has_tools)?;
    grants.prompts = boolean(prompts, !has_tools)?;
    if let Some(protocols) = protocols {
        grants.protocols = read_protocols(&protocols)?;
    }
    grants.admin = boolean(admin, false)?;
    grants.metrics = boolean(metrics, grants.admin)?;
    Ok(grants)
}

fn read_names(node: &Node<'_>) -> Result<NameRules, ConfigError> {
    let rule = |item: &Node<'_>| -> Result<NameRule, ConfigError> {
        let text = item.string("\"time\"")?;
        text.parse()
            .map_err(|_| item.error(Problem::Empty("write a name, with * for any text in it")))
    };
    let rules = node.list("a list of names", SERVERS)?;
    let rules = rules.iter().map(rule).collect::<Result<Vec<_>, _>>()?;
    Ok(NameRules::new(rules))
}

fn read_tools(node: &Node<'_>) -> Result<Selection, ConfigError> {
    let rule = |item: &Node<'_>| -> Result<Rule, ConfigError> {
        let text = item.string("\"time.*\"")?;
        text.parse()
            .map_err(|problem| item.error(Problem::Pattern(problem)))
    };
    let rules = node.list("a list of patterns", TOOLS)?;
    let rules = rules.iter().map(rule).collect::<Result<Vec<_>, _>>()?;
    if rules.is_empty() {
        // A selection without rules admits everything, which nobody means who writes [].
        return Err(node.error(AuthProblem::NoTools.into()));
    }
    Ok(Selection::new(rules))
}

fn read_protocols(node: &Node<'_>) -> Result<Protocols, ConfigError> {
    let mut protocols = Protocols {
        mcp: false,
        rest: false,
    };
    for item in node.list("a list of protocols", PROTOCOLS)? {
        match item.string("\"mcp\"")?.as_str() {
            "mcp" => protocols.mcp = true,
            "rest" => protocols.rest = true,
            other => return Err(item.error(AuthProblem::Protocol(other.to_owned()).into())),
        }
    }
    if protocols.mcp || protocols.rest {
        Ok(protocols)
    } else {
        Err(node.error(AuthProblem::NoProtocol.into()))
    }
}
