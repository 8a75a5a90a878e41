//! The keys of a server that is a child process.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;

use crate::config::child_environment::{ChildEnvironment, Inherit};
use crate::config::document::{Kind, Member, Node, Object};
use crate::config::error::{ConfigError, Problem};
use crate::config::server::StdioConfig;
use crate::config::server_entry::Common;
use crate::config::value::Size;
use crate::config::{Variables, is_folder};
use crate::secrets::Secret;

/// The values as they stand in the file: first of all come the complaints about unknown keys,
/// since a misspelt key is the best explanation of a missing one.
pub(super) struct StdioKeys<'d> {
    command: Option<Node<'d>>,
    args: Option<Node<'d>>,
    cwd: Option<Node<'d>>,
    env: Option<Node<'d>>,
    inherit: Option<Node<'d>>,
    max_line_size: Option<Node<'d>>,
}

impl<'d> StdioKeys<'d> {
    pub(super) fn take(object: &mut Object<'d>) -> Result<Self, ConfigError> {
        Ok(Self {
            command: object.take("command"),
            args: object.take("args"),
            cwd: object.take("cwd"),
            env: object.take("env"),
            inherit: object.take_either("inheritEnv", "inherit_env")?,
            max_line_size: object.take("maxLineSize"),
        })
    }

    pub(super) fn read(
        self,
        entry: &Member<'_>,
        common: &Common,
    ) -> Result<StdioConfig, ConfigError> {
        let command = self
            .command
            .ok_or_else(|| entry.error(Problem::NoCommand))?;
        let program = text(&command, "\"uvx\"")?;
        let args = self.args.map(|args| read_args(&args)).transpose()?;
        let inherit = self
            .inherit
            .map(|inherit| read_inherit(&inherit))
            .transpose()?;
        let max_line_size = self.max_line_size;
        Ok(StdioConfig {
            command: not_empty(&command, program, "write for example \"uvx\"")?.into(),
            args: args.unwrap_or_default(),
            cwd: self.cwd.map(|cwd| read_cwd(&cwd)).transpose()?,
            environment: ChildEnvironment {
                inherit: inherit.unwrap_or_default(),
                from_file: common.env_file.clone(),
                set: read_env(self.env, &common.env)?,
            },
            max_line_size: max_line_size
                .map(|size| size.parsed::<Size>("a size", "\"64MiB\""))
                .transpose()?
                .map_or(common.max_line_size, Size::bytes),
        })
    }
}

fn read_args(node: &Node<'_>) -> Result<Vec<OsString>, ConfigError> {
    let example = "[\"mcp-server-time\", \"--local-timezone=UTC\"]";
    node.list("a list of strings", example)?
        .iter()
        .map(|item| match item.kind() {
            // Numbers are what people write for ports and the like; `true` is more likely a slip.
            Kind::Number => Ok(item.scalar("a string", "\"8080\"")?.into()),
            _ => text(item, "\"--verbose\"").map(Into::into),
        })
        .collect()
}

fn read_cwd(node: &Node<'_>) -> Result<PathBuf, ConfigError> {
    let path = text(node, "\"/srv/files\"")?;
    let path = PathBuf::from(not_empty(node, path, "write a folder, or remove the key")?);
    if is_folder(&path) {
        Ok(path)
    } else {
        Err(node.error(Problem::NoFolder(path)))
    }
}

fn read_inherit(node: &Node<'_>) -> Result<Inherit, ConfigError> {
    match node.kind() {
        Kind::Boolean => Ok(all_or_none(node.boolean()?)),
        Kind::List => {
            let names = node.list("a list of names", "[\"AWS_PROFILE\"]")?;
            let names = names.iter().map(|item| {
                let name = item.string("\"AWS_PROFILE\"")?;
                if is_variable_name(&name) {
                    Ok(name)
                } else {
                    Err(item.error(Problem::VariableName))
                }
            });
            Ok(Inherit::Only(names.collect::<Result<_, _>>()?))
        }
        Kind::String if node.has_reference() => Ok(all_or_none(node.boolean()?)),
        Kind::Object | Kind::String | Kind::Number | Kind::Null => {
            Err(node.wrong_kind("a boolean or a list of names", "[\"AWS_PROFILE\"]"))
        }
    }
}

fn all_or_none(inherit: bool) -> Inherit {
    if inherit {
        Inherit::All
    } else {
        Inherit::Only(BTreeSet::new())
    }
}

fn read_env(node: Option<Node<'_>>, common: &Variables) -> Result<Variables, ConfigError> {
    let mut variables = common.clone();
    let Some(node) = node else {
        return Ok(variables);
    };
    for member in node.object("{\"TOKEN\": \"abc\"}")?.into_members() {
        if !is_variable_name(&member.key) {
            return Err(member.error(Problem::VariableName));
        }
        // mcpo dies of a number or a boolean here; what is meant is plain.
        let value = match member.value.kind() {
            Kind::Number | Kind::Boolean => member.value.scalar("a string", "\"text\"")?,
            Kind::Null => continue,
            Kind::String | Kind::Object | Kind::List => text(&member.value, "\"text\"")?,
        };
        variables.insert(member.key, Secret::new(value));
    }
    Ok(variables)
}

/// Whether the system takes it for the name of a variable (POSIX, environment variables).
fn is_variable_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(['=', '\0'])
}

/// A string that can be passed to a program.
fn text(node: &Node<'_>, example: &'static str) -> Result<String, ConfigError> {
    let text = node.string(example)?;
    if text.contains('\0') {
        return Err(node.error(Problem::Nul));
    }
    Ok(text)
}

fn not_empty(node: &Node<'_>, text: String, instead: &'static str) -> Result<String, ConfigError> {
    if text.trim().is_empty() {
        Err(node.error(Problem::Empty(instead)))
    } else {
        Ok(text)
    }
}
